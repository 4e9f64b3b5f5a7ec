"""What consumers did not get: a person is told, whether it was refused or lost later."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.conversation import texts
from bot.conversation.delivery_tables import outbox, recipient
from bot.conversation.moves import Move, lock, move
from bot.conversation.records import Event, Looked
from bot.conversation.states import Command, State
from bot.conversation.tables import message
from bot.conversation.waiting import Staffing

REASON = "undelivered"
Events = list[tuple[str, Event]]


async def call_person(
    tx: AsyncConnection, conversation_id: str, at: datetime, staffing: Staffing
) -> Events:
    """Put a conversation of the bot in the queue; who has it already sees what is lost."""
    held = await lock(tx, conversation_id)
    if held.state != State.BOT:
        return [(conversation_id, Looked())]
    wish = Move(
        Command.HAND_OVER,
        reason=REASON,
        priority=texts.priority(REASON),
        deadline=staffing.deadline(at),
    )
    return [(conversation_id, await move(tx, conversation_id, wish, at))]


async def lost(
    tx: AsyncConnection,
    account: tuple[str, str],
    platform_id: str,
    error: str,
    at: datetime,
    now: float,
    staffing: Staffing,
) -> Events:
    """Note that a platform could not deliver what it had taken; `account` is channel and account.

    What is not ours, or is known to be lost already, changes nothing. Returns what happened.
    """
    channel, name = account
    c = outbox.c
    found = await tx.execute(
        select(c.id, message.c.conversation_id)
        .join(message, message.c.id == c.message_id)
        .join(recipient, recipient.c.id == c.recipient_id)
        .where(recipient.c.channel == channel, recipient.c.account == name)
        .where(c.status == "sent")
        # Of several parts the last one's name is kept; where it is our key, all bear the bundle's.
        .where(or_(c.platform_id == platform_id, c.bundle == platform_id.partition("-")[0]))
    )
    rows = found.all()
    if not rows:
        return []
    await tx.execute(
        update(outbox)
        .where(c.id.in_([row.id for row in rows]))
        .values(status="dead", error=error, settled_at=now)
    )
    return await call_person(tx, rows[0].conversation_id, at, staffing)
