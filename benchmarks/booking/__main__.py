"""`python -m benchmarks.booking`: window search and booking at size, on both databases.

Prints one table for docs/benchmarks.md. Nothing is asserted on time; that no seat is sold twice is.
PostgreSQL is that of BOT_BENCH_POSTGRES_URL, else a local one, else it is said to be skipped.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import platform
import tempfile
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.booking import data, measure

LOCAL = "postgresql://root@127.0.0.1:5432/postgres"
FULL = data.Size(hubs=1_000, crews=10_000, orders=1_000_000, visits=300_000)
SMALL = data.Size(hubs=10, crews=100, orders=10_000, visits=3_000)
console = Console()


def main() -> None:
    """Measure both databases at both sizes and print what was found."""
    arguments = argparse.ArgumentParser(prog="python -m benchmarks.booking")
    arguments.add_argument("--small", action="store_true", help="the small size only")
    sizes = [SMALL] if arguments.parse_args().small else [SMALL, FULL]
    found = []
    with tempfile.TemporaryDirectory() as folder:
        for size in sizes:
            path = Path(folder) / f"{size.orders}.db"
            found.append(("SQLite", size, asyncio.run(_run(f"sqlite:///{path}", size))))
            path.unlink()
    found += _postgres(sizes)
    _print(found)


async def _run(url: str, size: data.Size) -> measure.Found:
    await data.build(url, size, console)
    return await measure.everything(url, size, console)


def _postgres(sizes: list[data.Size]) -> list[tuple[str, data.Size, measure.Found]]:
    url = os.environ.get("BOT_BENCH_POSTGRES_URL", LOCAL)
    found = []
    for size in sizes:
        try:
            own = asyncio.run(data.create_database(url))
        except OSError as error:
            console.print(f"PostgreSQL is skipped ({error}); set BOT_BENCH_POSTGRES_URL.")
            return []
        try:
            found.append(("PostgreSQL", size, asyncio.run(_run(own, size))))
        finally:
            asyncio.run(data.drop_database(url, own))
    return found


def _print(found: list[tuple[str, data.Size, measure.Found]]) -> None:
    table = Table(title=f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores")
    table.add_column("")
    for name, size, _ in found:
        table.add_column(f"{name}\n{size.orders:,} orders", justify="right")
    for row in measure.ROWS:
        table.add_row(row, *(values[row] for _, _, values in found))
    console.print(table)
    console.print("\n".join(_markdown(found)), markup=False)


def _markdown(found: list[tuple[str, data.Size, measure.Found]]) -> list[str]:
    heads = [f"{name}, {size.orders:,} orders" for name, size, _ in found]
    lines = [f"| | {' | '.join(heads)} |", "|---" * (len(heads) + 1) + "|"]
    rows = (" | ".join([row, *(values[row] for _, _, values in found)]) for row in measure.ROWS)
    return [*lines, *(f"| {row} |" for row in rows)]


if __name__ == "__main__":
    main()
