"""What is measured: the search beside its raw query, and bookings under 16 clients."""

from __future__ import annotations

import asyncio
import multiprocessing
import random
import sqlite3
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from statistics import quantiles
from typing import Any

import asyncpg
from rich.progress import Progress
from sqlalchemy.engine import make_url

from benchmarks.booking import data
from bot import catalogue
from bot.clock import FixedClock
from bot.database import Database
from bot.errors import BookingRefused
from bot.scheduling import Caller, Scheduling
from bot.scheduling.slots import midnight
from bot.settings import BookingRules

SEARCHES, CLIENTS, SECONDS, WARM = 2_000, 16, 10.0, 50
# SQLite's clients share one process, as they do in `bot serve`; those of PostgreSQL fill the cores.
PROCESSES = {"sqlite": 1, "postgresql": 4}
Call = Callable[[int], Awaitable[Any]]
# From an order to the windows that have room: what no search can do without.
RAW = """
SELECT DISTINCT w.start_at, w.end_at FROM orders o JOIN hub_area a ON a.adcode = o.adcode
JOIN crew c ON c.hub_id = a.hub_id JOIN crew_window w ON w.crew_id = c.crew_id
WHERE o.order_no = {0} AND c.members >= 1 AND (c.skill_mask & {1}) = {1}
AND (w.skill_mask & {1}) = {1} AND w.start_at >= {2} AND w.start_at < {3}
AND w.sellable_min - w.used_min >= 60 ORDER BY w.start_at, w.end_at"""
RAW_VALUES = (
    data.skills.mask(["tv"]),
    midnight(data.NOW.date()),
    midnight(data.NOW.date()) + 15 * 86_400,
)


@dataclass(frozen=True)
class Booked:
    """What one process of clients did: seconds each booking took, and seconds in all."""

    times: list[float]
    took: float
    busy: float


def scheduling_on(url: str) -> tuple[Database, Scheduling]:
    database = Database(url)
    clock = FixedClock(data.NOW)
    return database, Scheduling(database, clock, catalogue.load(), BookingRules())


def processes() -> Any:
    """Return a context whose processes begin with everything loaded."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["benchmarks.booking.race"])
    return context


# --- the search ---


async def search(url: str, size: data.Size, progress: Progress) -> dict[str, str]:
    """Ask for the windows of random orders, in turn by the raw query and by the search."""
    database, scheduling = scheduling_on(url)
    raw, close = await (_sqlite if database.dialect == "sqlite" else _postgres)(url)
    dice = random.Random(1)

    async def ours(number: int) -> Any:
        return await scheduling.availability(f"{number}")

    times: list[tuple[float, float]] = []
    for _ in progress.track(range(SEARCHES + WARM), description="window search"):
        number = dice.randrange(size.unbooked)
        times.append((await _timed(raw, number), await _timed(ours, number)))
    await close()
    await database.close()
    floor, found = (_cuts(list(column)) for column in zip(*times[WARM:], strict=True))
    ratios = found[0] / floor[0], found[1] / floor[1]
    return {
        "raw query, p50 / p95 ms": f"{floor[0]:.2f} / {floor[1]:.2f}",
        "window search, p50 / p95 ms": f"{found[0]:.2f} / {found[1]:.2f}",
        "window search ÷ raw query, p50 / p95": f"{ratios[0]:.1f} / {ratios[1]:.1f}",
    }


async def _timed(call: Call, number: int) -> float:
    start = time.perf_counter()
    await call(number)
    return time.perf_counter() - start


def _cuts(seconds: list[float]) -> tuple[float, float]:
    """Return p50 and p95 in milliseconds."""
    cuts = quantiles(seconds, n=20)
    return cuts[9] * 1_000, cuts[18] * 1_000


async def _sqlite(url: str) -> tuple[Call, Callable[[], Awaitable[None]]]:
    connection = sqlite3.connect(str(make_url(url).database))
    query = RAW.format("?1", "?2", "?3", "?4")

    async def raw(number: int) -> Any:
        return connection.execute(query, (f"{number}", *RAW_VALUES)).fetchall()

    async def close() -> None:
        connection.close()

    return raw, close


async def _postgres(url: str) -> tuple[Call, Callable[[], Awaitable[None]]]:
    server = await asyncpg.connect(url)
    prepared = await server.prepare(RAW.format("$1", "$2::bigint", "$3", "$4"))

    async def raw(number: int) -> Any:
        return await prepared.fetch(f"{number}", *RAW_VALUES)

    return raw, server.close


# --- bookings ---


async def bookings(url: str, size: data.Size, progress: Progress) -> dict[str, str]:
    """Let 16 clients book first visits of orders all over the country for some seconds."""
    number = PROCESSES[make_url(url).get_backend_name()]
    orders = random.Random(2).sample(range(size.unbooked), min(40_000, size.unbooked))
    shares = [(url, orders[n::number], CLIENTS // number, n) for n in range(number)]
    task = progress.add_task("bookings", total=SECONDS)
    with processes().Pool(number) as pool:
        found = pool.starmap_async(book_for_a_while, shares, 1)
        while not found.ready():
            await asyncio.sleep(0.25)
            progress.advance(task, 0.25)
        done = found.get()
    times = [seconds for booked in done for seconds in booked.times]
    rate = sum(len(booked.times) / booked.took for booked in done)
    busy = sum(booked.busy for booked in done) / len(times)
    p50, p95 = _cuts(times)
    return {
        "bookings a second, 16 clients": f"{rate:,.0f}",
        "booking, p50 / p95 ms": f"{p50:.0f} / {p95:.0f}",
        "booking, ms of the client's core": f"{busy * 1_000:.2f}",
    }


def book_for_a_while(url: str, numbers: list[int], clients: int, seed: int) -> Booked:
    return asyncio.run(_book_for_a_while(url, numbers, clients, seed))


async def _book_for_a_while(url: str, numbers: list[int], clients: int, seed: int) -> Booked:
    database, scheduling = scheduling_on(url)
    left, dice = iter(numbers), random.Random(seed)
    times: list[float] = []

    async def client(until: float) -> None:
        for number in left:
            start = time.perf_counter()
            if start > until:
                return
            caller, window = Caller("b", f"u{number}"), data.some_window(dice)
            try:
                await scheduling.book(caller, f"{number}", window, f"b{number}")
            except BookingRefused:
                continue
            times.append(time.perf_counter() - start)

    async def all_clients(seconds: float) -> None:
        until = time.perf_counter() + seconds
        await asyncio.gather(*(client(until) for _ in range(clients)))

    await all_clients(SECONDS / 10)
    times.clear()
    began, busy = time.perf_counter(), time.process_time()
    await all_clients(SECONDS)
    took, busy = time.perf_counter() - began, time.process_time() - busy
    await database.close()
    return Booked(times, took, busy)
