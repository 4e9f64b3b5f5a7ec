"""Fills a database with hubs, crews, windows, orders and visits, in bulk."""

from __future__ import annotations

import random
import sqlite3
import uuid
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

import asyncpg
from rich.console import Console
from rich.progress import Progress
from sqlalchemy.engine import make_url

from bot.clock import BUSINESS_ZONE
from bot.database import Database
from bot.scheduling import Window, skills

NOW = datetime(2026, 11, 24, 10, tzinfo=BUSINESS_ZONE)
DAYS, HOURS = 14, (9, 12, 15, 18)
A_CREW = DAYS * len(HOURS)
MINUTES = 180
VISIT_MINUTES = 60  # a television: 45 and the way
MASKS = (
    skills.mask(skills.SKILLS),
    skills.mask(["tv", "refrigerator", "washing_machine"]),
    skills.mask(["split_ac", "high_altitude"]),
)
STARTS = [
    int((NOW.replace(hour=hour) + timedelta(days=day)).timestamp())
    for day in range(DAYS)
    for hour in HOURS
]
AT_ONCE = 10_000
# Triggers that would look at each row; what they would find out is known here.
SLOW = ("visit_charge", "crew_window_overlap_insert", "crew_shift_overlap_insert")

Rows = Iterable[tuple[Any, ...]]


@dataclass(frozen=True)
class Size:
    """How much there is of everything."""

    hubs: int
    crews: int
    orders: int
    visits: int

    @property
    def windows(self) -> int:
        return self.crews * A_CREW

    @property
    def unbooked(self) -> int:
        """The first so many orders have no visit yet."""
        return self.orders - self.visits


@dataclass(frozen=True)
class Filling:
    """One table's columns and rows, and how many there are."""

    table: str
    columns: str
    number: int
    rows: Rows

    @property
    def names(self) -> list[str]:
        return self.columns.split()


def fillings(size: Size) -> Iterator[Filling]:
    """Every table in the order in which they refer to one another."""
    # At most two visits a window.
    seats = random.Random(20261124).sample(range(size.windows * 2), size.visits)
    visits = Counter(seat // 2 for seat in seats)
    hubs, orders = range(size.hubs), range(size.orders)
    yield Filling("hub", "hub_id name", size.hubs, ((f"H{n}", "网点") for n in hubs))
    yield Filling("hub_area", "adcode hub_id", size.hubs, ((adcode(n), f"H{n}") for n in hubs))
    columns = "crew_id hub_id name phone members skill_mask licences"
    yield Filling("crew", columns, size.crews, (_crew(n, size) for n in range(size.crews)))
    columns = "shift_id crew_id start_at end_at capacity_min"
    days = size.crews * DAYS
    yield Filling("crew_shift", columns, days, (_shift(n) for n in range(days)))
    columns = "cw_id shift_id crew_id start_at end_at capacity_min sellable_min skill_mask used_min"
    windows = ((*_window(n), visits[n] * VISIT_MINUTES) for n in range(size.windows))
    yield Filling("crew_window", columns, size.windows, windows)
    people = ((f"u{n}", "李女士", "13900000000") for n in orders)
    yield Filling("consumer", "consumer_id name phone", size.orders, people)
    columns = "order_no merchant consumer_id adcode address floor elevator seq goods_missing"
    yield Filling("orders", columns, size.orders, (_order(n, size) for n in orders))
    columns = "order_no position sku name category quantity"
    items = ((f"{n}", 0, "S", "电视", "tv", 1) for n in orders)
    yield Filling("order_item", columns, size.orders, items)
    columns = (
        "visit_id order_no seq kind status crew_id cw_id minutes window_start window_end changes "
        "version attention"
    )
    booked = (_visit(n, seat // 2, size) for n, seat in enumerate(seats))
    yield Filling("visit", columns, size.visits, booked)


def adcode(hub: int) -> str:
    """The district that a hub serves; an order's is that of its number."""
    return f"{hub:06}"


def some_window(dice: random.Random) -> Window:
    """A window from the third day on."""
    start = datetime.fromtimestamp(dice.choice(STARTS[2 * len(HOURS) :]), BUSINESS_ZONE)
    return Window(start, start + timedelta(minutes=MINUTES))


def _crew(n: int, size: Size) -> tuple[Any, ...]:
    return f"C{n}", f"H{n % size.hubs}", "师傅组", "13800000000", 1 + n % 2, MASKS[n % 3], "{}"


def _shift(n: int) -> tuple[Any, ...]:
    crew, day = divmod(n, DAYS)
    first = STARTS[day * len(HOURS)]
    minutes = len(HOURS) * MINUTES
    return n, f"C{crew}", first, first + minutes * 60, minutes


def _window(n: int) -> tuple[Any, ...]:
    crew, part = divmod(n, A_CREW)
    start, end = STARTS[part], STARTS[part] + MINUTES * 60
    return n, n // len(HOURS), f"C{crew}", start, end, MINUTES, MINUTES, MASKS[crew % 3]


def _order(n: int, size: Size) -> tuple[Any, ...]:
    return f"{n}", "商家", f"u{n}", adcode(n % size.hubs), "锦绣路1000弄", 6, True, 0, False


def _visit(n: int, cw_id: int, size: Size) -> tuple[Any, ...]:
    _, _, crew_id, start, end, *_ = _window(cw_id)
    charged = (crew_id, cw_id, VISIT_MINUTES, start, end)
    return f"V{n}", f"{size.orders - 1 - n}", 0, "delivery", "scheduled", *charged, 0, 0, False


async def build(url: str, size: Size, console: Console) -> None:
    """Migrate an empty database and fill it."""
    database = Database(url)
    await database.migrate()
    await database.close()
    with Progress(console=console, transient=True) as progress:
        if url.startswith("sqlite"):
            _fill_sqlite(str(make_url(url).database), size, progress)
        else:
            await _fill_postgres(url, size, progress)


def _fill_sqlite(path: str, size: Size, progress: Progress) -> None:
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA synchronous=OFF")
    connection.execute("PRAGMA cache_size=-400000")
    marks = ",".join("?" * len(SLOW))
    triggers = connection.execute(
        f"SELECT name, sql FROM sqlite_master WHERE name IN ({marks})", SLOW
    ).fetchall()
    assert len(triggers) == len(SLOW)
    for name, _ in triggers:
        connection.execute(f"DROP TRIGGER {name}")
    for filling in fillings(size):
        marks = ",".join("?" * len(filling.names))
        insert = f"INSERT INTO {filling.table} ({','.join(filling.names)}) VALUES ({marks})"
        for rows in _parts(filling, progress):
            connection.executemany(insert, rows)
    for _, sql in triggers:
        connection.execute(sql)
    connection.execute("ANALYZE")
    connection.commit()
    connection.close()


async def _fill_postgres(url: str, size: Size, progress: Progress) -> None:
    connection = await asyncpg.connect(url)
    await connection.execute("ALTER TABLE visit DISABLE TRIGGER USER")
    for filling in fillings(size):
        for rows in _parts(filling, progress):
            await connection.copy_records_to_table(
                filling.table, columns=filling.names, records=rows
            )
    await connection.execute("ALTER TABLE visit ENABLE TRIGGER USER")
    for sequence in ("crew_window_cw_id_seq", "crew_shift_shift_id_seq"):
        await connection.execute("SELECT setval($1::text::regclass, $2)", sequence, size.windows)
    await connection.execute("VACUUM ANALYZE")
    await connection.close()


def _parts(filling: Filling, progress: Progress) -> Iterator[list[tuple[Any, ...]]]:
    task = progress.add_task(filling.table, total=filling.number)
    rows = iter(filling.rows)
    while part := list(islice(rows, AT_ONCE)):
        yield part
        progress.advance(task, len(part))


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
