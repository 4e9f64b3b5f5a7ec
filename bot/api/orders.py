"""Orders and their open windows, for those who integrate."""

from __future__ import annotations

import re
from datetime import date
from typing import Any, Protocol

from aiohttp import web

from bot.api import parameters
from bot.api.answers import answer
from bot.api.calendars import Links
from bot.errors import MalformedRequest, OrderNotFound

_DAYS = re.compile(r"\d{1,3}", re.ASCII)
_DEFAULT_DAYS = "14"
_MAX_DAYS = 60


class Orders(Protocol):
    """The part of scheduling that these calls need. Both raise OrderNotFound."""

    async def api_order(self, order_no: str) -> dict[str, Any]:
        """Return the order in the shape of the import."""

    async def availability(self, order_no: str, from_date: date | None, days: int) -> Any:
        """Return the open windows of an order's next visit, as `windows` and `reason`."""


def routes(orders: Orders, links: Links) -> list[web.RouteDef]:
    """Return the calls about orders."""

    async def order(request: web.Request) -> web.Response:
        order_no = _order_no(request)
        document = await orders.api_order(order_no)
        return answer({**document, "calendar_url": links.order(order_no)})

    async def availability(request: web.Request) -> web.Response:
        order_no, day, days = _order_no(request), parameters.day(request, "from"), _days(request)
        return answer(_encode(await orders.availability(order_no, day, days)))

    return [
        web.get("/api/v1/orders/{order_no}", order),
        web.get("/api/v1/orders/{order_no}/availability", availability),
    ]


def _encode(found: Any) -> dict[str, Any]:
    windows = [{"start": w.start.isoformat(), "end": w.end.isoformat()} for w in found.windows]
    if found.reason is None:
        return {"windows": windows}
    return {
        "windows": windows,
        "reason": {"code": found.reason.code, "text": found.reason.text},
    }


def _order_no(request: web.Request) -> str:
    return parameters.name(request, "order_no", OrderNotFound)


def _days(request: web.Request) -> int:
    text = request.query.get("days", _DEFAULT_DAYS)
    days = int(text) if _DAYS.fullmatch(text) else 0
    if not 1 <= days <= _MAX_DAYS:
        raise MalformedRequest(f"days: must be an integer from 1 to {_MAX_DAYS}", parameter="days")
    return days
