"""What is wrong with an import: each fault by its JSON path, before anything is written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.clock import BUSINESS_ZONE
from bot.scheduling import contract as c
from bot.scheduling import tables as t
from bot.scheduling.contract import epoch
from bot.scheduling.divisions import doubt
from bot.scheduling.models import LIVE
from bot.scheduling.store import read_order

Fault = dict[str, str]
IDS = {"hubs": "hub_id", "crews": "crew_id", "orders": "order_no", "merchants": "merchant"}


class Checks:
    """Checks a document against itself and against what the database holds.

    `warnings` are what is odd but taken.
    """

    def __init__(self, connection: AsyncConnection) -> None:
        self._db = connection
        self.warnings: list[Fault] = []

    async def faults(self, document: c.Document) -> list[Fault]:
        """Return all faults of the document."""
        return [
            *_repeated(document),
            *_own_faults(document),
            *self._adcodes(document),
            *await self._unknown_ids(document),
            *await self._two_providers(document),
            *await self._shift_clashes(document),
            *await self._foreign_visits(document),
            *await self._second_live_visits(document),
        ]

    def _adcodes(self, document: c.Document) -> list[Fault]:
        """Return adcodes that can name no place; those of an unknown district are warned of."""
        faults: list[Fault] = []
        for path, adcode in _places(document):
            odd = doubt(adcode)
            if odd is not None:
                fault = {"path": path, "detail": odd.detail}
                (faults if odd.wrong else self.warnings).append(fault)
        return faults

    async def _unknown_ids(self, document: c.Document) -> list[Fault]:
        hubs = {h.hub_id for h in document.hubs} | await self._known(t.hub.c.hub_id)
        crews = {x.crew_id for x in document.crews} | await self._known(t.crew.c.crew_id)
        faults = [
            {"path": f"$.crews[{n}].hub_id", "detail": f"no hub {crew.hub_id} is known"}
            for n, crew in enumerate(document.crews)
            if crew.hub_id not in hubs
        ]
        faults += [
            {"path": f"$.calendar[{n}].hub_id", "detail": f"no hub {entry.hub_id} is known"}
            for n, entry in enumerate(document.calendar)
            if entry.hub_id and entry.hub_id not in hubs
        ]
        for path, visit in _visits(document):
            if visit.crew_id and visit.crew_id not in crews:
                detail = f"no crew {visit.crew_id} is known"
                faults.append({"path": f"{path}.crew_id", "detail": detail})
        return faults

    async def _two_providers(self, document: c.Document) -> list[Fault]:
        """Find crews of one provider at the hub of another."""
        stored = await self._db.execute(select(t.hub.c.hub_id, t.hub.c.provider))
        owners = {row.hub_id: row.provider for row in stored}
        owners |= {hub.hub_id: hub.provider for hub in document.hubs}
        return [
            {
                "path": f"$.crews[{n}].provider",
                "detail": f"hub {crew.hub_id} belongs to {owners[crew.hub_id]}",
            }
            for n, crew in enumerate(document.crews)
            if crew.provider and owners.get(crew.hub_id) not in {None, crew.provider}
        ]

    async def _known(self, column: Any) -> set[str]:
        return set((await self._db.execute(select(column))).scalars())

    async def _shift_clashes(self, document: c.Document) -> list[Fault]:
        """Find shifts that overlap one another, or a stored one that they do not replace."""
        faults = []
        for n, crew in enumerate(document.crews):
            cs = t.crew_shift.c
            stored = await self._db.execute(
                select(cs.start_at, cs.end_at).where(cs.crew_id == crew.crew_id)
            )
            days = {shift.date for shift in crew.shifts}
            taken = [(r.start_at, r.end_at) for r in stored if day_of(r.start_at) not in days]
            for k, shift in enumerate(crew.shifts):
                start, end = span(shift)
                if any(s < end and start < e for s, e in taken):
                    path = f"$.crews[{n}].shifts[{k}]"
                    faults.append({"path": path, "detail": "overlaps another shift of the crew"})
                taken.append((start, end))
        return faults

    async def _foreign_visits(self, document: c.Document) -> list[Fault]:
        faults = []
        for path, visit in _visits(document):
            order_no = document.orders[int(path.split("[")[1].split("]")[0])].order_no
            owner = await self._db.scalar(
                select(t.visit.c.order_no).where(t.visit.c.visit_id == visit.visit_id)
            )
            if owner not in (None, order_no):
                detail = f"visit {visit.visit_id} belongs to order {owner}"
                faults.append({"path": f"{path}.visit_id", "detail": detail})
        return faults

    async def _second_live_visits(self, document: c.Document) -> list[Fault]:
        """Find live visits beside a stored one of the same kind that the file leaves alone."""
        faults = []
        for n, order in enumerate(document.orders):
            stored = await read_order(self._db, order.order_no)
            named = {visit.visit_id for visit in order.visits}
            others = {
                visit.kind: visit.visit_id
                for visit in (stored.visits if stored else ())
                if visit.status in LIVE and visit.visit_id not in named
            }
            for k, visit in enumerate(order.visits):
                if visit.status in LIVE and visit.kind in others:
                    detail = f"visit {others[visit.kind]} of the order is not over"
                    faults.append({"path": f"$.orders[{n}].visits[{k}].status", "detail": detail})
        return faults


def _places(document: c.Document) -> Iterator[tuple[str, str]]:
    for n, hub in enumerate(document.hubs):
        for k, adcode in enumerate(hub.adcodes):
            yield f"$.hubs[{n}].adcodes[{k}]", adcode
    for n, order in enumerate(document.orders):
        yield f"$.orders[{n}].address.adcode", order.address.adcode


def _visits(document: c.Document) -> Iterator[tuple[str, c.Visit]]:
    for n, order in enumerate(document.orders):
        for k, visit in enumerate(order.visits):
            yield f"$.orders[{n}].visits[{k}]", visit


def _repeated(document: c.Document) -> list[Fault]:
    faults = []
    for name, key in IDS.items():
        seen = Counter[str]()
        for n, entry in enumerate(getattr(document, name)):
            seen[getattr(entry, key)] += 1
            if seen[getattr(entry, key)] > 1:
                detail = f"{getattr(entry, key)} is in the file already"
                faults.append({"path": f"$.{name}[{n}].{key}", "detail": detail})
    days = Counter[tuple[date, str | None]]()
    for n, entry in enumerate(document.calendar):
        days[entry.date, entry.hub_id] += 1
        if days[entry.date, entry.hub_id] > 1:
            detail = f"{entry.date} is in the file already"
            faults.append({"path": f"$.calendar[{n}].date", "detail": detail})
    visits = Counter[str]()
    for path, visit in _visits(document):
        visits[visit.visit_id] += 1
        if visits[visit.visit_id] > 1:
            detail = f"{visit.visit_id} is in the file already"
            faults.append({"path": f"{path}.visit_id", "detail": detail})
    return faults


def _own_faults(document: c.Document) -> list[Fault]:
    faults = []
    for n, order in enumerate(document.orders):
        live = Counter[str]()
        for k, visit in enumerate(order.visits):
            live[visit.kind] += visit.status in LIVE
            if visit.status in LIVE and live[visit.kind] > 1:
                detail = f"the order has another {visit.kind} visit that is not over"
                faults.append({"path": f"$.orders[{n}].visits[{k}].status", "detail": detail})
    return faults


def span(shift: c.Shift) -> tuple[int, int]:
    """Return a shift's first second and the one after its last."""
    start = datetime.combine(shift.date, shift.start, tzinfo=BUSINESS_ZONE)
    end = datetime.combine(shift.date, shift.end, tzinfo=BUSINESS_ZONE)
    return epoch(start), epoch(end)


def day_of(at: int) -> date:
    """Return the business day of epoch seconds."""
    return datetime.fromtimestamp(at, BUSINESS_ZONE).date()
