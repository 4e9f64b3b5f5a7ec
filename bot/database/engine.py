"""Connections and transactions on SQLite and PostgreSQL."""

from __future__ import annotations

import asyncio
import random
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, TypeVar

from sqlalchemy import event, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, DisconnectionError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from bot.database.group_commit import GroupCommit
from bot.database.migrate import upgrade
from bot.database.sqlite import sqlite_engine
from bot.errors import SettingsError
from bot.settings import Settings

T = TypeVar("T")
DRIVERS = {
    "sqlite": "sqlite+aiosqlite",
    "postgresql": "postgresql+asyncpg",
    "postgres": "postgresql+asyncpg",
}
# PostgreSQL's serialization_failure and deadlock_detected: the same work may succeed anew.
RETRIED = {"40001", "40P01"}
TRIES = 4


class Database:
    """A pool of connections to the one database."""

    def __init__(self, url: str) -> None:
        self.url = _driver_url(url)
        self._engine = _engine(self.url)
        self._writers = GroupCommit(self._engine) if self.dialect == "sqlite" else None
        self._readers = self._engine if self._writers else _autocommitting(self._engine)

    @classmethod
    def from_settings(cls, settings: Settings) -> Database:
        """Open `BOT_DATABASE_URL`, or the SQLite file of the data folder where that is unset."""
        if settings.database_url:
            return cls(settings.database_url)
        settings.var_dir.mkdir(parents=True, exist_ok=True)
        return cls(f"sqlite:///{settings.var_dir / 'yuezhuang.db'}")

    @property
    def dialect(self) -> str:
        """`sqlite` or `postgresql`."""
        return self._engine.dialect.name

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncConnection]:
        """Open a connection for reading.

        SQLite shows one state throughout, PostgreSQL what is committed when a statement begins.
        """
        async with self._readers.connect() as connection:
            yield connection

    def transaction(self) -> AbstractAsyncContextManager[AsyncConnection]:
        """Open a write transaction; it is committed when the block ends without an error."""
        return self._writers.transaction() if self._writers else self._engine.begin()

    async def retrying(self, work: Callable[[AsyncConnection], Awaitable[T]]) -> T:
        """Run `work` in a transaction, anew where PostgreSQL asks for it."""
        for attempt in range(TRIES):
            try:
                async with self.transaction() as connection:
                    return await work(connection)
            except DBAPIError as error:
                if attempt == TRIES - 1 or _sqlstate(error) not in RETRIED:
                    raise
                await asyncio.sleep(random.uniform(0.005, 0.05) * 2**attempt)  # noqa: S311
        raise AssertionError("unreachable")

    async def migrate(self) -> None:
        """Bring the schema up to this code's. Raises BotError on a newer database."""
        async with self.transaction() as connection:
            await upgrade(connection)

    async def ping(self) -> None:
        """Ask the database for a sign of life."""
        async with self.reading() as connection:
            await connection.execute(text("SELECT 1"))

    async def close(self) -> None:
        """Close all connections."""
        await self._engine.dispose()


def _driver_url(url: str) -> URL:
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise SettingsError(
            "BOT_DATABASE_URL is no database URL; write e.g. sqlite:///var/bot.db "
            "or postgresql://user@host/name"
        ) from error
    name = parsed.drivername.split("+")[0]
    if name not in DRIVERS:
        raise SettingsError(f"BOT_DATABASE_URL names {name}; sqlite and postgresql are served")
    return parsed.set(drivername=DRIVERS[name])


def _engine(url: URL) -> AsyncEngine:
    if url.get_backend_name() == "sqlite":
        return sqlite_engine(url)
    engine = create_async_engine(
        url, pool_size=20, max_overflow=0, pool_use_lifo=True, pool_recycle=600
    )
    event.listen(engine.sync_engine, "checkout", _is_alive)
    return engine


def _autocommitting(engine: AsyncEngine) -> AsyncEngine:
    # BEGIN and ROLLBACK would be two more trips to the server, and hold nothing together there.
    return engine.execution_options(isolation_level="AUTOCOMMIT")


def _is_alive(connection: Any, _record: Any, _proxy: Any) -> None:
    # The driver hears when the server hangs up; asking the server each time would be a trip.
    if connection.driver_connection.is_closed():
        raise DisconnectionError


def _sqlstate(error: DBAPIError) -> str | None:
    if isinstance(error.orig, sqlite3.Error):
        return None
    return getattr(error.orig, "sqlstate", None)
