"""Fills a database with hubs, crews, windows, orders and visits, in bulk."""

from __future__ import annotations

import random
import sqlite3
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import asyncpg
from rich.console import Console
from rich.progress import Progress, track
from sqlalchemy.engine import make_url

from bot.clock import BUSINESS_ZONE
from bot.database import Database
from bot.scheduling import skills

NOW = datetime(2026, 11, 24, 10, tzinfo=BUSINESS_ZONE)
DAYS = 14
HOURS = (9, 12, 15, 18)
MINUTES = 180
VISIT_MINUTES = 60  # a television: 45 and the way
ALL_SKILLS = skills.mask(skills.SKILLS)
SOME_SKILLS = skills.mask(["tv", "refrigerator", "washing_machine"])
FEW_SKILLS = skills.mask(["split_ac", "high_altitude"])


@dataclass(frozen=True)
class Size:
    """How much there is of everything."""

    hubs: int
    crews: int
    orders: int
    visits: int

    @property
    def windows(self) -> int:
        return self.crews * DAYS * len(HOURS)


Rows = Iterable[tuple[Any, ...]]


def tables(size: Size) -> Iterator[tuple[str, tuple[str, ...], int, Rows]]:
    """Every table with its columns, how many rows, and the rows."""
    yield "hub", ("hub_id", "name"), size.hubs, ((f"H{n}", "网点") for n in range(size.hubs))
    yield (
        "hub_area",
        ("adcode", "hub_id"),
        size.hubs,
        ((f"{n:06}", f"H{n}") for n in range(size.hubs)),
    )
    columns = ("crew_id", "hub_id", "name", "phone", "members", "skill_mask", "licences")
    yield "crew", columns, size.crews, (_crew(n, size) for n in range(size.crews))
    columns = ("shift_id", "crew_id", "start_at", "end_at", "capacity_min")
    yield "crew_shift", columns, size.windows, (window(n)[:5] for n in range(size.windows))
    columns = (
        "cw_id",
        "crew_id",
        "start_at",
        "end_at",
        "capacity_min",
        "shift_id",
        "sellable_min",
        "skill_mask",
    )
    yield "crew_window", columns, size.windows, (window(n) for n in range(size.windows))
    columns = ("consumer_id", "name", "phone")
    yield (
        "consumer",
        columns,
        size.orders,
        ((f"u{n}", "李女士", "13900000000") for n in range(size.orders)),
    )
    columns = (
        "order_no",
        "merchant",
        "consumer_id",
        "adcode",
        "address",
        "floor",
        "elevator",
        "seq",
        "goods_missing",
    )
    yield "orders", columns, size.orders, (_order(n, size) for n in range(size.orders))
    columns = ("order_no", "position", "sku", "name", "category", "quantity")
    yield (
        "order_item",
        columns,
        size.orders,
        ((f"{n}", 0, "S", "电视", "tv", 1) for n in range(size.orders)),
    )
    columns = (
        "visit_id",
        "order_no",
        "seq",
        "kind",
        "status",
        "crew_id",
        "cw_id",
        "minutes",
        "window_start",
        "window_end",
        "changes",
        "version",
        "attention",
    )
    yield "visit", columns, size.visits, _visits(size)


def _crew(n: int, size: Size) -> tuple[Any, ...]:
    mask = (ALL_SKILLS, SOME_SKILLS, FEW_SKILLS)[n % 3]
    return f"C{n}", f"H{n % size.hubs}", "师傅组", "13800000000", 1 + n % 2, mask, "{}"


def window(n: int) -> tuple[Any, ...]:
    """Row `n` of crew_window."""
    crew, part = divmod(n, DAYS * len(HOURS))
    day, hour = divmod(part, len(HOURS))
    start = NOW.replace(hour=HOURS[hour]) + timedelta(days=day)
    first = int(start.timestamp())
    mask = (ALL_SKILLS, SOME_SKILLS, FEW_SKILLS)[crew % 3]
    return n, f"C{crew}", first, first + MINUTES * 60, MINUTES, n, MINUTES, mask


def _order(n: int, size: Size) -> tuple[Any, ...]:
    return f"{n}", "商家", f"u{n}", f"{n % size.hubs:06}", "锦绣路1000弄", 6, True, 0, False


def _visits(size: Size) -> Iterator[tuple[Any, ...]]:
    """Visits of the last orders, at most two a window; the first orders have none yet."""
    dice = random.Random(20261124)
    for n, cw_id in enumerate(dice.sample(range(size.windows * 2), size.visits)):
        _, crew_id, start, end, *_ = window(cw_id // 2)
        order_no = f"{size.orders - 1 - n}"
        yield (
            f"V{n}",
            order_no,
            0,
            "delivery",
            "scheduled",
            crew_id,
            cw_id // 2,
            VISIT_MINUTES,
            start,
            end,
            0,
            0,
            False,
        )


async def build(url: str, size: Size, console: Console) -> None:
    """Migrate an empty database and fill it; the ledger's triggers charge the visits."""
    database = Database(url)
    await database.migrate()
    await database.close()
    if url.startswith("sqlite"):
        _fill_sqlite(str(make_url(url).database), size, console)
    else:
        await _fill_postgres(url, size, console)


def _fill_sqlite(path: str, size: Size, console: Console) -> None:
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA synchronous=OFF")
    for name, columns, number, rows in tables(size):
        marks = ",".join("?" * len(columns))
        shown = track(rows, f"{name}", number, console=console, transient=True)
        connection.executemany(f"INSERT INTO {name} ({','.join(columns)}) VALUES ({marks})", shown)
    connection.commit()
    connection.execute("ANALYZE")
    connection.commit()
    connection.close()


async def _fill_postgres(url: str, size: Size, console: Console) -> None:
    connection = await asyncpg.connect(url)
    with Progress(console=console, transient=True) as progress:
        for name, columns, number, rows in tables(size):
            task = progress.add_task(name, total=number)
            await connection.copy_records_to_table(
                name, columns=columns, records=_counted(rows, progress, task)
            )
    for sequence in ("crew_window_cw_id_seq", "crew_shift_shift_id_seq"):
        await connection.execute("SELECT setval($1::text::regclass, $2)", sequence, size.windows)
    await connection.execute("VACUUM ANALYZE")
    await connection.close()


def _counted(rows: Rows, progress: Progress, task: Any) -> Iterator[tuple[Any, ...]]:
    for row in rows:
        yield row
        progress.advance(task)


async def create_database(url: str) -> str:
    """Create a database beside that of the URL and return its own URL."""
    name = f"bench_{uuid.uuid4().hex[:12]}"
    connection = await asyncpg.connect(url)
    await connection.execute(f"CREATE DATABASE {name}")
    await connection.close()
    return make_url(url).set(database=name).render_as_string(hide_password=False)


async def drop_database(url: str, own: str) -> None:
    connection = await asyncpg.connect(url)
    await connection.execute(f"DROP DATABASE {make_url(own).database} WITH (FORCE)")
    await connection.close()
