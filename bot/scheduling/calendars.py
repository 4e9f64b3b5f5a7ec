"""Visits as an iCalendar feed (RFC 5545), which phones and calendars subscribe to."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from icalendar import Calendar, Event
from sqlalchemy import ColumnElement, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.errors import CrewNotFound, OrderNotFound
from bot.scheduling import tables as t
from bot.scheduling.models import Order, Visit
from bot.scheduling.store import instant, read_orders

_FILE = Path(__file__).resolve().parent.parent.parent / "data" / "texts" / "calendar.yml"
# A calendar keeps what it has seen; older visits need not be sent again and again.
_PAST = timedelta(days=30)
_REFRESH = timedelta(minutes=30)
_STATUS = {"cancelled": "CANCELLED", "failed": "CANCELLED"}


@dataclass(frozen=True)
class Entry:
    """One visit with its order; `version` grows with each change, which came last at `at`."""

    order: Order
    visit: Visit
    version: int
    at: datetime


async def crew_feed(connection: AsyncConnection, crew_id: str, now: datetime) -> bytes:
    """Return the calendar of a crew's visits. Raises CrewNotFound."""
    name = await connection.scalar(select(t.crew.c.name).where(t.crew.c.crew_id == crew_id))
    if name is None:
        raise CrewNotFound(crew_id=crew_id)
    since = int((now - _PAST).timestamp())
    of_crew = (t.visit.c.crew_id == crew_id) & (t.visit.c.window_start >= since)
    entries = await _entries(connection, of_crew, now)
    return _calendar(_texts()["crew_name"].format(crew=name), entries, _for_crew)


async def order_feed(connection: AsyncConnection, order_no: str, now: datetime) -> bytes:
    """Return the calendar of an order's visits for its consumer. Raises OrderNotFound."""
    known = await connection.scalar(
        select(t.orders.c.order_no).where(t.orders.c.order_no == order_no)
    )
    if known is None:
        raise OrderNotFound(order_no=order_no)
    entries = await _entries(connection, t.visit.c.order_no == order_no, now)
    return _calendar(_texts()["order_name"].format(tail=order_no[-4:]), entries, _for_consumer)


async def _entries(
    connection: AsyncConnection, condition: ColumnElement[bool], now: datetime
) -> list[Entry]:
    vt, et = t.visit.c, t.visit_event.c
    changed = select(func.max(et.at)).where(et.visit_id == vt.visit_id).scalar_subquery()
    rows = (
        await connection.execute(
            select(vt.visit_id, vt.order_no, vt.version, changed.label("changed_at"))
            .where(condition, vt.window_start.is_not(None))
            .order_by(vt.window_start, vt.visit_id)
        )
    ).all()
    numbers = {row.order_no for row in rows}
    orders = await read_orders(connection, t.orders.c.order_no.in_(numbers)) if rows else []
    known = {visit.visit_id: (order, visit) for order in orders for visit in order.visits}
    return [
        Entry(*known[row.visit_id], row.version, instant(row.changed_at) or now) for row in rows
    ]


def _calendar(name: str, entries: Iterable[Entry], words: Callable[[Entry], Any]) -> bytes:
    calendar = Calendar()
    calendar.add("prodid", "-//Yuezhuang//Visits//ZH")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", name)
    calendar.add("refresh-interval", _REFRESH, parameters={"VALUE": "DURATION"})
    for entry in entries:
        calendar.add_component(_event(entry, words(entry)))
    calendar.add_missing_timezones()
    return bytes(calendar.to_ical())


def _event(entry: Entry, words: dict[str, str]) -> Event:
    visit, window = entry.visit, entry.visit.window
    event = Event()
    event.add("uid", f"{visit.visit_id}@yuezhuang")
    event.add("sequence", entry.version)
    event.add("dtstamp", entry.at)
    event.add("last-modified", entry.at)
    if window is not None:
        event.add("dtstart", window.start)
        event.add("dtend", window.end)
    event.add("status", _STATUS.get(visit.status, "CONFIRMED"))
    for name, text in words.items():
        if text:
            event.add(name, text)
    return event


def _for_crew(entry: Entry) -> dict[str, str]:
    texts, facts = _texts()["crew"], _facts(entry)
    return {
        "summary": texts["summary"].format(**facts),
        "location": entry.order.address_text,
        "description": texts["description"].format(**facts),
    }


def _for_consumer(entry: Entry) -> dict[str, str]:
    texts, facts, crew = _texts()["consumer"], _facts(entry), entry.visit.crew
    return {
        "summary": texts["summary"].format(**facts),
        "location": entry.order.address_text,
        "description": texts["description"].format(crew=crew.name, crew_phone=crew.phone, **facts)
        if crew
        else "",
    }


def _facts(entry: Entry) -> dict[str, str]:
    texts, order, visit = _texts(), entry.order, entry.visit
    return {
        "kind": texts["kinds"][visit.kind],
        "status": texts["status"].get(visit.status, ""),
        "goods": texts["joiner"].join(item.name for item in order.items),
        "order_no": order.order_no,
        "name": order.consumer_name,
        "phone": order.phone,
    }


@cache
def _texts() -> dict[str, Any]:
    texts: dict[str, Any] = yaml.safe_load(_FILE.read_text(encoding="utf-8"))
    return texts
