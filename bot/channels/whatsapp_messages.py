"""WhatsApp's messages: how they are read from a batch, and how ours are written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from bot.channels.base import Decoded, Happening, Inbound, Kind
from bot.channels.wording import texts
from bot.conversation.records import Grant

# Of the text above buttons or a list.
BODY_LETTERS = 1024
_REPLY_BUTTONS = 3
_REPLY_LETTERS = 20
# Meta's name of the status of a message that did not arrive.
FAILED = "failed"
# How long we may answer; how often, nobody counts.
_WINDOW = Grant(1, 24 * 3600)
_KINDS = {
    "image": Kind.IMAGE,
    "audio": Kind.VOICE,
    "voice": Kind.VOICE,
    "video": Kind.VIDEO,
    "document": Kind.FILE,
    "location": Kind.LOCATION,
}
# Of no meaning to us: a thumb under one of our lines is no message.
_PASSED_OVER = {"reaction", "system"}


def read(batch: Mapping[str, Any], phone_number_id: str) -> Decoded:
    """Return what a batch holds for one number, messages by the time they were sent.

    Statuses may come in any order; each is an event that is acted on once.
    """
    messages: list[Mapping[str, Any]] = []
    events: list[Happening] = []
    for value in _values(batch, phone_number_id):
        messages += [one for one in value.get("messages", ()) if one["type"] not in _PASSED_OVER]
        events += [_status(one) for one in value.get("statuses", ())]
    messages.sort(key=lambda one: int(one["timestamp"]))
    return Decoded([inbound for one in messages for inbound in _inbounds(one)], events)


def _values(batch: Mapping[str, Any], phone_number_id: str) -> Iterator[Mapping[str, Any]]:
    for entry in batch.get("entry", ()):
        for change in entry.get("changes", ()):
            value = change.get("value") or {}
            number = (value.get("metadata") or {}).get("phone_number_id")
            if change.get("field") == "messages" and number == phone_number_id:
                yield value


def _status(status: Mapping[str, Any]) -> Happening:
    reasons = [f"{one.get('code')} {one.get('title', '')}" for one in status.get("errors", ())]
    facts = {"platform_id": status["id"], "reason": "; ".join(reasons)}
    return Happening(f"{status['id']}:{status['status']}", status["status"], facts)


def _inbounds(message: Mapping[str, Any]) -> list[Inbound]:
    """Return a message; what is written under a picture is one more."""
    sender, key, name = message["from"], message["id"], message["type"]
    content = message.get(name)
    kind = _KINDS.get(name, Kind.OTHER)
    if not isinstance(content, Mapping):
        return [Inbound(sender, key, kind=kind, grant=_WINDOW)]
    text = _text(name, content)
    if text is not None:
        return [Inbound(sender, key, text, grant=_WINDOW)]
    if kind is not Kind.IMAGE:
        said = " ".join(filter(None, (content.get("name"), content.get("address"))))
        return [Inbound(sender, key, said, kind, grant=_WINDOW)]
    shown = Inbound(sender, key, "", kind, {"media_id": content["id"]}, grant=_WINDOW)
    below = content.get("caption")
    return [shown, Inbound(sender, f"{key}:caption", below, grant=_WINDOW)] if below else [shown]


def _text(name: str, content: Mapping[str, Any]) -> str | None:
    """Return what was written, or which button was pressed."""
    if name == "text":
        return str(content["body"])
    if name == "button":
        # Under a template.
        return str(content["text"])
    pressed = content.get("button_reply") or content.get("list_reply")
    return str(pressed["id"]) if name == "interactive" and pressed else None


def written(text: str, buttons: Sequence[Mapping[str, str]]) -> dict[str, Any]:
    """Return a text message, or one with up to three buttons or a list of up to ten rows."""
    if not buttons:
        return {"type": "text", "text": {"body": text, "preview_url": False}}
    body = {"text": text or texts()["choose_list"]}
    if len(buttons) <= _REPLY_BUTTONS and all(len(b["title"]) <= _REPLY_LETTERS for b in buttons):
        return {"type": "interactive", "interactive": _replies(body, buttons)}
    return {"type": "interactive", "interactive": _list(body, buttons)}


def _replies(body: Mapping[str, str], buttons: Sequence[Mapping[str, str]]) -> dict[str, Any]:
    shown = [
        {"type": "reply", "reply": {"id": button["payload"], "title": button["title"]}}
        for button in buttons
    ]
    return {"type": "button", "body": body, "action": {"buttons": shown}}


def _list(body: Mapping[str, str], buttons: Sequence[Mapping[str, str]]) -> dict[str, Any]:
    rows = [{"id": button["payload"], "title": button["title"]} for button in buttons]
    sections = [{"rows": rows}]
    return {
        "type": "list",
        "body": body,
        "action": {"button": texts()["choose_list"], "sections": sections},
    }
