"""People who answer in a platform's own client, not in our desk: the bot is silent all the same."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.conversation import cases, transcript
from bot.conversation.moves import Move, move
from bot.conversation.records import (
    Actor,
    Agent,
    Author,
    Event,
    Incoming,
    MessageAdded,
    Visibility,
)
from bot.conversation.states import Command, State
from bot.conversation.takeover import answered
from bot.conversation.transcript import Draft

# The desk gives signs of life for its own agents; nobody does for these.
PREFIX = "elsewhere:"

Told = list[tuple[str, Event]]


def person(channel: str, name: str) -> Agent:
    """Return who answers there, by the platform's own name of them."""
    return Agent(f"{PREFIX}{channel}:{name}", name)


async def taken(tx: AsyncConnection, incoming: Incoming, who: Agent, at: datetime) -> Told:
    """Give the sender's conversation to `who`, without a word: their own client greets."""
    opened = await cases.open_case(tx, incoming, at)
    return await _give(tx, opened, who, at)


async def said(
    tx: AsyncConnection, incoming: Incoming, who: Agent, text: str, at: datetime
) -> Told:
    """Write down what they told the consumer; who speaks has the conversation."""
    opened = await cases.open_case(tx, incoming, at)
    told = await _give(tx, opened, who, at)
    line = Draft(opened.id, Author.AGENT, text, agent=who, told=True)
    stored = await transcript.append(tx, line, at, **answered(at))
    return [*told, (opened.id, MessageAdded(stored))]


async def ended(tx: AsyncConnection, incoming: Incoming, at: datetime) -> Told:
    """Let the bot go on, without a word, where somebody elsewhere had the conversation."""
    current = await cases.newest(tx, incoming)
    if current is None or current.state != State.HUMAN or not current.agent.startswith(PREFIX):
        return []
    wish = Move(Command.RETURN, held_by=current.agent)
    return [(current.id, await move(tx, current.id, wish, at))]


async def noted(tx: AsyncConnection, incoming: Incoming, text: str, at: datetime) -> Told:
    """Write down what only agents see."""
    opened = await cases.open_case(tx, incoming, at)
    line = Draft(opened.id, Author.BOT, text, Visibility.NOTE)
    return [(opened.id, MessageAdded(await transcript.append(tx, line, at)))]


async def _give(tx: AsyncConnection, opened: Row[Any], who: Agent, at: datetime) -> Told:
    if opened.state == State.HUMAN and opened.agent == who.id:
        return []
    command = Command.CLAIM if opened.state == State.QUEUED else Command.BARGE_IN
    wish = Move(command, Actor("agent", who), who, "barged_in")
    return [(opened.id, await move(tx, opened.id, wish, at))]
