"""Facts of orders, sent as signed webhooks; the signature guards them, no token."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from aiohttp import web

from bot.api.answers import answer
from bot.requests import read_bytes

PATH = "/api/v1/events"
_MOST_BYTES = 1024 * 1024


class Events(Protocol):
    """The part of the providers that this call needs."""

    async def receive(self, headers: Mapping[str, str], body: bytes) -> str:
        """Take a signed event."""


def routes(events: Events) -> list[web.RouteDef]:
    """Return the call."""

    async def receive(request: web.Request) -> web.Response:
        body = await read_bytes(request, _MOST_BYTES)
        return answer({"state": await events.receive(request.headers, body)})

    return [web.post(PATH, receive)]
