"""Write transactions that queue up in one process share one COMMIT.

SQLite takes one writer at a time, and each COMMIT waits for the disk. Transactions take their
turn in a batch; each but the first stands behind a savepoint, so that one that fails takes back
only what is its own. Who is done waits until the whole batch is on the disk.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

# How many transactions share a COMMIT at most: the first of them waits for the last.
LARGEST = 64
WRITING = {"writing": True}
# As SQLite does by itself where the disk is full, or fails.
UNDONE = "the transactions that shared a COMMIT were undone"


@dataclass
class _Batch:
    """Transactions between one BEGIN and its COMMIT; `broken` by what undid all of them."""

    connection: AsyncConnection
    driver: Any
    members: int = 0
    awaited: asyncio.Task[None] | None = None
    ended: asyncio.Task[None] | None = None
    broken: Exception | None = None

    @property
    def closed(self) -> bool:
        return self.members >= LARGEST or self.broken is not None


class GroupCommit:
    """The writers of one process on one SQLite file, in the order in which they came."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._turn = asyncio.Lock()
        self._batch: _Batch | None = None

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncConnection]:
        """Open a write transaction; it is on the disk when the block has ended without an error."""
        async with self._turn:
            batch = await self._joined()
            async with self._first(batch) if batch.members == 0 else _further(batch):
                yield batch.connection
            batch.members += 1
            # SQLAlchemy takes a COMMIT of nothing for a success.
            if not batch.driver.in_transaction:
                batch.broken = RuntimeError(UNDONE)
            # Whoever waits for a turn already has it before the COMMIT, and so shares it.
            batch.awaited = batch.awaited or asyncio.create_task(self._end_in_turn(batch))
        # The COMMIT is that of others too: who no longer waits for it does not stop it.
        await asyncio.shield(batch.awaited)

    async def _joined(self) -> _Batch:
        if self._batch is not None and self._batch.closed:
            await asyncio.wait([self._ended(self._batch)])
        if self._batch is None:
            self._batch = await self._begun()
        return self._batch

    async def _begun(self) -> _Batch:
        connection = await self._engine.connect()
        try:
            await connection.execution_options(**WRITING)
            await connection.begin()
        except BaseException:
            # Whoever is cancelled twice must not leave the only writer's place taken.
            await asyncio.shield(connection.close())
            raise
        return _Batch(connection, (await connection.get_raw_connection()).driver_connection)

    @asynccontextmanager
    async def _first(self, batch: _Batch) -> AsyncIterator[None]:
        try:
            yield
        except BaseException:
            self._batch = None
            await asyncio.shield(batch.connection.close())
            raise

    async def _end_in_turn(self, batch: _Batch) -> None:
        async with self._turn:
            ended = self._ended(batch)
            await asyncio.wait([ended])
        ended.result()

    def _ended(self, batch: _Batch) -> asyncio.Task[None]:
        if batch.ended is None:
            self._batch = None
            batch.ended = asyncio.create_task(self._end(batch))
        return batch.ended

    async def _end(self, batch: _Batch) -> None:
        try:
            await _commit(batch)
        except BaseException:
            # SQLAlchemy would hand on what is left of it.
            await batch.connection.invalidate()
            raise
        finally:
            await batch.connection.close()


async def _commit(batch: _Batch) -> None:
    if batch.broken is not None:
        raise batch.broken
    await batch.connection.commit()


@asynccontextmanager
async def _further(batch: _Batch) -> AsyncIterator[None]:
    # By the driver: SQLAlchemy puts each savepoint's statements together anew.
    await batch.driver.execute("SAVEPOINT member")
    try:
        yield
    except BaseException:
        await _or_broken(batch, "ROLLBACK TO member", "RELEASE member")
        raise
    await _or_broken(batch, "RELEASE member")


async def _or_broken(batch: _Batch, *statements: str) -> None:
    try:
        for statement in statements:
            await batch.driver.execute(statement)
    except BaseException:
        batch.broken = RuntimeError(UNDONE)
        raise
