"""What a message means where it presses a button.

Consumers and channels see ids that tell nothing; the engine's own payloads never leave, so
that nobody can send one that was not offered.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Row, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.conversation.delivery_tables import outbox
from bot.conversation.records import Author, Purpose, Visibility
from bot.conversation.tables import button, conversation, message
from bot.conversation.transcript import BUTTON_PREFIX
from bot.language.normalise import normalise
from bot.language.options import find_option
from bot.scheduling.notice_tables import notice

# What may stand around a number that picks, and changes nothing.
_FILLING = re.compile(r"[\W_我就要选择第项号个那的吧了啊呀好]*")


@dataclass(frozen=True)
class Meaning:
    """What goes to the engine; `trusted` where it is a payload of the engine's own.

    `asked_order` is the order of the notice that it answers, if it answers one.
    """

    text: str
    trusted: bool
    asked_order: str | None = None


async def title(tx: AsyncConnection, current: Row[Any], text: str) -> str:
    """Return what the transcript shows: the pressed button's title, or the text itself."""
    pressed = await by_id(tx, current, text)
    return str(pressed.title) if pressed is not None else text


async def meaning(tx: AsyncConnection, current: Row[Any], text: str) -> Meaning:
    """Return what a message means now.

    A button of the last turn that had any stands for its payload; an older one is only worth
    its title. A notice's buttons say all by themselves and stand for ever. The title, typed,
    presses a button as long as the bot has said nothing since, and so does a number where the
    platform showed them as numbered lines.
    """
    conversation_id = current.id
    pressed = await by_id(tx, current, text) or await _by_number(tx, current, text)
    if pressed is not None:
        last = await _last_turn(tx, conversation_id, button)
        about = await _order_of_notice(tx, pressed)
        live = pressed.turn_id == last or about is not None
        return Meaning(pressed.payload if live else pressed.title, live, asked_order=about)
    spoken = await _last_turn(tx, conversation_id, message)
    if spoken is not None:
        typed = await _one(tx, button.c.turn_id == spoken, button.c.title == text.strip())
        if typed is not None:
            return Meaning(
                typed.payload, trusted=True, asked_order=await _order_of_notice(tx, typed)
            )
    return Meaning(text, trusted=False)


async def _by_number(tx: AsyncConnection, current: Row[Any], text: str) -> Row[Any] | None:
    """Return the button of the list that was sent last that a number picks.

    None where something else was asked since: then the number answers that.
    """
    number = picked(text)
    if number is None or current.account is None:
        return None
    sent = (
        select(message.c.seq, message.c.turn_id, message.c.buttons)
        .join(outbox, outbox.c.message_id == message.c.id)
        .where(
            message.c.conversation_id == current.id,
            message.c.author == Author.BOT,
            outbox.c.status == "sent",
        )
        .order_by(message.c.seq.desc())
        .limit(1)
    )
    shown = (await tx.execute(sent.where(outbox.c.numbered))).first()
    if shown is None or number > len(shown.buttons or ()):
        return None
    since = sent.where(
        message.c.seq > shown.seq,
        message.c.turn_id.is_distinct_from(shown.turn_id),
        outbox.c.purpose != Purpose.NOTICE,
    )
    if (await tx.execute(since)).first() is not None:
        return None
    return await by_id(tx, current, shown.buttons[number - 1]["payload"])


def picked(text: str) -> int | None:
    """Return the number that a message is, however it is written; None where it says more."""
    said = normalise(text).text
    picks = find_option(said)
    if len(picks) != 1:
        return None
    rest = said[: picks[0].start] + said[picks[0].end :]
    return int(picks[0].value) if _FILLING.fullmatch(rest) else None


async def by_id(tx: AsyncConnection, current: Row[Any], text: str) -> Row[Any] | None:
    """Return the button that a message presses, of this case or an earlier one of the sender."""
    name = text.strip()
    if not name.startswith(BUTTON_PREFIX):
        return None
    theirs = select(conversation.c.id).where(
        conversation.c.channel == current.channel,
        conversation.c.sender == current.sender,
        conversation.c.consumer_id.is_not_distinct_from(current.consumer_id),
    )
    return await _one(tx, button.c.id == name, button.c.conversation_id.in_(theirs))


async def _one(tx: AsyncConnection, *conditions: ColumnElement[bool]) -> Row[Any] | None:
    found = await tx.execute(select(button).where(*conditions).order_by(button.c.seq.desc()))
    return found.first()


async def _order_of_notice(tx: AsyncConnection, pressed: Row[Any]) -> str | None:
    found = await tx.execute(select(notice.c.order_no).where(notice.c.notice_id == pressed.turn_id))
    return found.scalar_one_or_none()


async def _last_turn(tx: AsyncConnection, conversation_id: str, table: Any) -> str | None:
    query = select(table.c.turn_id).where(table.c.conversation_id == conversation_id)
    if table is message:
        query = query.where(
            message.c.author != Author.CONSUMER, message.c.visibility == Visibility.PUBLIC
        )
    else:
        of_notice = select(notice.c.notice_id).where(notice.c.notice_id == table.c.turn_id)
        query = query.where(~of_notice.exists())
    found = await tx.execute(query.order_by(table.c.seq.desc()).limit(1))
    row = found.first()
    return str(row[0]) if row is not None and row[0] is not None else None
