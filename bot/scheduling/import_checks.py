"""What is wrong with an import: each fault by its JSON path, before anything is written."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
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
from bot.scheduling.store import read_orders

Fault = dict[str, str]
IDS = {"hubs": "hub_id", "crews": "crew_id", "orders": "order_no", "merchants": "merchant"}
_ASKED_AT_ONCE = 1000


class Checks:
    """Checks the parts of a document against each other and against what the database holds.

    `warnings` are what is odd but taken. `merchants` are those whose orders may be brought.
    """

    def __init__(self, connection: AsyncConnection, merchants: Collection[str] | None) -> None:
        self._db = connection
        self._merchants = merchants
        self._seen: dict[str, set[Any]] = defaultdict(set)
        self._hubs: dict[str, str | None] = {}
        self._crews: set[str] = set()
        self.warnings: list[Fault] = []

    async def faults(self, document: c.Document, first: int) -> list[Fault]:
        """Return all faults of a part whose first object is number `first` of its list."""
        numbered = _Numbered(document, first)
        self._hubs |= {hub.hub_id: hub.provider for hub in document.hubs}
        self._crews |= {crew.crew_id for crew in document.crews}
        return [
            *self._repeated(numbered),
            *_own_faults(numbered),
            *self._adcodes(numbered),
            *await self._foreign_merchants(numbered),
            *await self._unknown_ids(numbered),
            *await self._shift_clashes(numbered),
            *await self._foreign_visits(numbered),
            *await self._second_live_visits(numbered),
        ]

    def _repeated(self, part: _Numbered) -> list[Fault]:
        """Find ids that are in the file already."""
        return [
            {"path": path, "detail": f"{shown} is in the file already"}
            for kind, path, key, shown in part.ids()
            if self._repeats(kind, key)
        ]

    def _repeats(self, kind: str, key: Any) -> bool:
        known = key in self._seen[kind]
        self._seen[kind].add(key)
        return known

    def _adcodes(self, part: _Numbered) -> list[Fault]:
        """Return adcodes that can name no place; those of an unknown district are warned of."""
        faults: list[Fault] = []
        for path, adcode in part.places():
            odd = doubt(adcode)
            if odd is not None:
                fault = {"path": path, "detail": odd.detail}
                (faults if odd.wrong else self.warnings).append(fault)
        return faults

    async def _foreign_merchants(self, part: _Numbered) -> list[Fault]:
        """Find what a caller may not bring, or change, who brings some merchants' orders only."""
        if self._merchants is None:
            return []
        detail = f"may bring orders of {', '.join(sorted(self._merchants))} only"
        faults = [
            {"path": path, "detail": detail}
            for path, merchant in part.owners()
            if merchant not in self._merchants
        ]
        numbers, phones = await self._of_others(part, self._merchants)
        for path, order in part.orders():
            person = order.consumer
            if order.order_no in numbers:
                faults.append({"path": f"{path}.order_no", "detail": "is another merchant's"})
            elif phones.get(person.consumer_id, person.phone) != person.phone:
                # Whoever knows a phone's last digits proves to be its owner.
                detail = f"{person.consumer_id} buys from other merchants with another phone"
                faults.append({"path": f"{path}.consumer.phone", "detail": detail})
        return faults

    async def _of_others(
        self, part: _Numbered, merchants: Collection[str]
    ) -> tuple[set[str], dict[str, str]]:
        """Return the orders of a part, and its consumers' phones, that are other merchants'."""
        ot, ct = t.orders.c, t.consumer.c
        foreign = ot.merchant.not_in(merchants)
        numbers = [order.order_no for _, order in part.orders()]
        people = [order.consumer.consumer_id for _, order in part.orders()]
        found = await self._db.execute(select(ot.order_no).where(foreign, ot.order_no.in_(numbers)))
        known = await self._db.execute(
            select(ct.consumer_id, ct.phone).where(
                ct.consumer_id.in_(people),
                select(ot.order_no).where(foreign, ot.consumer_id == ct.consumer_id).exists(),
            )
        )
        return set(found.scalars()), {row.consumer_id: row.phone for row in known}

    async def _unknown_ids(self, part: _Numbered) -> list[Fault]:
        hubs = await self._owners(part.hubs())
        crews = await self._known_crews({v.crew_id for _, _, v in part.visits() if v.crew_id})
        faults = [
            {"path": path, "detail": f"no hub {hub_id} is known"}
            for path, hub_id in part.hubs()
            if hub_id not in hubs
        ]
        faults += [
            {"path": f"{path}.provider", "detail": f"hub {crew.hub_id} is {hubs[crew.hub_id]}'s"}
            for path, crew in part.crews()
            if crew.provider and hubs.get(crew.hub_id) not in {None, crew.provider}
        ]
        faults += [
            {"path": f"{path}.crew_id", "detail": f"no crew {visit.crew_id} is known"}
            for path, _, visit in part.visits()
            if visit.crew_id and visit.crew_id not in crews
        ]
        return faults

    async def _owners(self, named: Iterable[tuple[str, str]]) -> dict[str, str | None]:
        """Return the providers of the hubs that are named and known."""
        wanted = {hub_id for _, hub_id in named} - self._hubs.keys()
        found = await self._db.execute(
            select(t.hub.c.hub_id, t.hub.c.provider).where(t.hub.c.hub_id.in_(wanted))
        )
        return {row.hub_id: row.provider for row in found} | self._hubs

    async def _known_crews(self, named: set[str]) -> set[str]:
        ct = t.crew.c
        found = await self._db.execute(select(ct.crew_id).where(ct.crew_id.in_(named)))
        return set(found.scalars()) | self._crews

    async def _shift_clashes(self, part: _Numbered) -> list[Fault]:
        """Find shifts that overlap one another, or a stored one that they do not replace."""
        faults = []
        for path, crew in part.crews():
            cs = t.crew_shift.c
            stored = await self._db.execute(
                select(cs.start_at, cs.end_at).where(cs.crew_id == crew.crew_id)
            )
            days = {shift.date for shift in crew.shifts}
            taken = [(r.start_at, r.end_at) for r in stored if day_of(r.start_at) not in days]
            for k, shift in enumerate(crew.shifts):
                start, end = span(shift)
                if any(s < end and start < e for s, e in taken):
                    detail = "overlaps another shift of the crew"
                    faults.append({"path": f"{path}.shifts[{k}]", "detail": detail})
                taken.append((start, end))
        return faults

    async def _foreign_visits(self, part: _Numbered) -> list[Fault]:
        vt = t.visit.c
        named = [visit.visit_id for _, _, visit in part.visits()]
        owners: dict[str, str] = {}
        for some in _batches(named):
            found = await self._db.execute(
                select(vt.visit_id, vt.order_no).where(vt.visit_id.in_(some))
            )
            owners |= {row.visit_id: row.order_no for row in found}
        return [
            {
                "path": f"{path}.visit_id",
                "detail": f"visit {visit.visit_id} belongs to order {owners[visit.visit_id]}",
            }
            for path, order, visit in part.visits()
            if owners.get(visit.visit_id, order.order_no) != order.order_no
        ]

    async def _second_live_visits(self, part: _Numbered) -> list[Fault]:
        """Find live visits beside a stored one of the same kind that the file leaves alone."""
        visits = [x for x in part.visits() if x[2].status in LIVE]
        numbers = {order.order_no for _, order, _ in visits}
        stored = await read_orders(self._db, t.orders.c.order_no.in_(numbers)) if numbers else []
        live = {
            (order.order_no, visit.kind): visit.visit_id
            for order in stored
            for visit in order.visits
            if visit.status in LIVE
        }
        faults = []
        for path, order, visit in visits:
            other = live.get((order.order_no, visit.kind))
            if other is not None and other not in {v.visit_id for v in order.visits}:
                detail = f"visit {other} of the order is not over"
                faults.append({"path": f"{path}.status", "detail": detail})
        return faults


@dataclass(frozen=True)
class _Numbered:
    """A part of a document; each object goes with its path in the whole."""

    document: c.Document
    first: int

    def _each(self, name: str) -> Iterator[tuple[str, Any]]:
        for number, entry in enumerate(getattr(self.document, name), self.first):
            yield f"$.{name}[{number}]", entry

    def crews(self) -> Iterator[tuple[str, c.Crew]]:
        return self._each("crews")

    def orders(self) -> Iterator[tuple[str, c.Order]]:
        return self._each("orders")

    def visits(self) -> Iterator[tuple[str, c.Order, c.Visit]]:
        for path, order in self.orders():
            for k, visit in enumerate(order.visits):
                yield f"{path}.visits[{k}]", order, visit

    def hubs(self) -> Iterator[tuple[str, str]]:
        """Return where a hub is referred to."""
        for name in ("crews", "calendar"):
            for path, entry in self._each(name):
                if entry.hub_id:
                    yield f"{path}.hub_id", entry.hub_id

    def places(self) -> Iterator[tuple[str, str]]:
        for path, hub in self._each("hubs"):
            for k, adcode in enumerate(hub.adcodes):
                yield f"{path}.adcodes[{k}]", adcode
        for path, order in self.orders():
            yield f"{path}.address.adcode", order.address.adcode

    def owners(self) -> Iterator[tuple[str, str | None]]:
        """Return whose each object is; hubs, crews and special days are no merchant's."""
        for name in ("orders", "merchants"):
            for path, entry in self._each(name):
                yield f"{path}.merchant", entry.merchant
        for name in ("hubs", "crews", "calendar"):
            for path, _ in self._each(name):
                yield path, None

    def ids(self) -> Iterator[tuple[str, str, Any, Any]]:
        """Return kind, path, identity and what to call it by, for all that is in a file once."""
        for name, key in IDS.items():
            for path, entry in self._each(name):
                value = getattr(entry, key)
                yield name, f"{path}.{key}", value, value
        for path, entry in self._each("calendar"):
            yield "calendar", f"{path}.date", (entry.date, entry.hub_id), entry.date
        for path, _, visit in self.visits():
            yield "visits", f"{path}.visit_id", visit.visit_id, visit.visit_id


def _own_faults(part: _Numbered) -> list[Fault]:
    faults = []
    for path, order in part.orders():
        live = Counter[str]()
        for k, visit in enumerate(order.visits):
            live[visit.kind] += visit.status in LIVE
            if visit.status in LIVE and live[visit.kind] > 1:
                detail = f"the order has another {visit.kind} visit that is not over"
                faults.append({"path": f"{path}.visits[{k}].status", "detail": detail})
    return faults


def _batches(names: Sequence[str]) -> Iterator[Sequence[str]]:
    # An order may bring many visits, and databases take some thousands of parameters only.
    for start in range(0, len(names), _ASKED_AT_ONCE):
        yield names[start : start + _ASKED_AT_ONCE]


def span(shift: c.Shift) -> tuple[int, int]:
    """Return a shift's first second and the one after its last."""
    start = datetime.combine(shift.date, shift.start, tzinfo=BUSINESS_ZONE)
    end = datetime.combine(shift.date, shift.end, tzinfo=BUSINESS_ZONE)
    return epoch(start), epoch(end)


def day_of(at: int) -> date:
    """Return the business day of epoch seconds."""
    return datetime.fromtimestamp(at, BUSINESS_ZONE).date()
