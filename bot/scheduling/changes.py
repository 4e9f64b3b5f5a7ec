"""Changes of visits that were made elsewhere and came in by an import."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.scheduling import history, notices
from bot.scheduling import tables as t
from bot.scheduling.models import Order, Visit
from bot.scheduling.notices import Kind
from bot.scheduling.store import read_order
from bot.settings import BookingRules

_TOLD: dict[str, Kind] = {
    "scheduled": "confirmed",
    "rescheduled": "changed",
    "cancelled": "cancelled",
    "en_route": "en_route",
    "completed": "done",
    "failed": "failed",
}


async def changed_elsewhere(
    connection: AsyncConnection, before: Order, now: datetime, rules: BookingRules, actor: str
) -> None:
    """Note how an order's visits differ from `before`, and tell its consumer.

    A visit that is new to us was agreed elsewhere: nothing is told of it now.
    """
    order = await read_order(connection, before.order_no)
    known = {visit.visit_id: visit for visit in before.visits}
    for visit in order.visits if order is not None else ():
        old = known.get(visit.visit_id)
        what = _what(old, visit) if old is not None else None
        if order is not None:
            await notices.plan(connection, order, visit, now, rules)
        if order is None or what is None:
            continue
        await _note(connection, old, visit, what, now, actor)
        if what in _TOLD:
            await notices.record(connection, _TOLD[what], order, visit, now)


def _what(old: Visit, new: Visit) -> str | None:
    """Name the change between two states of a visit as its history does."""
    if old.status != new.status:
        return new.status
    if old.window == new.window and old.crew == new.crew:
        return None
    return "rescheduled" if old.window != new.window else "reassigned"


async def _note(
    connection: AsyncConnection,
    old: Visit | None,
    new: Visit,
    what: str,
    now: datetime,
    actor: str,
) -> None:
    await connection.execute(
        update(t.visit)
        .where(t.visit.c.visit_id == new.visit_id)
        .values(version=t.visit.c.version + 1)
    )
    await history.note(connection, old, new, what, now, actor=actor)
