"""Takes the contract's import format: whole or not at all, every fault by its JSON path."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from pydantic import ValidationError
from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.catalogue import Catalogue
from bot.clock import BUSINESS_ZONE
from bot.errors import ImportRejected
from bot.scheduling import calendar, redelivery, skills
from bot.scheduling import contract as c
from bot.scheduling import rules as rule
from bot.scheduling import tables as t
from bot.scheduling.changes import changed_elsewhere
from bot.scheduling.contract import epoch, path_of
from bot.scheduling.import_checks import IDS, Checks, Fault, day_of, span
from bot.scheduling.models import ImportReport
from bot.scheduling.models import Order as OrderValue
from bot.scheduling.slots import midnight
from bot.scheduling.store import read_order
from bot.settings import BookingRules

DAY = 24 * 60 * 60
CHARGED = ("scheduled", "en_route", "in_progress", "completed")


def parse(document: Any) -> c.Document:
    """Read a document's shape. Raises ImportRejected with one fault a place."""
    try:
        return c.Document.model_validate(document)
    except ValidationError as error:
        raise rejected([_fault(e) for e in error.errors()]) from None


def rejected(faults: list[Fault]) -> ImportRejected:
    """Return the error that carries the faults."""
    return ImportRejected(count=len(faults), faults=faults)


def _fault(error: Any) -> Fault:
    # pydantic names the branch of a union in the location; a JSON path has no such step.
    location = tuple(
        s for s in error["loc"] if isinstance(s, int) or (str(s).isidentifier() and s != "Licence")
    )
    return {"path": path_of(location), "detail": error["msg"]}


class Importer:
    """Writes one parsed document in the caller's transaction."""

    def __init__(
        self, connection: AsyncConnection, catalogue: Catalogue, rules: BookingRules, now: datetime
    ) -> None:
        self._db = connection
        self._catalogue = catalogue
        self._rules = rules
        self._now = now
        self._warnings: list[Fault] = []

    async def take(self, document: c.Document) -> ImportReport:
        """Check the document against itself and the database, then write it.

        Raises ImportRejected before anything is written.
        """
        checks = Checks(self._db)
        faults = await checks.faults(document)
        if faults:
            raise rejected(faults)
        self._warnings += checks.warnings
        for hub in document.hubs:
            await self._hub(hub)
        for merchant in document.merchants:
            await self._merchant(merchant)
        for number, crew in enumerate(document.crews):
            await self._crew(crew, f"$.crews[{number}]")
        await self._calendar(document)
        for number, order in enumerate(document.orders):
            await self._order(order, f"$.orders[{number}]")
        counts = {name: len(getattr(document, name)) for name in IDS}
        return ImportReport(counts, tuple(self._warnings))

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

    async def _calendar(self, document: c.Document) -> None:
        """Take the special days, and let them and all new shifts count what may be sold."""
        for number, entry in enumerate(document.calendar):
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
        for number, shift in enumerate(crew.shifts):
            await self._shift(crew.crew_id, shift, f"{path}.shifts[{number}]")
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
            cw_id = await self._ledger_row(row, row.minutes, path)
            if cw_id is not None:
                await self._db.execute(
                    update(t.visit).where(vt.visit_id == row.visit_id).values(cw_id=cw_id)
                )

    async def _shift(self, crew_id: str, shift: c.Shift, path: str) -> None:
        """Write a shift and cut it into windows; visits keep their window where it stays."""
        start, end = span(shift)
        values = {"end_at": end, "capacity_min": shift.capacity_minutes}
        await self._put(t.crew_shift, {"crew_id": crew_id, "start_at": start}, values)
        cs = t.crew_shift.c
        shift_id = await self._db.scalar(
            select(cs.shift_id).where(cs.crew_id == crew_id, cs.start_at == start)
        )
        opens = datetime.combine(shift.date, shift.start, tzinfo=BUSINESS_ZONE)
        closes = datetime.combine(shift.date, shift.end, tzinfo=BUSINESS_ZONE)
        for window, minutes in rule.cut(opens, closes, shift.capacity_minutes, self._rules):
            await self._window(crew_id, shift_id, window, minutes, path)

    async def _window(
        self, crew_id: str, shift_id: Any, window: Any, minutes: int, path: str
    ) -> None:
        cw = t.crew_window
        key = {"crew_id": crew_id, "start_at": epoch(window.start)}
        condition = [cw.c[name] == value for name, value in key.items()]
        used = await self._db.scalar(select(cw.c.used_min).where(*condition)) or 0
        if used > minutes:
            detail = f"capacity {minutes} is below the {used} minutes that are booked"
            self._warnings.append({"path": path, "detail": detail})
        values = {
            "shift_id": shift_id,
            "end_at": epoch(window.end),
            "capacity_min": minutes,
            "overrun_min": max(0, used - minutes),
        }
        await self._put(cw, key, values)

    async def _order(self, order: c.Order, path: str) -> None:
        person = order.consumer
        key = {"consumer_id": person.consumer_id}
        await self._put(t.consumer, key, {"name": person.name, "phone": person.phone})
        expected = order.goods_expected_at
        values = {
            "merchant": order.merchant,
            "consumer_id": person.consumer_id,
            "provider": order.provider,
            "address": order.address.text,
            **order.address.model_dump(exclude={"text"}),
        }
        no = {"order_no": order.order_no}
        known = await read_order(self._db, order.order_no)
        if known is None or not known.goods_missing:
            values["goods_expected_at"] = epoch(expected) if expected else None
        await self._put(t.orders, no, values)
        items = [{"position": n, **item.model_dump()} for n, item in enumerate(order.items)]
        await self._replace(t.order_item, no, items)
        if order.tracking:
            steps = [
                {"position": n, **step.model_dump(), "at": epoch(step.at)}
                for n, step in enumerate(order.tracking)
            ]
            await self._replace(t.tracking, no, steps)
        stored = await read_order(self._db, order.order_no)
        if stored is not None and expected is not None and redelivery.are_new(stored, expected):
            need = rule.needs(stored, self._catalogue, self._rules)
            await redelivery.replaced(self._db, stored, need, expected, self._now)
        for number, visit in enumerate(order.visits):
            if stored is not None:
                await self._visit(stored, visit, number, f"{path}.visits[{number}]")
        if stored is not None and order.visits:
            await changed_elsewhere(self._db, stored, self._now, self._rules)

    async def _visit(self, order: OrderValue, visit: c.Visit, number: int, path: str) -> None:
        minutes = rule.needed_minutes(order, self._catalogue, self._rules)
        cw_id = await self._ledger_row(visit, minutes, path)
        values = {
            "order_no": order.order_no,
            "seq": number,
            "kind": visit.kind,
            "status": visit.status,
            "crew_id": visit.crew_id,
            "cw_id": cw_id,
            "minutes": minutes,
            "window_start": epoch(visit.window_start) if visit.window_start else None,
            "window_end": epoch(visit.window_end) if visit.window_end else None,
            "attention": False,
        }
        await self._put(t.visit, {"visit_id": visit.visit_id}, values)

    async def _ledger_row(self, visit: Any, minutes: int, path: str) -> int | None:
        """Find the window a visit is charged to, widening it where elsewhere overbooked it."""
        if visit.status not in CHARGED or visit.crew_id is None or visit.window_start is None:
            return None
        start = _seconds(visit.window_start)
        cw = t.crew_window
        row = (
            await self._db.execute(
                select(cw).where(
                    cw.c.crew_id == visit.crew_id,
                    cw.c.start_at <= start,
                    cw.c.end_at > start,
                )
            )
        ).first()
        if row is None:
            if visit.status != "completed":
                detail = "the crew has no shift then; kept, off the roster"
                self._warnings.append({"path": path, "detail": detail})
            return None
        await self._widen(row, visit, minutes, path)
        return int(row.cw_id)

    async def _widen(self, row: Any, visit: Any, minutes: int, path: str) -> None:
        vt = t.visit.c
        own = await self._db.scalar(
            select(vt.minutes).where(
                vt.visit_id == visit.visit_id,
                vt.cw_id == row.cw_id,
                vt.status.in_(CHARGED),
            )
        )
        over = row.used_min - (own or 0) + minutes - row.capacity_min
        if over <= 0:
            return
        detail = f"the window holds {row.capacity_min} minutes; {over} more are now charged"
        self._warnings.append({"path": path, "detail": detail})
        # The trigger frees the old minutes before it charges the new ones.
        await self._db.execute(
            update(t.crew_window)
            .where(t.crew_window.c.cw_id == row.cw_id)
            .values(overrun_min=max(over, row.overrun_min))
        )


def _ends(crew: c.Crew) -> dict[str, str]:
    """Return the last day of each skill that ends."""
    return {k.skill: k.valid_until.isoformat() for k in crew.licences if k.valid_until}


def _seconds(at: datetime | int) -> int:
    return at if isinstance(at, int) else epoch(at)
