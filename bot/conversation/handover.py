"""Calling a person, and what a consumer hears and may say while waiting for one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.conversation import texts, transcript, waiting
from bot.conversation.moves import Move, lock, move
from bot.conversation.records import (
    BOT,
    CONSUMER,
    Author,
    Event,
    MessageAdded,
    Purpose,
    Visibility,
)
from bot.conversation.states import Command, State
from bot.conversation.tables import conversation, conversation_move
from bot.conversation.transcript import Draft
from bot.conversation.waiting import Staffing
from bot.dialogue.fallback import Fallback
from bot.errors import IllegalMove

HAZARD = "report_hazard"
_DANGER = 0


@dataclass(frozen=True)
class Reception:
    """Knows when people answer, and what is said to those who wait for them."""

    fallback: Fallback
    staffing: Staffing

    async def call_person(
        self, tx: AsyncConnection, held: Row[Any], turn_id: str, reason: str, at: datetime
    ) -> list[Event]:
        """Put a conversation of the bot in the queue; its consumer learns the place.

        Who asks outside of the hours is told so before anything else.
        """
        events: list[Event] = []
        staffed = self.staffing.staffed(at)
        if not staffed:
            closed = waiting.closed_now(self.staffing)
            events.append(await _say(tx, held.id, closed, at, turn_id))
        wish = Move(
            Command.HAND_OVER,
            BOT,
            reason=reason,
            priority=texts.priority(reason),
            deadline=self.staffing.deadline(at),
        )
        events.append(await move(tx, held.id, wish, at))
        if staffed:
            queued = await lock(tx, held.id)
            place = await waiting.place(tx, queued, self.staffing, at)
            events.append(await _say(tx, held.id, waiting.said(place), at, turn_id))
        return events

    async def heard(
        self, tx: AsyncConnection, held: Row[Any], row: Row[Any], at: datetime
    ) -> list[Event]:
        """Answer what a waiting consumer says, where it is about the waiting or about danger."""
        if texts.leaves_queue(row.text):
            moved = await move(tx, held.id, Move(Command.LEAVE_QUEUE, CONSUMER), at)
            return [moved, await self._reply(tx, held.id, "utter_queue_cancelled", at, row.id)]
        if held.priority > _DANGER and self.fallback.urgent(row.text) == HAZARD:
            said = await self._reply(tx, held.id, "utter_hazard", at, row.id)
            return [said, await move(tx, held.id, _danger(), at)]
        if texts.asks_position(row.text):
            place = await waiting.place(tx, held, self.staffing, at)
            return [await _say(tx, held.id, waiting.said(place), at, row.id)]
        return []

    async def overdue(self, tx: AsyncConnection, at: datetime) -> list[str]:
        """Return the conversations whose deadline in the queue is over."""
        found = await tx.execute(
            select(conversation.c.id).where(
                conversation.c.state == State.QUEUED, conversation.c.deadline_at <= at
            )
        )
        return [str(name) for (name,) in found]

    async def nobody_came(
        self, tx: AsyncConnection, conversation_id: str, at: datetime
    ) -> list[Event]:
        """End the waiting of one consumer whose deadline is over.

        The bot goes on, and they are told once. Danger keeps its place: then they are told
        the first time only. Does nothing where somebody came in this very moment.
        """
        held = await lock(tx, conversation_id)
        if held.state != State.QUEUED or held.deadline_at is None or held.deadline_at > at:
            return []
        stays = held.priority == _DANGER
        command = Command.KEEP_WAITING if stays else Command.NOBODY_CAME
        told = stays and await _has_waited(tx, held)
        wish = Move(command, epoch=held.epoch, deadline=self.staffing.deadline(at))
        try:
            moved = await move(tx, conversation_id, wish, at)
        except IllegalMove:
            return []
        if told:
            return [moved]
        sentence = texts.say("keep_waiting" if stays else "nobody_came")
        return [moved, await _say(tx, conversation_id, sentence, at)]

    async def _reply(
        self, tx: AsyncConnection, conversation_id: str, response: str, at: datetime, turn_id: str
    ) -> MessageAdded:
        reply = self.fallback.say(response)
        purpose = Purpose.SAFETY if response == "utter_hazard" else Purpose.BOT
        line = await transcript.append_reply(
            tx, conversation_id, reply, at, turn_id, Visibility.PUBLIC, purpose=purpose
        )
        return MessageAdded(line)


def _danger() -> Move:
    return Move(Command.ESCALATE, CONSUMER, reason=HAZARD, priority=_DANGER)


async def _say(
    tx: AsyncConnection, conversation_id: str, text: str, at: datetime, turn_id: str | None = None
) -> MessageAdded:
    draft = Draft(conversation_id, Author.BOT, text, turn_id=turn_id)
    return MessageAdded(await transcript.append(tx, draft, at))


async def _has_waited(tx: AsyncConnection, held: Row[Any]) -> bool:
    found = await tx.execute(
        select(conversation_move.c.epoch).where(
            conversation_move.c.conversation_id == held.id,
            conversation_move.c.command == Command.KEEP_WAITING,
        )
    )
    return found.first() is not None
