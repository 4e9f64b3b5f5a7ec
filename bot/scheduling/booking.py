"""Booking, moving and cancelling: one statement each, charged to the ledger by the database."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import func, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.errors import BookingRefused, OrderNotFound, WindowTaken
from bot.scheduling import notices
from bot.scheduling import rules as rule
from bot.scheduling import tables as t
from bot.scheduling.availability import Search, Slot, Span
from bot.scheduling.contract import epoch
from bot.scheduling.models import UNDER_WAY, Order, Reason, Visit, Window
from bot.scheduling.presentation import snapshot
from bot.scheduling.reasons import reason
from bot.scheduling.store import read_order


def change_refusal(order: Order, kind: str, search: Search) -> Reason | None:
    """Say why a visit cannot be booked (`book`), moved (`move`) or cancelled (`cancel`) now."""
    live = order.live_visit
    if live is not None and live.status in UNDER_WAY:
        return reason("visit_in_progress")
    if kind == "cancel" and (live is None or live.window is None):
        return reason("visit_completed" if order.all_done else "nothing_to_cancel")
    if order.all_done:
        return reason("visit_completed")
    if kind == "move" and live is not None and live.changes >= search.rules.max_changes:
        return reason("too_many_changes")
    return None


@dataclass(frozen=True)
class Booking:
    """Changes an order's visit in the caller's transaction."""

    connection: AsyncConnection
    search: Search
    actor: str = "consumer"

    async def book(self, order_no: str, window: Window, command_id: str) -> Visit:
        """Book the next visit into a window, or move the booked one there.

        Raises WindowTaken where no crew is left for it, BookingRefused with a Reason where
        the visit cannot be changed. The same command again returns what it did first.
        """
        await self.lock(order_no)
        order = await self._order(order_no)
        if await self._done_before(command_id):
            return _visit(order)
        booked = order.live_visit is not None and order.live_visit.window is not None
        self._refuse(change_refusal(order, "move" if booked else "book", self.search))
        for slot in await self._slots(order, window):
            if await self._take(order, slot):
                after = await self._order(order_no)
                what = "rescheduled" if booked else "scheduled"
                await self._record(order, _visit(after), what, command_id)
                return _visit(after)
        raise WindowTaken(window=f"{window.start.isoformat()}/{window.end.isoformat()}")

    async def cancel(self, order_no: str, command_id: str, why: str | None) -> Visit:
        """Cancel the booked visit; it keeps its last window. Raises BookingRefused."""
        await self.lock(order_no)
        order = await self._order(order_no)
        if await self._done_before(command_id):
            return order.visits[-1]
        self._refuse(change_refusal(order, "cancel", self.search))
        await self._update(_visit(order), status="cancelled")
        after = next(
            v for v in (await self._order(order_no)).visits if v.visit_id == _visit(order).visit_id
        )
        await self._record(order, after, "cancelled", command_id, why)
        return after

    async def refit(self, order_no: str) -> bool:
        """Charge a visit anew after the home was described; say whether it still fits.

        Keeps the crew, else takes another one in the same window, else flags the visit.
        """
        order = await self._order(order_no)
        live = order.live_visit
        if live is None or live.window is None or live.status != "scheduled":
            return True
        minutes = rule.needed_minutes(order, self.search.catalogue, self.search.rules)
        skills = rule.needed_skills(order.items, order.site, self.search.catalogue)
        able = await self._crew_has(live, skills)
        if able and minutes == live.minutes and not live.attention:
            return True
        if able and await self._try(lambda: self._update(live, minutes=minutes, attention=False)):
            return True
        unbooked = _without_visit(order)
        for slot in await self._slots(unbooked, live.window):
            if await self._take(order, slot, changed=False):
                return True
        await self._update(live, attention=True)
        return False

    async def lock(self, order_no: str) -> None:
        """Let the changes of one order wait for one another."""
        # SQLite's write transactions wait for one another anyway.
        await self.connection.execute(
            select(t.orders.c.order_no).where(t.orders.c.order_no == order_no).with_for_update()
        )

    async def _order(self, order_no: str) -> Order:
        order = await read_order(self.connection, order_no)
        if order is None:
            raise OrderNotFound(order_no=order_no)
        return order

    def _refuse(self, why: Reason | None) -> None:
        if why is not None:
            raise BookingRefused(reason=why)

    async def _done_before(self, command_id: str) -> bool:
        found = await self.connection.execute(
            select(t.done_command.c.command_id).where(t.done_command.c.command_id == command_id)
        )
        return found.first() is not None

    async def _slots(self, order: Order, window: Window) -> list[Slot]:
        day = window.start.date()
        slots, _ = await self.search.slots(order, Span(day, day))
        return [slot for slot in slots if slot.window == window]

    async def _take(self, order: Order, slot: Slot, *, changed: bool = True) -> bool:
        minutes = rule.needed_minutes(order, self.search.catalogue, self.search.rules)
        values = {
            "status": "scheduled",
            "crew_id": slot.crew_id,
            "cw_id": slot.cw_id,
            "minutes": minutes,
            "window_start": epoch(slot.window.start),
            "window_end": epoch(slot.window.end),
            "attention": False,
        }
        live = order.live_visit
        if live is None:
            return await self._try(lambda: self._insert(order, values), slot)
        moved = changed and live.window is not None
        values["changes"] = live.changes + (1 if moved else 0)
        return await self._try(lambda: self._update(live, **values), slot)

    async def _try(self, write: Any, slot: Slot | None = None) -> bool:
        """Run a statement that the ledger may refuse; nothing of it stays where it does."""
        try:
            async with self.connection.begin_nested():
                await write()
                if slot is not None:
                    await self._never_beyond_capacity(slot)
        except IntegrityError:
            return False
        return True

    async def _never_beyond_capacity(self, slot: Slot) -> None:
        # An import may have overrun the window: what it allowed is not ours to book.
        cw = t.crew_window.c
        full = await self.connection.scalar(
            select(cw.used_min > cw.capacity_min).where(cw.cw_id == slot.cw_id)
        )
        if full:
            raise IntegrityError("capacity", None, ValueError("beyond capacity"))

    async def _insert(self, order: Order, values: dict[str, Any]) -> None:
        seq = await self.connection.scalar(
            select(func.count()).where(t.visit.c.order_no == order.order_no)
        )
        await self.connection.execute(
            insert(t.visit).values(
                visit_id=f"V{uuid.uuid4().hex[:16]}",
                order_no=order.order_no,
                seq=seq,
                kind=order.next_visit_kind,
                changes=0,
                **values,
            )
        )

    async def _update(self, visit: Visit, **values: Any) -> None:
        """Change the visit only if it still is what was read: compare and swap."""
        vt = t.visit.c
        done = await self.connection.execute(
            update(t.visit)
            .where(vt.visit_id == visit.visit_id, vt.status == visit.status)
            .where(vt.changes == visit.changes)
            .values(version=vt.version + 1, **values)
        )
        if done.rowcount != 1:
            raise BookingRefused(reason=reason("visit_in_progress"))

    async def _crew_has(self, visit: Visit, skills: tuple[str, ...]) -> bool:
        if visit.crew is None or visit.window is None:
            return False
        rows = await self.connection.execute(
            select(t.crew_skill.c.skill, t.crew_skill.c.valid_until).where(
                t.crew_skill.c.crew_id == visit.crew.crew_id
            )
        )
        day = visit.window.start.date()
        valid = {r.skill for r in rows if r.valid_until is None or r.valid_until >= day}
        return set(skills) <= valid

    async def _record(
        self, before: Order, after: Visit, what: str, command_id: str, why: str | None = None
    ) -> None:
        now = epoch(self.search.now)
        await self.connection.execute(
            insert(t.visit_event).values(
                visit_id=after.visit_id,
                at=now,
                actor=self.actor,
                what=what,
                before=snapshot(before.live_visit),
                after=snapshot(after),
                reason=why,
                command_id=command_id,
            )
        )
        await self.connection.execute(
            insert(t.done_command).values(
                command_id=command_id,
                order_no=before.order_no,
                visit_id=after.visit_id,
                at=now,
            )
        )
        search = self.search
        await notices.of_change(
            self.connection, before, after, what, search.now, search.rules, command_id
        )


def _visit(order: Order) -> Visit:
    return order.live_visit or order.visits[-1]


def _without_visit(order: Order) -> Order:
    return replace(order, visits=tuple(v for v in order.visits if v != order.live_visit))
