"""Booking, moving, holding and cancelling, charged to the ledger by the database."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.errors import BookingRefused, OrderNotFound, VisitChanged, WindowTaken
from bot.scheduling import history, holds, identity, ledger, notices, waitlist
from bot.scheduling import tables as t
from bot.scheduling.availability import Search
from bot.scheduling.holds import Kept
from bot.scheduling.models import Caller, Hold, Order, Seen, Visit, Window
from bot.scheduling.reasons import reason
from bot.scheduling.refusals import refusal_code
from bot.scheduling.slots import Slot
from bot.scheduling.store import read_order


@dataclass(frozen=True)
class Command:
    """What a caller wants done once: its id, and why, as a code of `history.CHANGE_REASONS`.

    With `seen` it is refused where somebody else has changed the visit since.
    """

    command_id: str
    why: str | None = None
    seen: Seen | None = None

    def about(self, visit: Visit | None, now: datetime) -> Command:
        """Return the command with the reason that is plain where nobody gave one."""
        missed = visit is not None and visit.missed(now)
        return replace(self, why="missed") if missed and self.why is None else self

    def __post_init__(self) -> None:
        """Refuse a reason that nobody could count later."""
        if self.why is not None and self.why not in history.CHANGE_REASONS:
            raise ValueError(f"{self.why!r} is no reason of {history.CHANGE_REASONS}")


@dataclass(frozen=True)
class Booking:
    """Changes an order's visit in the caller's transaction."""

    connection: AsyncConnection
    search: Search
    actor: str = "consumer"
    caller: Caller | None = None

    # --- what a consumer does ---

    async def hold(self, order_no: str, window: Window) -> Hold:
        """Keep a window for the order while its consumer is asked for a yes.

        What the order held before is released. Raises WindowTaken or BookingRefused.
        """
        order = await self.locked(order_no)
        self._refuse(order, _change(order))
        now, need = self.search.now, self.search.need(order)
        lasts = timedelta(minutes=self.search.rules.hold_minutes)
        kept = await holds.kept(self.connection, order)
        if kept is not None and kept.promises(need, window, now):
            await holds.prolong(self.connection, order_no, now + lasts)
            return replace(kept.hold, expires_at=now + lasts)
        for slot in await self.search.slots(order, window):
            held = await holds.put(self.connection, order, slot, need.minutes, now, lasts)
            if held is not None:
                return held
        raise _taken(window)

    async def release(self, order_no: str) -> None:
        """Release what the order holds; nothing to release is fine."""
        await self.locked(order_no)
        await holds.clear(self.connection, order_no, None, self.search.now)

    async def book(
        self, order_no: str, window: Window, command: Command, token: str | None = None
    ) -> tuple[Order, Visit]:
        """Book the next visit into a window, or move the booked one there; return both.

        With the token of a live hold on that window, room is certain. Raises WindowTaken
        where no crew is left for it, BookingRefused with a Reason where the visit cannot be
        changed, VisitChanged where it is not as the command saw it. The same command again
        changes nothing.
        """
        order = await self.locked(order_no)
        done = await history.done_before(self.connection, command.command_id)
        if done is not None:
            return order, visit_of(order, done.visit_id)
        _unchanged(order, command)
        self._refuse(order, _change(order))
        kept = await holds.kept(self.connection, order)
        for slot in await self._candidates(order, window, kept, token):
            taken = await self.take(order, order.live_visit, slot, kept)
            if taken is not None:
                return await self._after_taking(order, taken, command)
        raise _taken(window)

    async def cancel(self, order_no: str, command: Command) -> tuple[Order, Visit]:
        """Cancel the booked visit and return the order and it. Raises BookingRefused.

        The visit keeps its last window. The same command again changes nothing.
        """
        order = await self.locked(order_no)
        done = await history.done_before(self.connection, command.command_id)
        if done is not None:
            return order, visit_of(order, done.visit_id)
        _unchanged(order, command)
        self._refuse(order, "cancel")
        booked = order.live_visit or order.visits[-1]
        kept = await holds.kept(self.connection, order)
        held = kept.slot.cw_id if kept else None
        await ledger.lock_windows(self.connection, (booked.cw_id, held))
        await holds.clear(self.connection, order_no, None, self.search.now)
        await self.update(booked, status="cancelled")
        after = await self.read(order_no)
        cancelled = visit_of(after, booked.visit_id)
        await self.finish("cancelled", after, booked, cancelled, command)
        return after, cancelled

    # --- steps that follow.py and refit.py share ---

    async def locked(self, order_no: str) -> Order:
        """Read an order that nobody else changes until the transaction ends."""
        await ledger.lock_order(self.connection, order_no)
        return await self.read(order_no)

    async def read(self, order_no: str) -> Order:
        """Read an order, as the caller if there is one. Raises OrderNotFound."""
        if self.caller is not None:
            return await identity.owned(self.connection, self.caller, order_no)
        order = await read_order(self.connection, order_no)
        if order is None:
            raise OrderNotFound(order_no=order_no)
        return order

    async def take(
        self,
        order: Order,
        visit: Visit | None,
        slot: Slot,
        kept: Kept | None = None,
        *,
        counted: bool = True,
    ) -> Visit | None:
        """Give a visit, or a new one of the order, a slot; return it, or None for want of room.

        What the order has `kept`, and the slot's expired holds, are released with it. A move
        that is `counted` counts towards the consumer's changes, where it is the consumer's own
        and the crew had not missed the visit.
        """
        held = kept.slot.cw_id if kept is not None else None
        present = visit.cw_id if visit is not None else None

        await ledger.lock_windows(self.connection, (present, held, slot.cw_id))
        if slot.lapsed or kept is not None:
            await holds.clear(self.connection, order.order_no, slot.cw_id, self.search.now)
        if visit is None:
            return await self._add(order, slot)
        theirs = self.actor == "consumer" and not visit.missed(self.search.now)
        moved = counted and theirs and visit.window is not None
        return await self._move(order, visit, slot, visit.changes + moved)

    async def update(self, visit: Visit, **values: Any) -> None:
        """Change the visit only if it still is what was read: compare and swap."""
        vt = t.visit.c
        done = await self.connection.execute(
            update(t.visit)
            .where(vt.visit_id == visit.visit_id, vt.version == visit.version)
            .values(version=vt.version + 1, **values)
        )
        if done.rowcount != 1:
            raise BookingRefused(reason=reason("visit_in_progress"))

    async def record(self, what: str, before: Visit | None, after: Visit, command: Command) -> None:
        """Write what happened to a visit."""
        await history.note(
            self.connection,
            before,
            after,
            what,
            self.search.now,
            actor=self.actor,
            reason=command.why,
            command_id=command.command_id,
        )

    # --- its own steps ---

    def _refuse(self, order: Order, kind: str) -> None:
        search = self.search
        code = refusal_code(order, kind, search.now, search.rules, limits=search.limits)
        if code is not None:
            raise BookingRefused(reason=reason(code))

    async def _candidates(
        self, order: Order, window: Window, kept: Kept | None, token: str | None
    ) -> list[Slot]:
        """Return the slots to try, best first: only the held one where it was promised."""
        need, now = self.search.need(order), self.search.now
        if kept is not None and kept.token == token and kept.promises(need, window, now):
            return [kept.slot]
        return await self.search.slots(order, window)

    async def _after_taking(
        self, order: Order, taken: Visit, command: Command
    ) -> tuple[Order, Visit]:
        after, before = order.with_visit(taken), order.live_visit
        moved = before is not None and before.window is not None
        await self.finish("rescheduled" if moved else "scheduled", after, before, taken, command)
        return after, taken

    async def finish(
        self, what: str, order: Order, before: Visit | None, after: Visit, command: Command
    ) -> None:
        """Write down what happened and let follow what has to.

        `what`: `scheduled`, `rescheduled`, `cancelled`, or `reassigned` to another crew.
        """
        await self.record(what, before, after, command.about(before, self.search.now))
        await history.remember(
            self.connection, command.command_id, order.order_no, after.visit_id, self.search.now
        )
        await notices.of_change(
            self.connection,
            order,
            after,
            what,
            self.search.now,
            self.search.rules,
            command.command_id,
        )
        if order.waiting:
            await waitlist.leave(self.connection, order.order_no)
        if before is not None and before.window is not None:
            await waitlist.offer_freed(self.search, before)

    async def _add(self, order: Order, slot: Slot) -> Visit | None:
        visit_id = f"V{uuid.uuid4().hex[:16]}"
        new = Visit(visit_id, order.next_visit_kind, "unscheduled", None, None, 0, 0)
        visit = self._in_slot(order, new, slot)
        args = (self.connection, order.order_no, len(order.visits), visit)
        return visit if await ledger.add_visit(*args, promised=slot.promised) else None

    async def _move(self, order: Order, visit: Visit, slot: Slot, changes: int) -> Visit | None:
        changed = replace(visit, version=visit.version + 1, changes=changes)
        moved = self._in_slot(order, changed, slot)
        args = (self.connection, visit.version, moved)
        if await ledger.move_visit(*args, promised=slot.promised):
            return moved
        await self._still(visit)
        return None

    def _in_slot(self, order: Order, visit: Visit, slot: Slot) -> Visit:
        return replace(
            visit,
            status="scheduled",
            window=slot.window,
            crew=slot.crew,
            minutes=self.search.need(order).minutes,
            attention=False,
            cw_id=slot.cw_id,
        )

    async def _still(self, visit: Visit) -> None:
        """Raise BookingRefused where a visit is not what was read any more."""
        vt = t.visit.c
        version = select(vt.version).where(vt.visit_id == visit.visit_id)
        if await self.connection.scalar(version) != visit.version:
            raise BookingRefused(reason=reason("visit_in_progress"))


def visit_of(order: Order, visit_id: str) -> Visit:
    """Return a visit of an order, which has it."""
    return next(visit for visit in order.visits if visit.visit_id == visit_id)


def _change(order: Order) -> str:
    live = order.live_visit
    return "move" if live is not None and live.window is not None else "book"


def _unchanged(order: Order, command: Command) -> None:
    live = order.live_visit
    present = live.version if live is not None else None
    if command.seen is not None and command.seen.version != present:
        raise VisitChanged(reason=reason("visit_changed"))


def _taken(window: Window) -> WindowTaken:
    return WindowTaken(window=f"{window.start.isoformat()}/{window.end.isoformat()}")
