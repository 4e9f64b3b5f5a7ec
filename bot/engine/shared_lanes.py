"""One turn of a conversation at a time, whichever of several engines works on it.

A worker that loses the connection to an engine asks another one while the first may still be
at the turn. The second waits here, and then finds the turn among those that were answered.
"""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from bot.engine.lanes import Lanes
from bot.log import get_logger

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from sqlalchemy.engine import Connection

log = get_logger(__name__)

# The first half of each lock's number: other locks in the database have other ones.
_FAMILY = 7_093_116
_CONNECT_SECONDS = 5
_PAUSE_SECONDS = 0.05


class SharedLanes(Lanes):
    """Lanes behind locks in PostgreSQL, which go when the engine that holds them is gone.

    Each turn under way holds a connection of its own. `url` names a synchronous driver.
    """

    def __init__(self, url: str) -> None:
        super().__init__()
        self._database = sa.create_engine(
            url,
            isolation_level="AUTOCOMMIT",
            max_overflow=-1,
            pool_pre_ping=True,
            connect_args={"connect_timeout": _CONNECT_SECONDS},
        )

    @asynccontextmanager
    async def alone(self, key: str) -> AsyncIterator[None]:
        """Hold the key's lane in all engines."""
        async with super().alone(key):
            connection = await asyncio.to_thread(self._database.connect)
            try:
                while not await asyncio.to_thread(self._take, connection, key):
                    await asyncio.sleep(_PAUSE_SECONDS)
                try:
                    yield
                finally:
                    await asyncio.to_thread(_give_back, connection, key)
            finally:
                connection.close()

    def _take(self, connection: Connection, key: str) -> bool:
        return bool(_ask(connection, "pg_try_advisory_lock", key))


def _give_back(connection: Connection, key: str) -> None:
    try:
        _ask(connection, "pg_advisory_unlock", key)
    except SQLAlchemyError:  # the lock went with the connection
        log.warning("lane_connection_lost")
        connection.invalidate()


def _ask(connection: Connection, function: str, key: str) -> object:
    asked = sa.text(f"SELECT {function}(:family, hashtext(:key))")
    return connection.execute(asked, {"family": _FAMILY, "key": key}).scalar()
