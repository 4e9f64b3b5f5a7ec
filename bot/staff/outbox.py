"""Cards on their way to messengers: stored first, sent in order to each place, tried again."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict
from typing import Any
from uuid import uuid4

from sqlalchemy import ColumnElement, Row, and_, delete, exists, insert, or_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.channels.staff import Address, Card, Choice
from bot.conversation.delivery_tables import channel_account
from bot.conversation.leases import FREE, Lease, Leases
from bot.staff.tables import alert, card

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
        "pending": 1,
        "attempts": 0,
        "at": now,
        "ready_at": now,
        "lease_until": 0.0,
    }
    made = await tx.execute(insert(card).values(**values).returning(card.c.id))
    return int(made.scalar_one())


def leases(robots: Collection[tuple[str, str]]) -> Leases:
    """Return the claims of cards that (channel, account)s may send, in order to each place."""
    c, older, paused = card.c, card.alias("older"), channel_account.c
    ours = or_(*(and_(c.channel == name, c.account == account) for name, account in robots))
    same = and_(*(older.c[name] == c[name] for name in ("channel", "account", "place")))

    def may(now: float) -> ColumnElement[bool]:
        # One that is put off holds nobody up: an alert matters more than its place in the row.
        due = and_(older.c.pending > 0, older.c.id < c.id, older.c.ready_at <= now)
        full = and_(
            paused.channel == c.channel, paused.account == c.account, paused.paused_until > now
        )
        return and_(ours, ~exists().where(same, due), ~exists().where(full))

    return Leases(card, may)


async def take(tx: AsyncConnection, lease: Lease) -> Row[Any]:
    """Return a claimed card, one more try noted."""
    taken = await tx.execute(
        update(card)
        .where(card.c.id == lease.id)
        .values(attempts=card.c.attempts + 1)
        .returning(card)
    )
    row: Row[Any] = taken.one()
    return row


async def put_off(
    tx: AsyncConnection, lease: Lease, until: float, why: str, *, counts: bool = True
) -> None:
    """Give a card back, to be tried again later; the try may not count."""
    c = card.c
    await tx.execute(
        update(card)
        .where(*_of(lease))
        .values(
            worker=None,
            lease_until=FREE,
            ready_at=until,
            error=why,
            attempts=c.attempts if counts else c.attempts - 1,
        )
    )


async def sent(tx: AsyncConnection, lease: Lease, shown: str) -> None:
    """Note that a card is there; what it showed is forgotten."""
    await _settle(tx, *_of(lease), status="sent", shown=shown, content=None)


async def dead(tx: AsyncConnection, lease: Lease, why: str) -> None:
    """Give a card up."""
    await _settle(tx, *_of(lease), status="dead", error=why)


async def drop(tx: AsyncConnection, card_id: int) -> None:
    """Do not send a card that no longer says the truth, unless it is on its way."""
    c = card.c
    waits = (c.id == card_id, c.pending > 0, c.lease_until == FREE)
    await _settle(tx, *waits, status="dropped", content=None)


async def forget(tx: AsyncConnection, now: float) -> None:
    """Remove what was sent long ago, and alerts that are over and have no card any more."""
    await tx.execute(delete(card).where(card.c.pending == 0, card.c.at < now - _KEPT))
    shown = exists().where(card.c.id == alert.c.card_id)
    await tx.execute(delete(alert).where(alert.c.over, ~shown))


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


async def _settle(tx: AsyncConnection, *which: ColumnElement[bool], **values: Any) -> None:
    ended = {"pending": 0, "worker": None, "lease_until": FREE}
    await tx.execute(update(card).where(*which).values(**ended, **values))


def _of(lease: Lease) -> tuple[ColumnElement[bool], ...]:
    return card.c.id == lease.id, card.c.lane_epoch == lease.epoch
