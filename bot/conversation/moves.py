"""Changing who answers: one conditional UPDATE, its audit row and its epoch, together.

Nothing is read to decide: two who move the same conversation at once are told apart by
whose UPDATE still finds the row as it has to be.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, func, insert, literal, null, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.conversation.records import SYSTEM, Actor, Agent, StateChanged
from bot.conversation.states import MOVES, Command, State
from bot.conversation.tables import (
    assignment,
    conversation,
    conversation_move,
    queue_counter,
)
from bot.database.upsert import upsert
from bot.errors import ConversationNotFound, ConversationTaken, IllegalMove, StaleEpoch

OTHERS_LAST = 2
_COUNTER = 1


@dataclass(frozen=True)
class Move:
    """One wish to change who answers.

    `agent` is who gets the conversation. `epoch` and `held_by` are conditions: the epoch that
    the actor saw, the id of the agent who has to have it. `deadline` and `priority` are the
    place in the queue; without a reason the present one stays.
    """

    command: Command
    actor: Actor = SYSTEM
    agent: Agent | None = None
    reason: str | None = None
    epoch: int | None = None
    held_by: str | None = None
    priority: int | None = None
    deadline: datetime | None = None
    disposition: str | None = None
    summary: str | None = None


async def lock(tx: AsyncConnection, conversation_id: str) -> Row[Any]:
    """Return the conversation's row, locked until the transaction ends."""
    found = await tx.execute(
        select(conversation).where(conversation.c.id == conversation_id).with_for_update()
    )
    row = found.one_or_none()
    if row is None:
        raise ConversationNotFound(sender=conversation_id)
    return row


async def move(tx: AsyncConnection, conversation_id: str, wish: Move, at: datetime) -> StateChanged:
    """Do what the command says about who answers.

    Raises IllegalMove, ConversationTaken or StaleEpoch, each with the state as it is.
    """
    moved = await tx.execute(
        update(conversation)
        .where(conversation.c.id == conversation_id, *_conditions(wish))
        .values(epoch=conversation.c.epoch + 1, moved_at=at, **_values(wish, at))
        .returning(conversation)
    )
    row = moved.one_or_none()
    if row is None:
        raise await _refusal(tx, conversation_id, wish)
    await _give_ticket(tx, row)
    await _record(tx, row, wish, at)
    await _assign(tx, row, wish, at)
    return changed(row)


def changed(row: Row[Any]) -> StateChanged:
    """Return the event that tells how a conversation's row now stands."""
    return StateChanged(State(row.state), row.reason, row.epoch, owner(row))


def owner(row: Row[Any]) -> Agent | None:
    """Return the agent of a row, or None."""
    return Agent(row.agent, row.agent_alias or row.agent) if row.agent is not None else None


def _conditions(wish: Move) -> list[ColumnElement[bool]]:
    starts, _ = MOVES[wish.command]
    conditions: list[ColumnElement[bool]] = [conversation.c.state.in_(starts)]
    if wish.epoch is not None:
        conditions.append(conversation.c.epoch == wish.epoch)
    if wish.held_by is not None:
        conditions.append(conversation.c.agent == wish.held_by)
    return conditions


def _values(wish: Move, at: datetime) -> dict[str, Any]:
    _, end = MOVES[wish.command]
    values: dict[str, Any] = {"state": end}
    if end is State.HUMAN:
        values |= _with_person(wish, at)
    else:
        values |= {"agent": None, "agent_alias": None}
    if end is State.QUEUED:
        values |= _in_queue(wish, at)
    if end is State.BOT:
        values |= {"reason": None, "priority": OTHERS_LAST, "queued_at": None}
        values |= {"ticket": None, "waiting_since": None, "deadline_at": None}
    if end is State.CLOSED:
        values |= {"closed_at": at, "disposition": wish.disposition, "summary": wish.summary}
        values |= {"waiting_since": None, "deadline_at": None}
    if wish.reason is not None:
        values["reason"] = wish.reason
    return values


def _with_person(wish: Move, at: datetime) -> dict[str, Any]:
    if wish.agent is None:
        raise IllegalMove(state="human", command=wish.command)
    c = conversation.c
    return {
        "agent": wish.agent.id,
        "agent_alias": wish.agent.alias,
        "claimed_at": func.coalesce(c.claimed_at, _instant(at)),
        "queued_at": func.coalesce(c.queued_at, _instant(at)),
        "unseen_from": func.coalesce(c.unseen_from, c.last_seq),
        "deadline_at": None,
    }


def _in_queue(wish: Move, at: datetime) -> dict[str, Any]:
    c = conversation.c
    values: dict[str, Any] = {
        # Who comes back to the queue has waited longer than those who came since.
        "queued_at": func.coalesce(c.queued_at, _instant(at)),
        "waiting_since": func.coalesce(c.waiting_since, _instant(at)),
        "unseen_from": func.coalesce(c.unseen_from, c.last_seq),
        "deadline_at": wish.deadline if wish.deadline is not None else c.deadline_at,
    }
    if wish.priority is not None:
        values["priority"] = wish.priority
    return values


def _instant(at: datetime) -> Any:
    return literal(at, conversation.c.queued_at.type)


async def _give_ticket(tx: AsyncConnection, row: Row[Any]) -> None:
    """Give who waits or is served for the first time the next ticket of the queue.

    The counter's row is locked until the end, so that tickets become visible in their order
    and nobody's place gets worse. No clock is asked: several may differ, or be set back.
    """
    if row.ticket is not None or row.state not in {State.QUEUED, State.HUMAN}:
        return
    last = queue_counter.c.last
    counted = await tx.execute(
        upsert(tx, queue_counter)
        .values(id=_COUNTER, last=1)
        .on_conflict_do_update(index_elements=["id"], set_={"last": last + 1})
        .returning(last)
    )
    ticket = counted.scalar_one()
    await tx.execute(update(conversation).where(conversation.c.id == row.id).values(ticket=ticket))


async def _record(tx: AsyncConnection, row: Row[Any], wish: Move, at: datetime) -> None:
    before = (
        select(conversation_move.c.to_state)
        .where(
            conversation_move.c.conversation_id == row.id,
            conversation_move.c.epoch == row.epoch - 1,
        )
        .scalar_subquery()
    )
    who = wish.actor.agent
    await tx.execute(
        insert(conversation_move).values(
            conversation_id=row.id,
            epoch=row.epoch,
            seq=row.last_seq,
            command=wish.command,
            from_state=func.coalesce(before, State.BOT.value),
            to_state=row.state,
            reason=row.reason,
            agent=row.agent,
            agent_alias=row.agent_alias,
            actor=wish.actor.kind,
            actor_id=who.id if who else None,
            actor_alias=who.alias if who else None,
            at=at,
        )
    )


async def _assign(tx: AsyncConnection, row: Row[Any], wish: Move, at: datetime) -> None:
    await tx.execute(
        update(assignment)
        .where(assignment.c.conversation_id == row.id, assignment.c.to_at == null())
        .values(to_at=at, end_command=wish.command)
    )
    if row.agent is not None:
        await tx.execute(
            insert(assignment).values(
                conversation_id=row.id, epoch=row.epoch, agent=row.agent, from_at=at
            )
        )


async def _refusal(tx: AsyncConnection, conversation_id: str, wish: Move) -> Exception:
    row = await lock(tx, conversation_id)
    has = owner(row)
    facts = {
        "state": row.state,
        "epoch": row.epoch,
        "owner": {"id": has.id, "alias": has.alias} if has else None,
    }
    me = wish.actor.agent
    if has is not None and (me is None or has.id != me.id):
        return ConversationTaken(command=wish.command, **facts)
    starts, _ = MOVES[wish.command]
    if wish.epoch is not None and row.epoch != wish.epoch and State(row.state) in starts:
        return StaleEpoch(command=wish.command, **facts)
    return IllegalMove(command=wish.command, **facts)
