"""Reading and writing the lines of a conversation."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import uuid4

from sqlalchemy import ColumnElement, Row, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.conversation.records import Author, ConversationView, Message, Visibility
from bot.conversation.states import State
from bot.conversation.tables import button, conversation, message
from bot.dialogue.engine import Button, Reply
from bot.errors import ConversationNotFound

BUTTON_PREFIX = "btn_"


async def append(
    tx: AsyncConnection,
    conversation_id: str,
    author: Author,
    text: str | None,
    at: datetime,
    message_id: str | None = None,
    *,
    custom: dict[str, Any] | None = None,
    waits: bool = False,
) -> Message:
    """Store one public line under the conversation's next number.

    `waits` puts it in the conversation's lane too, where its row in the inbox is.
    """
    line = Message(
        message_id or uuid4().hex,
        conversation_id,
        await _next(tx, conversation_id, waiting=int(waits)),
        at,
        author,
        text,
        custom=custom,
    )
    await _store(tx, line, None)
    return line


async def append_reply(
    tx: AsyncConnection,
    conversation_id: str,
    reply: Reply,
    at: datetime,
    turn_id: str,
    visibility: Visibility,
    message_id: str | None = None,
) -> Message:
    """Store one line of the bot; its buttons get ids that tell nothing and cannot be guessed."""
    seq = await _next(tx, conversation_id)
    shown = [(f"{BUTTON_PREFIX}{secrets.token_hex(8)}", choice) for choice in reply.buttons]
    line = Message(
        message_id or uuid4().hex,
        conversation_id,
        seq,
        at,
        Author.BOT,
        reply.text,
        tuple({"title": choice.title, "payload": name} for name, choice in shown),
        dict(reply.custom) if reply.custom else None,
        visibility,
    )
    await _store(tx, line, turn_id)
    if shown and visibility is Visibility.PUBLIC:
        await _store_buttons(tx, line, turn_id, shown)
    return line


async def _next(tx: AsyncConnection, conversation_id: str, waiting: int = 0) -> int:
    # The UPDATE takes the row's lock, so that numbers have neither gaps nor doubles.
    numbered = await tx.execute(
        update(conversation)
        .where(conversation.c.id == conversation_id)
        .values(last_seq=conversation.c.last_seq + 1, pending=conversation.c.pending + waiting)
        .returning(conversation.c.last_seq)
    )
    return int(numbered.scalar_one())


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
    """Return the public messages of a conversation that follow `seq`, in order."""
    return await _read(tx, message.c.conversation_id == conversation_id, message.c.seq > seq)


async def view(tx: AsyncConnection, conversation_id: str) -> ConversationView:
    """Return a conversation as it stands, without its messages."""
    found = await tx.execute(select(conversation).where(conversation.c.id == conversation_id))
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


async def _read(tx: AsyncConnection, *conditions: ColumnElement[bool]) -> list[Message]:
    found = await tx.execute(
        select(message)
        .where(message.c.visibility == Visibility.PUBLIC, *conditions)
        .order_by(message.c.seq, message.c.at, message.c.id)
    )
    return [_message(row) for row in found]


def _message(row: Row[Any]) -> Message:
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
    )


def _view(row: Row[Any], messages: list[Message]) -> ConversationView:
    return ConversationView(
        row.id,
        row.channel,
        row.sender,
        row.consumer_id,
        State(row.state),
        row.reason,
        row.agent,
        row.epoch,
        tuple(messages),
    )
