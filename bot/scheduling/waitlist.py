"""Orders whose consumers want an earlier window, and the offer when one opens."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, delete, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.database.upsert import upsert
from bot.scheduling import notices
from bot.scheduling import tables as t
from bot.scheduling.availability import Search
from bot.scheduling.contract import epoch
from bot.scheduling.models import Order, TimeRange, Visit, Window
from bot.scheduling.slots import Slot
from bot.scheduling.store import read_order

# How many who wait are looked at when something opens.
_LOOKED_AT = 50
Hubs = Collection[str] | Select[Any]


async def join(connection: AsyncConnection, order_no: str, wish: TimeRange, now: datetime) -> None:
    """Put an order on the list for windows of the wish; its first place in the line is kept."""
    want = {
        "want_from": epoch(wish.earliest) if wish.earliest else None,
        "want_to": epoch(wish.latest) if wish.latest else None,
    }
    await connection.execute(
        upsert(connection, t.waitlist)
        .values(order_no=order_no, since=epoch(now), **want)
        .on_conflict_do_update(index_elements=["order_no"], set_=want)
    )


async def leave(connection: AsyncConnection, order_no: str) -> None:
    """Take an order off the list."""
    await connection.execute(delete(t.waitlist).where(t.waitlist.c.order_no == order_no))


async def offer(search: Search, hubs: Hubs | None, opened: Window | None = None) -> None:
    """Tell those who wait at the hubs, at all where it is None, what they can have now.

    In their turn, each room to one of them, who has `waitlist_minutes` before the next is told;
    nothing is held for them. Only of the window that `opened` where one is given. Whoever was
    told goes behind those who were not, and is never told of the same window again.
    """
    waiting = await _waiting(search, hubs, opened)
    if not waiting:
        return
    search = replace(search, limits=True)
    on_offer = await _on_offer(search)
    for order_no in waiting:
        order = await read_order(search.connection, order_no)
        slot = await _room(search, order, opened, on_offer) if order is not None else None
        if order is None or slot is None:
            continue
        await _tell(search, order, slot)
        on_offer.add(slot.cw_id)


async def offer_freed(search: Search, freed: Visit) -> None:
    """Tell the first who can use it of the window that a visit has given up."""
    if freed.window is not None and freed.crew is not None:
        await offer(search, _hubs_of([freed.crew.crew_id]), freed.window)


async def pass_on(search: Search) -> int:
    """End the offers that nobody has taken in time, and tell the next; return how many ended."""
    wl = t.waitlist.c
    ended = (wl.offered_cw.is_not(None)) & (wl.offered_until <= epoch(search.now))
    found = await search.connection.execute(select(wl.order_no, wl.offered_cw).where(ended))
    rows = found.all()
    if rows:
        windows = select(t.crew_window.c.crew_id).where(
            t.crew_window.c.cw_id.in_({row.offered_cw for row in rows})
        )
        await search.connection.execute(update(t.waitlist).where(ended).values(offered_cw=None))
        await offer(search, _hubs_of(windows))
    return len(rows)


def _hubs_of(crews: Any) -> Select[Any]:
    return select(t.crew.c.hub_id).where(t.crew.c.crew_id.in_(crews))


async def _on_offer(search: Search) -> set[int]:
    """Return the windows of crews that somebody has been told of and may still take."""
    wl = t.waitlist.c
    live = wl.offered_cw.is_not(None) & (wl.offered_until > epoch(search.now))
    return set((await search.connection.execute(select(wl.offered_cw).where(live))).scalars())


async def _waiting(search: Search, hubs: Hubs | None, opened: Window | None) -> list[str]:
    """Return who waits there, with nothing on offer, in their turn."""
    wl = t.waitlist.c
    query = (
        select(wl.order_no)
        .join(t.orders, t.orders.c.order_no == wl.order_no)
        .where(wl.offered_cw.is_(None))
        .order_by(wl.offered_until.is_not(None), wl.offered_until, wl.since, wl.order_no)
    )
    if hubs is not None:
        area = select(t.hub_area.c.adcode).where(t.hub_area.c.hub_id.in_(hubs))
        query = query.where(t.orders.c.adcode.in_(area))
    if opened is not None:
        query = query.where(_wish_takes(opened))
    found = await search.connection.execute(query.limit(_LOOKED_AT))
    return list(found.scalars())


async def _room(
    search: Search, order: Order, opened: Window | None, on_offer: set[int]
) -> Slot | None:
    """Return the earliest room that an order's consumer waits for and has not been told of."""
    windows = [opened] if opened is not None else await search.windows(order, search.horizon)
    live = order.live_visit
    booked = live.window if live is not None else None
    for window in windows:
        if booked is not None and booked.start <= window.start:
            break
        if await _wanted(search, order, window):
            slots = await search.slots(order, window)
            free = [slot for slot in slots if slot.cw_id not in on_offer]
            if free:
                return free[0]
    return None


async def _wanted(search: Search, order: Order, window: Window) -> bool:
    wl = t.waitlist.c
    found = await search.connection.execute(
        select(wl.order_no).where(wl.order_no == order.order_no, _wish_takes(window))
    )
    told = await notices.written(
        search.connection, "window_opened", order, order.live_visit, window
    )
    return found.first() is not None and not told


def _wish_takes(window: Window) -> ColumnElement[bool]:
    wl = t.waitlist.c
    return and_(
        or_(wl.want_from.is_(None), wl.want_from <= epoch(window.start)),
        or_(wl.want_to.is_(None), wl.want_to >= epoch(window.end)),
    )


async def _tell(search: Search, order: Order, slot: Slot) -> None:
    await notices.record(
        search.connection,
        "window_opened",
        order,
        order.live_visit,
        search.now,
        window=slot.window,
    )
    told_at = notices.told_from(search.now, search.rules)
    until = told_at + timedelta(minutes=search.rules.waitlist_minutes)
    await search.connection.execute(
        update(t.waitlist)
        .where(t.waitlist.c.order_no == order.order_no)
        .values(offered_cw=slot.cw_id, offered_until=epoch(until))
    )
