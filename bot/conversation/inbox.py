"""Taking a message in: stored before anyone is told that it arrived, and only once."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import uuid4

from sqlalchemy import Row, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.conversation import buttons, transcript
from bot.conversation.moves import move
from bot.conversation.records import (
    Author,
    Event,
    Incoming,
    MessageAdded,
    Receipt,
)
from bot.conversation.states import Command, State
from bot.conversation.tables import conversation, inbox
from bot.database.upsert import upsert
from bot.scheduling import notices


async def accept(
    tx: AsyncConnection,
    incoming: Incoming,
    at: datetime,
    accepted_at: float,
    *,
    custom: dict[str, Any] | None = None,
    waits: bool = True,
) -> tuple[Receipt, list[Event]]:
    """Store a message, its place in the transcript and, where it `waits`, in the lane.

    A repeated one changes nothing and gets the first one's receipt.
    """
    row_id = uuid4().hex
    if not await _insert_first(tx, row_id, incoming, accepted_at):
        return await _receipt_of_first(tx, incoming), []
    opened, events = await open_conversation(tx, incoming, at)
    text = await buttons.title(tx, opened, incoming.text)
    line = await transcript.append(
        tx, opened, Author.CONSUMER, text, at, row_id, custom=custom, waits=waits
    )
    placed = {"conversation_id": opened, "seq": line.seq, "status": "new" if waits else "done"}
    await tx.execute(update(inbox).where(inbox.c.id == row_id).values(placed))
    return Receipt(row_id, opened, line.seq), [*events, MessageAdded(line)]


async def open_conversation(
    tx: AsyncConnection, incoming: Incoming, at: datetime
) -> tuple[str, list[Event]]:
    """Return the sender's conversation, locked; another consumer gets another one.

    A closed one is opened again, for the bot.
    """
    last_seq = 0
    while True:
        row = await _current(tx, incoming)
        if row is None:
            await _insert_conversation(tx, incoming, at, last_seq)
        elif row.consumer_id == incoming.consumer_id:
            reopen = row.state == State.CLOSED
            return row.id, [await move(tx, row.id, Command.REOPEN, at)] if reopen else []
        else:
            last_seq = row.last_seq
            await tx.execute(
                update(conversation).where(conversation.c.id == row.id).values(current=False)
            )


async def _insert_first(
    tx: AsyncConnection, row_id: str, incoming: Incoming, accepted_at: float
) -> bool:
    inserted = await tx.execute(
        upsert(tx, inbox)
        .values(
            id=row_id,
            channel=incoming.channel,
            sender=incoming.sender,
            external_id=_external_id(incoming) or f"own:{row_id}",
            text=incoming.text,
            status="new",
            attempts=0,
            accepted_at=accepted_at,
        )
        .on_conflict_do_nothing(index_elements=["channel", "sender", "external_id"])
        .returning(inbox.c.id)
    )
    return inserted.first() is not None


async def _receipt_of_first(tx: AsyncConnection, incoming: Incoming) -> Receipt:
    found = await tx.execute(
        select(inbox.c.id, inbox.c.conversation_id, inbox.c.seq).where(
            inbox.c.channel == incoming.channel,
            inbox.c.sender == incoming.sender,
            inbox.c.external_id == _external_id(incoming),
        )
    )
    row = found.one()
    return Receipt(row.id, row.conversation_id, row.seq, repeated=True)


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


async def _insert_conversation(
    tx: AsyncConnection, incoming: Incoming, at: datetime, last_seq: int
) -> None:
    await tx.execute(
        upsert(tx, conversation)
        .values(
            id=uuid4().hex,
            channel=incoming.channel,
            sender=incoming.sender,
            consumer_id=incoming.consumer_id,
            current=True,
            state=State.BOT,
            epoch=0,
            last_seq=last_seq,
            opened_at=at,
            moved_at=at,
            pending=0,
            lane_epoch=0,
            lease_until=0,
            ready_at=0,
        )
        .on_conflict_do_nothing()
    )
    if incoming.consumer_id is not None:
        await notices.take_up(tx, consumer_id=incoming.consumer_id)


def _external_id(incoming: Incoming) -> str | None:
    return None if incoming.message_id is None else f"id:{incoming.message_id}"
