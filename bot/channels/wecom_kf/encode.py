"""Replies as `send_msg` and `send_msg_on_event` take them."""

from __future__ import annotations

from typing import Any

from bot.channels import wording
from bot.conversation.delivery import Outbound, Payload

_HEAD_BYTES = 1024


def payloads(outbound: Outbound) -> list[Payload]:
    """Return the calls for a text, and its choices as a menu under it."""
    if not outbound.buttons:
        return [_payload(outbound, outbound.key, text(outbound.text))]
    if len(outbound.text.encode()) <= _HEAD_BYTES:
        return [_payload(outbound, outbound.key, menu(outbound.text, outbound.buttons))]
    *before, head = wording.split(outbound.text, _HEAD_BYTES)
    return [
        _payload(outbound, f"{outbound.key}a", text("\n".join(before))),
        _payload(outbound, outbound.key, menu(head, outbound.buttons)),
    ]


def text(words: str) -> dict[str, Any]:
    """Return a text message."""
    return {"msgtype": "text", "text": {"content": words}}


def menu(head: str, buttons: tuple[dict[str, str], ...]) -> dict[str, Any]:
    """Return a menu message; the entry that is pressed comes back as its `id`."""
    entries = [
        {"type": "click", "click": {"id": one["payload"], "content": one["title"]}}
        for one in buttons
    ]
    return {"msgtype": "msgmenu", "msgmenu": {"head_content": head, "list": entries}}


def _payload(outbound: Outbound, key: str, content: dict[str, Any]) -> Payload:
    to: dict[str, Any] = {"code": outbound.token}
    if outbound.token is None:
        box, _, user = outbound.to.partition(":")
        to = {"open_kfid": box, "touser": user}
    return Payload(outbound.account, outbound.to, key, {**to, "msgid": key, **content})
