"""Calendar feeds. Calendars send no header, so the address itself carries the right to read."""

from __future__ import annotations

import hashlib
import hmac
from typing import Protocol

from aiohttp import web

from bot.api import parameters
from bot.errors import CrewNotFound, OrderNotFound, Unauthorized

FEED = "/calendar.ics"
_HEADERS = {"Cache-Control": "private, no-cache", "Referrer-Policy": "no-referrer"}
_TOKEN_DIGITS = 40


class Links:
    """Addresses of feeds. They hold until the session secret is another one."""

    def __init__(self, secret: str) -> None:
        self._key = hashlib.sha256(f"calendar:{secret}".encode()).digest()

    def crew(self, crew_id: str) -> str:
        """Return the address of a crew's feed, from the server's root."""
        return f"/api/v1/crews/{crew_id}{FEED}?token={self._token('crew', crew_id)}"

    def order(self, order_no: str) -> str:
        """Return the address of the feed of an order's visits, for its consumer."""
        return f"/api/v1/orders/{order_no}{FEED}?token={self._token('order', order_no)}"

    def check(self, request: web.Request, kind: str, name: str) -> None:
        """Raise Unauthorized unless the address carries the token of just this feed."""
        sent = request.query.get("token", "").encode(errors="surrogateescape")
        if not hmac.compare_digest(sent, self._token(kind, name).encode()):
            raise Unauthorized("the address of a calendar ends with its own token; ask for it anew")

    def _token(self, kind: str, name: str) -> str:
        mac = hmac.new(self._key, f"{kind}:{name}".encode(), hashlib.sha256)
        return mac.hexdigest()[:_TOKEN_DIGITS]


class Feeds(Protocol):
    """The part of scheduling that these calls need."""

    async def crew_feed(self, crew_id: str) -> bytes:
        """Return a crew's visits as iCalendar."""

    async def order_feed(self, order_no: str) -> bytes:
        """Return an order's visits as iCalendar."""


def routes(feeds: Feeds, links: Links) -> list[web.RouteDef]:
    """Return the calls."""

    async def crew(request: web.Request) -> web.Response:
        crew_id = parameters.name(request, "crew_id", CrewNotFound)
        links.check(request, "crew", crew_id)
        return _calendar(await feeds.crew_feed(crew_id))

    async def order(request: web.Request) -> web.Response:
        order_no = parameters.name(request, "order_no", OrderNotFound)
        links.check(request, "order", order_no)
        return _calendar(await feeds.order_feed(order_no))

    return [
        web.get(f"/api/v1/crews/{{crew_id}}{FEED}", crew),
        web.get(f"/api/v1/orders/{{order_no}}{FEED}", order),
    ]


def _calendar(feed: bytes) -> web.Response:
    return web.Response(body=feed, content_type="text/calendar", charset="utf-8", headers=_HEADERS)
