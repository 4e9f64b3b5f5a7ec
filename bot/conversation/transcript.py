"""Reading and writing the lines of a conversation."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import uuid4

from sqlalchemy import ColumnElement, Row, and_, case, func, insert, literal, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.conversation import outbox
from bot.conversation.records import (
    Agent,
    Author,
    ConversationView,
    Message,
    Purpose,
    Visibility,
)
from bot.conversation.states import State
from bot.conversation.tables import button, conversation, message
from bot.dialogue.engine import Button, Reply
from bot.errors import ConversationNotFound

BUTTON_PREFIX = "btn_"
# So many lines are a burst already: further ones do not hold it back any more.
_ENOUGH = 4


@dataclass(frozen=True)
class Draft:
    """A line that is about to be stored. `turn_id`: the inbox row that it answers.

    `told`: it was said on the platform already, and has not to be sent there.
    """

    conversation_id: str
    author: Author
    text: str | None
    visibility: Visibility = Visibility.PUBLIC
    turn_id: str | None = None
    custom: dict[str, Any] | None = None
    agent: Agent | None = None
    client_id: str | None = None
    told: bool = False


@dataclass(frozen=True)
class Ready:
    """When a line may be worked on: `pause` seconds after `now`, by the host's clock."""

    now: float
    pause: float = 0.0


async def append(
    tx: AsyncConnection,
    line: Draft,
    at: datetime,
    message_id: str | None = None,
    **changes: Any,
) -> Message:
    """Store one line under the conversation's next number, with `changes` to its row."""
    place = await _next(tx, line.conversation_id, **changes)
    stored = Message(
        message_id or uuid4().hex,
        line.conversation_id,
        place.last_seq,
        at,
        line.author,
        line.text,
        custom=line.custom,
        visibility=line.visibility,
        agent=line.agent,
        client_id=line.client_id,
    )
    await _store(tx, stored, line.turn_id)
    if not line.told:
        await outbox.write(tx, place, stored)
    return stored


async def append_consumers(
    tx: AsyncConnection, line: Draft, at: datetime, row_id: str, ready: Ready | None
) -> Message:
    """Store a consumer's line; with `ready` it is one more in the conversation's lane."""
    changes = {"waiting_since": _waits(at)}
    if ready is not None:
        changes |= {"pending": conversation.c.pending + 1, "ready_at": _ready_at(ready)}
    return await append(tx, line, at, row_id, **changes)


async def append_reply(
    tx: AsyncConnection,
    conversation_id: str,
    reply: Reply,
    at: datetime,
    turn_id: str | None,
    visibility: Visibility,
    message_id: str | None = None,
    purpose: Purpose = Purpose.BOT,
) -> Message:
    """Store one line of the bot; its buttons get ids that tell nothing and cannot be guessed."""
    place = await _next(tx, conversation_id)
    shown = [(f"{BUTTON_PREFIX}{secrets.token_hex(8)}", choice) for choice in reply.buttons]
    line = Message(
        message_id or uuid4().hex,
        conversation_id,
        place.last_seq,
        at,
        Author.BOT,
        reply.text,
        tuple({"title": choice.title, "payload": name} for name, choice in shown),
        dict(reply.custom) if reply.custom else None,
        visibility,
    )
    await _store(tx, line, turn_id)
    await outbox.write(tx, place, line, purpose)
    if shown and visibility is Visibility.PUBLIC:
        await _store_buttons(tx, line, turn_id or line.id, shown)
    return line


def _waits(at: datetime) -> Any:
    """Return since when the consumer waits for a person, now that they said something."""
    c = conversation.c
    since = func.coalesce(c.waiting_since, literal(at, c.waiting_since.type))
    return case((c.state.in_([State.QUEUED, State.HUMAN]), since), else_=c.waiting_since)


def _ready_at(ready: Ready) -> Any:
    """Return when the lane may be claimed: a pause after the last line, but not for ever."""
    return case(
        (conversation.c.pending == 0, ready.now + ready.pause),
        (conversation.c.pending >= _ENOUGH, conversation.c.ready_at),
        else_=ready.now + ready.pause,
    )


async def _next(tx: AsyncConnection, conversation_id: str, **values: Any) -> Row[Any]:
    # The UPDATE takes the row's lock, so that numbers have neither gaps nor doubles.
    numbered = await tx.execute(
        update(conversation)
        .where(conversation.c.id == conversation_id)
        .values(last_seq=conversation.c.last_seq + 1, **values)
        .returning(
            conversation.c.last_seq,
            conversation.c.channel,
            conversation.c.sender,
            conversation.c.account,
        )
    )
    return numbered.one()


async def _store(tx: AsyncConnection, line: Message, turn_id: str | None) -> None:
    await tx.execute(
        insert(message).values(
            id=line.id,
            conversation_id=line.conversation_id,
            seq=line.seq,
            at=line.at,
            author=line.author,
            text=line.text,
            buttons=list(line.buttons) or None,
            custom=line.custom,
            visibility=line.visibility,
            turn_id=turn_id,
            agent=line.agent.id if line.agent else None,
            agent_alias=line.agent.alias if line.agent else None,
            client_id=line.client_id,
        )
    )


async def _store_buttons(
    tx: AsyncConnection, line: Message, turn_id: str, shown: Sequence[tuple[str, Button]]
) -> None:
    rows = [
        {
            "id": name,
            "conversation_id": line.conversation_id,
            "turn_id": turn_id,
            "seq": line.seq,
            "title": choice.title,
            "payload": choice.payload,
        }
        for name, choice in shown
    ]
    await tx.execute(insert(button), rows)


async def of_turn(tx: AsyncConnection, turn_id: str) -> list[Message]:
    """Return what the bot publicly answered in one turn, in order."""
    return await _read(tx, message.c.turn_id == turn_id)


async def after(tx: AsyncConnection, conversation_id: str, seq: int) -> list[Message]:
    """Return the public messages that follow `seq` in a case and those of its sender's others."""
    cases = select(conversation.c.id).where(_same_sender(conversation_id))
    return await _read(tx, message.c.conversation_id.in_(cases), message.c.seq > seq)


async def newest_case(tx: AsyncConnection, conversation_id: str) -> ConversationView:
    """Return the newest case of the sender of one, without its messages."""
    found = await tx.execute(
        select(conversation)
        .where(_same_sender(conversation_id))
        .order_by(conversation.c.current.desc(), conversation.c.opened_at.desc())
        .limit(1)
    )
    row = found.one_or_none()
    if row is None:
        raise ConversationNotFound(sender=conversation_id)
    return _view(row, [])


async def of_sender(tx: AsyncConnection, sender: str) -> ConversationView:
    """Return the newest conversation of a sender, with what they said in earlier ones.

    Raises ConversationNotFound.
    """
    found = await tx.execute(
        select(conversation)
        .where(conversation.c.sender == sender)
        .order_by(conversation.c.opened_at.desc(), conversation.c.current.desc())
    )
    rows = found.all()
    if not rows:
        raise ConversationNotFound(sender=sender)
    newest = next((row for row in rows if row.current), rows[0])
    ids = [row.id for row in rows if row.channel == newest.channel]
    return _view(newest, await _read(tx, message.c.conversation_id.in_(ids)))


async def count_states(tx: AsyncConnection) -> dict[str, int]:
    """Return how many current conversations are in each state."""
    found = await tx.execute(
        select(conversation.c.state, func.count())
        .where(conversation.c.current)
        .group_by(conversation.c.state)
    )
    return {row[0]: row[1] for row in found}


def _same_sender(conversation_id: str) -> ColumnElement[bool]:
    """Return the condition on a case's neighbours: same channel, sender and consumer."""
    one, c = conversation.alias("one"), conversation.c

    def of_one(column: str) -> Any:
        return select(one.c[column]).where(one.c.id == conversation_id).scalar_subquery()

    return and_(
        c.sender == of_one("sender"),
        c.channel == of_one("channel"),
        c.consumer_id.is_not_distinct_from(of_one("consumer_id")),
    )


async def _read(tx: AsyncConnection, *conditions: ColumnElement[bool]) -> list[Message]:
    found = await tx.execute(
        select(message)
        .where(message.c.visibility == Visibility.PUBLIC, *conditions)
        .order_by(message.c.seq, message.c.at, message.c.id)
    )
    return [read_line(row) for row in found]


def read_line(row: Row[Any]) -> Message:
    """Return a row of the transcript as a plain value."""
    return Message(
        row.id,
        row.conversation_id,
        row.seq,
        row.at,
        Author(row.author),
        row.text,
        tuple(row.buttons or ()),
        row.custom,
        Visibility(row.visibility),
        Agent(row.agent, row.agent_alias or row.agent) if row.agent else None,
        row.client_id,
    )


def _view(row: Row[Any], messages: list[Message]) -> ConversationView:
    return ConversationView(
        row.id,
        row.channel,
        row.sender,
        row.consumer_id,
        State(row.state),
        row.reason,
        row.agent_alias or row.agent,
        row.epoch,
        tuple(messages),
        row.agent_read_seq,
    )
