"""Windows kept for a consumer who is asked for a yes. They charge the ledger like visits."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.scheduling import ledger, skills
from bot.scheduling import tables as t
from bot.scheduling.contract import epoch
from bot.scheduling.models import Hold, Order, Window
from bot.scheduling.rules import Need
from bot.scheduling.slots import Slot
from bot.scheduling.store import instant, window_of


@dataclass(frozen=True)
class Kept:
    """An order's live hold and the window that it keeps."""

    slot: Slot
    token: str
    expires_at: datetime

    @property
    def hold(self) -> Hold:
        """What the consumer's side needs to know of it."""
        return Hold(self.slot.window, self.token, self.expires_at)


async def kept(
    connection: AsyncConnection, order: Order, need: Need, window: Window, now: datetime
) -> Kept | None:
    """Return the order's live hold on a window, if its crew can still do the visit.

    A day that became a blackout since, or a home that needs another crew, ends the promise.
    """
    h, w, c = t.hold.c, t.crew_window.c, t.crew.c
    wanted = skills.mask(need.skills)
    row = (
        await connection.execute(
            select(h.cw_id, h.token, h.expires_at, h.minutes, w.crew_id, w.start_at, w.end_at)
            .join(t.crew_window, w.cw_id == h.cw_id)
            .join(t.crew, c.crew_id == w.crew_id)
            .where(
                h.order_no == order.order_no,
                h.expires_at > epoch(now),
                h.minutes >= need.minutes,
                w.start_at == epoch(window.start),
                w.end_at == epoch(window.end),
                w.skill_mask.bitwise_and(wanted) == wanted,
                w.sellable_min > 0,
                c.members >= need.members,
            )
        )
    ).first()
    found = window_of(row.start_at, row.end_at) if row else None
    expires_at = instant(row.expires_at) if row else None
    if row is None or found is None or expires_at is None:
        return None
    return Kept(Slot(row.cw_id, row.crew_id, found, row.minutes), row.token, expires_at)


async def held_window(connection: AsyncConnection, order_no: str) -> int | None:
    """Return the id of the window that an order's hold charges, live or expired."""
    found: int | None = await connection.scalar(
        select(t.hold.c.cw_id).where(t.hold.c.order_no == order_no)
    )
    return found


async def put(
    connection: AsyncConnection,
    order_no: str,
    slot: Slot,
    minutes: int,
    now: datetime,
    lasts: timedelta,
) -> Hold | None:
    """Keep a window for an order instead of the one it holds; None where there is no room."""
    held = Hold(slot.window, secrets.token_hex(16), now + lasts)
    previous = await held_window(connection, order_no)

    async def write() -> None:
        await ledger.lock_windows(connection, (previous, slot.cw_id))
        await clear(connection, order_no, slot.cw_id, now)
        await connection.execute(
            insert(t.hold).values(
                order_no=order_no,
                cw_id=slot.cw_id,
                minutes=minutes,
                expires_at=epoch(held.expires_at),
                token=held.token,
            )
        )

    return held if await ledger.attempt(connection, write, slot.cw_id) else None


async def prolong(connection: AsyncConnection, order_no: str, expires_at: datetime) -> None:
    """Let an order's hold last until another instant."""
    await connection.execute(
        update(t.hold).where(t.hold.c.order_no == order_no).values(expires_at=epoch(expires_at))
    )


async def clear(
    connection: AsyncConnection, order_no: str, cw_id: int | None, now: datetime
) -> None:
    """Release the order's hold and what has expired in a window that is about to be charged."""
    h = t.hold.c
    await connection.execute(
        delete(t.hold).where(
            or_(h.order_no == order_no, (h.cw_id == cw_id) & (h.expires_at <= epoch(now)))
        )
    )


async def sweep(connection: AsyncConnection, now: datetime) -> int:
    """Release all expired holds and return how many there were."""
    h = t.hold.c
    expired = h.expires_at <= epoch(now)
    windows = (await connection.execute(select(h.cw_id).where(expired))).scalars().all()
    if not windows:
        return 0
    await ledger.lock_windows(connection, windows)
    done = await connection.execute(delete(t.hold).where(expired, h.cw_id.in_(windows)))
    return done.rowcount
