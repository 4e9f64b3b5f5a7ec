"""Orders and their open windows, for those who integrate."""

from __future__ import annotations

import re
from datetime import date
from typing import Any, Protocol

from aiohttp import web

from bot.api.answers import answer
from bot.errors import MalformedRequest, OrderNotFound

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_DAYS = re.compile(r"\d{1,3}", re.ASCII)
_ORDER_NO = re.compile(r"[\x21-\x7e]{1,64}")
_YEARS = range(2000, 2101)
_DEFAULT_DAYS = "14"
_MAX_DAYS = 60


class Orders(Protocol):
    """The part of scheduling that these calls need. Both raise OrderNotFound."""

    async def api_order(self, order_no: str) -> dict[str, Any]:
        """Return the order in the shape of the import."""

    async def availability(self, order_no: str, from_date: date | None, days: int) -> Any:
        """Return the open windows of an order's next visit, as `windows` and `reason`."""


def routes(orders: Orders) -> list[web.RouteDef]:
    """Return the calls about orders."""

    async def order(request: web.Request) -> web.Response:
        return answer(await orders.api_order(_order_no(request)))

    async def availability(request: web.Request) -> web.Response:
        order_no, day, days = _order_no(request), _from_date(request), _days(request)
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
    order_no = request.match_info["order_no"]
    if not _ORDER_NO.fullmatch(order_no):
        raise OrderNotFound(order_no=order_no[:64])
    return order_no


def _from_date(request: web.Request) -> date | None:
    text = request.query.get("from")
    if text is None:
        return None
    try:
        day = date.fromisoformat(text) if _DATE.fullmatch(text) else None
    except ValueError:
        day = None
    if day is None or day.year not in _YEARS:
        raise MalformedRequest("from: must be a date such as 2026-11-20", parameter="from")
    return day


def _days(request: web.Request) -> int:
    text = request.query.get("days", _DEFAULT_DAYS)
    days = int(text) if _DAYS.fullmatch(text) else 0
    if not 1 <= days <= _MAX_DAYS:
        raise MalformedRequest(f"days: must be an integer from 1 to {_MAX_DAYS}", parameter="days")
    return days
