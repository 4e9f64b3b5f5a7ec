"""Rows of an order read into values."""

from __future__ import annotations

from datetime import datetime
from functools import cache, lru_cache
from typing import Any

from sqlalchemy import JSON, Row, Select, bindparam, exists, func, select, type_coerce
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.clock import BUSINESS_ZONE
from bot.scheduling import tables as t
from bot.scheduling.models import Crew, Item, Order, TrackingStep, Visit, Window


def instant(epoch: int | None) -> datetime | None:
    """Return the aware instant of epoch seconds."""
    return None if epoch is None else datetime.fromtimestamp(epoch, BUSINESS_ZONE)


@lru_cache(maxsize=4096)  # a horizon has a few dozen, and each search meets them all
def window_of(start: int | None, end: int | None) -> Window | None:
    """Return the window between two epoch seconds."""
    first, last = instant(start), instant(end)
    return Window(first, last) if first and last else None


def crew_of(crew_id: str, name: str, phone: str | None) -> Crew:
    """Return a crew as its consumer may know it."""
    return Crew(crew_id, name, phone or "")


async def read_order(connection: AsyncConnection, order_no: str) -> Order | None:
    """Return the order, or None."""
    query = select_order(connection.dialect.name)
    head = (await connection.execute(query, {"wanted_order": order_no})).first()
    return order_of(head) if head is not None else None


async def read_orders(
    connection: AsyncConnection, condition: Any, values: dict[str, Any] | None = None
) -> list[Order]:
    """Return the orders that meet a condition on orders and consumers, oldest import first.

    `values` are those that the condition leaves open. One statement: what belongs to an order
    comes as JSON arrays beside its row.
    """
    query = _all(connection.dialect.name).where(condition)
    query = query.order_by(t.orders.c.seq, t.orders.c.order_no)
    return [order_of(head) for head in await connection.execute(query, values)]


@cache
def select_order(dialect: str) -> Select[Any]:
    """Return the query for the row of one order, the one bound as `wanted_order`."""
    return _all(dialect).where(t.orders.c.order_no == bindparam("wanted_order"))


@cache
def _all(dialect: str) -> Select[Any]:
    """Select orders with what belongs to them; built once, which takes longer than running it."""
    return select(t.orders, t.consumer.c.name, t.consumer.c.phone, *_lists(dialect)).join(
        t.consumer
    )


def _lists(dialect: str) -> tuple[Any, ...]:
    """Return the columns `items`, `steps`, `facts`, `visits`, each a list of rows as lists."""
    i, s, f, v, c = t.order_item.c, t.tracking.c, t.site_fact.c, t.visit.c, t.crew.c
    fact = func.json(f.value) if dialect == "sqlite" else f.value
    visit = (v.seq, v.visit_id, v.kind, v.status, v.window_start, v.window_end)
    crew = (v.crew_id, c.name, c.phone)
    state = (v.minutes, v.changes, v.attention, v.cw_id, v.version)
    crews = t.visit.outerjoin(t.crew, c.crew_id == v.crew_id)
    item = (i.position, i.sku, i.name, i.brand, i.category, i.quantity, i.weight_kg)
    step = (s.at, s.position, s.code, s.text, s.location)
    return (
        _rows(dialect, t.order_item, i.order_no, item).label("items"),
        _rows(dialect, t.tracking, s.order_no, step).label("steps"),
        _rows(dialect, t.site_fact, f.order_no, (f.key, fact)).label("facts"),
        _rows(dialect, crews, v.order_no, visit + crew + state).label("visits"),
        exists().where(t.waitlist.c.order_no == t.orders.c.order_no).label("waiting"),
        exists().where(t.hold.c.order_no == t.orders.c.order_no).label("held"),
    )


def _rows(dialect: str, source: Any, order_no: Any, columns: tuple[Any, ...]) -> Any:
    """Return a subquery of the order's rows as one JSON array of arrays, or NULL."""
    if dialect == "sqlite":
        found = func.json_group_array(func.json_array(*columns))
    else:
        found = func.json_agg(func.json_build_array(*columns))
    query = select(type_coerce(found, JSON)).select_from(source)
    return query.where(order_no == t.orders.c.order_no).correlate(t.orders).scalar_subquery()


def order_of(head: Row[Any]) -> Order:
    """Return the order of a row of these queries."""
    return Order(
        order_no=head.order_no,
        merchant=head.merchant,
        consumer_id=head.consumer_id,
        consumer_name=head.name,
        phone=head.phone,
        adcode=head.adcode,
        address_text=head.address,
        floor=head.floor,
        elevator=head.elevator,
        items=tuple(Item(*row[1:]) for row in sorted(head.items or (), key=_first)),
        tracking=tuple(
            TrackingStep(datetime.fromtimestamp(at, BUSINESS_ZONE), *row)
            for at, _, *row in sorted(head.steps or (), key=lambda r: (r[0], r[1]))
        ),
        visits=tuple(_visit(row) for row in sorted(head.visits or (), key=_first)),
        facts=dict(sorted(head.facts or ())),
        goods_expected_at=instant(head.goods_expected_at),
        goods_missing=head.goods_missing,
        waiting=head.waiting,
        held=head.held,
        lon=head.lon,
        lat=head.lat,
        provider=head.provider,
        closed=head.closed,
    )


def _first(row: list[Any]) -> Any:
    return row[0]


def _visit(row: list[Any]) -> Visit:
    _, visit_id, kind, status, start, end, crew_id, name, phone, *state = row
    minutes, changes, attention, cw_id, version = state
    return Visit(
        visit_id=visit_id,
        kind=kind,
        status=status,
        window=window_of(start, end),
        crew=crew_of(crew_id, name, phone) if crew_id else None,
        minutes=minutes,
        changes=changes,
        attention=bool(attention),
        cw_id=cw_id,
        version=version,
    )
