"""One waiting message: who answers it, and how the answer becomes public.

A bot's answer is stored in the transaction that takes the message off its lane. It is public
only where the bot still has the conversation as it had when the turn began; else it is kept
for those who work on the conversation.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic
from typing import Any, Protocol

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.clock import Clock
from bot.conversation import buttons, lanes, transcript
from bot.conversation.buttons import Meaning
from bot.conversation.lanes import Lane
from bot.conversation.moves import lock, move
from bot.conversation.phrases import leaves_queue
from bot.conversation.records import (
    ConversationView,
    Event,
    MessageAdded,
    Typing,
    Visibility,
)
from bot.conversation.states import Command, State
from bot.database import Database
from bot.dialogue.engine import DialogueEngine, Turn, TurnResult
from bot.dialogue.fallback import Fallback
from bot.errors import EngineFailed, EngineTimeout, EngineUnavailable
from bot.log import get_logger

log = get_logger(__name__)


class LaneLostError(Exception):
    """Another worker has the lane; what this one worked out is not to be written."""


class Observer(Protocol):
    """Hears of every turn, for the metrics."""

    def turn(self, outcome: str, seconds: float) -> None:
        """Note one turn: `answered`, `handed_over`, `apologised`, `suppressed`."""


@dataclass(frozen=True)
class Limits:
    """Seconds: one call of the engine, waiting for an engine that is not there, its poll."""

    engine_call: float = 95
    engine_wait: float = 60
    engine_poll: float = 0.3


@dataclass(frozen=True)
class Settled:
    """What became public, and whether the lane is empty and given back with it."""

    events: list[Event]
    emptied: bool


class TurnRunner:
    """Works on one message at a time of a claimed lane.

    `seconds()` is the host's clock, in which a row says when it was accepted.
    """

    def __init__(
        self,
        database: Database,
        clock: Clock,
        engine: DialogueEngine,
        fallback: Fallback,
        publish: Callable[[str, Event], None],
        observer: Observer,
        seconds: Callable[[], float],
        limits: Limits,
    ) -> None:
        self._database = database
        self._clock = clock
        self._engine = engine
        self._fallback = fallback
        self._publish = publish
        self._observer = observer
        self._seconds = seconds
        self._limits = limits
        self._started = seconds()

    async def run(self, lane: Lane, row: Row[Any]) -> bool:
        """Work on one message; True where it was the lane's last. Raises LaneLostError."""
        async with self._database.reading() as tx:
            held = await transcript.view(tx, lane.conversation_id)
            meant = await buttons.meaning(tx, lane.conversation_id, row.text)
        if held.state is State.BOT:
            settled = await self._with_engine(lane, row, held, meant)
        else:
            settled = await self._without_engine(lane, row)
        return self._announce(lane, settled)

    async def give_up(self, lane: Lane, row: Row[Any]) -> bool:
        """Take a message off its lane that cannot be worked on, and call a person."""
        async with self._database.transaction() as tx:
            held = await self._own(tx, lane)
            result = self._fallback.answer(row.text)
            settled = await self._settle(tx, held, row, held.epoch, result, "dead")
        return self._announce(lane, settled)

    async def _without_engine(self, lane: Lane, row: Row[Any]) -> Settled:
        async with self._database.transaction() as tx:
            held = await self._own(tx, lane)
            if held.state == State.BOT:
                # Given back a moment ago: the message stays in the lane and is looked at again.
                return Settled([], emptied=False)
            emptied = await lanes.finish_row(tx, row.id, lane.conversation_id, "done")
            if held.state != State.QUEUED or not leaves_queue(row.text):
                return Settled([], emptied)
            at = self._clock.now()
            moved = await move(tx, lane.conversation_id, Command.LEAVE_QUEUE, at)
            said = self._fallback.say("utter_queue_cancelled")
            line = await transcript.append_reply(
                tx, lane.conversation_id, said, at, row.id, Visibility.PUBLIC
            )
            return Settled([moved, MessageAdded(line)], emptied)

    async def _with_engine(
        self, lane: Lane, row: Row[Any], held: ConversationView, meant: Meaning
    ) -> Settled:
        began = monotonic()
        self._publish(lane.conversation_id, Typing(on=True))
        try:
            result, outcome = await self._ask(row, held, meant)
            async with self._database.transaction() as tx:
                now_held = await self._own(tx, lane)
                settled = await self._settle(tx, now_held, row, held.epoch, result, "done")
        finally:
            self._publish(lane.conversation_id, Typing(on=False))
        self._observer.turn(outcome if settled.events else "suppressed", monotonic() - began)
        return settled

    async def _ask(
        self, row: Row[Any], held: ConversationView, meant: Meaning
    ) -> tuple[TurnResult, str]:
        turn = Turn(
            conversation_id=held.conversation_id,
            turn_id=row.id,
            text=meant.text,
            trusted=meant.trusted,
            consumer_id=held.consumer_id,
            now=self._clock.now(),
        )
        try:
            result = await self._engine_result(turn, row)
        except (EngineUnavailable, EngineFailed, TimeoutError):
            log.warning("turn_without_engine", turn=row.id)
            return self._fallback.answer(row.text), "apologised"
        if not result.replies and result.handover is None:
            log.error("turn_without_answer", turn=row.id)
            return self._fallback.answer(row.text), "apologised"
        return result, "handed_over" if result.handover else "answered"

    async def _engine_result(self, turn: Turn, row: Row[Any]) -> TurnResult:
        """Ask the engine, waiting for one that is down or loading; what is urgent does not wait.

        Asking again is safe: an engine that has already worked on the turn repeats itself.
        """
        deadline = max(row.accepted_at, self._started) + self._limits.engine_wait
        while True:
            try:
                async with asyncio.timeout(self._limits.engine_call):
                    return await self._engine.turn(turn)
            except EngineTimeout:
                raise
            except EngineUnavailable:
                if self._fallback.is_urgent(row.text) or not await self._engine_back(deadline):
                    raise

    async def _engine_back(self, deadline: float) -> bool:
        while self._seconds() < deadline:
            await asyncio.sleep(self._limits.engine_poll)
            if await self._engine.ready():
                return True
        return False

    async def _settle(
        self,
        tx: AsyncConnection,
        held: Row[Any],
        row: Row[Any],
        epoch: int,
        result: TurnResult,
        status: str,
    ) -> Settled:
        """Store an answer and take its message off the lane.

        `held` is the conversation's row as it is now, locked; `epoch` its epoch when the turn
        began.
        """
        public = held.state == State.BOT and held.epoch == epoch
        visibility = Visibility.PUBLIC if public else Visibility.SUPPRESSED
        at = self._clock.now()
        lines = [
            await transcript.append_reply(tx, held.id, reply, at, row.id, visibility)
            for reply in result.replies
        ]
        emptied = await lanes.finish_row(tx, row.id, held.id, status, dict(result.nlu))
        if not public:
            return Settled([], emptied)
        events: list[Event] = [MessageAdded(line) for line in lines]
        if result.handover:
            events.append(await move(tx, held.id, Command.HAND_OVER, at, result.handover))
        return Settled(events, emptied)

    async def _own(self, tx: AsyncConnection, lane: Lane) -> Row[Any]:
        row = await lock(tx, lane.conversation_id)
        if row.lane_epoch != lane.epoch:
            raise LaneLostError
        return row

    def _announce(self, lane: Lane, settled: Settled) -> bool:
        for event in settled.events:
            self._publish(lane.conversation_id, event)
        return settled.emptied
