"""Orders whose consumers want an earlier window, and the offer when one opens."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.database.upsert import upsert
from bot.scheduling import notices
from bot.scheduling import tables as t
from bot.scheduling.availability import Search
from bot.scheduling.contract import epoch
from bot.scheduling.models import Order, TimeRange, Visit, Window
from bot.scheduling.store import read_order

# How many who wait are looked at for one window that opens.
_LOOKED_AT = 20


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


async def offer_opened(search: Search, freed: Visit) -> Order | None:
    """Tell the first on the list who can use what a visit has freed, and return their order.

    Nothing is held for them: who answers first books it. Whoever was told goes behind those
    who were not.
    """
    if freed.window is None or freed.crew is None:
        return None
    for order_no in await _waiting(search, freed.crew.crew_id, freed.window):
        order = await read_order(search.connection, order_no)
        if order is not None and await _can_use(search, order, freed.window):
            await notices.record(
                search.connection,
                "window_opened",
                order,
                order.live_visit,
                search.now,
                window=freed.window,
            )
            await _told(search, order_no)
            return order
    return None


async def _waiting(search: Search, crew_id: str, window: Window) -> list[str]:
    """Return who waits in the crew's area for such a window, in their turn."""
    wl = t.waitlist.c
    start = epoch(window.start)
    area = (
        select(t.hub_area.c.adcode)
        .join(t.crew, t.crew.c.hub_id == t.hub_area.c.hub_id)
        .where(t.crew.c.crew_id == crew_id)
    )
    found = await search.connection.execute(
        select(wl.order_no)
        .join(t.orders, t.orders.c.order_no == wl.order_no)
        .where(
            t.orders.c.adcode.in_(area),
            or_(wl.want_from.is_(None), wl.want_from <= start),
            or_(wl.want_to.is_(None), wl.want_to >= epoch(window.end)),
        )
        .order_by(wl.offered_at.is_not(None), wl.offered_at, wl.since, wl.order_no)
        .limit(_LOOKED_AT)
    )
    return list(found.scalars())


async def _can_use(search: Search, order: Order, window: Window) -> bool:
    live = order.live_visit
    if live is not None and live.window is not None and live.window.start <= window.start:
        return False
    return bool(await search.slots(order, window))


async def _told(search: Search, order_no: str) -> None:
    await search.connection.execute(
        update(t.waitlist)
        .where(t.waitlist.c.order_no == order_no)
        .values(offered_at=epoch(search.now))
    )
