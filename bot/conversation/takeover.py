"""What people do with conversations: take them, speak, pass them on, give them back, end them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Row, func, literal, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.background import repeat
from bot.clock import Clock
from bot.conversation import misses, ratings, reading, texts, transcript
from bot.conversation.handover import Reception
from bot.conversation.misses import Reason
from bot.conversation.moves import Move, lock, move, owner
from bot.conversation.records import (
    Agent,
    Author,
    Event,
    Message,
    MessageAdded,
    ReadUpTo,
    StateChanged,
    Typing,
    Visibility,
)
from bot.conversation.states import Command, State
from bot.conversation.tables import conversation, message
from bot.conversation.transcript import Draft
from bot.database import Database
from bot.errors import ConversationTaken, IllegalMove
from bot.log import get_logger

log = get_logger(__name__)

Guard = Callable[[AsyncConnection], Awaitable[None]]

_JOINING = {Command.CLAIM, Command.BARGE_IN}
_LEAVING = {Command.RELEASE, Command.AGENT_GONE}


@dataclass(frozen=True)
class Sent:
    """A line of an agent; `repeated` where the same sending had come before."""

    message: Message
    repeated: bool


class Takeover:
    """Moves conversations for people, with the words that their consumers hear about it.

    Between `start` and `stop` it tells consumers who waited too long; every `pause` seconds.
    """

    def __init__(
        self,
        database: Database,
        clock: Clock,
        reception: Reception,
        publish: Callable[[str, Event], None],
        pause: float,
    ) -> None:
        self._database = database
        self._clock = clock
        self._reception = reception
        self._publish = publish
        self._pause = pause
        self._sweeping: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to look through the queue."""
        self._sweeping = asyncio.create_task(
            repeat(self.sweep, self._pause, "sweeping_failed"), name="queue-sweeper"
        )

    async def stop(self) -> None:
        """Stop looking through the queue."""
        if self._sweeping is not None:
            self._sweeping.cancel()
            await asyncio.gather(self._sweeping, return_exceptions=True)
            self._sweeping = None

    async def move(
        self,
        conversation_id: str,
        wish: Move,
        guard: Guard | None = None,
        line: str | None = None,
    ) -> StateChanged:
        """Change who answers, and tell the consumer.

        `guard` runs first in the same transaction, and refuses by raising. `line` is what the
        bot says where it goes on. Raises IllegalMove, ConversationTaken, StaleEpoch.
        """
        at = self._clock.now()
        async with self._database.transaction() as tx:
            if guard is not None:
                await guard(tx)
            moved = await move(tx, conversation_id, self._placed(wish, at), at)
            if wish.command is Command.BARGE_IN:
                await misses.mark_last(tx, conversation_id, Reason.TAKEN_OVER, at)
            events = [moved, *await self._told(tx, conversation_id, wish, line, at)]
        self._announce(conversation_id, events)
        return moved

    async def say(self, conversation_id: str, agent: Agent, text: str, client_id: str) -> Sent:
        """Store what the owner says to the consumer, once for each `client_id`.

        Raises ConversationTaken or IllegalMove for everybody else; then nothing is stored.
        """
        at = self._clock.now()
        line = Draft(conversation_id, Author.AGENT, text, agent=agent, client_id=client_id)
        async with self._database.transaction() as tx:
            row = await lock(tx, conversation_id)
            sent, stored = await _sent_before(tx, line), None
            if sent is None:
                _check_owner(row, agent)
                stored = await transcript.append(tx, line, at, **answered(at))
        return self._result(conversation_id, sent, stored)

    async def note(self, conversation_id: str, agent: Agent, text: str, client_id: str) -> Sent:
        """Store a remark that only those who work on the conversation see."""
        line = Draft(
            conversation_id,
            Author.AGENT,
            text,
            Visibility.NOTE,
            agent=agent,
            client_id=client_id,
        )
        async with self._database.transaction() as tx:
            await lock(tx, conversation_id)
            sent = await _sent_before(tx, line)
            stored = None if sent else await transcript.append(tx, line, self._clock.now())
        return self._result(conversation_id, sent, stored)

    async def typing(self, conversation_id: str, agent: Agent, *, on: bool) -> None:
        """Let the consumer see that the owner writes."""
        async with self._database.reading() as tx:
            found = await tx.execute(
                select(conversation).where(conversation.c.id == conversation_id)
            )
            row = found.one_or_none()
        if row is not None:
            _check_owner(row, agent)
            self._publish(conversation_id, Typing(on=on, by=Author.AGENT))

    async def read(self, conversation_id: str, agent: Agent, seq: int) -> None:
        """Let the consumer see how far the owner has read; anybody else's reading is their own."""
        async with self._database.transaction() as tx:
            noted = await reading.by_owner(tx, conversation_id, agent, seq)
        if noted:
            self._publish(conversation_id, ReadUpTo(seq, Author.AGENT))

    async def sweep(self) -> int:
        """Tell those who waited too long; return how many there were."""
        at = self._clock.now()
        async with self._database.reading() as tx:
            overdue = await self._reception.overdue(tx, at)
        told = 0
        for name in overdue:
            async with self._database.transaction() as tx:
                events = await self._reception.nobody_came(tx, name, at)
            self._announce(name, events)
            told += bool(events)
        return told

    def _placed(self, wish: Move, at: datetime) -> Move:
        if wish.command in _LEAVING:
            return replace(wish, deadline=self._reception.staffing.deadline(at))
        return wish

    async def _told(
        self,
        tx: AsyncConnection,
        conversation_id: str,
        wish: Move,
        line: str | None,
        at: datetime,
    ) -> list[Event]:
        if wish.command is Command.CLOSE and wish.held_by is not None:
            asked = ratings.request()
            stored = await transcript.append_reply(
                tx, conversation_id, asked, at, None, Visibility.PUBLIC
            )
            return [MessageAdded(stored)]
        said = _words(wish, line)
        if said is None:
            return []
        text, custom = said
        draft = Draft(conversation_id, Author.BOT, text, custom=custom)
        return [MessageAdded(await transcript.append(tx, draft, at))]

    def _result(self, conversation_id: str, sent: Message | None, stored: Message | None) -> Sent:
        if stored is not None:
            self._publish(conversation_id, MessageAdded(stored))
            return Sent(stored, repeated=False)
        if sent is None:
            raise RuntimeError("a line is stored or it was there before")
        return Sent(sent, repeated=True)

    def _announce(self, conversation_id: str, events: list[Event]) -> None:
        for event in events:
            self._publish(conversation_id, event)


def _words(wish: Move, line: str | None) -> tuple[str, dict[str, Any] | None] | None:
    name = wish.agent.alias if wish.agent else ""
    if wish.command in _JOINING:
        return texts.say("joined", agent=name), {"event": "agent_joined", "agent": name}
    if wish.command is Command.TRANSFER:
        return texts.say("transferred", agent=name), {"event": "agent_joined", "agent": name}
    if wish.command in _LEAVING:
        return texts.say("requeued"), {"event": "agent_left"}
    if wish.command is Command.RETURN and line is not None:
        return line, {"event": "agent_left"}
    return None


def answered(at: datetime) -> dict[str, Any]:
    """Return what a person's line changes in the conversation's row."""
    first = conversation.c.answered_at
    return {
        "waiting_since": None,
        "answered_at": func.coalesce(first, literal(at, first.type)),
    }


def _check_owner(row: Row[Any], agent: Agent) -> None:
    has = owner(row)
    if row.state == State.HUMAN and has is not None and has.id == agent.id:
        return
    facts = {
        "state": row.state,
        "epoch": row.epoch,
        "owner": {"id": has.id, "alias": has.alias} if has else None,
    }
    if has is not None:
        raise ConversationTaken(command="say", **facts)
    raise IllegalMove(command="say", **facts)


async def _sent_before(tx: AsyncConnection, line: Draft) -> Message | None:
    found = await tx.execute(
        select(message).where(
            message.c.conversation_id == line.conversation_id,
            message.c.agent == (line.agent.id if line.agent else None),
            message.c.client_id == line.client_id,
        )
    )
    row = found.one_or_none()
    return transcript.read_line(row) if row is not None else None
