"""Windows kept for a consumer who is asked for a yes. They charge the ledger like visits."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.scheduling import ledger, skills
from bot.scheduling import tables as t
from bot.scheduling.contract import epoch
from bot.scheduling.models import Hold, Order, Window
from bot.scheduling.rules import Need
from bot.scheduling.slots import Slot
from bot.scheduling.store import crew_of, instant, window_of


@dataclass(frozen=True)
class Kept:
    """What an order holds, live or expired, and what its crew may do that day."""

    slot: Slot
    token: str
    expires_at: datetime
    skill_mask: int
    members: int
    sellable: int

    @property
    def hold(self) -> Hold:
        """What the consumer's side needs to know of it."""
        return Hold(self.slot.window, self.token, self.expires_at)

    def promises(self, need: Need, window: Window, now: datetime) -> bool:
        """Say whether the hold is good for a window now.

        A day that became a blackout since, or a home that needs more, ends the promise.
        """
        wanted = skills.mask(need.skills)
        return (
            self.expires_at > now
            and self.slot.window == window
            and self.slot.free >= need.minutes
            and self.skill_mask & wanted == wanted
            and self.members >= need.members
            and self.sellable > 0
        )


async def kept(connection: AsyncConnection, order: Order) -> Kept | None:
    """Return what an order holds, live or expired, or None."""
    if not order.held:
        return None
    h, w, c = t.hold.c, t.crew_window.c, t.crew.c
    found = await connection.execute(
        select(h.cw_id, h.token, h.expires_at, h.minutes, w.crew_id, w.start_at, w.end_at)
        .add_columns(w.skill_mask, w.sellable_min, c.members, c.name, c.phone)
        .join(t.crew_window, w.cw_id == h.cw_id)
        .join(t.crew, c.crew_id == w.crew_id)
        .where(h.order_no == order.order_no)
    )
    row = found.first()
    window = window_of(row.start_at, row.end_at) if row else None
    expires_at = instant(row.expires_at) if row else None
    if row is None or window is None or expires_at is None:
        return None
    crew = crew_of(row.crew_id, row.name, row.phone)
    slot = Slot(row.cw_id, crew, window, row.minutes, lapsed=True, promised=True)
    return Kept(slot, row.token, expires_at, row.skill_mask, row.members, row.sellable_min)


async def put(
    connection: AsyncConnection,
    order: Order,
    slot: Slot,
    minutes: int,
    now: datetime,
    lasts: timedelta,
) -> Hold | None:
    """Keep a window for an order instead of the one it holds; None where there is no room.

    What it held is gone in either case: who finds no room at all has to fail.
    """
    held = Hold(slot.window, secrets.token_hex(16), now + lasts)
    before = await kept(connection, order)
    previous = before.slot.cw_id if before else None
    await ledger.lock_windows(connection, (previous, slot.cw_id))
    await clear(connection, order.order_no, slot.cw_id, now)
    ends, token = epoch(held.expires_at), held.token
    added = await ledger.add_hold(
        connection, order.order_no, slot.cw_id, minutes, expires_at=ends, token=token
    )
    return held if added else None


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
