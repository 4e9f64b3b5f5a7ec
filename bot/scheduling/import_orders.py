"""The orders of an import: many at a time, their visits one by one where something is at stake."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import SimpleNamespace
from typing import Any

from sqlalchemy import Table, bindparam, delete, insert, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.catalogue import Catalogue
from bot.database.upsert import upsert
from bot.scheduling import contract as c
from bot.scheduling import notices, redelivery
from bot.scheduling import rules as rule
from bot.scheduling import tables as t
from bot.scheduling.changes import changed_elsewhere
from bot.scheduling.contract import epoch
from bot.scheduling.import_checks import Fault
from bot.scheduling.models import Order
from bot.scheduling.store import read_orders
from bot.settings import BookingRules

CHARGED = ("scheduled", "en_route", "in_progress", "completed")
Rows = list[dict[str, Any]]


@dataclass(frozen=True)
class _Fresh:
    """A visit of an order that had none, as the row that it will be, and its path in the file."""

    row: dict[str, Any]
    path: str

    @property
    def place(self) -> tuple[str, int]:
        """Whose window it has, and when that begins."""
        return self.row["crew_id"], self.row["window_start"]

    @property
    def is_charged(self) -> bool:
        """Whether it takes minutes of a crew."""
        return self.row["status"] in CHARGED and None not in self.place


class OrderWriter:
    """Writes orders in the caller's transaction; what is odd but taken goes to `warnings`."""

    def __init__(
        self,
        connection: AsyncConnection,
        catalogue: Catalogue,
        rules: BookingRules,
        now: datetime,
        warnings: list[Fault],
        actor: str,
    ) -> None:
        self._db = connection
        self._catalogue = catalogue
        self._rules = rules
        self._now = now
        self._warnings = warnings
        self._actor = actor

    async def write(self, orders: Sequence[c.Order], first: int) -> None:
        """Write orders of which the first has the number `first` in its file."""
        if not orders:
            return
        known = await self._read(orders)
        await self._put(t.consumer, "consumer_id", _consumers(orders))
        await self._put(t.orders, "order_no", [_head(o, known.get(o.order_no)) for o in orders])
        await self._replace(t.order_item, [o.order_no for o in orders], _items(orders))
        tracked = [o for o in orders if o.tracking]
        await self._replace(t.tracking, [o.order_no for o in tracked], _steps(tracked))
        await self._replaced_goods(orders, known)
        await self._visits(orders, first)

    async def _read(self, orders: Iterable[c.Order]) -> dict[str, Order]:
        numbers = [order.order_no for order in orders]
        found = await read_orders(self._db, t.orders.c.order_no.in_(numbers))
        return {order.order_no: order for order in found}

    async def _put(self, table: Table, key: str, rows: Rows) -> None:
        """Insert rows, or give those whose key is there their new values."""
        statement = upsert(self._db, table)
        names = [name for name in rows[0] if name != key]
        values = {name: statement.excluded[name] for name in names}
        await self._db.execute(
            statement.on_conflict_do_update(index_elements=[key], set_=values), rows
        )

    async def _replace(self, table: Table, numbers: Sequence[str], rows: Rows) -> None:
        """Let orders have just these rows of a table."""
        if numbers:
            await self._db.execute(delete(table).where(table.c.order_no.in_(numbers)))
        if rows:
            await self._db.execute(insert(table), rows)

    async def _replaced_goods(self, orders: Sequence[c.Order], known: dict[str, Order]) -> None:
        """Take it that new goods come to the orders that wait for some."""
        for order in orders:
            before, expected = known.get(order.order_no), order.goods_expected_at
            if before is None or expected is None or not redelivery.are_new(before, expected):
                continue
            (stored,) = (await self._read([order])).values()
            need = rule.needs(stored, self._catalogue, self._rules)
            await redelivery.replaced(self._db, stored, need, expected, self._now)

    # --- visits ---

    async def _visits(self, orders: Sequence[c.Order], first: int) -> None:
        visited = [(n, order) for n, order in enumerate(orders, first) if order.visits]
        stored = await self._read(order for _, order in visited)
        fresh: list[_Fresh] = []
        for number, order in visited:
            before = stored[order.order_no]
            paths = [f"$.orders[{number}].visits[{n}]" for n in range(len(order.visits))]
            if not before.visits:
                rows = [self._row(before, visit, n) for n, visit in enumerate(order.visits)]
                fresh += map(_Fresh, rows, paths)
                continue
            for n, visit in enumerate(order.visits):
                await self._visit(before, visit, n, paths[n])
            await changed_elsewhere(self._db, before, self._now, self._rules, self._actor)
        await self._first_visits(fresh)

    async def _first_visits(self, fresh: list[_Fresh]) -> None:
        """Write the visits of orders that had none: nobody has to hear of them, all at once."""
        charged = [one for one in fresh if one.is_charged]
        windows = await self._windows({one.place for one in charged})
        await self._charge(charged, windows)
        # The rest begins within a window, or where there is none: looked for one by one.
        late = [one for one in charged if one.place not in windows]
        rows = [one.row for one in fresh if not one.is_charged or one.place in windows]
        if rows:
            await self._db.execute(insert(t.visit), rows)
        for one in late:
            visit = SimpleNamespace(**one.row)
            one.row["cw_id"] = await self.ledger_row(visit, visit.minutes, one.path)
            await self._db.execute(insert(t.visit).values(**one.row))
        numbers = {one.row["order_no"] for one in fresh if one.row["status"] == "scheduled"}
        if numbers:
            found = await read_orders(self._db, t.orders.c.order_no.in_(numbers))
            await notices.plan_all(self._db, found, self._now, self._rules)

    async def _charge(
        self, charged: Iterable[_Fresh], windows: Mapping[tuple[str, int], Any]
    ) -> None:
        """Give visits the windows that begin when they do, widened where elsewhere overbooked."""
        used: dict[int, int] = {}
        widened: dict[int, int] = {}
        for one in charged:
            window = windows.get(one.place)
            if window is None:
                continue
            one.row["cw_id"] = window.cw_id
            total = used.get(window.cw_id, window.used_min) + one.row["minutes"]
            used[window.cw_id] = total
            over = total - window.capacity_min
            if over > 0:
                self._warn_of(over, window, one.path)
                widened[window.cw_id] = max(over, window.overrun_min)
        await self._widen_all(widened)

    async def _windows(self, places: Iterable[tuple[str, int]]) -> dict[tuple[str, int], Any]:
        """Return the windows that begin at places, locked in the order of their ids."""
        cw = t.crew_window.c
        found = await self._db.execute(
            select(t.crew_window)
            .where(tuple_(cw.crew_id, cw.start_at).in_(places))
            .order_by(cw.cw_id)
            .with_for_update(key_share=True)
        )
        return {(row.crew_id, row.start_at): row for row in found}

    async def _widen_all(self, widened: dict[int, int]) -> None:
        cw = t.crew_window
        if widened:
            await self._db.execute(
                update(cw)
                .where(cw.c.cw_id == bindparam("window"))
                .values(overrun_min=bindparam("over")),
                [{"window": cw_id, "over": over} for cw_id, over in widened.items()],
            )

    def _warn_of(self, over: int, window: Any, path: str) -> None:
        detail = f"the window holds {window.capacity_min} minutes; {over} more are now charged"
        self._warnings.append({"path": path, "detail": detail})

    async def _visit(self, order: Order, visit: c.Visit, number: int, path: str) -> None:
        row = self._row(order, visit, number)
        row["cw_id"] = await self.ledger_row(visit, row["minutes"], path)
        await self._put(t.visit, "visit_id", [row])

    def _row(self, order: Order, visit: c.Visit, number: int) -> dict[str, Any]:
        return {
            "visit_id": visit.visit_id,
            "order_no": order.order_no,
            "seq": _place(order, visit.visit_id, number),
            "kind": visit.kind,
            "status": visit.status,
            "crew_id": visit.crew_id,
            "cw_id": None,
            "minutes": rule.needed_minutes(order, self._catalogue, self._rules),
            "window_start": _seconds(visit.window_start),
            "window_end": _seconds(visit.window_end),
            "attention": False,
        }

    async def ledger_row(self, visit: Any, minutes: int, path: str) -> int | None:
        """Find the window a visit is charged to, widening it where elsewhere overbooked it."""
        if visit.status not in CHARGED or visit.crew_id is None or visit.window_start is None:
            return None
        start = _seconds(visit.window_start)
        cw = t.crew_window.c
        at_start = (cw.crew_id == visit.crew_id, cw.start_at <= start, cw.end_at > start)
        row = (await self._db.execute(select(t.crew_window).where(*at_start))).first()
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
        self._warn_of(over, row, path)
        # The trigger frees the old minutes before it charges the new ones.
        await self._db.execute(
            update(t.crew_window)
            .where(t.crew_window.c.cw_id == row.cw_id)
            .values(overrun_min=max(over, row.overrun_min))
        )


def _consumers(orders: Iterable[c.Order]) -> Rows:
    people = {order.consumer.consumer_id: order.consumer for order in orders}
    return [person.model_dump() for person in people.values()]


def _head(order: c.Order, known: Order | None) -> dict[str, Any]:
    """Return the order's own row. Goods that came damaged stay missing until others come."""
    missing = known is not None and known.goods_missing
    due = known.goods_expected_at if known is not None and missing else order.goods_expected_at
    return {
        "order_no": order.order_no,
        "merchant": order.merchant,
        "consumer_id": order.consumer.consumer_id,
        "provider": order.provider,
        "address": order.address.text,
        **order.address.model_dump(exclude={"text"}),
        "goods_expected_at": _seconds(due),
    }


def _items(orders: Iterable[c.Order]) -> Rows:
    return [
        {"order_no": order.order_no, "position": n, **item.model_dump()}
        for order in orders
        for n, item in enumerate(order.items)
    ]


def _steps(orders: Iterable[c.Order]) -> Rows:
    return [
        {"order_no": order.order_no, "position": n, **step.model_dump(), "at": epoch(step.at)}
        for order in orders
        for n, step in enumerate(order.tracking)
    ]


def _place(order: Order, visit_id: str, number: int) -> int:
    """Return which visit of its order one is: its old place, or behind those that are there."""
    known = [visit.visit_id for visit in order.visits]
    return known.index(visit_id) if visit_id in known else len(known) + number


def _seconds(at: datetime | int | None) -> int | None:
    return epoch(at) if isinstance(at, datetime) else at
