"""Lines that no platform took: listed for people, and sent anew when they say so."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.conversation.delivery_tables import outbox, recipient
from bot.conversation.tables import conversation, message

_LISTED = 200
_WEEK = 7 * 24 * 3600.0


async def listed(tx: AsyncConnection, now: float) -> list[Row[Any]]:
    """Return the dead lines of the last week, newest first, with their conversations' columns.

    `now` is the host's time in seconds.
    """
    found = await tx.execute(
        select(
            outbox.c.id,
            outbox.c.error,
            outbox.c.purpose,
            message.c.conversation_id,
            message.c.seq,
            message.c.at,
            message.c.text,
            conversation.c.channel,
            conversation.c.state,
            conversation.c.agent,
        )
        .join(message, message.c.id == outbox.c.message_id)
        .join(conversation, conversation.c.id == message.c.conversation_id)
        .where(outbox.c.status == "dead", outbox.c.settled_at > now - _WEEK)
        .order_by(outbox.c.settled_at.desc(), outbox.c.seq.desc())
        .limit(_LISTED)
    )
    rows: Sequence[Any] = found.all()
    return list(rows)


async def send_again(tx: AsyncConnection, conversation_id: str) -> int:
    """Let the dead lines of a conversation be sent anew, in their order; return how many.

    The platform knows them by new keys: it may refuse one that it has seen.
    """
    c = outbox.c
    theirs = select(message.c.id).where(message.c.conversation_id == conversation_id)
    raised = await tx.execute(
        update(outbox)
        .where(c.status == "dead", c.message_id.in_(theirs))
        .values(
            status="new",
            bundle=None,
            parts=0,
            attempts=0,
            round=c.round + 1,
            error=None,
            settled_at=None,
        )
        .returning(c.recipient_id)
    )
    names = [row.recipient_id for row in raised]
    if names:
        await tx.execute(
            update(recipient)
            .where(recipient.c.id == names[0])
            .values(pending=recipient.c.pending + len(names), held=False, ready_at=0)
        )
    return len(names)


async def counts(tx: AsyncConnection, now: float) -> dict[str, int]:
    """Return how many lines wait to be sent, and how many of the last week are dead."""
    waiting = await tx.execute(
        select(func.coalesce(func.sum(recipient.c.pending), 0)).where(recipient.c.pending > 0)
    )
    dead = await tx.execute(
        select(func.count()).where(outbox.c.status == "dead", outbox.c.settled_at > now - _WEEK)
    )
    return {"waiting": int(waiting.scalar_one()), "dead": int(dead.scalar_one())}
