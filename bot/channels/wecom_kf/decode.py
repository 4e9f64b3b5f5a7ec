"""What `sync_msg` returns, as messages and events."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bot.channels.base import Decoded, Happening, Inbound, Kind
from bot.conversation.records import Grant
from bot.conversation.transcript import BUTTON_PREFIX

REPLIES = 5
WINDOW_SECONDS = 48 * 3600.0
SAID_ELSEWHERE = "servicer_said"
_CONSUMER, _SERVICER = 3, 5
_KINDS = {
    "image": Kind.IMAGE,
    "voice": Kind.VOICE,
    "video": Kind.VIDEO,
    "file": Kind.FILE,
    "location": Kind.LOCATION,
}


def in_order(items: Sequence[Mapping[str, Any]], now: float) -> list[Decoded]:
    """Return a page in parts, each of them events and then messages.

    So the end of a person's session comes before what the consumer says after it, and not
    before what was said until then.
    """
    parts: list[Decoded] = []
    messages: list[Inbound] = []
    events: list[Happening] = []
    for item in items:
        if item.get("origin") == _CONSUMER:
            messages.append(message(item, now))
            continue
        if messages:
            parts.append(Decoded(messages, events))
            messages, events = [], []
        events.append(event(item))
    return [*parts, Decoded(messages, events)]


def message(item: Mapping[str, Any], now: float) -> Inbound:
    """Return one message of a consumer."""
    name = str(item.get("msgtype", ""))
    content = _inside(item, name)
    kind = Kind.TEXT if name == "text" else _KINDS.get(name, Kind.OTHER)
    return Inbound(
        user(item),
        str(item["msgid"]),
        _text(name, content),
        kind,
        {"media_id": content.get("media_id", "")} if kind is Kind.IMAGE else None,
        grant=Grant(REPLIES, float(item["send_time"]) + WINDOW_SECONDS - now),
    )


def event(item: Mapping[str, Any]) -> Happening:
    """Return what is no message of a consumer, what a servicer says included."""
    key = str(item["msgid"])
    if item.get("origin") == _SERVICER:
        name = str(item.get("msgtype", ""))
        said = _text(name, _inside(item, name)) or f"[{name}]"
        facts = {"servicer": item.get("servicer_userid", ""), "text": said}
        return Happening(key, SAID_ELSEWHERE, {**facts, "user": user(item)})
    inside = _inside(item, "event")
    return Happening(key, str(inside.get("event_type", "")), {**inside, "user": user(inside)})


def user(item: Mapping[str, Any]) -> str:
    """Return a consumer as the platform tells them apart: in one of our service accounts."""
    return f"{item.get('open_kfid', '')}:{item.get('external_userid', '')}"


def _inside(item: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """Return a part of an item; a kind that is not as documented must not stop the box."""
    found = item.get(name)
    return found if isinstance(found, dict) else {}


def _text(name: str, content: Mapping[str, Any]) -> str:
    if name == "text":
        pressed = str(content.get("menu_id") or "")
        # Menus that the console made have ids of their own.
        return pressed if pressed.startswith(BUTTON_PREFIX) else str(content.get("content", ""))
    if name == "location":
        return " ".join(part for part in (content.get("name"), content.get("address")) if part)
    return str(content.get("title") or "") if name == "link" else ""
