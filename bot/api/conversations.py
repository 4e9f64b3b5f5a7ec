"""A sender's conversation as it can be read from outside: what was public, in order."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from bot.api.answers import answer
from bot.conversation.conversations import Conversations
from bot.conversation.records import ConversationView, Message
from bot.database.text import storable
from bot.errors import ConversationNotFound
from bot.requests import MAX_NAME


def routes(conversations: Conversations) -> list[web.RouteDef]:
    """Return the call."""

    async def conversation(request: web.Request) -> web.Response:
        return answer(encode(await conversations.transcript(_sender(request))))

    return [web.get("/api/v1/conversations/{sender}", conversation)]


def encode(view: ConversationView) -> dict[str, Any]:
    """Return the contract's shape of a conversation."""
    return {
        "sender": view.sender,
        "state": view.state,
        "reason": view.reason,
        "agent": view.agent,
        "messages": [_message(line) for line in view.messages],
    }


def _message(line: Message) -> dict[str, Any]:
    said: dict[str, Any] = {
        "id": line.id,
        "at": line.at.isoformat(),
        "from": line.author,
        "text": line.text or "",
    }
    if line.buttons:
        said["buttons"] = [dict(choice) for choice in line.buttons]
    if line.custom:
        said["custom"] = line.custom
    return said


def _sender(request: web.Request) -> str:
    sender = request.match_info["sender"]
    try:
        storable(sender)
    except ValueError:
        raise ConversationNotFound(sender="?") from None
    if len(sender) > MAX_NAME:
        raise ConversationNotFound(sender=sender[:MAX_NAME])
    return sender
