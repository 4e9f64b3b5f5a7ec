"""Rows of an order read into values."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.clock import BUSINESS_ZONE
from bot.scheduling import tables as t
from bot.scheduling.models import Crew, Item, Order, TrackingStep, Visit, Window


def instant(epoch: int | None) -> datetime | None:
    """Return the aware instant of epoch seconds."""
    return None if epoch is None else datetime.fromtimestamp(epoch, BUSINESS_ZONE)


def window_of(start: int | None, end: int | None) -> Window | None:
    """Return the window between two epoch seconds."""
    first, last = instant(start), instant(end)
    return Window(first, last) if first and last else None


async def read_order(connection: AsyncConnection, order_no: str) -> Order | None:
    """Return the order, or None."""
    found = await read_orders(connection, t.orders.c.order_no == order_no)
    return found[0] if found else None


async def read_orders(connection: AsyncConnection, condition: Any) -> list[Order]:
    """Return the orders that meet a condition on orders and consumers, oldest import first."""
    query = (
        select(t.orders, t.consumer.c.name, t.consumer.c.phone)
        .join(t.consumer)
        .where(condition)
        .order_by(t.orders.c.seq, t.orders.c.order_no)
    )
    heads = (await connection.execute(query)).all()
    if not heads:
        return []
    numbers = [head.order_no for head in heads]
    items = await _grouped(connection, _of(t.order_item, numbers, "position"))
    steps = await _grouped(connection, _of(t.tracking, numbers, "at", "position"))
    facts = await _grouped(connection, _of(t.site_fact, numbers, "key"))
    visits = await _grouped(
        connection,
        select(t.visit, t.crew.c.name.label("crew_name"), t.crew.c.phone.label("crew_phone"))
        .outerjoin(t.crew, t.crew.c.crew_id == t.visit.c.crew_id)
        .where(t.visit.c.order_no.in_(numbers))
        .order_by(t.visit.c.seq),
    )
    return [_order(head, items, steps, facts, visits) for head in heads]


def _of(table: Any, numbers: Sequence[str], *order: str) -> Any:
    return select(table).where(table.c.order_no.in_(numbers)).order_by(*(table.c[o] for o in order))


async def _grouped(connection: AsyncConnection, query: Any) -> dict[str, list[Row[Any]]]:
    groups: dict[str, list[Row[Any]]] = {}
    for row in await connection.execute(query):
        groups.setdefault(row.order_no, []).append(row)
    return groups


def _order(
    head: Row[Any],
    items: dict[str, list[Row[Any]]],
    steps: dict[str, list[Row[Any]]],
    facts: dict[str, list[Row[Any]]],
    visits: dict[str, list[Row[Any]]],
) -> Order:
    no = head.order_no
    return Order(
        order_no=no,
        merchant=head.merchant,
        consumer_id=head.consumer_id,
        consumer_name=head.name,
        phone=head.phone,
        adcode=head.adcode,
        address_text=head.address,
        floor=head.floor,
        elevator=head.elevator,
        items=tuple(
            Item(r.sku, r.name, r.brand, r.category, r.quantity, r.weight_kg)
            for r in items.get(no, ())
        ),
        tracking=tuple(
            TrackingStep(datetime.fromtimestamp(r.at, BUSINESS_ZONE), r.code, r.text, r.location)
            for r in steps.get(no, ())
        ),
        visits=tuple(visit_of(r) for r in visits.get(no, ())),
        facts={r.key: r.value for r in facts.get(no, ())},
        goods_expected_at=instant(head.goods_expected_at),
        goods_missing=head.goods_missing,
        lon=head.lon,
        lat=head.lat,
    )


def visit_of(row: Row[Any]) -> Visit:
    """Return the visit of a row that carries its crew's name and phone."""
    crew = Crew(row.crew_id, row.crew_name, row.crew_phone or "") if row.crew_id else None
    return Visit(
        visit_id=row.visit_id,
        kind=row.kind,
        status=row.status,
        window=window_of(row.window_start, row.window_end),
        crew=crew,
        minutes=row.minutes,
        changes=row.changes,
        attention=row.attention,
        cw_id=row.cw_id,
        version=row.version,
    )
