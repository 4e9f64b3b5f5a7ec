"""A sender's cases: one conversation from the first message until it is closed, then the next."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import uuid4

from sqlalchemy import Row, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.conversation.records import Incoming
from bot.conversation.states import State
from bot.conversation.tables import conversation
from bot.database.upsert import upsert
from bot.scheduling import notices


async def newest(tx: AsyncConnection, incoming: Incoming) -> Row[Any] | None:
    """Return the sender's present conversation, locked, where it is this consumer's."""
    row = await _current(tx, incoming)
    return row if row is not None and row.consumer_id == incoming.consumer_id else None


async def open_case(tx: AsyncConnection, incoming: Incoming, at: datetime) -> Row[Any]:
    """Return the sender's conversation, locked.

    A new one is begun for another consumer, and as the next case where the last is closed.
    """
    before: Row[Any] | None = None
    while True:
        row = await _current(tx, incoming)
        if row is None:
            await _insert(tx, incoming, at, before)
        elif row.consumer_id == incoming.consumer_id and row.state != State.CLOSED:
            return row
        else:
            before = row
            await tx.execute(
                update(conversation).where(conversation.c.id == row.id).values(current=False)
            )


def dialogue_id(row: Row[Any]) -> str:
    """Return the engine's name of a conversation's dialogue."""
    return str(row.dialogue_id or row.id)


async def _current(tx: AsyncConnection, incoming: Incoming) -> Row[Any] | None:
    found = await tx.execute(
        select(conversation)
        .where(
            conversation.c.channel == incoming.channel,
            conversation.c.sender == incoming.sender,
            conversation.c.current,
        )
        .with_for_update()
    )
    return found.one_or_none()


async def _insert(
    tx: AsyncConnection, incoming: Incoming, at: datetime, before: Row[Any] | None
) -> None:
    await tx.execute(
        upsert(tx, conversation)
        .values(
            id=uuid4().hex,
            channel=incoming.channel,
            sender=incoming.sender,
            consumer_id=incoming.consumer_id,
            account=incoming.account,
            current=True,
            state=State.BOT,
            epoch=0,
            opened_at=at,
            moved_at=at,
            pending=0,
            lane_epoch=0,
            lease_until=0,
            ready_at=0,
            **_link(before, incoming),
        )
        .on_conflict_do_nothing()
    )
    if incoming.consumer_id is not None:
        await notices.take_up(tx, consumer_id=incoming.consumer_id)


def _link(before: Row[Any] | None, incoming: Incoming) -> dict[str, Any]:
    """Return what a case takes over from the one before: its numbers, and the dialogue."""
    if before is None:
        return {"last_seq": 0}
    if before.consumer_id != incoming.consumer_id:
        return {"last_seq": before.last_seq}
    return {
        "last_seq": before.last_seq,
        "case_no": before.case_no + 1,
        "prev_case_id": before.id,
        # Who was proven stays proven; the dialogue itself begins anew.
        "dialogue_id": dialogue_id(before),
        "unseen_from": before.last_seq,
    }
