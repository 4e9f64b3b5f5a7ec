"""From an order's page into a chat that knows the order, for those who make such pages."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import timedelta
from typing import Any, Protocol

from aiohttp import web

from bot.api import parameters
from bot.api.answers import answer
from bot.errors import MalformedRequest, OrderNotFound

_DAYS = re.compile(r"\d{1,2}", re.ASCII)
_DEFAULT_DAYS = "7"
_MAX_DAYS = 30


class Orders(Protocol):
    """The part of scheduling that this call needs."""

    async def api_order(self, order_no: str) -> dict[str, Any]:
        """Return the order. Raises OrderNotFound."""


class Linking(Protocol):
    """A channel that may have links to orders' chats, each a dataclass."""

    async def order_links(self, order_no: str, life: timedelta) -> Sequence[Any]:
        """Return its links, which hold for `life`."""


def routes(orders: Orders, channels: Iterable[Linking]) -> list[web.RouteDef]:
    """Return the call."""
    linking = tuple(channels)

    async def links(request: web.Request) -> web.Response:
        order_no, life = parameters.name(request, "order_no", OrderNotFound), _life(request)
        await orders.api_order(order_no)
        found = [asdict(link) for one in linking for link in await one.order_links(order_no, life)]
        return answer({"links": found})

    return [web.get("/api/v1/orders/{order_no}/chat-links", links)]


def _life(request: web.Request) -> timedelta:
    text = request.query.get("days", _DEFAULT_DAYS)
    days = int(text) if _DAYS.fullmatch(text) else 0
    if not 1 <= days <= _MAX_DAYS:
        raise MalformedRequest(f"days: must be an integer from 1 to {_MAX_DAYS}", parameter="days")
    return timedelta(days=days)
