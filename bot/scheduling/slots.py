"""The one query behind availability and booking: an order's crews, and their windows with room."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import Select, and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.clock import BUSINESS_ZONE
from bot.scheduling import rules as rule
from bot.scheduling import skills
from bot.scheduling import tables as t
from bot.scheduling.contract import epoch
from bot.scheduling.models import Order, Window
from bot.scheduling.rules import Need
from bot.scheduling.store import instant


@dataclass(frozen=True)
class Span:
    """Days to search, first and last inclusive."""

    first: date
    last: date

    @property
    def epochs(self) -> tuple[int, int]:
        """The span's first instant and the one after its last, in epoch seconds."""
        return midnight(self.first), midnight(self.last + timedelta(days=1))


@dataclass(frozen=True)
class Slot:
    """One crew's window in the ledger; `free` minutes can still be sold.

    `lapsed`: holds that no longer count are still charged to it. `capped`: the ledger's own
    limit is not what we may sell, for less is sold that day or an import widened it.
    """

    cw_id: int
    crew_id: str
    window: Window
    free: int
    lapsed: bool
    capped: bool


def midnight(day: date) -> int:
    """Return the first second of a business day."""
    return epoch(datetime.combine(day, time(), tzinfo=BUSINESS_ZONE))


def lapsed_holds(order_no: str, now: int) -> Any:
    """Return, by window, the held minutes that do not count against an order: its own, expired."""
    h = t.hold.c
    return (
        select(h.cw_id, func.sum(h.minutes).label("minutes"))
        .where(or_(h.expires_at <= now, h.order_no == order_no))
        .group_by(h.cw_id)
        .subquery("lapsed")
    )


def free_minutes(lapsed: Any) -> Any:
    """Return the column of what a window may still sell."""
    w = t.crew_window.c
    return w.sellable_min - w.used_min + func.coalesce(lapsed.c.minutes, 0)


def _open(columns: list[Any], order: Order, need: Need, span: Span, now: int) -> Select[Any]:
    """Select from the windows of fitting crews that have room for the order in the span."""
    w, c = t.crew_window.c, t.crew.c
    lapsed = lapsed_holds(order.order_no, now)
    wanted = skills.mask(need.skills)
    start, end = span.epochs
    there = rule.goods_there(order)
    return (
        select(*columns, free_minutes(lapsed).label("free"), lapsed.c.minutes.label("lapsed"))
        .select_from(t.hub_area)
        .join(t.crew, c.hub_id == t.hub_area.c.hub_id)
        .join(t.crew_window, w.crew_id == c.crew_id)
        .outerjoin(lapsed, lapsed.c.cw_id == w.cw_id)
        .where(
            t.hub_area.c.adcode == order.adcode,
            c.members >= need.members,
            c.skill_mask.bitwise_and(wanted) == wanted,
            w.skill_mask.bitwise_and(wanted) == wanted,
            w.start_at >= (max(start, epoch(there)) if there else start),
            w.start_at < end,
            free_minutes(lapsed) >= need.minutes,
            *_after_delivery(order),
        )
    )


def _after_delivery(order: Order) -> list[Any]:
    """Let an installation begin when the delivery's window is over, or its crew stay for it."""
    w, delivery = t.crew_window.c, rule.delivery_before(order)
    if delivery is None or delivery.window is None:
        return []
    after = w.start_at >= epoch(delivery.window.end)
    if delivery.crew is None:
        return [after]
    stays = and_(w.crew_id == delivery.crew.crew_id, w.start_at >= epoch(delivery.window.start))
    return [or_(after, stays)]


async def open_windows(
    connection: AsyncConnection, order: Order, need: Need, span: Span, now: int
) -> list[Window]:
    """Return the windows with room, soonest first, cut-offs aside: one row a window."""
    w = t.crew_window.c
    inner = _open([w.start_at, w.end_at], order, need, span, now).subquery()
    rows = await connection.execute(
        select(inner.c.start_at, inner.c.end_at)
        .distinct()
        .order_by(inner.c.start_at, inner.c.end_at)
    )
    return [_window(row) for row in rows]


async def open_slots(
    connection: AsyncConnection, order: Order, need: Need, window: Window, now: int
) -> list[Slot]:
    """Return the crews with room in one window: fewest spare skills first, then most room."""
    w, c = t.crew_window.c, t.crew.c
    day = window.start.date()
    limit = w.capacity_min + w.overrun_min - w.sellable_min
    query = _open(
        [w.cw_id, w.crew_id, w.start_at, w.end_at, c.skill_mask, limit.label("limit")],
        order,
        need,
        Span(day, day),
        now,
    ).where(w.start_at == epoch(window.start), w.end_at == epoch(window.end))
    rows = (await connection.execute(query)).all()
    ranked = sorted(rows, key=lambda r: (r.skill_mask.bit_count(), -r.free, r.crew_id))
    return [
        Slot(r.cw_id, r.crew_id, _window(r), r.free, r.lapsed is not None, r.limit != 0)
        for r in ranked
    ]


async def crew_skills(connection: AsyncConnection, crew_id: str, day: date) -> int:
    """Return the mask of a crew's skills that are valid on a day."""
    c = t.crew.c
    row = (
        await connection.execute(select(c.skill_mask, c.licences).where(c.crew_id == crew_id))
    ).one()
    return skills.valid_on(day, row.skill_mask, row.licences)


def _window(row: Any) -> Window:
    start, end = instant(row.start_at), instant(row.end_at)
    if start is None or end is None:
        raise AssertionError("a window of the ledger has a start and an end")
    return Window(start, end)
