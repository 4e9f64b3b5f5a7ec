"""Claims: who works on a row, for how long, whichever process it is in.

A claim is a lease: a worker that died loses it by time, and the claim's epoch keeps a worker
that only seemed dead from writing. Times are seconds of the host's clock.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from sqlalchemy import ColumnElement, Table, select, true, update
from sqlalchemy.ext.asyncio import AsyncConnection

FREE = 0.0
# Tells this process from an earlier one that had the same id.
_PROCESS = uuid4().hex[:8]


@dataclass(frozen=True)
class Lease:
    """A claimed row; `epoch` is the number of the claim."""

    id: str
    epoch: int


def worker_name() -> str:
    """Return a name that tells host and process, and differs at every call."""
    return f"{socket.gethostname()} {os.getpid()} {_PROCESS}{uuid4().hex}"


class Leases:
    """Claims the rows of a table with `pending`, `worker`, `lane_epoch`, `lease_until`, `ready_at`.

    A row can be claimed where something is pending, it is ready, nobody has it, and `may(now)`
    holds.
    """

    def __init__(
        self, table: Table, may: Callable[[float], ColumnElement[bool]] | None = None
    ) -> None:
        self._table = table
        self._may = may or (lambda _now: true())

    async def waiting(self, tx: AsyncConnection, now: float) -> bool:
        """Whether a row can be claimed. A read, so that idle polling takes no write lock."""
        found = await tx.execute(select(self._claimable(now).exists()))
        return bool(found.scalar_one())

    async def claim(
        self, tx: AsyncConnection, worker: str, now: float, lease: float
    ) -> Lease | None:
        """Claim the row that waits longest, or return None."""
        c = self._table.c
        oldest = (
            self._claimable(now).order_by(c.ready_at).limit(1).with_for_update(skip_locked=True)
        )
        claimed = await tx.execute(
            update(self._table)
            .where(c.id == oldest.scalar_subquery(), c.lease_until < now)
            .values(
                worker=worker, lane_epoch=c.lane_epoch + 1, lease_until=now + lease, ready_at=now
            )
            .returning(c.id, c.lane_epoch)
        )
        row = claimed.one_or_none()
        return None if row is None else Lease(row.id, row.lane_epoch)

    async def renew(self, tx: AsyncConnection, lease: Lease, until: float) -> bool:
        """Keep a row until then; False where it is no longer ours."""
        return await self._set(tx, lease, self._table.c.worker.is_not(None), lease_until=until)

    async def release(
        self, tx: AsyncConnection, lease: Lease, ready_at: float | None = None
    ) -> bool:
        """Give a row back; nobody claims it before `ready_at`, or before it is ready anyway."""
        rest = {} if ready_at is None else {"ready_at": ready_at}
        return await self._set(tx, lease, worker=None, lease_until=FREE, **rest)

    async def release_all(self, tx: AsyncConnection, worker: str) -> None:
        """Give back every row of a worker that stops."""
        await self._free(tx, self._table.c.worker == worker)

    async def release_of_the_dead(self, tx: AsyncConnection) -> int:
        """Free the rows of this host's processes that no longer run; return how many.

        Without this a restarted process waits for its own leases to run out.
        """
        c = self._table.c
        held = await tx.execute(select(c.worker).where(c.worker.is_not(None)).distinct())
        return await self._free(tx, c.worker.in_([name for (name,) in held if _is_dead(name)]))

    def _claimable(self, now: float) -> Any:
        c = self._table.c
        return select(c.id).where(
            c.pending > 0, c.lease_until < now, c.ready_at <= now, self._may(now)
        )

    async def _free(self, tx: AsyncConnection, which: ColumnElement[bool]) -> int:
        epoch = self._table.c.lane_epoch + 1
        freed = await tx.execute(
            update(self._table).where(which).values(worker=None, lease_until=FREE, lane_epoch=epoch)
        )
        return int(freed.rowcount)

    async def _set(
        self, tx: AsyncConnection, lease: Lease, *conditions: ColumnElement[bool], **values: Any
    ) -> bool:
        c = self._table.c
        changed = await tx.execute(
            update(self._table)
            .where(c.id == lease.id, c.lane_epoch == lease.epoch, *conditions)
            .values(**values)
        )
        return bool(changed.rowcount)


def _is_dead(worker: str) -> bool:
    host, pid, name = worker.split(" ")
    if host != socket.gethostname():
        return False
    if int(pid) == os.getpid():
        return not name.startswith(_PROCESS)
    return not _runs(int(pid))


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
