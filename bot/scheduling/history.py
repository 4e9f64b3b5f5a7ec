"""A visit's history, which only grows, and the commands that have been done."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Row, bindparam, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.scheduling import tables as t
from bot.scheduling.contract import epoch
from bot.scheduling.models import Visit
from bot.scheduling.presentation import snapshot
from bot.scheduling.store import instant

# Why a consumer's visit is moved or cancelled; the history counts them.
CHANGE_REASONS = (
    "not_home",
    "goods_late",
    "decoration",
    "utilities_not_on",
    "property_hours",
    "weather",
    "time_conflict",
    "not_wanted",
    "unreachable",
    "crew",
    # The window was over and no crew had come; noted where nobody said why.
    "missed",
    "other",
)


# Built once: putting a statement together takes longer than running it.
_NOTE, _REMEMBER = insert(t.visit_event).inline(), insert(t.done_command).inline()
_DONE = select(t.done_command.c.order_no, t.done_command.c.visit_id).where(
    t.done_command.c.command_id == bindparam("wanted")
)


async def note(
    connection: AsyncConnection,
    before: Visit | None,
    after: Visit,
    what: str,
    at: datetime,
    *,
    actor: str,
    reason: str | None = None,
    command_id: str | None = None,
) -> None:
    """Add one event to the history of a visit."""
    event = {
        "visit_id": after.visit_id,
        "at": epoch(at),
        "actor": actor,
        "what": what,
        "before": snapshot(before),
        "after": snapshot(after),
        "reason": reason,
        "command_id": command_id,
    }
    await connection.execute(_NOTE, event)


async def remember(
    connection: AsyncConnection, command_id: str, order_no: str, visit_id: str | None, at: datetime
) -> None:
    """Note that a command is done, so that it is not done again."""
    done = {"command_id": command_id, "order_no": order_no, "visit_id": visit_id, "at": epoch(at)}
    await connection.execute(_REMEMBER, done)


async def done_before(connection: AsyncConnection, command_id: str) -> Any:
    """Return the row of a command that is done (`order_no`, `visit_id`), else None."""
    return (await connection.execute(_DONE, {"wanted": command_id})).one_or_none()


async def of_order(connection: AsyncConnection, order_no: str) -> list[dict[str, Any]]:
    """Return all events of an order's visits, oldest first, as JSON values."""
    e = t.visit_event.c
    rows = await connection.execute(
        select(t.visit_event)
        .join(t.visit, t.visit.c.visit_id == e.visit_id)
        .where(t.visit.c.order_no == order_no)
        .order_by(e.id)
    )
    return [_event(row) for row in rows]


def _event(row: Row[Any]) -> dict[str, Any]:
    at = instant(row.at)
    names = ("visit_id", "actor", "what", "reason", "before", "after")
    told = {name: getattr(row, name) for name in names}
    return {"at": at.isoformat() if at else None, **told}
