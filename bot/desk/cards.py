"""The order beside a chat: masked, and what canned replies take from it."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from time import monotonic
from typing import Any

from sqlalchemy import Row

from bot.conversation.cases import dialogue_id
from bot.errors import MalformedRequest
from bot.log import mask
from bot.scheduling import Caller, Order, Scheduling, Visit

_DISTRICT = re.compile(r"^.*?(?:区|县|市(?!.*[区县]))")
_FRESH_SECONDS = 30.0
_KEPT = 2000


def caller(row: Row[Any]) -> Caller:
    """Return with whose rights a conversation's orders are reached."""
    return Caller(dialogue_id(row), row.consumer_id)


class Orders:
    """The orders that a chat has a right to. What lists show of them may be half a minute old."""

    def __init__(self, scheduling: Scheduling) -> None:
        self._scheduling = scheduling
        self._seen: dict[Any, tuple[float, Order | None]] = {}

    async def of(self, row: Row[Any], merchants: frozenset[str] | None) -> list[Order]:
        """Return the orders of a conversation as they are now; None: of every merchant."""
        found = await self._scheduling.orders(caller(row))
        return [order for order in found if merchants is None or order.merchant in merchants]

    async def hint(self, row: Row[Any], merchants: frozenset[str] | None) -> Order | None:
        """Return the order that a list shows beside a conversation."""
        key = (row.id, merchants)
        at, order = self._seen.get(key, (-_FRESH_SECONDS, None))
        if monotonic() - at > _FRESH_SECONDS:
            order = first(await self.of(row, merchants))
            if len(self._seen) > _KEPT:
                self._seen.clear()
            self._seen[key] = (monotonic(), order)
        return order


def first(orders: list[Order]) -> Order | None:
    """Return the order that is most likely meant: the one with a visit to come."""
    live = [order for order in orders if order.live_visit is not None]
    return next(iter(live or orders), None)


def card(order: Order) -> dict[str, Any]:
    """Return an order as agents see it, without what would tell strangers who it is."""
    return {
        "order_no": order.order_no,
        "merchant": order.merchant,
        "name": masked_name(order.consumer_name),
        "phone": mask(order.phone),
        "address": masked_address(order.address_text),
        "items": [
            {"name": item.name, "category": item.category, "quantity": item.quantity}
            for item in order.items
        ],
        "tracking": [
            {"at": step.at.isoformat(), "text": step.text, "location": step.location}
            for step in sorted(order.tracking, key=lambda step: step.at, reverse=True)
        ],
        "visit": _visit(order.live_visit),
        "site": {key: value for key, value in order.site.items() if value is not None},
    }


def _visit(visit: Visit | None) -> dict[str, Any] | None:
    if visit is None:
        return None
    window, crew = visit.window, visit.crew
    return {
        "visit_id": visit.visit_id,
        "kind": visit.kind,
        "status": visit.status,
        "start": window.start.isoformat() if window else None,
        "end": window.end.isoformat() if window else None,
        "crew": {"name": crew.name, "phone": crew.phone} if crew else None,
        "changes": visit.changes,
        "version": visit.version,
        "attention": visit.attention,
    }


_REVEALED: dict[str, Callable[[Order], str]] = {
    "phone": lambda order: order.phone,
    "address": lambda order: order.address_text,
    "name": lambda order: order.consumer_name,
}


def revealed(order: Order, field: str) -> str:
    """Return one masked value in full. Raises MalformedRequest for an unknown field."""
    if field not in _REVEALED:
        raise MalformedRequest(f"field: one of {', '.join(_REVEALED)}")
    return _REVEALED[field](order)


def masked_name(name: str) -> str:
    """Return a name of which only the first character shows."""
    return f"{name[:1]}**"


def masked_address(text: str) -> str:
    """Return an address down to its district."""
    found = _DISTRICT.match(text)
    return f"{found[0] if found else text[:3]}****"


def variables(order: Order | None, alias: str, said_window: Callable[[Any], str]) -> dict[str, str]:
    """Return what canned replies may name, as far as it is known."""
    known = {"agent": alias}
    if order is None:
        return known
    known["goods"] = order.items[0].name if order.items else ""
    visit = order.live_visit
    if visit is not None and visit.window is not None:
        known["visit_window"] = said_window(visit.window)
    if visit is not None and visit.crew is not None:
        known |= {"crew": visit.crew.name, "crew_phone": visit.crew.phone}
    if order.tracking:
        known["tracking"] = max(order.tracking, key=lambda step: step.at).text
    return {name: value for name, value in known.items() if value}


def visit_day(order: Order | None) -> str | None:
    """Return the day of an order's next visit, or None."""
    window = order.live_visit.window if order and order.live_visit else None
    return _day(window.start) if window else None


def _day(at: datetime) -> str:
    return at.date().isoformat()
