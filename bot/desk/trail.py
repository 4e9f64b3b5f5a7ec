"""What was done, by whom and when: moves of conversations and the desk's own acts, as one trail.

Both are written once and never changed. Also: whom nobody came for.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.conversation.states import Command, State
from bot.conversation.tables import conversation_move
from bot.desk.tables import audit

_PAGE = 100
_MOST = 200
_MISSED = (Command.LEAVE_QUEUE, Command.NOBODY_CAME)


@dataclass(frozen=True)
class Entry:
    """One thing that was done. `actor`: `bot`, `consumer`, `system` or `agent`."""

    id: str
    at: datetime
    action: str
    actor: str
    actor_id: str | None
    actor_alias: str | None
    conversation_id: str | None
    detail: dict[str, Any]


@dataclass(frozen=True)
class Page:
    """Entries, newest first; `before` is where the next page begins, None at the end."""

    entries: Sequence[Entry]
    before: datetime | None


@dataclass(frozen=True)
class Missed:
    """A consumer whom nobody came for, and how they stopped waiting."""

    conversation_id: str
    at: datetime
    command: str
    waited_seconds: int


async def entries(
    tx: AsyncConnection,
    before: datetime | None = None,
    *,
    conversation_id: str | None = None,
    agent_id: str | None = None,
) -> Page:
    """Return a page of what was done before an instant, all of what was done at its last one."""
    found = [
        *map(_acted, await _newest(tx, _acts(conversation_id, agent_id), audit.c.at, before)),
        *map(
            _moved,
            await _newest(tx, _moves(conversation_id, agent_id), conversation_move.c.at, before),
        ),
    ]
    found.sort(key=lambda entry: (entry.at, entry.id), reverse=True)
    if len(found) <= _PAGE:
        return Page(found, None)
    last = found[_PAGE - 1].at
    return Page([entry for entry in found if entry.at >= last], last)


async def missed(tx: AsyncConnection, since: datetime, until: datetime) -> list[Missed]:
    """Return who left the queue, or waited in vain, and has not been in it or served since."""
    move, later, begun = (conversation_move.alias(name) for name in ("gone", "later", "begun"))
    since_then = select(later.c.epoch).where(
        later.c.conversation_id == move.c.conversation_id,
        later.c.epoch > move.c.epoch,
        later.c.to_state.in_([State.QUEUED, State.HUMAN]),
    )
    queued_at = (
        select(func.max(begun.c.at))
        .where(
            begun.c.conversation_id == move.c.conversation_id,
            begun.c.epoch < move.c.epoch,
            begun.c.from_state == State.BOT,
            begun.c.to_state == State.QUEUED,
        )
        .scalar_subquery()
    )
    found = await tx.execute(
        select(move, queued_at.label("queued_at"))
        .where(
            move.c.command.in_(_MISSED),
            move.c.at >= since,
            move.c.at < until,
            ~since_then.exists(),
        )
        .order_by(move.c.at.desc(), move.c.conversation_id)
        .limit(_MOST)
    )
    return [_missed(row) for row in found]


def _missed(row: Row[Any]) -> Missed:
    waited = row.at - row.queued_at if row.queued_at else None
    seconds = int(waited.total_seconds()) if waited else 0
    return Missed(row.conversation_id, row.at, row.command, max(seconds, 0))


async def _newest(
    tx: AsyncConnection, query: Any, at: Any, before: datetime | None
) -> Sequence[Row[Any]]:
    if before is not None:
        query = query.where(at < before)
    return (await tx.execute(query.order_by(at.desc()).limit(_PAGE + 1))).all()


def _acts(conversation_id: str | None, agent_id: str | None) -> Any:
    query = select(audit)
    if conversation_id is not None:
        query = query.where(audit.c.conversation_id == conversation_id)
    return query if agent_id is None else query.where(audit.c.account_id == agent_id)


def _moves(conversation_id: str | None, agent_id: str | None) -> Any:
    m = conversation_move.c
    query = select(conversation_move)
    if conversation_id is not None:
        query = query.where(m.conversation_id == conversation_id)
    return query if agent_id is None else query.where(m.actor_id == agent_id)


def _acted(row: Row[Any]) -> Entry:
    actor = "system" if row.account_id is None else "agent"
    return Entry(
        f"{row.id:012}",
        row.at,
        row.action,
        actor,
        row.account_id,
        None,
        row.conversation_id,
        row.detail,
    )


def _moved(row: Row[Any]) -> Entry:
    detail = {"from": row.from_state, "to": row.to_state, "reason": row.reason}
    return Entry(
        f"{row.conversation_id}:{row.epoch:06}",
        row.at,
        row.command,
        row.actor,
        row.actor_id,
        row.actor_alias,
        row.conversation_id,
        {**detail, "agent": row.agent_alias},
    )
