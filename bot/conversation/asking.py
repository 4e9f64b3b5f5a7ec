"""What a turn tells the engine: its text, and what it missed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.conversation import bursts, buttons
from bot.conversation.buttons import Meaning
from bot.conversation.cases import dialogue_id
from bot.conversation.records import Visibility
from bot.conversation.states import State
from bot.conversation.tables import conversation, message
from bot.dialogue.engine import Missed

_MISSED_LINES = 200


@dataclass(frozen=True)
class Asked:
    """A turn as the engine gets it, and who answers as it begins."""

    channel: str
    state: State
    epoch: int
    dialogue_id: str
    consumer_id: str | None
    text: str
    trusted: bool
    asked_order: str | None
    fresh: bool
    missed: tuple[Missed, ...]


async def read_turn(tx: AsyncConnection, conversation_id: str, rows: Sequence[Row[Any]]) -> Asked:
    """Return what a turn asks the engine, read from the conversation as it is now."""
    found = await tx.execute(select(conversation).where(conversation.c.id == conversation_id))
    row = found.one()
    meant = await _meant(tx, row, rows)
    return Asked(
        row.channel,
        State(row.state),
        row.epoch,
        dialogue_id(row),
        row.consumer_id,
        meant.text,
        meant.trusted,
        meant.asked_order,
        row.unseen_from is not None,
        await _missed(tx, row, rows[0].seq),
    )


async def _meant(tx: AsyncConnection, row: Row[Any], rows: Sequence[Row[Any]]) -> Meaning:
    if len(rows) == 1:
        return await buttons.meaning(tx, row, rows[0].text)
    return Meaning(bursts.joined(line.text for line in rows), trusted=False)


async def _missed(tx: AsyncConnection, row: Row[Any], until: int) -> tuple[Missed, ...]:
    if row.unseen_from is None:
        return ()
    found = await tx.execute(
        select(message.c.author, message.c.text)
        .where(
            message.c.conversation_id == row.id,
            message.c.visibility == Visibility.PUBLIC,
            message.c.seq > row.unseen_from,
            message.c.seq < until,
            message.c.text.is_not(None),
        )
        .order_by(message.c.seq.desc())
        .limit(_MISSED_LINES)
    )
    return tuple(Missed(line.author, line.text) for line in reversed(found.all()))
