"""What `make bench-booking` measures on: a database that is filled past the triggers is sound."""

from __future__ import annotations

import sqlite3
from io import StringIO

from rich.console import Console
from sqlalchemy import text

from benchmarks.booking import data, measure, race
from bot.database import Database
from bot.scheduling import Caller
from bot.scheduling.rules import opening
from bot.scheduling.store import window_of
from bot.settings import BookingRules

TINY = data.Size(hubs=2, crews=6, orders=200, visits=100)
TRIGGERS = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' ORDER BY name"


async def test_a_filled_database_is_sound_and_keeps_its_triggers(tmp_path):
    filled, empty = (f"sqlite:///{tmp_path / name}.db" for name in ("filled", "empty"))
    await data.build(filled, TINY, Console(file=StringIO()))
    database = Database(empty)
    await database.migrate()
    await database.close()
    kept = [
        sqlite3.connect(tmp_path / f"{name}.db").execute(TRIGGERS).fetchall()
        for name in ("filled", "empty")
    ]
    assert kept[0] == kept[1] != []
    database, scheduling = measure.scheduling_on(filled)
    async with database.reading() as tx:
        assert await tx.scalar(text("SELECT count(*) FROM visit")) == TINY.visits
        assert await tx.scalar(text("SELECT max(used_min) FROM crew_window")) > 0
        assert await tx.scalar(text(race.UNSOUND)) == 0
    found = await scheduling.availability("7")
    await scheduling.book(Caller("b", "u7"), "7", found.windows[0], "c1")
    async with database.reading() as tx:
        assert await tx.scalar(text(race.UNSOUND)) == 0
    await database.close()


async def test_the_raw_query_finds_what_the_search_finds(tmp_path):
    url = f"sqlite:///{tmp_path / 'filled.db'}"
    await data.build(url, TINY, Console(file=StringIO()))
    database, scheduling = measure.scheduling_on(url)
    raw, close = await measure._sqlite(url)
    opens = opening(data.NOW, BookingRules())
    for number in range(0, TINY.unbooked, 9):
        found = await scheduling.availability(f"{number}")
        windows = [window_of(*row) for row in await raw(number)]
        assert list(found.windows) == [window for window in windows if opens(window)] != []
    await close()
    await database.close()
