"""People who answer in a platform's own client, not in our desk: the bot is silent all the same."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.conversation import cases
from bot.conversation.moves import Move, move
from bot.conversation.records import Actor, Agent, Incoming, StateChanged
from bot.conversation.states import Command, State

# The desk gives signs of life for its own agents; nobody does for these.
PREFIX = "elsewhere:"


def person(channel: str, name: str) -> Agent:
    """Return who answers there. Consumers know them by another name, which we do not learn."""
    return Agent(f"{PREFIX}{channel}:{name}", name)


async def taken(
    tx: AsyncConnection, incoming: Incoming, who: Agent, at: datetime
) -> tuple[Row[Any], StateChanged | None]:
    """Give the sender's conversation to `who`, without a word: their own client greets.

    Returns the case, and what changed; None where they have it already.
    """
    opened = await cases.open_case(tx, incoming, at)
    if opened.state == State.HUMAN and opened.agent == who.id:
        return opened, None
    command = Command.CLAIM if opened.state == State.QUEUED else Command.BARGE_IN
    wish = Move(command, Actor("agent", who), who, "barged_in")
    return opened, await move(tx, opened.id, wish, at)


async def ended(
    tx: AsyncConnection, incoming: Incoming, at: datetime
) -> tuple[Row[Any], StateChanged] | None:
    """Let the bot go on, without a word, where somebody elsewhere had the conversation."""
    current = await cases.newest(tx, incoming)
    if current is None or current.state != State.HUMAN or not current.agent.startswith(PREFIX):
        return None
    return current, await move(tx, current.id, Move(Command.RETURN, held_by=current.agent), at)
