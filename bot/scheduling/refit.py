"""What follows for booked visits when the home or another visit of the order changes."""

from __future__ import annotations

from dataclasses import replace

from bot.scheduling import ledger, notices, skills
from bot.scheduling.booking import Booking, Command, visit_of
from bot.scheduling.models import Order, Visit
from bot.scheduling.slots import crew_skills


async def refit(booking: Booking, order_no: str) -> bool:
    """Charge a visit anew after the home was described; say whether it still fits.

    Keeps the crew, else takes another one in the same window, else flags the visit. A hold
    was made for the home as it was known before and is released.
    """
    order = await booking.read(order_no)
    live, search = order.live_visit, booking.search
    if live is None or live.window is None or live.status != "scheduled":
        await booking.release(order_no)
        return True
    need = search.need(order)
    able = await _able(booking, live, skills.mask(need.skills))
    if able and need.minutes == live.minutes and not live.attention:
        return True
    await booking.release(order_no)
    if able and await _recharge(booking, live, need.minutes):
        return True
    for slot in await search.slots(unbooked(order, live), live.window):
        if await booking.take(order, live, slot, counted=False):
            return True
    await booking.update(live, attention=True)
    return False


async def _able(booking: Booking, visit: Visit, wanted: int) -> bool:
    if visit.crew is None or visit.window is None:
        return False
    day = visit.window.start.date()
    return await crew_skills(booking.connection, visit.crew.crew_id, day) & wanted == wanted


async def _recharge(booking: Booking, visit: Visit, minutes: int) -> bool:
    more = minutes - visit.minutes
    charged = visit.cw_id if more > 0 else None
    if charged is not None and not await ledger.has_room(booking.connection, charged, more):
        return False
    await booking.update(visit, minutes=minutes, attention=False)
    return True


def unbooked(order: Order, visit: Visit) -> Order:
    """Return the order as if a visit of it had yet to be booked."""
    waiting = replace(visit, status="unscheduled", window=None, crew=None, cw_id=None)
    return order.with_visit(waiting)


async def follow_delivery(booking: Booking, order: Order, command: Command) -> None:
    """Let a booked installation follow its delivery.

    Where it would now come first it moves to the earliest window after the delivery, or is
    flagged where there is none, or no delivery any more. A flag goes where it fits again.
    """
    installation = _booked(order, "installation")
    delivered = any(v.kind == "delivery" and v.status == "completed" for v in order.visits)
    if installation is None or delivered or not _has_delivery(order):
        return
    what = await _follow(booking, order, installation)
    if what is not None:
        after = await booking.read(order.order_no)
        followed = visit_of(after, installation.visit_id)
        await booking.record(what, installation, followed, command)
        if what == "moved_along":
            search = booking.search
            await notices.of_change(
                booking.connection,
                after,
                followed,
                "rescheduled",
                search.now,
                search.rules,
                command.command_id,
            )


async def _follow(booking: Booking, order: Order, installation: Visit) -> str | None:
    """Move, flag or unflag an installation; return what was done."""
    delivery = _booked(order, "delivery")
    if delivery is not None and _in_order(delivery, installation):
        return await _unflag(booking, order, installation)
    if delivery is not None and await _move_along(booking, order, installation):
        return "moved_along"
    if installation.attention:
        return None
    await booking.update(installation, attention=True)
    return "flagged"


async def _unflag(booking: Booking, order: Order, installation: Visit) -> str | None:
    need = booking.search.need(order)
    fits = installation.minutes == need.minutes and await _able(
        booking, installation, skills.mask(need.skills)
    )
    if not (installation.attention and fits):
        return None
    await booking.update(installation, attention=False)
    return "unflagged"


def _booked(order: Order, kind: str) -> Visit | None:
    return next((v for v in order.visits if v.kind == kind and v.status == "scheduled"), None)


def _has_delivery(order: Order) -> bool:
    return any(v.kind == "delivery" for v in order.visits)


def _in_order(delivery: Visit, installation: Visit) -> bool:
    if delivery.window is None or installation.window is None:
        return False
    same_crew = delivery.crew is not None and delivery.crew == installation.crew
    earliest = delivery.window.start if same_crew else delivery.window.end
    return installation.window.start >= earliest


async def _move_along(booking: Booking, order: Order, installation: Visit) -> bool:
    waiting = unbooked(order, installation)
    for window in await booking.search.windows(waiting, booking.search.horizon):
        for slot in await booking.search.slots(waiting, window):
            if await booking.take(order, installation, slot, counted=False):
                return True
    return False
