"""What has to be sent to a platform: written with the line that it sends, in one transaction.

A line of the bot or of an agent goes out where its conversation has an account of ours; pages
fetch theirs, and callers of the REST channel wait for them.
"""

from __future__ import annotations

import secrets
from typing import Any
from uuid import uuid4

from sqlalchemy import Row, and_, case, delete, insert, or_
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.conversation.delivery_tables import channel_event, outbox, recipient
from bot.conversation.records import Author, Grant, Incoming, Message, Purpose, Visibility
from bot.database.upsert import upsert

# With the round and the part a name of at most 32 letters, which platforms take as a key.
_ID_BYTES = 12
_AT_ONCE = 0.0


async def write(
    tx: AsyncConnection, place: Row[Any], line: Message, purpose: Purpose = Purpose.BOT
) -> None:
    """Put a line into the outbox, where it is public and its conversation has to be sent to.

    `place` is the conversation's channel, sender and account.
    """
    if place.account is None or line.author is Author.CONSUMER:
        return
    if line.visibility is not Visibility.PUBLIC or not (line.text or line.buttons):
        return
    await tx.execute(
        insert(outbox).values(
            id=secrets.token_hex(_ID_BYTES),
            recipient_id=await _one_more(tx, place),
            message_id=line.id,
            seq=line.seq,
            purpose=Purpose.HUMAN if line.author is Author.AGENT else purpose,
            status="new",
            parts=0,
            calling=False,
            numbered=False,
            attempts=0,
            round=0,
        )
    )


async def grant(tx: AsyncConnection, incoming: Incoming, given: Grant, now: float) -> None:
    """Note what a platform lets us send since the consumer did something.

    What was held back until then goes out first. What lets us send less, and not for longer,
    takes nothing away from what is left of an earlier one.
    """
    c = recipient.c
    until = now + given.seconds
    left = and_(c.granted_until > until, c.granted - c.spent >= given.replies)
    values = {
        "granted": given.replies,
        "spent": 0,
        "granted_until": until,
        "grant_token": given.token,
    }
    new = _new_recipient(incoming.channel, incoming.sender, incoming.account)
    await tx.execute(
        upsert(tx, recipient)
        .values(**new, pending=0, **values)
        .on_conflict_do_update(
            index_elements=["channel", "sender"],
            set_={
                **values,
                "held": False,
                "ready_at": case((c.held, _AT_ONCE), else_=c.ready_at),
            },
            where=or_(c.granted_until.is_(None), ~left),
        )
    )


async def first_time(
    tx: AsyncConnection, channel: str, account: str, event_id: str, now: float
) -> bool:
    """Note an event of a platform; False where it was noted before."""
    noted = await tx.execute(
        upsert(tx, channel_event)
        .values(channel=channel, account=account, event_id=event_id, at=now)
        .on_conflict_do_nothing()
        .returning(channel_event.c.event_id)
    )
    return noted.first() is not None


async def forget_events(tx: AsyncConnection, before: float) -> int:
    """Forget events that no platform tells again any more; return how many."""
    gone = await tx.execute(delete(channel_event).where(channel_event.c.at < before))
    return int(gone.rowcount)


async def _one_more(tx: AsyncConnection, place: Row[Any]) -> str:
    c = recipient.c
    new = _new_recipient(place.channel, place.sender, place.account)
    found = await tx.execute(
        upsert(tx, recipient)
        .values(**new, pending=1, spent=0)
        .on_conflict_do_update(
            index_elements=["channel", "sender"],
            set_={
                "pending": c.pending + 1,
                "held": False,
                # A pause after a failure stays; what only waits for leave is looked at anew.
                "ready_at": case((or_(c.pending == 0, c.held), _AT_ONCE), else_=c.ready_at),
            },
        )
        .returning(c.id)
    )
    return str(found.scalar_one())


def _new_recipient(channel: str, sender: str, account: str | None) -> dict[str, Any]:
    return {
        "id": uuid4().hex,
        "channel": channel,
        "sender": sender,
        "account": account,
        "lane_epoch": 0,
        "lease_until": 0,
        "ready_at": _AT_ONCE,
        "held": False,
    }
