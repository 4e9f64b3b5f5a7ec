"""Rasa's own REST channel, with message ids that make a repeat harmless."""

from __future__ import annotations

import json
from functools import partial
from typing import Any

from aiohttp import web

from bot.channels.base import Channel, shown
from bot.conversation.conversations import Conversations
from bot.conversation.records import Message
from bot.ratelimit import RateLimiter
from bot.requests import Body, Name, Text, read

dumps = partial(json.dumps, ensure_ascii=False)


class Metadata(Body):
    """What the caller knows about the sender. `consumer_id` is taken as vouched for."""

    consumer_id: Name | None = None


class RestMessage(Body):
    """The body of `POST /webhooks/rest/webhook`."""

    sender: Name
    message: Text
    message_id: Name | None = None
    metadata: Metadata | None = None


class RestChannel(Channel):
    """Waits for the turn and answers with its replies; `timeout` seconds at most."""

    name = "rest"
    hurried = True

    def __init__(self, conversations: Conversations, timeout: float, limiter: RateLimiter) -> None:
        super().__init__(conversations)
        self._limiter = limiter
        self._timeout = timeout

    def routes(self) -> list[web.RouteDef]:
        """Return the one call of the channel."""
        return [web.post("/webhooks/rest/webhook", self._webhook)]

    async def _webhook(self, request: web.Request) -> web.Response:
        body = await read(request, RestMessage)
        await self._limiter.check("limit_rest_sender", self.name, body.sender)
        consumer_id = body.metadata.consumer_id if body.metadata else None
        receipt = await self._receive(body.sender, body.message, body.message_id, consumer_id)
        replies = await self._conversations.replies(receipt, self._timeout)
        return web.json_response([_encode(body.sender, line) for line in replies], dumps=dumps)


def _encode(sender: str, line: Message) -> dict[str, Any]:
    text = {"text": line.text} if line.text is not None else {}
    return {"recipient_id": sender, **text, **shown(line)}
