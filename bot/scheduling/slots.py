"""The one query behind availability and booking: an order's crews, and their windows with room."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cache
from typing import Any

from sqlalchemy import BigInteger, Integer, Select, and_, bindparam, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.clock import BUSINESS_ZONE
from bot.scheduling import rules as rule
from bot.scheduling import skills
from bot.scheduling import tables as t
from bot.scheduling.contract import epoch
from bot.scheduling.models import Crew, Order, Window
from bot.scheduling.rules import Need
from bot.scheduling.store import crew_of, window_of


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

    `lapsed`: holds that no longer count are still charged to it. `promised`: its room was held
    for the order, so that it is there even where less is sold that day by now.
    """

    cw_id: int
    crew: Crew
    window: Window
    free: int
    lapsed: bool
    promised: bool = False


def midnight(day: date) -> int:
    """Return the first second of a business day."""
    return epoch(datetime.combine(day, time(), tzinfo=BUSINESS_ZONE))


def lapsed_minutes(order_no: Any, now: Any) -> Any:
    """Return a window's held minutes that do not count against an order: its own, expired."""
    here = t.hold.c.cw_id == t.crew_window.c.cw_id
    query = select(func.sum(t.hold.c.minutes)).where(here, _is_lapsed(order_no, now))
    return query.correlate(t.crew_window).scalar_subquery()


def free_minutes(lapsed: Any) -> Any:
    """Return the column of what a window may still sell."""
    w = t.crew_window.c
    return w.sellable_min - w.used_min + func.coalesce(lapsed, 0)


def _has_room(free: Any) -> Any:
    """Return the condition that a window has room; holds are only looked at where they matter."""
    w, minutes = t.crew_window.c, bindparam("minutes", type_=Integer)
    gone = _is_lapsed(bindparam("order_no"), bindparam("now"))
    held = w.cw_id.in_(select(t.hold.c.cw_id).where(gone))
    return or_(w.sellable_min - w.used_min >= minutes, and_(held, free >= minutes))


def _is_lapsed(order_no: Any, now: Any) -> Any:
    return or_(t.hold.c.expires_at <= now, t.hold.c.order_no == order_no)


def of_provider(provider: Any) -> Any:
    """Return the condition that a crew works for a provider, itself or through its hub."""
    home, c = t.hub.alias("home"), t.crew.c
    of_hub = select(home.c.provider).where(home.c.hub_id == c.hub_id).scalar_subquery()
    return func.coalesce(c.provider, of_hub) == provider


@cache
def _open(*, one: bool, follows: bool, bound: bool) -> Select[Any]:
    """Select from the windows of fitting crews that have room for an order.

    `one` window by crew, else the windows of a span; `follows` for an installation that waits
    for a booked delivery; `bound` for an order of one provider. Built once: putting a statement
    together takes longer than running it.
    """
    w, c = t.crew_window.c, t.crew.c
    lapsed = lapsed_minutes(bindparam("order_no"), bindparam("now"))
    wanted = bindparam("wanted", type_=BigInteger)
    free = free_minutes(lapsed)
    query = (
        select(w.start_at, w.end_at)
        .select_from(t.hub_area)
        .join(t.crew, c.hub_id == t.hub_area.c.hub_id)
        .join(t.crew_window, w.crew_id == c.crew_id)
        .where(
            t.hub_area.c.adcode == bindparam("adcode"),
            c.members >= bindparam("members"),
            c.skill_mask.bitwise_and(wanted) == wanted,
            w.skill_mask.bitwise_and(wanted) == wanted,
            w.start_at >= bindparam("first"),
            _has_room(free),
        )
    )
    if follows:
        stays = and_(w.crew_id == bindparam("stays"), w.start_at >= bindparam("with"))
        query = query.where(or_(w.start_at >= bindparam("after"), stays))
    if bound:
        query = query.where(of_provider(bindparam("provider")))
    if not one:
        query = query.where(w.start_at < bindparam("last")).distinct()
        return query.order_by(w.start_at, w.end_at)
    return query.where(w.start_at == bindparam("start"), w.end_at == bindparam("end")).add_columns(
        w.cw_id,
        w.crew_id,
        c.name,
        c.phone,
        c.skill_mask,
        free.label("free"),
        lapsed.label("lapsed"),
    )


def _asked(order: Order, need: Need, first: int, now: int) -> dict[str, Any]:
    """Return the values that both statements take."""
    there = rule.goods_there(order)
    return {
        "order_no": order.order_no,
        "now": now,
        "adcode": order.adcode,
        "members": need.members,
        "wanted": skills.mask(need.skills),
        "first": max(first, epoch(there)) if there else first,
        "minutes": need.minutes,
        **_delivery(order),
        **({"provider": order.provider} if order.provider else {}),
    }


def _statement(asked: dict[str, Any], *, one: bool) -> Select[Any]:
    return _open(one=one, follows="after" in asked, bound="provider" in asked)


def _delivery(order: Order) -> dict[str, Any]:
    """Let an installation begin when the delivery's window is over, or its crew stay for it."""
    delivery = rule.delivery_before(order)
    if delivery is None or delivery.window is None:
        return {}
    return {
        "after": epoch(delivery.window.end),
        "stays": delivery.crew.crew_id if delivery.crew else "",
        "with": epoch(delivery.window.start),
    }


async def open_windows(
    connection: AsyncConnection, order: Order, need: Need, span: Span, now: int
) -> list[Window]:
    """Return the windows with room, soonest first, cut-offs aside: one row a window."""
    first, last = span.epochs
    asked = {**_asked(order, need, first, now), "last": last}
    rows = (await connection.execute(_statement(asked, one=False), asked)).all()
    return [window for start, end in rows if (window := window_of(start, end))]


async def open_slots(
    connection: AsyncConnection, order: Order, need: Need, window: Window, now: int
) -> list[Slot]:
    """Return the crews with room in one window: fewest spare skills first, then most room."""
    start = epoch(window.start)
    asked = {**_asked(order, need, start, now), "start": start, "end": epoch(window.end)}
    rows = (await connection.execute(_statement(asked, one=True), asked)).all()
    ranked = sorted(rows, key=lambda r: (r.skill_mask.bit_count(), -r.free, r.crew_id))
    return [
        Slot(r.cw_id, crew_of(r.crew_id, r.name, r.phone), window, r.free, r.lapsed is not None)
        for r in ranked
    ]


async def crew_skills(connection: AsyncConnection, crew_id: str, day: date) -> int:
    """Return the mask of a crew's skills that are valid on a day."""
    c = t.crew.c
    row = (
        await connection.execute(select(c.skill_mask, c.licences).where(c.crew_id == crew_id))
    ).one()
    return skills.valid_on(day, row.skill_mask, row.licences)
