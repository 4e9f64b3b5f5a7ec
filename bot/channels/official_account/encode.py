"""Replies as `custom/send` and `template/send` take them."""

from __future__ import annotations

from typing import Any

from bot.channels.official_account.account import Template
from bot.conversation.delivery import Outbound, Payload

# The longest value of a keyword of the kind `thing`, in letters.
_THING = 20


def reply(outbound: Outbound) -> Payload:
    """Return the call for a text, its choices as a menu message under it."""
    body: dict[str, Any] = {"msgtype": "text", "text": {"content": outbound.text}}
    if outbound.buttons:
        entries = [{"id": one["payload"], "content": one["title"]} for one in outbound.buttons]
        menu = {"head_content": outbound.text, "list": entries, "tail_content": ""}
        body = {"msgtype": "msgmenu", "msgmenu": menu}
    return Payload(outbound.account, outbound.to, outbound.key, {"touser": outbound.to, **body})


def template(outbound: Outbound, chosen: Template) -> Payload:
    """Return the call for a template message, which the platform takes once for its key."""
    fields = {
        name: {"value": value.replace("{text}", _cut(outbound.text))}
        for name, value in chosen.fields.items()
    }
    body = {"touser": outbound.to, "template_id": chosen.id, "data": fields}
    if chosen.url is not None:
        body["url"] = chosen.url
    body["client_msg_id"] = outbound.key
    return Payload(outbound.account, outbound.to, outbound.key, body)


def _cut(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _THING else f"{line[: _THING - 1]}…"
