"""Days on which less is sold, or nothing: holidays, campaigns, weather."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.scheduling import tables as t
from bot.scheduling.slots import Span

ALL_HUBS = ""


@dataclass(frozen=True)
class Days:
    """The special days of a span, by day and hub; a hub's own entry goes before the general."""

    entries: dict[tuple[date, str], tuple[str, float]]

    def is_blackout(self, hub_id: str, day: date) -> bool:
        """Say whether nobody works on the day."""
        return self._entry(hub_id, day)[0] == "blackout"

    def factor(self, hub_id: str, day: date) -> float:
        """Return the part of each window's minutes that may be sold, 0 to 1."""
        kind, factor = self._entry(hub_id, day)
        return 0.0 if kind == "blackout" else factor

    def _entry(self, hub_id: str, day: date) -> tuple[str, float]:
        general = self.entries.get((day, ALL_HUBS), ("", 1.0))
        return self.entries.get((day, hub_id), general)


async def read(connection: AsyncConnection, span: Span) -> Days:
    """Return the special days of a span."""
    c = t.calendar_day.c
    rows = await connection.execute(
        select(t.calendar_day).where(c.day >= span.first, c.day <= span.last)
    )
    return Days({(r.day, r.hub_id): (r.kind, r.capacity_factor) for r in rows})


async def apply(connection: AsyncConnection, days: Iterable[date]) -> None:
    """Write anew what the windows of the days may sell."""
    for day in sorted(set(days)):
        await _apply(connection, Span(day, day))


async def _apply(connection: AsyncConnection, span: Span) -> None:
    w = t.crew_window.c
    special = await read(connection, span)
    start, end = span.epochs
    rows = await connection.execute(
        select(w.cw_id, w.capacity_min, w.sellable_min, t.crew.c.hub_id)
        .join(t.crew, t.crew.c.crew_id == w.crew_id)
        .where(w.start_at >= start, w.start_at < end)
    )
    for row in rows.all():
        sellable = sellable_minutes(row.capacity_min, special.factor(row.hub_id, span.first))
        if sellable != row.sellable_min:
            await connection.execute(
                update(t.crew_window).where(w.cw_id == row.cw_id).values(sellable_min=sellable)
            )


def sellable_minutes(capacity: int, factor: float) -> int:
    """Return the whole minutes of a capacity that a factor leaves."""
    # A factor like 0.7 is not exact in binary: 0.7 * 10 must not lose a minute.
    return int(capacity * factor + 1e-9)
