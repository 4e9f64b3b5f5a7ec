"""How a visit goes on the day: the crew's moves, each in its turn, each done once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal, get_args

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.errors import CommandReused, IllegalStatus, MalformedRequest, VisitNotFound
from bot.scheduling import history, notices, redelivery, waitlist
from bot.scheduling import tables as t
from bot.scheduling.booking import Booking, Command, visit_of
from bot.scheduling.contract import epoch
from bot.scheduling.models import Order, Visit, Window
from bot.scheduling.notice_tables import visit_failure
from bot.scheduling.notices import Kind
from bot.scheduling.refit import follow_delivery
from bot.scheduling.store import read_order

NewStatus = Literal["en_route", "in_progress", "completed", "failed"]
Failure = Literal[
    "unreachable",
    "goods_not_received",
    "not_wanted_now",
    "cancelled",
    "wrong_number",
    "damaged",
    "site_not_ready",
    "crew",
    "other",
]
FAILURES: tuple[str, ...] = get_args(Failure)
MOVES: dict[str, tuple[str, ...]] = {
    "scheduled": ("en_route", "failed"),
    "en_route": ("in_progress", "failed"),
    "in_progress": ("completed", "failed"),
}
_ACTOR = "crew"
# Clocks of crews' devices are not quite ours.
_SKEW = timedelta(minutes=5)


@dataclass(frozen=True)
class StatusUpdate:
    """What a crew reports of its visit.

    A failed one says why (`reason`), and when the consumer is to be asked again or which
    window they have agreed to. `at` is when it happened, now where it is None. With `crew_id`
    the visit has to be that crew's; dispatchers report for all.
    """

    visit_id: str
    status: NewStatus
    command_id: str
    reason: Failure | None = None
    next_contact_at: datetime | None = None
    window: Window | None = None
    at: datetime | None = None
    crew_id: str | None = None


async def report(booking: Booking, update_: StatusUpdate) -> Order:
    """Take a report in the caller's transaction and return the order as it now stands.

    The same command again changes nothing. Raises VisitNotFound, IllegalStatus, CommandReused,
    MalformedRequest, and what a booking raises where a new window is agreed.
    """
    connection, now = booking.connection, booking.search.now
    at = update_.at or now
    _check(update_, at, now)
    order = await locked(booking, update_.visit_id)
    done = await history.done_before(connection, update_.command_id)
    if done is not None:
        if done.visit_id != update_.visit_id:
            raise CommandReused(command_id=update_.command_id)
        return order
    before = visit_of(order, update_.visit_id)
    _check_crew(before, update_)
    await _move(connection, before, update_.status)
    after = await _order(connection, order.order_no)
    await _note(connection, after, before, update_, at)
    await _tell(connection, after, update_, now)
    if update_.window is not None:
        command = Command(f"{update_.command_id}:book")
        await booking.book(order.order_no, update_.window, command)
    elif update_.reason == "damaged":
        await redelivery.await_replacement(connection, order.order_no)
    if update_.status == "failed":
        present = await booking.read(order.order_no)
        await follow_delivery(booking, present, Command(update_.command_id))
        await waitlist.offer_freed(booking.search, before)
    return await _order(connection, order.order_no)


def _check(update_: StatusUpdate, at: datetime, now: datetime) -> None:
    if at > now + _SKEW:
        raise MalformedRequest("at: lies in the future; leave it out, or say when it happened")
    told = [update_.reason, update_.next_contact_at, update_.window]
    if update_.status != "failed":
        if any(value is not None for value in told):
            raise MalformedRequest(
                f"reason, next_contact_at, window: belong to failed, not to {update_.status}"
            )
        return
    if update_.reason is None:
        raise MalformedRequest(f"reason: a failed visit needs one of {', '.join(FAILURES)}")
    if (update_.next_contact_at is None) == (update_.window is None):
        raise MalformedRequest(
            "next_contact_at: a failed visit needs the time of the next contact, or else the "
            "window that the consumer has agreed to; not both"
        )
    if update_.next_contact_at is not None and update_.next_contact_at < at:
        raise MalformedRequest("next_contact_at: lies before the visit failed")


def _check_crew(visit: Visit, update_: StatusUpdate) -> None:
    theirs = visit.crew.crew_id if visit.crew else None
    if update_.crew_id not in {None, theirs}:
        raise VisitNotFound(visit_id=visit.visit_id)


async def locked(booking: Booking, visit_id: str) -> Order:
    """Return the order of a visit, locked until the transaction ends. Raises VisitNotFound."""
    order_no = await booking.connection.scalar(
        select(t.visit.c.order_no).where(t.visit.c.visit_id == visit_id)
    )
    if order_no is None:
        raise VisitNotFound(visit_id=visit_id)
    return await booking.locked(order_no)


async def _order(connection: AsyncConnection, order_no: str) -> Order:
    order = await read_order(connection, order_no)
    if order is None:  # a visit refers to its order
        raise AssertionError(order_no)
    return order


async def _move(connection: AsyncConnection, visit: Visit, status: str) -> None:
    allowed = MOVES.get(visit.status, ())
    if status not in allowed:
        raise IllegalStatus(
            visit_id=visit.visit_id,
            present=visit.status,
            allowed=list(allowed),
            can=" or ".join(allowed) or "nothing any more",
        )
    vt = t.visit.c
    await connection.execute(
        update(t.visit)
        .where(vt.visit_id == visit.visit_id)
        .values(status=status, version=vt.version + 1)
    )


async def _note(
    connection: AsyncConnection, order: Order, before: Visit, update_: StatusUpdate, at: datetime
) -> None:
    visit = visit_of(order, update_.visit_id)
    reason, command = update_.reason, update_.command_id
    await history.note(
        connection,
        before,
        visit,
        visit.status,
        at,
        actor=_ACTOR,
        reason=reason,
        command_id=command,
    )
    await history.remember(connection, command, order.order_no, visit.visit_id, at)
    if reason is not None:
        ask_at = update_.next_contact_at
        values = {"reason": reason, "next_contact_at": epoch(ask_at) if ask_at else None}
        await connection.execute(insert(visit_failure).values(visit_id=visit.visit_id, **values))


async def _tell(
    connection: AsyncConnection, order: Order, update_: StatusUpdate, now: datetime
) -> None:
    told: dict[str, Kind] = {
        "en_route": "en_route",
        "completed": "done",
        "failed": "damaged" if update_.reason == "damaged" else "failed",
    }
    kind = told.get(update_.status)
    if kind is None:
        return
    visit = visit_of(order, update_.visit_id)
    facts: dict[str, Any] = {"reason": update_.reason} if update_.reason else {}
    await notices.record(
        connection, kind, order, visit, now, command_id=update_.command_id, **facts
    )
