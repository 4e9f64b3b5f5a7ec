"""SQLite connections whose quick statements run where they are asked for.

Most statements take tens of microseconds; going to a thread and back takes several times that.
So a statement that has proved to be quick runs at once, and all else in the connection's thread:
what is not known yet, what was slow, and what may wait for a lock or the disk.
"""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import aiosqlite
from sqlalchemy import Connection, event
from sqlalchemy.engine import URL
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import AsyncAdaptedQueuePool

# Seconds: a statement below the first runs at once; after the second, others get their turn.
QUICK, TURN = 0.001, 0.005
# How much the newest run weighs in what is known of a statement, and how many are known.
_WEIGHT, _KNOWN = 0.05, 2_000
# Waits for the writers of other processes.
_WAITING = "BEGIN IMMEDIATE"
_ALWAYS_QUICK = {"cursor", "close", "rollback"}
_EXECUTING = {"execute", "executemany"}
_PRAGMAS = ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=30000")


def sqlite_engine(url: URL) -> AsyncEngine:
    """Return an engine on a file. Transactions with the option `writing` begin as writers."""
    paces = Paces()
    connect = partial(sqlite3.connect, url.database or "", timeout=30, check_same_thread=False)

    async def creator() -> aiosqlite.Connection:
        return await QuickConnection(connect, paces)

    engine = create_async_engine(
        url,
        poolclass=AsyncAdaptedQueuePool,
        pool_size=8,
        pool_use_lifo=True,
        async_creator=creator,
    )
    event.listen(engine.sync_engine, "connect", _prepare)
    event.listen(engine.sync_engine, "begin", _begin)
    return engine


class Paces:
    """How long each statement takes, in seconds of a core, by its text."""

    def __init__(self) -> None:
        self._seconds: dict[str, float] = {}

    def is_quick(self, statement: str) -> bool:
        """Say whether a statement has proved to be quick."""
        return self._seconds.get(statement, QUICK) < QUICK

    def note(self, statement: str, seconds: float) -> None:
        """Remember how long a statement took."""
        known = self._seconds.get(statement)
        if known is None and len(self._seconds) >= _KNOWN:
            self._seconds.clear()
        mean = seconds if known is None else known + _WEIGHT * (seconds - known)
        self._seconds[statement] = mean


class QuickConnection(aiosqlite.Connection):
    """A connection that runs in the caller's thread what is quick there."""

    def __init__(self, connector: Callable[[], sqlite3.Connection], paces: Paces) -> None:
        super().__init__(connector, iter_chunk_size=64)
        self._thread.daemon = True
        self._paces = paces
        self._statement = ""
        self._turn_ends = 0.0
        # Counted by the caller's thread and by the connection's, each its own.
        self._asked = 0
        self._finished = 0

    async def _execute(self, fn: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        name = fn.__name__
        if self._busy:
            # What nobody waits for any more goes on there: a rollback that overtook a BEGIN would
            # leave it open for ever.
            return await self._in_thread(fn, *args, **kwargs)
        if name in _ALWAYS_QUICK and fn != self._conn.close:
            return fn(*args, **kwargs)
        if name in _EXECUTING:
            self._statement = args[0]
        if name not in _EXECUTING and name != "fetchall":
            return await self._in_thread(fn, *args, **kwargs)
        run = partial(self._timed, self._statement, fn, *args, **kwargs)
        if self._statement == _WAITING or not self._paces.is_quick(self._statement):
            return await self._in_thread(run)
        await self._let_others()
        return run()

    async def close(self) -> None:
        """Close the connection when its thread is done; a transaction left open is taken back.

        A connection that is closed while a cursor of it lives keeps its lock as long as that.
        """
        self._tx.put_nowait((None, self._take_back))
        await super().close()

    def stop(self) -> asyncio.Future[Any] | None:
        """Close the connection as `close` does, without waiting for it."""
        self._tx.put_nowait((None, self._take_back))
        return super().stop()

    def _take_back(self) -> None:
        if self._connection is not None:
            self._connection.rollback()

    @property
    def _busy(self) -> bool:
        return self._asked != self._finished

    async def _in_thread(self, fn: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        self._asked += 1
        return await super()._execute(self._counted, fn, *args, **kwargs)  # type: ignore[no-untyped-call]

    def _counted(self, fn: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        try:
            return fn(*args, **kwargs)
        finally:
            self._finished += 1

    def _timed(self, statement: str, fn: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        # Of this thread alone: on a busy machine a quick statement may well wait for a core.
        begun = time.thread_time()
        try:
            return fn(*args, **kwargs)
        finally:
            self._paces.note(statement, time.thread_time() - begun)

    async def _let_others(self) -> None:
        now = time.perf_counter()
        if now > self._turn_ends:
            await asyncio.sleep(0)
            self._turn_ends = time.perf_counter() + TURN


def _prepare(connection: Any, _record: Any) -> None:
    # Without this the driver opens transactions of its own, deferred ones.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in _PRAGMAS:
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin(connection: Connection) -> None:
    # A deferred BEGIN that turns writer later is refused at once under load.
    writing = connection.get_execution_options().get("writing")
    cursor = connection.connection.cursor()
    cursor.execute(_WAITING if writing else "BEGIN")
    cursor.close()
