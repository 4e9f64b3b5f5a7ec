"""Taking a message in: stored before anyone is told that it arrived, and only once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import uuid4

from sqlalchemy import Row, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.conversation import buttons, cases, outbox, ratings, transcript
from bot.conversation.records import (
    Author,
    Event,
    Incoming,
    MessageAdded,
    Receipt,
)
from bot.conversation.states import State
from bot.conversation.tables import inbox
from bot.conversation.transcript import Draft, Ready
from bot.database.upsert import upsert
from bot.errors import MalformedRequest


@dataclass(frozen=True)
class Accepted:
    """A message that is stored: what it changed, and in how many seconds work on it begins.

    `pause` is None where nothing has to work on it. `begun_after` is the case before where
    the message began a new one.
    """

    receipt: Receipt
    events: list[Event]
    pause: float | None = None
    begun_after: str | None = None


async def accept(
    tx: AsyncConnection,
    incoming: Incoming,
    at: datetime,
    now: float,
    pause: Callable[[Incoming], float] | None,
    custom: dict[str, Any] | None = None,
) -> Accepted:
    """Store a message, its place in the transcript and its place in the lane.

    A repeated one changes nothing and gets the first one's receipt. `now` is the host's time
    in seconds; `pause` says for how long a message waits for more, None that nothing has to
    work on it. `custom` is what a line is beside its text. Raises MalformedRequest for an
    opinion without stars.
    """
    row_id = uuid4().hex
    if not await _insert_first(tx, row_id, incoming, now):
        return Accepted(await _receipt_of_first(tx, incoming), [])
    if incoming.grant is not None:
        await outbox.grant(tx, incoming, incoming.grant, now)
    newest = await cases.newest(tx, incoming)
    rated = await ratings.read(tx, newest, incoming.text) if newest is not None else None
    if newest is not None and rated is not None:
        return await _rate(tx, newest, rated, incoming, at, row_id)
    if incoming.opinion is not None:
        raise MalformedRequest("stars: must be the payload of a star that was offered")
    opened = await cases.open_case(tx, incoming, at)
    text = await buttons.title(tx, opened, incoming.text)
    draft = Draft(opened.id, Author.CONSUMER, text, custom=custom)
    # A person's to answer, or answered here: nothing else has to work on it.
    answered = pause is None or incoming.answer is not None or opened.state == State.HUMAN
    waits = None if answered or pause is None else max(pause(incoming), incoming.wait)
    ready = None if waits is None else Ready(now, waits)
    line = await transcript.append_consumers(tx, draft, at, row_id, ready)
    await _place(tx, row_id, opened.id, line.seq, "done" if ready is None else "new")
    receipt = Receipt(row_id, opened.id, line.seq)
    begun_after = newest.id if newest is not None and newest.id != opened.id else None
    events: list[Event] = [MessageAdded(line)]
    for said, turn_id in ((incoming.answer, row_id), (incoming.notice, None)):
        if said is not None and opened.state == State.BOT:
            answer = Draft(opened.id, Author.BOT, said, turn_id=turn_id)
            events.append(MessageAdded(await transcript.append(tx, answer, at)))
    return Accepted(receipt, events, waits, begun_after)


async def _rate(
    tx: AsyncConnection,
    newest: Row[Any],
    rated: tuple[str, int],
    incoming: Incoming,
    at: datetime,
    row_id: str,
) -> Accepted:
    """Take stars: no turn of a dialogue, and no new case."""
    title = await buttons.title(tx, newest, incoming.text)
    text = ratings.in_words(title, incoming.opinion)
    line = await transcript.append(tx, Draft(newest.id, Author.CONSUMER, text), at, row_id)
    answer = await ratings.give(tx, *rated, at, incoming.opinion)
    thanks = Draft(newest.id, Author.BOT, answer, turn_id=row_id)
    said = await transcript.append(tx, thanks, at)
    await _place(tx, row_id, newest.id, line.seq, status="done")
    receipt = Receipt(row_id, newest.id, line.seq)
    return Accepted(receipt, [MessageAdded(line), MessageAdded(said)])


async def _place(
    tx: AsyncConnection, row_id: str, conversation_id: str, seq: int, status: str = "new"
) -> None:
    values = {"conversation_id": conversation_id, "seq": seq, "status": status}
    await tx.execute(update(inbox).where(inbox.c.id == row_id).values(**values))


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


def _external_id(incoming: Incoming) -> str | None:
    return None if incoming.message_id is None else f"id:{incoming.message_id}"
