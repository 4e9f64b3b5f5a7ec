"""`python -m benchmarks.booking [--small] [OUT]`: window search and booking, on both databases.

Prints one table, and puts it into OUT between the marks `booking`. Nothing is asserted on time;
that no seat is sold twice is. PostgreSQL is that of BOT_BENCH_POSTGRES_URL, else a local one, else
it is said to be skipped.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.markdown import Markdown
from rich.progress import Progress, TimeElapsedColumn

from benchmarks.booking import data, measure
from benchmarks.booking.race import race
from benchmarks.page import replace
from bot.clock import SystemClock

LOCAL = "postgresql://root@127.0.0.1:5432/postgres"
FULL = data.Size(hubs=1_000, crews=10_000, orders=1_000_000, visits=300_000)
SMALL = data.Size(hubs=10, crews=100, orders=10_000, visits=3_000)
console = Console()
Found = dict[str, dict[str, str]]


def main() -> None:
    """Measure both databases at both sizes and write down what was found."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.booking")
    parser.add_argument("--small", action="store_true", help="the small size only")
    parser.add_argument("out", nargs="?", type=Path, help="a page with the marks `booking`")
    arguments = parser.parse_args()
    day, load = SystemClock().now(), os.getloadavg()[0]
    found: Found = {}
    for size in [SMALL] if arguments.small else [SMALL, FULL]:
        for name, place in (("SQLite", _file), ("PostgreSQL", _own_database)):
            with place() as url:
                if url is not None:
                    head = f"{name}, {size.orders:,} orders"
                    found[head] = asyncio.run(_measured(head, url, size))
    text = (
        f"{day.day} {day:%B %Y}, {os.cpu_count()} cores, load {load:.1f} before.\n\n{_table(found)}"
    )
    console.print(Markdown(text))
    if arguments.out is not None:
        replace(arguments.out, "booking", text)


async def _measured(head: str, url: str, size: data.Size) -> dict[str, str]:
    console.print(head)
    await data.build(url, size, console)
    columns = (*Progress.get_default_columns(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        return {
            **await measure.search(url, size, progress),
            **await measure.bookings(url, size, progress),
            **await race(url, progress),
        }


@contextmanager
def _file() -> Iterator[str]:
    with tempfile.TemporaryDirectory() as folder:
        yield f"sqlite:///{folder}/bench.db"


@contextmanager
def _own_database() -> Iterator[str | None]:
    url = os.environ.get("BOT_BENCH_POSTGRES_URL", LOCAL)
    try:
        own = asyncio.run(data.create_database(url))
    except OSError as error:
        console.print(f"PostgreSQL is skipped ({error}); set BOT_BENCH_POSTGRES_URL.")
        yield None
        return
    try:
        yield own
    finally:
        asyncio.run(data.drop_database(url, own))


def _table(found: Found) -> str:
    rows = list(next(iter(found.values())))
    lines = [f"| | {' | '.join(found)} |", "|---" + "|--:" * len(found) + "|"]
    lines += [
        " | ".join([f"| {row}", *(column[row] for column in found.values())]) + " |" for row in rows
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
