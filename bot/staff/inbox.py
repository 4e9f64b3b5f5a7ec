"""What staff said, stored before it is acknowledged: each event once, each person's in order."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Row, and_, delete, exists, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.channels.staff import Heard
from bot.conversation.leases import FREE, Lease, Leases
from bot.database.upsert import upsert
from bot.staff.tables import heard

_MOST_WORDS = 2000
# Longer than any messenger sends an event again.
_KEPT = 8 * 86400.0
_ANSWER_KEPT = 60.0


async def accept(tx: AsyncConnection, event: Heard, now: float, awaited_until: float = 0.0) -> None:
    """Store an event unless it is stored already."""
    values = {
        **_robot(event),
        "user_id": event.person.user,
        "event_id": event.event_id,
        "words": event.words[:_MOST_WORDS],
        "status": "new",
        "pending": 1,
        "attempts": 0,
        "at": now,
        "ready_at": now,
        "lease_until": 0.0,
        "awaited_until": awaited_until,
    }
    await tx.execute(upsert(tx, heard).values(**values).on_conflict_do_nothing())


async def take(tx: AsyncConnection, lease: Lease) -> Row[Any]:
    """Return a claimed event, one more try noted."""
    taken = await tx.execute(
        update(heard)
        .where(heard.c.id == lease.id)
        .values(attempts=heard.c.attempts + 1)
        .returning(heard)
    )
    row: Row[Any] = taken.one()
    return row


async def settle(tx: AsyncConnection, lease: Lease, status: str, answer: Any, now: float) -> bool:
    """End the work on an event; whether its answer has to be sent.

    It has not where the messenger still waits for it, or somebody else has the event now.
    """
    ended = await tx.execute(
        update(heard)
        .where(heard.c.id == lease.id, heard.c.lane_epoch == lease.epoch)
        .values(status=status, answer=answer, pending=0, worker=None, lease_until=FREE)
        .returning(heard.c.awaited_until)
    )
    awaited_until = ended.scalar_one_or_none()
    return awaited_until is not None and awaited_until <= now


async def answer(tx: AsyncConnection, event: Heard) -> Any:
    """Return the answer to an event, None as long as there is none."""
    found = await tx.execute(select(heard.c.answer).where(*_is(event)))
    return found.scalar_one_or_none()


async def give_up(tx: AsyncConnection, event: Heard) -> bool:
    """Wait no longer for an answer, which is sent then; False where it has come."""
    given = await tx.execute(
        update(heard).where(*_is(event), heard.c.status == "new").values(awaited_until=0.0)
    )
    return bool(given.rowcount)


async def forget(tx: AsyncConnection, now: float) -> None:
    """Remove what nobody needs any more: answers at once, events when none comes again."""
    h = heard.c
    settled = h.status != "new"
    await tx.execute(
        update(heard)
        .where(settled, h.at < now - _ANSWER_KEPT, h.answer.is_not(None))
        .values(answer=None)
    )
    await tx.execute(delete(heard).where(settled, h.at < now - _KEPT))


def _first(_now: float) -> ColumnElement[bool]:
    """Return the condition that an event's sender has no older one open."""
    h, older = heard.c, heard.alias("older")
    same = and_(*(older.c[name] == h[name] for name in ("channel", "account", "user_id")))
    return ~exists().where(same, older.c.pending > 0, older.c.id < h.id)


LEASES = Leases(heard, _first)


def _is(event: Heard) -> list[ColumnElement[bool]]:
    robot = [heard.c[name] == value for name, value in _robot(event).items()]
    return [*robot, heard.c.event_id == event.event_id]


def _robot(event: Heard) -> dict[str, str]:
    return {"channel": event.person.channel, "account": event.person.account}
