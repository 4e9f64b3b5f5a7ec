"""Books, moves, fails and asks on days when clocks change elsewhere, and prints what came out.

Run as a process of its own, so that the host's time zone is whatever `TZ` says.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from datetime import timedelta

from bot.catalogue import load
from bot.clock import FixedClock, SystemClock
from bot.database import Database
from bot.scheduling import Dispatch
from bot.scheduling.notice_tables import notice
from bot.scheduling.status import StatusUpdate
from tests.scheduling import world as w

# New York's clocks go back on 1 November and forward on 14 March; midnight is near in Shanghai.
NIGHTS = ("2026-10-31T23:30", "2026-11-01T00:30", "2027-03-13T23:59", "2026-12-31T23:30")


async def main(url: str) -> None:
    database = Database(url)
    json.dump([time.tzname, [await _night(database, n) for n in NIGHTS]], sys.stdout)
    await database.close()


async def _night(database: Database, night: str) -> list[object]:
    now = w.at(*night.split("T"))
    world = w.World(database, FixedClock(now))
    await w.emptied(database)
    days = [now.date() + timedelta(days=n) for n in range(1, 16)]
    shifts = [w.shift(day, end="21:00", capacity=720) for day in days]
    goods = w.order(goods_expected_at=w.at(days[0], "23:59").isoformat())
    calendar = [{"date": str(days[4]), "kind": "blackout"}]
    skills = [{"skill": "split_ac", "valid_until": str(days[9])}]
    document = w.document(goods, crews=[w.crew(shifts=shifts, skills=skills)])
    await world.scheduling.import_document({**document, "calendar": calendar})
    return [
        SystemClock(now).today().isoformat(),
        await _windows(world),
        await _changes(world, days),
        sorted((r["kind"], r["due_at"], r["expires_at"]) for r in await world.rows(notice)),
    ]


async def _windows(world: w.World) -> list[object]:
    found = await world.scheduling.availability("O1")
    return [(window.start.isoformat(), window.end.isoformat()) for window in found.windows]


async def _changes(world: w.World, days: list[object]) -> list[object]:
    dispatch = Dispatch(world.database, world.clock, load(), world.rules)
    first, second = w.window(days[2], "18:00", "21:00"), w.window(days[3])
    visit = await world.scheduling.book(w.OWNER, "O1", first, "c1")
    await world.scheduling.book(w.OWNER, "O1", second, "c2")
    day = await dispatch.crew_day("C1", second.start.date())
    feed = (await dispatch.order_feed("O1")).decode()
    times = [line for line in feed.splitlines() if line.startswith(("DTSTART", "DTEND"))]
    ask = world.clock.now() + timedelta(days=1)
    update = StatusUpdate(visit.visit_id, "failed", "c3", "unreachable", ask)
    await dispatch.report(update)
    board = await dispatch.board(ask.date())
    events = (await dispatch.history("O1"))["events"]
    return [
        [one["window_start"] for one in day["visits"]],
        times,
        [one["failure"] for one in board["follow_ups"]],
        [(event["at"], event["what"], event["after"]) for event in events],
    ]


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
