"""A race of 16 processes for the seats of one window, and a look at every window afterwards."""

from __future__ import annotations

import asyncio
import random
from typing import Any

from rich.progress import Progress
from sqlalchemy import text

from benchmarks.booking import data
from benchmarks.booking.measure import processes, scheduling_on
from bot.database import Database
from bot.errors import BookingRefused
from bot.scheduling import Caller, Window

RACERS, RIVALS, SEATS, A_CREW = 16, 240, 120, 20
# What every window is charged is what its visits take, and no more than it has.
UNSOUND = """
SELECT count(*) FROM crew_window w LEFT JOIN (
  SELECT cw_id, sum(minutes) AS minutes FROM visit GROUP BY cw_id
) v ON v.cw_id = w.cw_id
WHERE w.used_min <> coalesce(v.minutes, 0) OR w.used_min > w.capacity_min"""


async def race(url: str, progress: Progress) -> dict[str, str]:
    """Sell the seats of a hub of its own to processes that all want them."""
    window = data.some_window(random.Random(3))
    database, scheduling = scheduling_on(url)
    await scheduling.import_document(_document(window))
    task = progress.add_task("race", total=None)
    shares = [(url, window, range(n, RIVALS, RACERS)) for n in range(RACERS)]
    with processes().Pool(RACERS) as pool:
        sold = sum(await asyncio.to_thread(pool.starmap, racer, shares, 1))
    unsound = await _unsound(database)
    await database.close()
    progress.update(task, total=1, completed=1)
    assert (sold, unsound) == (SEATS, 0), f"{sold} of {SEATS} seats sold, {unsound} windows unsound"
    return {f"{RACERS} processes, {RIVALS} orders, {SEATS} seats: sold": f"{sold}"}


async def _unsound(database: Database) -> Any:
    async with database.reading() as tx:
        return await tx.scalar(text(UNSOUND))


def racer(url: str, window: Window, numbers: range) -> int:
    return asyncio.run(_racer(url, window, numbers))


async def _racer(url: str, window: Window, numbers: range) -> int:
    database, scheduling = scheduling_on(url)
    sold = 0
    for n in numbers:
        try:
            await scheduling.book(Caller("r", f"r{n}"), f"R{n}", window, f"r{n}")
        except BookingRefused:
            continue
        sold += 1
    await database.close()
    return sold


def _document(window: Window) -> dict[str, Any]:
    return {
        "hubs": [{"hub_id": "RACE", "name": "网点", "adcodes": ["310115"]}],
        "crews": [_crew(n, window) for n in range(SEATS // A_CREW)],
        "orders": [_order(n) for n in range(RIVALS)],
    }


def _crew(n: int, window: Window) -> dict[str, Any]:
    shift = {
        "date": window.start.date().isoformat(),
        "start": f"{window.start:%H:%M}",
        "end": f"{window.end:%H:%M}",
        "capacity_minutes": data.VISIT_MINUTES * A_CREW,
    }
    crew = {"crew_id": f"R{n}", "hub_id": "RACE", "name": "组", "phone": "13800000000"}
    return {**crew, "members": 2, "skills": ["tv"], "shifts": [shift]}


def _order(n: int) -> dict[str, Any]:
    return {
        "order_no": f"R{n}",
        "merchant": "商家",
        "consumer": {"consumer_id": f"r{n}", "name": "李女士", "phone": "13900000000"},
        "address": {"adcode": "310115", "text": "上海市浦东新区", "floor": 6, "elevator": True},
        "items": [{"sku": "S", "name": "电视", "category": "tv", "quantity": 1}],
    }
