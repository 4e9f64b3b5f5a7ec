"""Lanes: the messages of one conversation are worked on in order, by one worker at a time.

A lane is claimed in the database, so that this holds for any number of processes. A claim is
a lease: a worker that died loses it by time, and the claim's epoch keeps a worker that only
seemed dead from writing. Times are seconds of the host's clock.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from sqlalchemy import ColumnElement, Row, case, func, null, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.conversation import bursts
from bot.conversation.tables import conversation, inbox

_FREE = 0.0
# More lines than one turn ever takes.
_LOOKED_AT = 12


@dataclass(frozen=True)
class Lane:
    """A claimed conversation with its first turn; `epoch` is the number of the claim."""

    conversation_id: str
    epoch: int
    rows: Sequence[Row[Any]] = ()


def worker_name() -> str:
    """Return a name that tells host and process, and differs at every start."""
    return f"{socket.gethostname()} {os.getpid()} {uuid4().hex}"


async def waiting(tx: AsyncConnection, now: float) -> bool:
    """Whether a lane can be claimed. A read, so that idle polling takes no write lock."""
    found = await tx.execute(select(_claimable(now).exists()))
    return bool(found.scalar_one())


async def claim(tx: AsyncConnection, worker: str, now: float, lease: float) -> Lane | None:
    """Claim the lane that waits longest, or return None."""
    oldest = (
        _claimable(now).order_by(conversation.c.ready_at).limit(1).with_for_update(skip_locked=True)
    )
    claimed = await tx.execute(
        update(conversation)
        .where(conversation.c.id == oldest.scalar_subquery(), conversation.c.lease_until < now)
        .values(
            worker=worker,
            lane_epoch=conversation.c.lane_epoch + 1,
            lease_until=now + lease,
            ready_at=now,
        )
        .returning(conversation.c.id, conversation.c.lane_epoch)
    )
    row = claimed.one_or_none()
    if row is None:
        return None
    return Lane(row.id, row.lane_epoch, await take(tx, row.id))


async def renew(tx: AsyncConnection, lane: Lane, until: float) -> bool:
    """Keep a lane until then; False where it is no longer ours."""
    return await _set(tx, lane, conversation.c.worker.is_not(None), lease_until=until)


async def release(tx: AsyncConnection, lane: Lane, ready_at: float | None = None) -> bool:
    """Give a lane back; nobody claims it before `ready_at`, or before it is ready anyway."""
    rest = {} if ready_at is None else {"ready_at": ready_at}
    return await _set(tx, lane, worker=None, lease_until=_FREE, **rest)


async def release_all(tx: AsyncConnection, worker: str) -> None:
    """Give back every lane of a worker that stops."""
    await tx.execute(
        update(conversation)
        .where(conversation.c.worker == worker)
        .values(worker=None, lease_until=_FREE, lane_epoch=conversation.c.lane_epoch + 1)
    )


async def release_of_the_dead(tx: AsyncConnection) -> int:
    """Free the lanes of this host's processes that no longer run; return how many.

    Without this a restarted process waits for its own leases to run out.
    """
    held = await tx.execute(
        select(conversation.c.worker).where(conversation.c.worker.is_not(None)).distinct()
    )
    dead = [worker for (worker,) in held if _is_dead(worker)]
    freed = await tx.execute(
        update(conversation)
        .where(conversation.c.worker.in_(dead))
        .values(worker=None, lease_until=_FREE, lane_epoch=conversation.c.lane_epoch + 1)
    )
    return int(freed.rowcount)


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
            lease_until=case((last, _FREE), else_=conversation.c.lease_until),
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


def _claimable(now: float) -> Any:
    return select(conversation.c.id).where(
        conversation.c.pending > 0,
        conversation.c.lease_until < now,
        conversation.c.ready_at <= now,
    )


async def _set(
    tx: AsyncConnection, lane: Lane, *conditions: ColumnElement[bool], **values: Any
) -> bool:
    changed = await tx.execute(
        update(conversation)
        .where(
            conversation.c.id == lane.conversation_id,
            conversation.c.lane_epoch == lane.epoch,
            *conditions,
        )
        .values(**values)
    )
    return bool(changed.rowcount)


def _is_dead(worker: str) -> bool:
    host, pid, _ = worker.split(" ")
    if host != socket.gethostname():
        return False
    # The same process id, under another name, is an earlier process that had it.
    return int(pid) == os.getpid() or not _runs(int(pid))


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
