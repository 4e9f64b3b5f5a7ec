"""The database and scheduling on it, opened from the settings."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from sqlalchemy.exc import SQLAlchemyError

from bot import catalogue
from bot.clock import Clock
from bot.database import Database
from bot.errors import SettingsError
from bot.ratelimit import RateLimiter
from bot.scheduling import Dispatch, Feed, Scheduling
from bot.settings import Settings


@dataclass(frozen=True)
class Data:
    """The database and what stands on it."""

    database: Database
    clock: Clock
    scheduling: Scheduling
    dispatch: Dispatch
    feed: Feed
    limiter: RateLimiter


@asynccontextmanager
async def open_data(settings: Settings) -> AsyncIterator[Data]:
    """Open the database with its newest schema. Raises SettingsError where it is not there."""
    limiter = RateLimiter(settings.limits, settings.redis_url)
    database = Database.from_settings(settings)
    try:
        await _migrate(database)
        clock = settings.make_clock()
        common = (database, clock, catalogue.load(), settings.booking)
        feed = Feed(*common[1:])
        scheduling = Scheduling(*common, limiter)
        yield Data(database, clock, scheduling, Dispatch(*common), feed, limiter)
    finally:
        await limiter.close()
        await database.close()


async def _migrate(database: Database) -> None:
    try:
        await database.migrate()
    except (OSError, SQLAlchemyError) as error:
        where = database.url.render_as_string(hide_password=True)
        reason = str(error).splitlines()[0]
        raise SettingsError(
            f"the database {where} cannot be opened ({reason}); see BOT_DATABASE_URL"
        ) from error
