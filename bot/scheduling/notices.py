"""What consumers are told of their visits: an outbox beside the visits themselves.

A notice is written in the transaction of the change that it tells of, and is told later by
whoever reaches the consumer. A notice that no longer holds when its turn comes is not told.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any, Literal

from sqlalchemy import Row, delete, not_, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.database.upsert import upsert_on
from bot.scheduling.models import UNDER_WAY, Order, Visit, Window
from bot.scheduling.notice_tables import notice
from bot.scheduling.store import read_order
from bot.settings import BookingRules

Kind = Literal[
    "confirmed",
    "changed",
    "cancelled",
    "reminder",
    "en_route",
    "late",
    "done",
    "failed",
    "damaged",
    "replaced",
    "window_opened",
]
_Row = dict[str, Any]
Outcome = Literal["sent", "spoken", "stale", "expired"]
# How long a notice is worth telling that has no window to go by.
_LIFE = timedelta(days=3)
# So many old notices are removed at a time, so that nobody waits for it.
_SWEPT = 1000
_UNTIL_WINDOW_ENDS = {"confirmed", "changed", "en_route", "late"}
_UNTIL_WINDOW_STARTS = {"reminder", "window_opened"}
_OF_CHANGES: dict[str, Kind] = {
    "scheduled": "confirmed",
    "rescheduled": "changed",
    "cancelled": "cancelled",
}


@dataclass(frozen=True)
class Notice:
    """One notice with the order and the visit as they stand now.

    `window` is the one that the notice speaks of; `command_id` is the command that caused it.
    """

    notice_id: str
    kind: Kind
    order: Order
    visit: Visit | None
    window: Window | None
    facts: dict[str, Any]
    command_id: str | None
    expires_at: int

    @property
    def turn_id(self) -> str | None:
        """The turn of a conversation whose command caused the notice, if one did."""
        return self.command_id.split(":")[0] if self.command_id else None

    @property
    def stale(self) -> bool:
        """Whether it no longer holds: the visit has moved on since."""
        live = self.order.live_visit
        if self.kind == "window_opened":
            busy = live is not None and (live.status in UNDER_WAY or live.window == self.window)
            return busy or self.order.all_done
        if self.visit is None:
            return True
        status, same = self.visit.status, self.visit.window == self.window
        holds = {
            "confirmed": status == "scheduled" and same,
            "changed": status == "scheduled" and same,
            "reminder": status == "scheduled" and same,
            "late": status in {"scheduled", "en_route"} and same,
            "en_route": status == "en_route",
            "done": status == "completed",
            "cancelled": status == "cancelled" and not _booked(live),
            "failed": status == "failed" and not _booked(live),
            "damaged": status == "failed" and not _booked(live),
            "replaced": status == "unscheduled",
        }
        return not holds[self.kind]


def _booked(live: Visit | None) -> bool:
    return live is not None and live.window is not None


def told_from(at: datetime, rules: BookingRules) -> datetime:
    """Return when a notice that is due at an instant is told: then, or when it is not quiet."""
    for _, end in rules.quiet_hours:
        if is_quiet(at, rules):
            opens = datetime.combine(at.date(), end, tzinfo=at.tzinfo)
            at = opens if opens > at else opens + timedelta(days=1)
    return at


async def written(
    connection: AsyncConnection, kind: Kind, order: Order, visit: Visit | None, window: Window
) -> bool:
    """Say whether a notice that no command caused has been written of a window already."""
    key = _dedupe_key(kind, order, visit, window, None)
    found = await connection.execute(select(notice.c.notice_id).where(notice.c.dedupe_key == key))
    return found.first() is not None


def _dedupe_key(
    kind: Kind, order: Order, visit: Visit | None, window: Window | None, command_id: str | None
) -> str:
    about = visit.visit_id if visit else order.order_no
    start = window.start.isoformat() if window else ""
    return f"{kind}|{about}|{start}|{command_id or ''}"


async def record(
    connection: AsyncConnection,
    kind: Kind,
    order: Order,
    visit: Visit | None,
    now: datetime,
    *,
    window: Window | None = None,
    command_id: str | None = None,
    due_at: datetime | None = None,
    **facts: Any,
) -> None:
    """Write a notice in the caller's transaction, due now where `due_at` is not given.

    `window` is the visit's own where it is not given. The same kind for the same visit, window
    and command is written once. `facts` are JSON values for the wording.
    """
    row = _row(kind, order, visit, now, window=window, command_id=command_id, due_at=due_at)
    row["payload"]["facts"] = facts
    await _write(connection, [row])


async def of_change(
    connection: AsyncConnection,
    order: Order,
    visit: Visit,
    what: str,
    now: datetime,
    rules: BookingRules,
    command_id: str | None,
) -> None:
    """Write what follows from a visit that was `scheduled`, `rescheduled` or `cancelled`.

    Another crew in the same window is nothing that the consumer has to know.
    """
    rows = _planned(order, visit, now, rules)
    if what in _OF_CHANGES:
        rows.append(_row(_OF_CHANGES[what], order, visit, now, command_id=command_id))
    await _write(connection, rows)


async def plan(
    connection: AsyncConnection, order: Order, visit: Visit, now: datetime, rules: BookingRules
) -> None:
    """Write what will be due for a booked visit: a reminder, and that its crew is late."""
    await _write(connection, _planned(order, visit, now, rules))


async def plan_all(
    connection: AsyncConnection, orders: Iterable[Order], now: datetime, rules: BookingRules
) -> None:
    """Write what will be due for all booked visits of some orders."""
    rows = [row for o in orders for visit in o.visits for row in _planned(o, visit, now, rules)]
    await _write(connection, rows)


def _planned(order: Order, visit: Visit, now: datetime, rules: BookingRules) -> list[_Row]:
    window = visit.window
    if visit.status != "scheduled" or window is None:
        return []
    day_before = window.start.date() - timedelta(days=1)
    times: dict[Kind, datetime] = {
        "reminder": datetime.combine(day_before, rules.reminder_at, tzinfo=window.start.tzinfo),
        "late": window.start + timedelta(minutes=rules.late_minutes),
    }
    return [
        _row(kind, order, visit, now, due_at=due_at)
        for kind, due_at in times.items()
        if due_at > now
    ]


def _row(
    kind: Kind,
    order: Order,
    visit: Visit | None,
    now: datetime,
    *,
    window: Window | None = None,
    command_id: str | None = None,
    due_at: datetime | None = None,
) -> _Row:
    window = window or (visit.window if visit else None)
    return {
        "notice_id": uuid.uuid4().hex,
        "kind": kind,
        "order_no": order.order_no,
        "visit_id": visit.visit_id if visit else None,
        "consumer_id": order.consumer_id,
        "payload": {"window": _plain(window), "facts": {}},
        "dedupe_key": _dedupe_key(kind, order, visit, window, command_id),
        "command_id": command_id,
        "created_at": _epoch(now),
        "due_at": _epoch(due_at or now),
        "expires_at": _epoch(_expiry(kind, window, due_at or now)),
        "reachable": True,
    }


async def _write(connection: AsyncConnection, rows: list[_Row]) -> None:
    if rows:
        await connection.execute(_once(connection.dialect.name), rows)


@cache
def _once(dialect: str) -> Any:
    return upsert_on(dialect, notice).on_conflict_do_nothing(index_elements=["dedupe_key"])


# --- telling ---


def is_quiet(at: datetime, rules: BookingRules) -> bool:
    """Say whether consumers are left alone at that time of day."""
    clock = at.timetz().replace(tzinfo=None)
    return any(
        start <= clock < end if start <= end else clock >= start or clock < end
        for start, end in rules.quiet_hours
    )


async def due(
    connection: AsyncConnection, now: datetime, rules: BookingRules, limit: int
) -> list[str]:
    """Return the ids of notices to tell now, longest due first.

    In quiet hours only that the crew is on its way.
    """
    nt = notice.c
    query = select(nt.notice_id).where(nt.outcome.is_(None), nt.reachable, nt.due_at <= _epoch(now))
    if is_quiet(now, rules):
        query = query.where(nt.kind == "en_route")
    found = await connection.execute(query.order_by(nt.due_at, nt.created_at).limit(limit))
    return list(found.scalars())


async def lock(connection: AsyncConnection, notice_id: str) -> Notice | None:
    """Return a notice that still waits, locked until the transaction ends.

    None where it is settled, or another process has it.
    """
    found = await connection.execute(
        select(notice)
        .where(notice.c.notice_id == notice_id, notice.c.outcome.is_(None))
        .with_for_update(skip_locked=True)
    )
    row = found.one_or_none()
    if row is None:
        return None
    order = await read_order(connection, row.order_no)
    return _notice(row, order) if order is not None else None


async def settle(
    connection: AsyncConnection, notice_id: str, outcome: Outcome, now: datetime
) -> None:
    """Note what became of a notice."""
    sent_at = _epoch(now) if outcome == "sent" else None
    await connection.execute(
        update(notice)
        .where(notice.c.notice_id == notice_id)
        .values(outcome=outcome, sent_at=sent_at)
    )


async def set_aside(connection: AsyncConnection, notice_id: str) -> None:
    """Keep a notice for when somebody can be told."""
    await connection.execute(
        update(notice).where(notice.c.notice_id == notice_id).values(reachable=False)
    )


async def take_up(
    connection: AsyncConnection, *, consumer_id: str | None = None, order_no: str | None = None
) -> None:
    """Let what was set aside for a consumer, or about an order, be told after all."""
    mine = notice.c.consumer_id == consumer_id if consumer_id else notice.c.order_no == order_no
    await connection.execute(
        update(notice).where(mine, notice.c.outcome.is_(None)).values(reachable=True)
    )


async def forget(connection: AsyncConnection, before: datetime) -> int:
    """Remove notices that were of no use any more `before`; return how many, 1,000 at most.

    One that somebody is still about to settle stays.
    """
    nt = notice.c
    over = or_(nt.outcome.is_not(None), not_(nt.reachable))
    old = select(nt.notice_id).where(nt.expires_at <= _epoch(before), over).limit(_SWEPT)
    done = await connection.execute(delete(notice).where(nt.notice_id.in_(old)))
    return done.rowcount


def _notice(row: Row[Any], order: Order) -> Notice:
    return Notice(
        notice_id=row.notice_id,
        kind=row.kind,
        order=order,
        visit=next((v for v in order.visits if v.visit_id == row.visit_id), None),
        window=_window(row.payload["window"]),
        facts=row.payload["facts"],
        command_id=row.command_id,
        expires_at=row.expires_at,
    )


def _expiry(kind: Kind, window: Window | None, due_at: datetime) -> datetime:
    if window is not None and kind in _UNTIL_WINDOW_ENDS:
        return window.end
    if window is not None and kind in _UNTIL_WINDOW_STARTS:
        return window.start
    return due_at + _LIFE


def _plain(window: Window | None) -> dict[str, str] | None:
    if window is None:
        return None
    return {"start": window.start.isoformat(), "end": window.end.isoformat()}


def _window(plain: dict[str, str] | None) -> Window | None:
    if plain is None:
        return None
    return Window(datetime.fromisoformat(plain["start"]), datetime.fromisoformat(plain["end"]))


def _epoch(at: datetime) -> int:
    return int(at.timestamp())
