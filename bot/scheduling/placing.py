"""A dispatcher puts a visit with a crew of their choice, in a window of theirs."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select

from bot.errors import BookingRefused, CommandReused, CrewNotFound, VisitChanged, WindowTaken
from bot.scheduling import history, holds, status
from bot.scheduling import tables as t
from bot.scheduling.booking import Booking, Command, visit_of
from bot.scheduling.models import UNDER_WAY, Order, Visit, Window
from bot.scheduling.reasons import reason
from bot.scheduling.refit import follow_delivery, unbooked
from bot.scheduling.slots import Slot, Span


@dataclass(frozen=True)
class Placing:
    """Where a visit is to go; `version` is that of the visit as the dispatcher saw it."""

    visit_id: str
    crew_id: str
    window: Window
    version: int
    command_id: str


async def place(booking: Booking, wish: Placing) -> Order:
    """Do it in the caller's transaction by the rules of any booking; return the order.

    It does not count as a change of the consumer's. The same command again changes nothing,
    and neither does a visit that stands there already. Raises VisitNotFound, CrewNotFound,
    CommandReused, VisitChanged, and BookingRefused whose facts hold the Reason.
    """
    order = await status.locked(booking, wish.visit_id)
    done = await history.done_before(booking.connection, wish.command_id)
    if done is not None:
        if done.visit_id != wish.visit_id:
            raise CommandReused(command_id=wish.command_id)
        return order
    before = visit_of(order, wish.visit_id)
    _check(before, wish)
    if _stands(before, wish):
        return order
    slot = await _slot(booking, unbooked(order, before), wish)
    kept = await holds.kept(booking.connection, order)
    if not await booking.take(order, before, slot, kept, counted=False):
        raise WindowTaken(window=wish.window.start.isoformat(), reason=reason("window_taken"))
    after = await booking.read(order.order_no)
    placed = visit_of(after, wish.visit_id)
    command = Command(wish.command_id)
    await booking.finish(_what(before, placed), after, before, placed, command)
    await follow_delivery(booking, after, command)
    return await booking.read(order.order_no)


def _check(visit: Visit, wish: Placing) -> None:
    if visit.version != wish.version:
        raise VisitChanged(reason=reason("visit_changed"))
    if visit.status in UNDER_WAY:
        raise BookingRefused(reason=reason("visit_in_progress"))
    if visit.status not in {"scheduled", "unscheduled"}:
        raise BookingRefused(reason=reason("visit_over"))


def _stands(visit: Visit, wish: Placing) -> bool:
    with_crew = visit.crew is not None and visit.crew.crew_id == wish.crew_id
    return with_crew and visit.window == wish.window


async def _slot(booking: Booking, waiting: Order, wish: Placing) -> Slot:
    """Return the crew's place in the window, or say why the visit cannot have it."""
    for slot in await booking.search.slots(waiting, wish.window):
        if slot.crew.crew_id == wish.crew_id:
            return slot
    if not await _is_crew(booking, wish.crew_id):
        raise CrewNotFound(crew_id=wish.crew_id)
    day = wish.window.start.date()
    because = await booking.search.why_none(
        waiting, Span(day, day), lambda window: window == wish.window, wish.crew_id
    )
    raise BookingRefused(reason=because)


async def _is_crew(booking: Booking, crew_id: str) -> bool:
    found = await booking.connection.execute(
        select(t.crew.c.crew_id).where(t.crew.c.crew_id == crew_id)
    )
    return found.first() is not None


def _what(before: Visit, after: Visit) -> str:
    if before.window is None:
        return "scheduled"
    return "rescheduled" if before.window != after.window else "reassigned"
