"""What is measured: the search beside its raw query, bookings a second, a race for seats."""

from __future__ import annotations

import asyncio
import multiprocessing
import random
import sqlite3
import time
from collections.abc import Awaitable, Callable
from statistics import quantiles
from typing import Any

import asyncpg
from rich.console import Console
from sqlalchemy import text
from sqlalchemy.engine import make_url

from benchmarks.booking import data
from bot import catalogue
from bot.clock import FixedClock
from bot.database import Database
from bot.errors import BookingRefused
from bot.scheduling import Caller, Scheduling, Window
from bot.scheduling.slots import midnight
from bot.settings import BookingRules

SEARCHES, CLIENTS, SECONDS = 1_000, 16, 8.0
RACERS, RIVALS, SEATS = 16, 240, 120
ROWS = (
    "raw query, p50 / p95 ms",
    "window search, p50 / p95 ms",
    "window search ÷ raw query, p95",
    "bookings a second, 16 clients",
    "booking, p95 ms",
    f"{RACERS} processes, {RIVALS} orders, {SEATS} seats: sold",
)
Found = dict[str, str]
RAW = """
SELECT DISTINCT w.start_at, w.end_at FROM hub_area a
JOIN crew c ON c.hub_id = a.hub_id JOIN crew_window w ON w.crew_id = c.crew_id
WHERE a.adcode = {0} AND c.members >= 1 AND (c.skill_mask & {1}) = {1}
AND (w.skill_mask & {1}) = {1} AND w.start_at >= {2} AND w.start_at < {3}
AND w.sellable_min - w.used_min >= 60 ORDER BY w.start_at, w.end_at"""


def scheduling_on(url: str) -> tuple[Database, Scheduling]:
    database = Database(url)
    clock = FixedClock(data.NOW)
    return database, Scheduling(database, clock, catalogue.load(), BookingRules())


async def everything(url: str, size: data.Size, console: Console) -> Found:
    """Measure one filled database and return the values by row."""
    with console.status("window search"):
        raw, search = await _raw(url, size), await _search(url, size)
    with console.status("bookings"):
        per_second, p95 = await _bookings(url, size)
    with console.status("race"):
        sold = await _race(url)
    values = (
        f"{raw[0]:.2f} / {raw[1]:.2f}",
        f"{search[0]:.2f} / {search[1]:.2f}",
        f"{search[1] / raw[1]:.1f}",
        f"{per_second:,.0f}",
        f"{p95:.0f}",
        f"{sold}",
    )
    return dict(zip(ROWS, values, strict=True))


async def _timed(call: Callable[[int], Awaitable[Any]], size: data.Size) -> tuple[float, float]:
    """Return p50 and p95 in milliseconds over random orders that have no visit."""
    dice = random.Random(1)
    numbers = [dice.randrange(size.orders - size.visits) for _ in range(SEARCHES + 50)]
    times = []
    for number in numbers:
        start = time.perf_counter()
        await call(number)
        times.append((time.perf_counter() - start) * 1_000)
    cuts = quantiles(times[50:], n=20)
    return cuts[9], cuts[18]


async def _raw(url: str, size: data.Size) -> tuple[float, float]:
    start, end = midnight(data.NOW.date()), midnight(data.NOW.date()) + 15 * 86_400
    mask = data.skills.mask(["tv"])
    if url.startswith("sqlite"):
        connection = sqlite3.connect(str(make_url(url).database))
        query = RAW.format("?1", "?2", "?3", "?4")

        async def sqlite(number: int) -> Any:
            adcode = f"{number % size.hubs:06}"
            return connection.execute(query, (adcode, mask, start, end)).fetchall()

        return await _timed(sqlite, size)
    server = await asyncpg.connect(url)
    prepared = await server.prepare(RAW.format("$1", "$2::bigint", "$3", "$4"))

    async def postgres(number: int) -> Any:
        return await prepared.fetch(f"{number % size.hubs:06}", mask, start, end)

    found = await _timed(postgres, size)
    await server.close()
    return found


async def _search(url: str, size: data.Size) -> tuple[float, float]:
    database, scheduling = scheduling_on(url)
    found = await _timed(lambda number: scheduling.availability(f"{number}"), size)
    await database.close()
    return found


async def _bookings(url: str, size: data.Size) -> tuple[float, float]:
    """Let 16 clients book first visits of orders all over the country for some seconds."""
    database, scheduling = scheduling_on(url)
    numbers = iter(
        random.Random(2).sample(range(size.orders - size.visits), min(6_000, size.orders // 2))
    )
    times: list[float] = []
    stop = time.perf_counter() + SECONDS

    async def client(dice: random.Random) -> None:
        for number in numbers:
            window = _window(dice)
            start = time.perf_counter()
            if start > stop:
                return
            try:
                await scheduling.book(Caller("b", f"u{number}"), f"{number}", window, f"b{number}")
            except BookingRefused:
                continue
            times.append(time.perf_counter() - start)

    began = time.perf_counter()
    await asyncio.gather(*(client(random.Random(n)) for n in range(CLIENTS)))
    took = time.perf_counter() - began
    await database.close()
    return len(times) / took, quantiles(times, n=20)[18] * 1_000


def _window(dice: random.Random) -> Window:
    _, _, start, end, *_ = data.window(dice.randrange(8, data.DAYS * len(data.HOURS)))
    at = [data.datetime.fromtimestamp(x, data.BUSINESS_ZONE) for x in (start, end)]
    return Window(*at)


async def _race(url: str) -> int:
    """Sell the seats of a hub of its own to processes that all want them; return how many."""
    window = _window(random.Random(3))
    document = _race_document(window)
    database, scheduling = scheduling_on(url)
    await scheduling.import_document(document)
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["benchmarks.booking.measure"])
    shares = [(url, window, range(n, RIVALS, RACERS)) for n in range(RACERS)]
    with context.Pool(RACERS) as pool:
        sold = sum(await asyncio.to_thread(pool.starmap, racer, shares, 1))
    async with database.reading() as tx:
        over = await tx.scalar(
            text("SELECT count(*) FROM crew_window WHERE used_min > capacity_min")
        )
    await database.close()
    assert (sold, over) == (SEATS, 0), f"{sold} of {SEATS} seats sold, {over} windows overfull"
    return sold


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


def _race_document(window: Window) -> dict[str, Any]:
    shift = {
        "date": window.start.date().isoformat(),
        "start": f"{window.start:%H:%M}",
        "end": f"{window.end:%H:%M}",
        "capacity_minutes": data.VISIT_MINUTES * 20,
    }
    crews = [
        {
            "crew_id": f"R{n}",
            "hub_id": "RACE",
            "name": "组",
            "phone": "13800000000",
            "members": 2,
            "skills": ["tv"],
            "shifts": [shift],
        }
        for n in range(SEATS // 20)
    ]
    orders = [
        {
            "order_no": f"R{n}",
            "merchant": "商家",
            "consumer": {"consumer_id": f"r{n}", "name": "李女士", "phone": "13900000000"},
            "address": {"adcode": "310115", "text": "上海市浦东新区", "floor": 6, "elevator": True},
            "items": [{"sku": "S", "name": "电视", "category": "tv", "quantity": 1}],
        }
        for n in range(RIVALS)
    ]
    return {
        "hubs": [{"hub_id": "RACE", "name": "网点", "adcodes": ["310115"]}],
        "crews": crews,
        "orders": orders,
    }
