"""Changing who answers: one conditional move, its audit row and its epoch, together."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Row, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.conversation.records import StateChanged
from bot.conversation.states import Command, State, next_state
from bot.conversation.tables import conversation, conversation_move
from bot.errors import ConversationNotFound


async def lock(tx: AsyncConnection, conversation_id: str) -> Row[Any]:
    """Return the conversation's row, locked until the transaction ends."""
    found = await tx.execute(
        select(conversation).where(conversation.c.id == conversation_id).with_for_update()
    )
    row = found.one_or_none()
    if row is None:
        raise ConversationNotFound(sender=conversation_id)
    return row


async def move(
    tx: AsyncConnection,
    conversation_id: str,
    command: Command,
    at: datetime,
    reason: str | None = None,
    agent: str | None = None,
) -> StateChanged:
    """Do what the command says about who answers.

    `agent` names who claims, barges in or takes over. The reason of a hand-over stays while
    a person has the conversation, and goes when the bot does. Raises IllegalMove.
    """
    row = await lock(tx, conversation_id)
    to_state = next_state(State(row.state), command)
    with_person = to_state in {State.QUEUED, State.HUMAN}
    kept = (reason or row.reason) if with_person else reason
    epoch = row.epoch + 1
    await tx.execute(
        update(conversation)
        .where(conversation.c.id == conversation_id)
        .values(
            state=to_state,
            reason=kept,
            agent=agent if to_state is State.HUMAN else None,
            epoch=epoch,
            moved_at=at,
        )
    )
    await tx.execute(
        insert(conversation_move).values(
            conversation_id=conversation_id,
            epoch=epoch,
            command=command,
            from_state=row.state,
            to_state=to_state,
            reason=reason,
            agent=agent,
            at=at,
        )
    )
    return StateChanged(to_state, kept)
