"""Statements that charge a window, and change nothing where it has no room.

Each says by its number of rows whether there was room. On PostgreSQL it locks the window before
it looks, so that what it sees is not out of date.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Any

from sqlalchemy import Insert, Integer, Select, Update, bindparam, insert, literal, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.scheduling import tables as t
from bot.scheduling.models import Visit

# What all of them are given: a window, and the minutes that it is to be charged.
_INTO = bindparam("into", type_=t.crew_window.c.cw_id.type)
_CHARGED = bindparam("charged", type_=Integer())


async def lock_order(connection: AsyncConnection, order_no: str) -> None:
    """Let the changes of one order wait for one another."""
    if connection.dialect.name == "sqlite":
        return  # its write transactions wait for one another anyway
    await connection.execute(_order_for_update(), {"wanted_order": order_no})


@cache
def _order_for_update() -> Any:
    order_no = t.orders.c.order_no
    return select(order_no).where(order_no == bindparam("wanted_order")).with_for_update()


async def lock_windows(connection: AsyncConnection, windows: Iterable[int | None]) -> None:
    """Lock all windows that a transaction is about to touch, always in the order of their ids.

    Two that move between the same windows in opposite directions then wait instead of
    deadlocking.
    """
    ids = sorted({cw_id for cw_id in windows if cw_id is not None})
    # A single one is locked by the statement that touches it.
    if connection.dialect.name == "sqlite" or len(ids) < 2:  # noqa: PLR2004
        return
    cw_id = t.crew_window.c.cw_id
    await connection.execute(
        select(cw_id).where(cw_id.in_(ids)).order_by(cw_id).with_for_update(key_share=True)
    )


async def add_visit(
    connection: AsyncConnection, order_no: str, seq: int, visit: Visit, *, promised: bool
) -> bool:
    """Insert a visit into the window that it names; say whether that had room.

    `promised`: the room was held, whatever may be sold by now.
    """
    new = {"its_order": order_no, "its_seq": seq, "its_kind": visit.kind}
    values = {"its_id": visit.visit_id, **new, "into": visit.cw_id, "charged": visit.minutes}
    done = await connection.execute(_add_visit(promised=promised), values)
    return done.rowcount == 1


async def move_visit(
    connection: AsyncConnection, seen: int, visit: Visit, *, promised: bool
) -> bool:
    """Move a visit that is still of the version seen into the window that it now names.

    Say whether that had room. `promised` as in `add_visit`.
    """
    values = {"its_id": visit.visit_id, "seen": seen, "its_changes": visit.changes}
    window = {"into": visit.cw_id, "charged": visit.minutes}
    done = await connection.execute(_move_visit(promised=promised), {**values, **window})
    return done.rowcount == 1


async def add_hold(
    connection: AsyncConnection,
    order_no: str,
    cw_id: int,
    minutes: int,
    *,
    expires_at: int,
    token: str,
) -> bool:
    """Insert a hold; say whether its window had room."""
    window = {"into": cw_id, "charged": minutes}
    values = {"its_order": order_no, "its_expiry": expires_at, "its_token": token, **window}
    return (await connection.execute(_add_hold(), values)).rowcount == 1


async def has_room(connection: AsyncConnection, cw_id: int, minutes: int) -> bool:
    """Say whether a window has room for more minutes; it is locked until the transaction ends."""
    values = {"into": cw_id, "charged": minutes}
    return (await connection.execute(_room(promised=False), values)).first() is not None


@cache
def _room(*, promised: bool) -> Select[Any]:
    w = t.crew_window.c
    limit = w.capacity_min + w.overrun_min if promised else w.sellable_min
    query = select(w.cw_id, w.crew_id, w.start_at, w.end_at)
    query = query.where(w.cw_id == _INTO, limit - w.used_min >= _CHARGED)
    return query.with_for_update(key_share=True)


@cache
def _add_visit(*, promised: bool) -> Insert:
    v, room = t.visit.c, _room(promised=promised).subquery("room")
    values = {
        v.visit_id: bindparam("its_id", type_=v.visit_id.type),
        v.order_no: bindparam("its_order", type_=v.visit_id.type),
        v.seq: bindparam("its_seq", type_=v.seq.type),
        v.kind: bindparam("its_kind", type_=v.kind.type),
        v.status: literal("scheduled"),
        v.minutes: _CHARGED,
        v.attention: literal(value=False),
        v.crew_id: room.c.crew_id,
        v.cw_id: room.c.cw_id,
        v.window_start: room.c.start_at,
        v.window_end: room.c.end_at,
    }
    return _insert(t.visit, values)


@cache
def _move_visit(*, promised: bool) -> Update:
    v = t.visit.c
    its_id = bindparam("its_id", type_=v.visit_id.type).label("visit_id")
    room = _room(promised=promised).add_columns(its_id).subquery("room")
    return (
        update(t.visit)
        .where(v.visit_id == room.c.visit_id, v.version == bindparam("seen"))
        .values(
            status="scheduled",
            minutes=_CHARGED,
            attention=False,
            crew_id=room.c.crew_id,
            cw_id=room.c.cw_id,
            window_start=room.c.start_at,
            window_end=room.c.end_at,
            changes=bindparam("its_changes"),
            version=v.version + 1,
        )
    )


@cache
def _add_hold() -> Insert:
    h, room = t.hold.c, _room(promised=False).subquery("room")
    values = {
        h.order_no: bindparam("its_order", type_=h.token.type),
        h.expires_at: bindparam("its_expiry", type_=h.expires_at.type),
        h.token: bindparam("its_token", type_=h.token.type),
        h.minutes: _CHARGED,
        h.cw_id: room.c.cw_id,
    }
    return _insert(t.hold, values)


def _insert(table: Any, values: dict[Any, Any]) -> Insert:
    query = insert(table).from_select(list(values), select(*values.values()))
    # Else SQLAlchemy forgets how many rows were inserted.
    return query.execution_options(preserve_rowcount=True)
