"""Lanes: the messages of one conversation are worked on in order, by one worker at a time.

A lane is claimed in the database, so that this holds for any number of processes; see
leases.py. Times are seconds of the host's clock.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, case, func, null, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.conversation import bursts
from bot.conversation.leases import FREE, Lease, Leases
from bot.conversation.tables import conversation, inbox

# More lines than one turn ever takes.
_LOOKED_AT = 12


LEASES = Leases(conversation)


@dataclass(frozen=True)
class Lane:
    """A claimed conversation with its first turn."""

    lease: Lease
    rows: Sequence[Row[Any]] = ()

    @property
    def conversation_id(self) -> str:
        """The conversation."""
        return self.lease.id

    @property
    def epoch(self) -> int:
        """The number of the claim."""
        return self.lease.epoch


async def taken(tx: AsyncConnection, lease: Lease) -> Lane:
    """Return a conversation that was claimed a moment ago, with its first turn."""
    return Lane(lease, await take(tx, lease.id))


async def take(
    tx: AsyncConnection, conversation_id: str, now: float | None = None
) -> list[Row[Any]]:
    """Return the oldest messages of a lane that are one turn; empty where none waits.

    With `now`, a lane that is to rest until later gives none either. Which lines are one turn
    is written down before it is worked on: after a crash the same turn is worked on again,
    with the same text.
    """
    if now is not None and await _rests(tx, conversation_id, now):
        return []
    found = await tx.execute(
        select(inbox)
        .where(inbox.c.conversation_id == conversation_id, inbox.c.status == "new")
        .order_by(inbox.c.seq)
        .limit(_LOOKED_AT)
    )
    waiting_rows = list(found)
    if not waiting_rows:
        return []
    turn_id = waiting_rows[0].turn_id
    if turn_id is not None:
        return [row for row in waiting_rows if row.turn_id == turn_id]
    taken = bursts.first_turn(waiting_rows)
    await tx.execute(
        update(inbox).where(inbox.c.id.in_([row.id for row in taken])).values(turn_id=taken[0].id)
    )
    return taken


async def finish(
    tx: AsyncConnection,
    conversation_id: str,
    rows: Sequence[Row[Any]],
    status: str,
    nlu: Any = None,
) -> bool:
    """Take the messages of one turn off their lane, as `done` or `dead`.

    True where no more waits: then the lane is given back with them.
    """
    last = conversation.c.pending == len(rows)
    ids = [row.id for row in rows]
    await tx.execute(update(inbox).where(inbox.c.id.in_(ids)).values(status=status))
    if nlu:
        await tx.execute(update(inbox).where(inbox.c.id == ids[0]).values(nlu=nlu))
    left = await tx.execute(
        update(conversation)
        .where(conversation.c.id == conversation_id)
        .values(
            pending=conversation.c.pending - len(rows),
            worker=case((last, null()), else_=conversation.c.worker),
            lease_until=case((last, FREE), else_=conversation.c.lease_until),
        )
        .returning(conversation.c.pending)
    )
    return bool(left.scalar_one() == 0)


async def count_attempt(tx: AsyncConnection, row_id: str) -> int:
    """Note that working on a message failed; return how often it has."""
    counted = await tx.execute(
        update(inbox)
        .where(inbox.c.id == row_id)
        .values(attempts=inbox.c.attempts + 1)
        .returning(inbox.c.attempts)
    )
    return int(counted.scalar_one())


async def backlog(tx: AsyncConnection) -> int:
    """Return how many messages wait."""
    found = await tx.execute(
        select(func.coalesce(func.sum(conversation.c.pending), 0)).where(conversation.c.pending > 0)
    )
    return int(found.scalar_one())


async def _rests(tx: AsyncConnection, conversation_id: str, now: float) -> bool:
    found = await tx.execute(
        select(conversation.c.ready_at).where(conversation.c.id == conversation_id)
    )
    return bool(found.scalar_one() > now)
