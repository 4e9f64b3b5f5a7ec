"""Mailboxes that a platform keeps for us: one reader at a time, and none that reads twice.

A ring is counted, not answered: who reads notes how often it had rung when they began, so a
ring that comes meanwhile is read for again, by whichever process.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import or_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.conversation.delivery_tables import mailbox
from bot.database.upsert import upsert

LEASE_SECONDS = 60.0


@dataclass(frozen=True)
class Box:
    """Which mailbox: the channel, our account there, and the platform's name of the box."""

    channel: str
    account: str
    name: str


@dataclass(frozen=True)
class Reading:
    """What a reader begins with. `token` is None where no ring brought one that still holds."""

    box: Box
    reader: str
    cursor: str | None
    since: float
    rings: int
    token: str | None


async def ring(tx: AsyncConnection, box: Box, token: str, now: float, token_seconds: float) -> None:
    """Note that there is something to read."""
    new = {"token": token, "token_until": now + token_seconds}
    await tx.execute(
        upsert(tx, mailbox)
        .values({**_new(box, now), **new, "rings": 1})
        .on_conflict_do_update(
            index_elements=["channel", "account", "box"],
            set_={**new, "rings": mailbox.c.rings + 1},
        )
    )


async def claim(tx: AsyncConnection, box: Box, reader: str, now: float) -> Reading | None:
    """Return what to read on from, where it rang or is due and nobody else reads."""
    c = mailbox.c
    await tx.execute(upsert(tx, mailbox).values(**_new(box, now)).on_conflict_do_nothing())
    claimed = await tx.execute(
        update(mailbox)
        .where(*_of(box), c.lease_until < now, c.rests_until <= now)
        .where(or_(c.rings > c.read_rings, c.due_at <= now))
        .values(reader=reader, lease_until=now + LEASE_SECONDS)
        .returning(c.cursor, c.since, c.rings, c.token, c.token_until)
    )
    row = claimed.one_or_none()
    if row is None:
        return None
    token = row.token if row.token_until > now else None
    return Reading(box, reader, row.cursor, row.since, row.rings, token)


async def advance(tx: AsyncConnection, reading: Reading, cursor: str, now: float) -> bool:
    """Move the cursor with what was read; False where another reader has taken over since."""
    c = mailbox.c
    moved = await tx.execute(
        update(mailbox)
        .where(*_of(reading.box), c.reader == reading.reader)
        .where(c.cursor.is_not_distinct_from(reading.cursor))
        .values(cursor=cursor, lease_until=now + LEASE_SECONDS)
        .returning(c.box)
    )
    return moved.first() is not None


async def finish(tx: AsyncConnection, reading: Reading, due_at: float) -> None:
    """Let others read; everything up to the rings that it began with was read."""
    await _let_go(tx, reading, read_rings=reading.rings, due_at=due_at)


async def rest(tx: AsyncConnection, reading: Reading, until: float) -> None:
    """Let others read, but nobody before `until`: reading failed."""
    await _let_go(tx, reading, rests_until=until)


async def _let_go(tx: AsyncConnection, reading: Reading, **values: Any) -> None:
    await tx.execute(
        update(mailbox)
        .where(*_of(reading.box), mailbox.c.reader == reading.reader)
        .values(reader=None, lease_until=0, **values)
    )


def _of(box: Box) -> tuple[Any, ...]:
    c = mailbox.c
    return c.channel == box.channel, c.account == box.account, c.box == box.name


def _new(box: Box, now: float) -> dict[str, Any]:
    return {
        "channel": box.channel,
        "account": box.account,
        "box": box.name,
        "since": now,
        "rings": 0,
        "read_rings": 0,
        "token_until": 0,
        "lease_until": 0,
        "due_at": 0,
        "rests_until": 0,
    }
