"""What the desk reads: rows of the lists, a whole conversation, its moves and earlier cases."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, Protocol

from sqlalchemy import Row, Select, and_, bindparam, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.conversation import waiting
from bot.conversation.records import Author, Message, Visibility
from bot.conversation.states import State
from bot.conversation.tables import conversation, conversation_move, inbox, message, rating
from bot.conversation.transcript import read_line
from bot.desk.tables import cursor
from bot.errors import ConversationNotFound
from bot.scheduling.tables import identity_proof, orders

MOST = 200
_RATED = (
    rating.c.stars,
    rating.c.resolved,
    rating.c.reason.label("rating_reason"),
    rating.c.at.label("rated_at"),
)


@dataclass(frozen=True)
class Line:
    """A line of the transcript with what was understood of it."""

    message: Message
    nlu: dict[str, Any] | None


class Viewer(Protocol):
    """Who reads. `merchants` None: everybody's conversations."""

    @property
    def id(self) -> str:
        """The account."""

    @property
    def merchants(self) -> frozenset[str] | None:
        """The merchants whose consumers they may see."""


@dataclass(frozen=True)
class System:
    """Reads for the system itself, not for an agent."""

    id: str = ""
    merchants: frozenset[str] | None = None


async def one(tx: AsyncConnection, viewer: Viewer, conversation_id: str) -> Row[Any]:
    """Return one row of a list. Raises ConversationNotFound, for what is not the viewer's too."""
    query = _seen_by(viewer, _one())
    found = await tx.execute(query, {"account_id": viewer.id, "wanted": conversation_id})
    row: Row[Any] | None = found.one_or_none()
    if row is None:
        raise ConversationNotFound(sender=conversation_id)
    return row


async def listed(tx: AsyncConnection, viewer: Viewer, name: str) -> list[Row[Any]]:
    """Return a list's rows in order: `queued`, `mine` or `bot`."""
    c = conversation.c
    query = _seen_by(viewer, _rows())
    if name == "queued":
        query = query.where(c.state == State.QUEUED).order_by(c.priority, c.ticket)
    elif name == "mine":
        query = query.where(c.state == State.HUMAN, c.agent == viewer.id).order_by(
            c.waiting_since.is_(None), c.waiting_since, c.id
        )
    else:
        query = query.where(c.state == State.BOT, c.current).order_by(c.opened_at.desc(), c.id)
    return list(await tx.execute(query.limit(MOST), {"account_id": viewer.id}))


async def some(tx: AsyncConnection, viewer: Viewer, ids: Sequence[str]) -> list[Row[Any]]:
    """Return the rows of some conversations, without those that are not the viewer's."""
    query = _seen_by(viewer, _rows()).where(conversation.c.id.in_(ids))
    return list(await tx.execute(query, {"account_id": viewer.id}))


async def on_lists(tx: AsyncConnection) -> set[str]:
    """Return the conversations that stand in any agent's lists, newest of the bot's included."""
    c = conversation.c
    people = select(c.id).where(c.state.in_([State.QUEUED, State.HUMAN]))
    bots = select(c.id).where(c.state == State.BOT, c.current).order_by(c.opened_at.desc())
    return {
        *(await tx.execute(people)).scalars(),
        *(await tx.execute(bots.limit(MOST))).scalars(),
    }


async def in_human_hands(tx: AsyncConnection, viewer: Viewer) -> list[Row[Any]]:
    """Return the conversations that people have."""
    query = _seen_by(viewer, _rows()).where(conversation.c.state == State.HUMAN)
    query = query.order_by(conversation.c.claimed_at).limit(MOST)
    return list(await tx.execute(query, {"account_id": viewer.id}))


async def closed_between(
    tx: AsyncConnection, viewer: Viewer, since: datetime, until: datetime, *, by_people: bool
) -> list[Row[Any]]:
    """Return the cases that were closed in a time, oldest first."""
    c = conversation.c
    query = _seen_by(viewer, _rows()).where(c.closed_at >= since, c.closed_at < until)
    if by_people:
        query = query.where(conversation.c.claimed_at.is_not(None))
    query = query.order_by(conversation.c.closed_at)
    return list(await tx.execute(query, {"account_id": viewer.id}))


async def position(tx: AsyncConnection, row: Row[Any]) -> int | None:
    """Return a row's place in the queue from 1, or None."""
    return await waiting.ahead(tx, row) + 1 if row.state == State.QUEUED else None


async def head(tx: AsyncConnection, viewer: Viewer) -> str | None:
    """Return who is first in the queue of those whom the viewer may see."""
    c = conversation.c
    queued = _seen_by(viewer, select(c.id)).where(c.state == State.QUEUED)
    found = await tx.execute(queued.order_by(c.priority, c.ticket).limit(1))
    first: str | None = found.scalar_one_or_none()
    return first


async def counts(tx: AsyncConnection, viewer: Viewer, now: datetime) -> dict[str, int]:
    """Return how many wait, are the account's and are the bot's, and the longest wait."""
    c = conversation.c
    states = select(c.state, func.count(), func.min(c.queued_at))
    found = await tx.execute(
        _seen_by(viewer, states)
        .where(or_(and_(c.state == State.BOT, c.current), c.state == State.QUEUED))
        .group_by(c.state)
    )
    by_state = {state: (number, first) for state, number, first in found}
    mine = await tx.execute(
        select(func.count()).where(c.state == State.HUMAN, c.agent == viewer.id)
    )
    number, first = by_state.get("queued", (0, None))
    wait = max(int((now - first).total_seconds()), 0) if first else 0
    return {
        "queued": number,
        "mine": int(mine.scalar_one()),
        "bot": by_state.get("bot", (0, None))[0],
        "longest_wait_seconds": wait,
    }


async def lines(tx: AsyncConnection, conversation_id: str, after_seq: int = 0) -> list[Line]:
    """Return a case's lines after `seq`, notes and suppressed ones included."""
    found = await tx.execute(
        select(message, inbox.c.nlu)
        .outerjoin(inbox, inbox.c.id == message.c.id)
        .where(message.c.conversation_id == conversation_id, message.c.seq > after_seq)
        .order_by(message.c.seq)
    )
    return [Line(read_line(row), row.nlu) for row in found]


async def moves(tx: AsyncConnection, conversation_id: str, after_epoch: int = 0) -> list[Row[Any]]:
    """Return a case's moves after an epoch."""
    m = conversation_move.c
    found = await tx.execute(
        select(conversation_move)
        .where(m.conversation_id == conversation_id, m.epoch > after_epoch)
        .order_by(m.epoch)
    )
    return list(found)


async def earlier_cases(tx: AsyncConnection, row: Row[Any]) -> list[Row[Any]]:
    """Return the other cases of a conversation's consumer, newest first."""
    c = conversation.c
    same = and_(c.channel == row.channel, c.sender == row.sender)
    if row.consumer_id is not None:
        same = c.consumer_id == row.consumer_id
    else:
        same = and_(same, c.consumer_id.is_(None))
    found = await tx.execute(
        select(conversation, *_RATED)
        .outerjoin(rating, rating.c.conversation_id == c.id)
        .where(same, c.id != row.id)
        .order_by(c.opened_at.desc())
        .limit(MOST)
    )
    return list(found)


def scope(viewer: Viewer) -> Select[Any] | None:
    """Return a selection of the ids of what a viewer may see; None: everything."""
    return None if viewer.merchants is None else _seen_by(viewer, select(conversation.c.id))


@cache
def _one() -> Select[Any]:
    return _rows().where(conversation.c.id == bindparam("wanted"))


@cache
def _rows() -> Select[Any]:
    """Select rows as one account sees them; built once, which takes longer than running it."""
    c = conversation.c
    last = (
        select(func.max(message.c.seq))
        .where(message.c.conversation_id == c.id, message.c.visibility == Visibility.PUBLIC)
        .correlate(conversation)
        .scalar_subquery()
    )
    seen = (
        select(cursor.c.seq)
        .where(cursor.c.account_id == bindparam("account_id"), cursor.c.conversation_id == c.id)
        .correlate(conversation)
        .scalar_subquery()
    )
    newer = message.alias("newer")
    unread = (
        select(func.count())
        .where(
            newer.c.conversation_id == c.id,
            newer.c.author == Author.CONSUMER,
            newer.c.seq > func.coalesce(seen, 0),
        )
        .correlate(conversation)
        .scalar_subquery()
    )
    return (
        select(
            conversation,
            unread.label("unread"),
            message.c.seq.label("line_seq"),
            message.c.at.label("line_at"),
            message.c.author.label("line_author"),
            message.c.text.label("line_text"),
            *_RATED,
        )
        .outerjoin(message, and_(message.c.conversation_id == c.id, message.c.seq == last))
        .outerjoin(rating, rating.c.conversation_id == c.id)
    )


def _seen_by(viewer: Viewer, query: Select[Any]) -> Select[Any]:
    """Keep of the conversations those of the viewer's merchants.

    One that concerns no order yet is everybody's, and what an agent has, they keep.
    """
    if viewer.merchants is None:
        return query
    c, proof = conversation.c, identity_proof.c
    proven = select(proof.order_no).where(
        proof.conversation_id == func.coalesce(c.dialogue_id, c.id)
    )
    concerned = (
        select(orders.c.order_no)
        .where(or_(orders.c.consumer_id == c.consumer_id, orders.c.order_no.in_(proven)))
        .correlate(conversation)
    )
    own = concerned.where(orders.c.merchant.in_(viewer.merchants))
    held = and_(c.state == State.HUMAN, c.agent == viewer.id)
    return query.where(or_(~concerned.exists(), own.exists(), held))
