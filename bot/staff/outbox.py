"""Cards on their way to messengers: stored first, sent in order to each place, tried again."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict
from typing import Any
from uuid import uuid4

from sqlalchemy import Row, and_, delete, exists, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.channels.staff import Address, Card, Choice
from bot.staff.tables import card

_LEASE = 60.0
_KEPT = 8 * 86400.0


async def put(
    tx: AsyncConnection, address: Address, shown: Card, now: float, replaces: str | None = None
) -> int:
    """Store a card to be sent, or to be shown in the place of one that was; return its id."""
    values = {
        "key": uuid4().hex,
        "channel": address.channel,
        "account": address.account,
        "place": address.place,
        "in_group": address.group,
        "content": as_json(shown),
        "replaces": replaces,
        "status": "new",
        "attempts": 0,
        "at": now,
        "ready_at": now,
        "lease_until": 0.0,
    }
    made = await tx.execute(insert(card).values(**values).returning(card.c.id))
    return int(made.scalar_one())


async def claim(
    tx: AsyncConnection, robots: Collection[tuple[str, str]], now: float
) -> Row[Any] | None:
    """Take the oldest card that may be sent now by one of the (channel, account)s."""
    c, older = card.c, card.alias("older")
    same = and_(*(older.c[name] == c[name] for name in ("channel", "account", "place")))
    # One that is put off holds nobody up: an alert matters more than its place in the row.
    before = exists().where(
        same, older.c.status == "new", older.c.id < c.id, older.c.ready_at <= now
    )
    ours = or_(*(and_(c.channel == name, c.account == account) for name, account in robots))
    head = (
        select(c.id)
        .where(c.status == "new", c.ready_at <= now, c.lease_until <= now, ours, ~before)
        .order_by(c.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    found = await tx.execute(
        update(card)
        .where(c.id == head.scalar_subquery(), c.lease_until <= now)
        .values(lease_until=now + _LEASE, attempts=c.attempts + 1)
        .returning(card)
    )
    row: Row[Any] | None = found.one_or_none()
    return row


async def sent(tx: AsyncConnection, row: Row[Any], shown: str) -> None:
    """Note that a card is there; what it showed is forgotten."""
    await _settle(tx, row, status="sent", shown=shown, content=None)


async def dead(tx: AsyncConnection, row: Row[Any], why: str) -> None:
    """Give a card up."""
    await _settle(tx, row, status="dead", error=why)


async def put_off(tx: AsyncConnection, row: Row[Any], until: float, why: str) -> None:
    """Try a card again later."""
    await tx.execute(
        update(card).where(card.c.id == row.id).values(lease_until=0.0, ready_at=until, error=why)
    )


async def pause(tx: AsyncConnection, row: Row[Any], until: float) -> None:
    """Hold back everything of an account that takes no more; the try does not count."""
    c = card.c
    await tx.execute(
        update(card)
        .where(
            c.channel == row.channel,
            c.account == row.account,
            c.status == "new",
            c.ready_at < until,
        )
        .values(ready_at=until)
    )
    await tx.execute(
        update(card).where(c.id == row.id).values(lease_until=0.0, attempts=c.attempts - 1)
    )


async def drop(tx: AsyncConnection, card_id: int) -> None:
    """Do not send a card that no longer says the truth, unless it is sent already."""
    c = card.c
    await tx.execute(
        update(card)
        .where(c.id == card_id, c.status == "new")
        .values(status="dropped", content=None)
    )


async def forget(tx: AsyncConnection, now: float) -> None:
    """Remove what was sent long ago."""
    await tx.execute(delete(card).where(card.c.status != "new", card.c.at < now - _KEPT))


def address(row: Row[Any]) -> Address:
    """Return where a card goes."""
    return Address(row.channel, row.account, row.place, row.in_group)


def as_json(shown: Card) -> dict[str, Any]:
    """Return a card as it is stored."""
    return asdict(shown)


def from_json(stored: dict[str, Any]) -> Card:
    """Return a card that was stored."""
    choices = tuple(Choice(**choice) for choice in stored["choices"])
    return Card(stored["title"], tuple(stored["lines"]), choices, stored["urgent"])


async def _settle(tx: AsyncConnection, row: Row[Any], **values: Any) -> None:
    await tx.execute(
        update(card).where(card.c.id == row.id, card.c.status == "new").values(**values)
    )
