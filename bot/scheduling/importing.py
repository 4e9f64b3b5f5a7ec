"""Takes the contract's import format: whole or not at all, every fault by its JSON path."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from pydantic import ValidationError
from sqlalchemy import bindparam, delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.catalogue import Catalogue
from bot.clock import BUSINESS_ZONE
from bot.errors import ImportRejected
from bot.scheduling import calendar, skills, waitlist
from bot.scheduling import contract as c
from bot.scheduling import rules as rule
from bot.scheduling import tables as t
from bot.scheduling.availability import Search
from bot.scheduling.contract import epoch, path_of
from bot.scheduling.import_checks import IDS, Checks, Fault, day_of, span
from bot.scheduling.import_orders import CHARGED, OrderWriter
from bot.scheduling.models import ImportReport
from bot.scheduling.slots import midnight
from bot.settings import BookingRules

DAY = 24 * 60 * 60
# Objects that are checked and written together: few enough that the server goes on answering
# between two statements, and for any database's parameters.
PART = 200
LISTS = ("hubs", "merchants", "crews", "calendar", "orders")


@dataclass(frozen=True)
class Part:
    """A slice of a file: objects of one list, the first of which is its number `first`."""

    document: c.Document
    first: int = 0


Parts = Callable[[], AsyncIterator[Part]]


def parts(document: Any) -> list[Part]:
    """Cut a document into parts, in the order in which they refer to each other.

    Raises ImportRejected with one fault a place.
    """
    parsed = parse(document)
    return [
        Part(c.Document.model_construct(**{name: whole[first : first + PART]}), first)
        for name in LISTS
        for whole in [getattr(parsed, name)]
        for first in range(0, len(whole), PART)
    ]


def parse(document: Any, first: int = 0) -> c.Document:
    """Read the shape of a document, or of a part of it. Raises ImportRejected."""
    try:
        return c.Document.model_validate(document)
    except ValidationError as error:
        raise rejected([_fault(e, first) for e in error.errors()]) from None


def rejected(faults: list[Fault]) -> ImportRejected:
    """Return the error that carries the faults."""
    return ImportRejected(count=len(faults), faults=faults)


def _fault(error: Any, first: int) -> Fault:
    # pydantic names the branch of a union in the location; a JSON path has no such step.
    location = tuple(
        s for s in error["loc"] if isinstance(s, int) or (str(s).isidentifier() and s != "Licence")
    )
    if first and len(location) > 1:
        location = (location[0], location[1] + first, *location[2:])
    return {"path": path_of(location), "detail": error["msg"]}


class Importer:
    """Writes a file in the caller's transaction, part by part.

    `merchants` are those whose orders the caller may bring, None for all; `actor` is who the
    history names for changes of visits.
    """

    def __init__(
        self,
        connection: AsyncConnection,
        catalogue: Catalogue,
        rules: BookingRules,
        now: datetime,
        *,
        merchants: frozenset[str] | None = None,
        actor: str = "import",
    ) -> None:
        self._db = connection
        self._rules = rules
        self._checks = Checks(connection, merchants)
        self._counts = dict.fromkeys(IDS, 0)
        self._warnings = self._checks.warnings
        self._search = Search(connection, catalogue, rules, now)
        # Hubs that may have more to sell now; None stands for all of them.
        self._stirred: set[str | None] = set()
        self._orders = OrderWriter(connection, catalogue, rules, now, self._warnings, actor)

    async def take(self, source: Parts) -> ImportReport:
        """Check all parts against each other and the database, then write them.

        `source` is read twice. Raises ImportRejected before anything is written.
        """
        faults: list[Fault] = []
        async for part in source():
            faults += await self._checks.faults(part.document, part.first)
        if faults:
            raise rejected(faults)
        async for part in source():
            await self._write(part)
        if self._stirred:
            hubs = {hub for hub in self._stirred if hub is not None}
            await waitlist.offer(self._search, None if None in self._stirred else hubs)
        return ImportReport(self._counts, tuple(self._warnings))

    async def _write(self, part: Part) -> None:
        document, first = part.document, part.first
        for name in IDS:
            self._counts[name] += len(getattr(document, name))
        for hub in document.hubs:
            await self._hub(hub)
        for merchant in document.merchants:
            await self._merchant(merchant)
        for number, crew in enumerate(document.crews, first):
            await self._crew(crew, f"$.crews[{number}]")
        await self._calendar(document, first)
        self._stirred |= {crew.hub_id for crew in document.crews}
        self._stirred |= {entry.hub_id for entry in document.calendar}
        await self._orders.write(document.orders, first)

    async def _put(self, table: Any, key: dict[str, Any], values: dict[str, Any]) -> None:
        condition = [table.c[name] == value for name, value in key.items()]
        if values:
            done = await self._db.execute(update(table).where(*condition).values(**values))
            if done.rowcount:
                return
        elif (await self._db.execute(select(table).where(*condition))).first():
            return
        await self._db.execute(insert(table).values(**key, **values))

    async def _replace(self, table: Any, key: dict[str, Any], rows: list[dict[str, Any]]) -> None:
        await self._db.execute(
            delete(table).where(*[table.c[name] == value for name, value in key.items()])
        )
        if rows:
            await self._db.execute(insert(table), [{**key, **row} for row in rows])

    async def _hub(self, hub: c.Hub) -> None:
        values = {"name": hub.name, "provider": hub.provider}
        await self._put(t.hub, {"hub_id": hub.hub_id}, values)
        areas = [{"adcode": adcode} for adcode in dict.fromkeys(hub.adcodes)]
        await self._replace(t.hub_area, {"hub_id": hub.hub_id}, areas)

    async def _calendar(self, document: c.Document, first: int) -> None:
        """Take the special days, and let them and all new shifts count what may be sold."""
        for number, entry in enumerate(document.calendar, first):
            factor = entry.capacity_factor
            if factor is None:
                factor = self._rules.stress_factor
            key = {"day": entry.date, "hub_id": entry.hub_id or calendar.ALL_HUBS}
            values = {
                "kind": entry.kind,
                "capacity_factor": 0.0 if entry.kind == "blackout" else factor,
            }
            await self._put(t.calendar_day, key, values)
            if entry.kind == "blackout":
                await self._warn_of_booked(entry, f"$.calendar[{number}]")
        days = {entry.date for entry in document.calendar}
        days |= {shift.date for crew in document.crews for shift in crew.shifts}
        await calendar.apply(self._db, days)

    async def _warn_of_booked(self, entry: c.CalendarDay, path: str) -> None:
        vt, start = t.visit.c, midnight(entry.date)
        booked = select(func.count()).where(
            vt.status == "scheduled", vt.window_start >= start, vt.window_start < start + DAY
        )
        if entry.hub_id:
            crews = select(t.crew.c.crew_id).where(t.crew.c.hub_id == entry.hub_id)
            booked = booked.where(vt.crew_id.in_(crews))
        number = await self._db.scalar(booked)
        if number:
            detail = f"{number} visits are booked on this day and stay until they are moved"
            self._warnings.append({"path": path, "detail": detail})

    async def _merchant(self, merchant: c.Merchant) -> None:
        key = {"merchant": merchant.merchant}
        await self._put(t.merchant, key, {})
        await self._replace(t.fee, key, [fee.model_dump() for fee in merchant.fees])

    async def _crew(self, crew: c.Crew, path: str) -> None:
        key = {"crew_id": crew.crew_id}
        values = crew.model_dump(include={"hub_id", "name", "phone", "members", "provider"})
        values["skill_mask"] = skills.mask(licence.skill for licence in crew.licences)
        values["licences"] = _ends(crew)
        await self._put(t.crew, key, values)
        await self._clear_changed_days(crew)
        await self._shifts(crew, path)
        await self._skills_by_day(crew)
        await self._put_on_roster(crew, path)

    async def _skills_by_day(self, crew: c.Crew) -> None:
        """Write to each of the crew's windows the skills that are valid on its day."""
        cw, ends = t.crew_window.c, _ends(crew)
        bits = skills.mask(licence.skill for licence in crew.licences)
        mine = update(t.crew_window).where(cw.crew_id == crew.crew_id)
        await self._db.execute(mine.values(skill_mask=bits))
        for last in sorted(set(ends.values())):
            day_after = date.fromisoformat(last) + timedelta(days=1)
            left = skills.valid_on(day_after, bits, ends)
            later = mine.where(cw.start_at >= midnight(day_after))
            await self._db.execute(later.values(skill_mask=left))

    async def _clear_changed_days(self, crew: c.Crew) -> None:
        """Remove the shifts of days whose hours are no longer those; visits wait without one."""
        cs, cw, vt = t.crew_shift.c, t.crew_window.c, t.visit.c
        hours = {span(shift) for shift in crew.shifts}
        days = {shift.date for shift in crew.shifts}
        stored = await self._db.execute(
            select(cs.shift_id, cs.start_at, cs.end_at).where(cs.crew_id == crew.crew_id)
        )
        for row in stored.all():
            if day_of(row.start_at) not in days or (row.start_at, row.end_at) in hours:
                continue
            windows = select(cw.cw_id).where(cw.shift_id == row.shift_id)
            await self._db.execute(update(t.visit).where(vt.cw_id.in_(windows)).values(cw_id=None))
            await self._db.execute(delete(t.hold).where(t.hold.c.cw_id.in_(windows)))
            await self._db.execute(delete(t.crew_window).where(cw.shift_id == row.shift_id))
            await self._db.execute(delete(t.crew_shift).where(cs.shift_id == row.shift_id))

    async def _put_on_roster(self, crew: c.Crew, path: str) -> None:
        """Charge the visits that had no shift on the crew's days and now may have one."""
        vt = t.visit.c
        days = {shift.date for shift in crew.shifts}
        rows = await self._db.execute(
            select(t.visit)
            .where(vt.crew_id == crew.crew_id, vt.cw_id.is_(None), vt.status.in_(CHARGED))
            .order_by(vt.window_start, vt.visit_id)
        )
        for row in rows.all():
            if row.window_start is None or day_of(row.window_start) not in days:
                continue
            cw_id = await self._orders.ledger_row(row, row.minutes, path)
            if cw_id is not None:
                await self._db.execute(
                    update(t.visit).where(vt.visit_id == row.visit_id).values(cw_id=cw_id)
                )

    async def _shifts(self, crew: c.Crew, path: str) -> None:
        """Write shifts and cut them into windows; visits keep their window where it stays."""
        cs, cw = t.crew_shift, t.crew_window
        shifts = [(span(shift), shift) for shift in crew.shifts]
        rows = [
            {"start_at": start, "end_at": end, "capacity_min": shift.capacity_minutes}
            for (start, end), shift in shifts
        ]
        await self._put_many(cs, crew.crew_id, rows)
        ids = await self._of_crew(cs.c.shift_id, crew.crew_id)
        used = await self._of_crew(cw.c.used_min, crew.crew_id)
        windows = []
        for number, ((start, _), shift) in enumerate(shifts):
            for window, minutes in _cut(shift, self._rules):
                begins = epoch(window.start)
                over = used.get(begins, 0) - minutes
                if over > 0:
                    detail = f"capacity {minutes} is below the {over + minutes} minutes booked"
                    fault = {"path": f"{path}.shifts[{number}]", "detail": detail}
                    self._warnings.append(fault)
                values = {"capacity_min": minutes, "overrun_min": max(0, over)}
                end_at = epoch(window.end)
                windows.append(
                    {"start_at": begins, "shift_id": ids[start], "end_at": end_at, **values}
                )
        await self._put_many(cw, crew.crew_id, windows)

    async def _of_crew(self, column: Any, crew_id: str) -> dict[int, Any]:
        """Return a column of a crew's shifts or windows by their first second."""
        table = column.table.c
        found = await self._db.execute(
            select(table.start_at, column).where(table.crew_id == crew_id)
        )
        return {row[0]: row[1] for row in found}

    async def _put_many(self, table: Any, crew_id: str, rows: list[dict[str, Any]]) -> None:
        """Write a crew's shifts or windows, each known by its first second.

        Not by an upsert: triggers would take what is there already for an overlap.
        """
        known = await self._of_crew(table.c.start_at, crew_id)
        new = [{**row, "crew_id": crew_id} for row in rows if row["start_at"] not in known]
        old = [{**row, "begins": row["start_at"]} for row in rows if row["start_at"] in known]
        if old:
            mine = (table.c.crew_id == crew_id, table.c.start_at == bindparam("begins"))
            names = [name for name in old[0] if name != "begins"]
            values: dict[str, Any] = {name: bindparam(name) for name in names}
            await self._db.execute(update(table).where(*mine).values(**values), old)
        if new:
            await self._db.execute(insert(table), new)


def _cut(shift: c.Shift, rules: BookingRules) -> list[tuple[Any, int]]:
    """Return a shift's windows, and how many of its minutes each has."""
    opens = datetime.combine(shift.date, shift.start, tzinfo=BUSINESS_ZONE)
    closes = datetime.combine(shift.date, shift.end, tzinfo=BUSINESS_ZONE)
    return list(rule.cut(opens, closes, shift.capacity_minutes, rules))


def _ends(crew: c.Crew) -> dict[str, str]:
    """Return the last day of each skill that ends."""
    return {k.skill: k.valid_until.isoformat() for k in crew.licences if k.valid_until}
