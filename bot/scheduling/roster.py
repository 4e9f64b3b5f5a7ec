"""What crews do on a day: one crew's visits, and the board of crews by windows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Row, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.errors import CrewNotFound, HubNotFound, VisitNotFound
from bot.scheduling import tables as t
from bot.scheduling.models import Order, Visit
from bot.scheduling.notice_tables import visit_assent, visit_failure
from bot.scheduling.presentation import address_document, visit_document
from bot.scheduling.slots import Span
from bot.scheduling.store import instant, read_orders

# More crews than a page can show; a hub has some dozens.
MOST_CREWS = 300


@dataclass(frozen=True)
class Placed:
    """A visit with its order, its place in the ledger, and what is known of how it went."""

    order: Order
    visit: Visit
    cw_id: int | None
    assented: bool
    failure: dict[str, Any] | None


async def crew_day(connection: AsyncConnection, crew_id: str, day: date) -> dict[str, Any]:
    """Return a crew's visits of a day in the order of their windows. Raises CrewNotFound."""
    found = await connection.execute(select(t.crew).where(t.crew.c.crew_id == crew_id))
    crew = found.one_or_none()
    if crew is None:
        raise CrewNotFound(crew_id=crew_id)
    placed = await _of_day(connection, day, t.visit.c.crew_id == crew_id)
    return {
        "crew_id": crew.crew_id,
        "name": crew.name,
        "date": day.isoformat(),
        "visits": [_in_full(one) for one in placed],
    }


async def crew_visit(connection: AsyncConnection, crew_id: str, visit_id: str) -> dict[str, Any]:
    """Return one visit of a crew as its day has it. Raises VisitNotFound for other crews' too."""
    vt = t.visit.c
    placed = await _placed(connection, (vt.visit_id == visit_id) & (vt.crew_id == crew_id))
    if not placed:
        raise VisitNotFound(visit_id=visit_id)
    return _in_full(placed[0])


async def board(connection: AsyncConnection, day: date, hub_id: str | None) -> dict[str, Any]:
    """Return crews by windows of a day, of one hub or of all. Raises HubNotFound.

    Minutes a cell: `capacity` that the shift gives, `visits` that are booked, `held` for
    consumers who are being asked, `free` that is left (below zero where imports overbooked).
    """
    hubs = (await connection.execute(select(t.hub).order_by(t.hub.c.hub_id))).all()
    if hub_id is not None and hub_id not in {hub.hub_id for hub in hubs}:
        raise HubNotFound(hub_id=hub_id)
    crews = await _crews(connection, hub_id)
    shown = crews[:MOST_CREWS]
    ids = [crew.crew_id for crew in shown]
    windows = await _windows(connection, day, ids)
    placed = await _of_day(connection, day, t.visit.c.crew_id.in_(ids))
    return {
        "date": day.isoformat(),
        "hubs": [{"hub_id": hub.hub_id, "name": hub.name} for hub in hubs],
        "windows": _columns(windows),
        "crews": [_line(crew, windows, placed) for crew in shown],
        "more_crews": len(crews) - len(shown),
        "follow_ups": [_in_short(one) for one in await _follow_ups(connection, day, hub_id)],
    }


async def _crews(connection: AsyncConnection, hub_id: str | None) -> Sequence[Row[Any]]:
    query = select(t.crew).order_by(t.crew.c.hub_id, t.crew.c.crew_id)
    if hub_id is not None:
        query = query.where(t.crew.c.hub_id == hub_id)
    return (await connection.execute(query)).all()


async def _windows(connection: AsyncConnection, day: date, ids: list[str]) -> Sequence[Row[Any]]:
    start, end = Span(day, day).epochs
    cw = t.crew_window.c
    found = await connection.execute(
        select(t.crew_window)
        .where(cw.crew_id.in_(ids), cw.start_at >= start, cw.start_at < end)
        .order_by(cw.start_at, cw.end_at)
    )
    return found.all()


async def _of_day(
    connection: AsyncConnection, day: date, condition: ColumnElement[bool]
) -> list[Placed]:
    start, end = Span(day, day).epochs
    vt = t.visit.c
    in_day = (vt.window_start >= start) & (vt.window_start < end) & (vt.status != "cancelled")
    return await _placed(connection, in_day & condition)


async def _follow_ups(connection: AsyncConnection, day: date, hub_id: str | None) -> list[Placed]:
    """Return the failed visits whose consumers are to be asked again on the day."""
    start, end = Span(day, day).epochs
    ft = visit_failure.c
    due = select(ft.visit_id).where(ft.next_contact_at >= start, ft.next_contact_at < end)
    condition: ColumnElement[bool] = t.visit.c.visit_id.in_(due)
    if hub_id is not None:
        crews = select(t.crew.c.crew_id).where(t.crew.c.hub_id == hub_id)
        condition &= t.visit.c.crew_id.in_(crews)
    open_ones = await _placed(connection, condition)
    # An order that is booked again needs no call.
    return [one for one in open_ones if one.order.live_visit is None]


async def _placed(connection: AsyncConnection, condition: ColumnElement[bool]) -> list[Placed]:
    vt, ft, at = t.visit.c, visit_failure.c, visit_assent.c
    rows = (
        await connection.execute(
            select(
                vt.visit_id,
                vt.order_no,
                vt.cw_id,
                (at.window_start == vt.window_start).label("assented"),
                ft.reason,
                ft.next_contact_at,
            )
            .outerjoin(visit_assent, at.visit_id == vt.visit_id)
            .outerjoin(visit_failure, ft.visit_id == vt.visit_id)
            .where(condition)
            .order_by(vt.window_start, vt.visit_id)
        )
    ).all()
    numbers = {row.order_no for row in rows}
    orders = await read_orders(connection, t.orders.c.order_no.in_(numbers)) if rows else []
    by_number = {order.order_no: order for order in orders}
    return [_place(row, by_number[row.order_no]) for row in rows]


def _place(row: Row[Any], order: Order) -> Placed:
    visit = next(visit for visit in order.visits if visit.visit_id == row.visit_id)
    failure = {"reason": row.reason, "next_contact_at": _iso(row.next_contact_at)}
    return Placed(order, visit, row.cw_id, bool(row.assented), failure if row.reason else None)


def _iso(epoch: int | None) -> str | None:
    """Write epoch seconds as ISO 8601 in the business zone."""
    at = instant(epoch)
    return at.isoformat() if at else None


def _columns(windows: Iterable[Row[Any]]) -> list[dict[str, Any]]:
    spans = sorted({(row.start_at, row.end_at) for row in windows})
    return [_span(start, end) for start, end in spans]


def _span(start: int, end: int) -> dict[str, Any]:
    first, last = instant(start), instant(end)
    return {
        "start": first.isoformat() if first else None,
        "end": last.isoformat() if last else None,
    }


def _line(crew: Row[Any], windows: Sequence[Row[Any]], placed: Sequence[Placed]) -> dict[str, Any]:
    own = [row for row in windows if row.crew_id == crew.crew_id]
    visits: dict[int | None, list[Placed]] = defaultdict(list)
    ids = {row.cw_id for row in own}
    for one in placed:
        if one.visit.crew is not None and one.visit.crew.crew_id == crew.crew_id:
            visits[_cell_of(one, own) if one.cw_id not in ids else one.cw_id].append(one)
    return {
        "crew_id": crew.crew_id,
        "name": crew.name,
        "hub_id": crew.hub_id,
        "members": crew.members,
        "cells": [_cell(row, visits[row.cw_id]) for row in own],
        "off_roster": [_in_short(one) for one in visits[None]],
    }


def _cell_of(one: Placed, windows: Sequence[Row[Any]]) -> int | None:
    """Find the window of a visit that is charged to none, such as one that failed."""
    if one.visit.status != "failed" or one.visit.window is None:
        return None
    start = int(one.visit.window.start.timestamp())
    return next((row.cw_id for row in windows if row.start_at <= start < row.end_at), None)


def _cell(row: Row[Any], visits: Sequence[Placed]) -> dict[str, Any]:
    booked = sum(one.visit.minutes for one in visits if one.cw_id == row.cw_id and _charged(one))
    return {
        **_span(row.start_at, row.end_at),
        "capacity": row.capacity_min,
        "visits_minutes": booked,
        "held": row.used_min - booked,
        "free": row.capacity_min - row.used_min,
        "visits": [_in_short(one) for one in visits],
    }


def _charged(one: Placed) -> bool:
    return one.visit.status != "failed"


def _in_short(one: Placed) -> dict[str, Any]:
    return {
        **visit_document(one.visit),
        "order_no": one.order.order_no,
        "version": one.visit.version,
        "minutes": one.visit.minutes,
        "goods": [item.name for item in one.order.items],
        "consumer": {"name": one.order.consumer_name},
        "attention": one.visit.attention,
        "assented": one.assented,
        **({"failure": one.failure} if one.failure else {}),
    }


def _in_full(one: Placed) -> dict[str, Any]:
    order = one.order
    return {
        **_in_short(one),
        "consumer": {"name": order.consumer_name, "phone": order.phone},
        "address": address_document(order),
        "items": [
            {"name": item.name, "category": item.category, "quantity": item.quantity}
            for item in order.items
        ],
        "site": order.site,
    }
