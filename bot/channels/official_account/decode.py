"""A push of a 公众号, as a message or an event."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from bot.channels.base import Decoded, Happening, Inbound, Kind
from bot.conversation.records import Grant
from bot.conversation.transcript import BUTTON_PREFIX

# What may be sent after a message, and after a tap on a menu, a follow or a scan.
AFTER_MESSAGE = Grant(5, 48 * 3600.0)
AFTER_TAP = Grant(3, 60.0)
ENTERED = "entered"
TEMPLATE_DONE = "TEMPLATESENDJOBFINISH"
_KINDS = {
    "image": Kind.IMAGE,
    "voice": Kind.VOICE,
    "video": Kind.VIDEO,
    "shortvideo": Kind.VIDEO,
    "location": Kind.LOCATION,
}
_NEW_FOLLOWER = "qrscene_"


def decoded(push: Mapping[str, str]) -> Decoded:
    """Return what a push holds; what concerns no conversation is left out."""
    if push.get("MsgType") != "event":
        return Decoded([_message(push)])
    name = push.get("Event", "")
    if name == "CLICK":
        return Decoded([_tap(push)])
    if name in {"subscribe", "SCAN"}:
        scene = push.get("EventKey", "").removeprefix(_NEW_FOLLOWER)
        facts = {"user": _user(push), "scene": scene, "follows": name == "subscribe"}
        return Decoded(events=[Happening(_key(push), ENTERED, facts)])
    if name == TEMPLATE_DONE:
        facts = {"msgid": push.get("MsgID", ""), "status": push.get("Status", "")}
        return Decoded(events=[Happening(_key(push), name, {"user": _user(push), **facts})])
    return Decoded()


def _message(push: Mapping[str, str]) -> Inbound:
    name = push.get("MsgType", "")
    kind = Kind.TEXT if name == "text" else _KINDS.get(name, Kind.OTHER)
    pressed = push.get("bizmsgmenuid", "")
    return Inbound(
        _user(push),
        push.get("MsgId") or _key(push),
        pressed if pressed.startswith(BUTTON_PREFIX) else _text(name, push),
        kind,
        {"media_id": push.get("MediaId", "")} if kind is Kind.IMAGE else None,
        # An entry of a menu message counts as a tap on a menu, not as a message.
        grant=AFTER_TAP if pressed else AFTER_MESSAGE,
    )


def _text(name: str, push: Mapping[str, str]) -> str:
    if name == "text":
        return push.get("Content", "")
    if name == "location":
        # X is the latitude, Y the longitude.
        place = f"({push.get('Location_X', '')}, {push.get('Location_Y', '')})"
        return " ".join(part for part in (push.get("Label"), place) if part)
    return push.get("Title", "") if name == "link" else ""


def _tap(push: Mapping[str, str]) -> Inbound:
    """Return the key of the account's own menu as what the consumer says."""
    return Inbound(_user(push), _key(push), push.get("EventKey", ""), grant=AFTER_TAP)


def _user(push: Mapping[str, str]) -> str:
    return push.get("FromUserName", "")


def _key(push: Mapping[str, str]) -> str:
    """Return a name of what has none.

    Sender and second alone, as documented, would swallow the second of two events.
    """
    names = ("ToUserName", "FromUserName", "CreateTime", "MsgType", "Event", "EventKey", "MsgID")
    parts = [push.get(name, "") for name in names] + [push.get("Content", "")]
    return hashlib.sha256("\x00".join(parts).encode()).hexdigest()
