"""One turn: who answers it, and how the answer becomes public.

A turn is one message of a consumer, or a burst of short ones. A bot's answer is stored in the
transaction that takes the turn off its lane. It is public only where the bot still has the
conversation as it had when the turn began; else it is kept for those who work on the
conversation.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from time import monotonic
from typing import Any, Protocol

from sqlalchemy import Row, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.clock import Clock
from bot.conversation import lanes, misses, texts, transcript
from bot.conversation.asking import Asked, read_turn
from bot.conversation.claiming import LaneLostError
from bot.conversation.handover import HAZARD, Reception
from bot.conversation.lanes import Lane
from bot.conversation.moves import lock
from bot.conversation.records import Author, Event, MessageAdded, Purpose, Typing, Visibility
from bot.conversation.states import State
from bot.conversation.tables import conversation
from bot.database import Database
from bot.dialogue.engine import DialogueEngine, Turn, TurnResult
from bot.dialogue.fallback import Fallback
from bot.errors import EngineFailed, EngineTimeout, EngineUnavailable
from bot.log import get_logger

log = get_logger(__name__)

Rows = Sequence[Row[Any]]


class Observer(Protocol):
    """Hears of every turn, for the metrics."""

    def turn(self, outcome: str, seconds: float) -> None:
        """Note one turn: `answered`, `handed_over`, `apologised`, `suppressed`."""


@dataclass(frozen=True)
class Limits:
    """Seconds: one call of the engine, waiting for an engine that is not there, its poll.

    `burst`: how long a short line of a consumer waits for the next one.
    """

    engine_call: float = 95
    engine_wait: float = 60
    engine_poll: float = 0.3
    burst: float = 0.8


@dataclass(frozen=True)
class Settled:
    """What became public, whether the lane is empty and given back with it, and what follows."""

    events: list[Event]
    emptied: bool
    following: Rows = ()


class TurnRunner:
    """Works on one turn at a time of a claimed lane.

    `seconds()` is the host's clock, in which a row says when it was accepted.
    """

    def __init__(
        self,
        database: Database,
        clock: Clock,
        engine: DialogueEngine,
        fallback: Fallback,
        reception: Reception,
        publish: Callable[[str, Event], None],
        observer: Observer,
        seconds: Callable[[], float],
        limits: Limits,
        spoofable: Collection[str] = (),
    ) -> None:
        self._database = database
        self._clock = clock
        self._engine = engine
        self._fallback = fallback
        self._reception = reception
        self._publish = publish
        self._observer = observer
        self._seconds = seconds
        self._limits = limits
        self._spoofable = spoofable
        self._started = seconds()

    async def run(self, lane: Lane, rows: Rows) -> Settled:
        """Work on one turn. Raises LaneLostError."""
        async with self._database.reading() as tx:
            asked = await read_turn(tx, lane.conversation_id, rows)
        if asked.state is State.BOT:
            settled = await self._with_engine(lane, rows, asked)
        else:
            settled = await self._without_engine(lane, rows)
        return self._announce(lane, settled)

    async def give_up(self, lane: Lane, rows: Rows) -> Settled:
        """Take a turn off its lane that cannot be worked on, and call a person."""
        async with self._database.transaction() as tx:
            held = await self._own(tx, lane)
            result = self._fallback.answer(_text(rows))
            settled = await self._settle(tx, held, rows, held.epoch, result, "dead")
            following = await self._following(tx, lane, settled.emptied)
        return self._announce(lane, replace(settled, following=following))

    async def _without_engine(self, lane: Lane, rows: Rows) -> Settled:
        async with self._database.transaction() as tx:
            held = await self._own(tx, lane)
            if held.state == State.BOT:
                # Given back a moment ago: the turn stays in the lane and is looked at again.
                return Settled([], emptied=False, following=rows)
            emptied = await lanes.finish(tx, lane.conversation_id, rows, "done")
            events: list[Event] = []
            for row in rows:
                if held.state != State.QUEUED:
                    break
                events += await self._reception.heard(tx, held, row, self._clock.now())
                held = await lock(tx, lane.conversation_id)
            return Settled(events, emptied, await self._following(tx, lane, emptied))

    async def _following(self, tx: AsyncConnection, lane: Lane, emptied: bool) -> Rows:  # noqa: FBT001
        """Return the lane's next turn; none yet where a burst is still under way."""
        return () if emptied else await lanes.take(tx, lane.conversation_id, self._seconds())

    async def _with_engine(self, lane: Lane, rows: Rows, asked: Asked) -> Settled:
        began = monotonic()
        self._publish(lane.conversation_id, Typing(on=True, by=Author.BOT))
        try:
            result, outcome = await self._ask(rows, asked)
            async with self._database.transaction() as tx:
                held = await self._own(tx, lane)
                settled = await self._settle(tx, held, rows, asked.epoch, result, "done")
                following = await self._following(tx, lane, settled.emptied)
        finally:
            self._publish(lane.conversation_id, Typing(on=False, by=Author.BOT))
        self._observer.turn(outcome if settled.events else "suppressed", monotonic() - began)
        return replace(settled, following=following)

    async def _ask(self, rows: Rows, asked: Asked) -> tuple[TurnResult, str]:
        turn = Turn(
            conversation_id=asked.dialogue_id,
            turn_id=rows[0].id,
            text=asked.text,
            trusted=asked.trusted,
            consumer_id=asked.consumer_id,
            now=self._clock.now(),
            fresh=asked.fresh,
            missed=asked.missed,
            spoofable=asked.channel in self._spoofable,
            asked_order=asked.asked_order,
        )
        try:
            result = await self._engine_result(turn, rows)
        except (EngineUnavailable, EngineFailed, TimeoutError):
            log.warning("turn_without_engine", turn=turn.turn_id)
            return self._fallback.answer(_text(rows)), "apologised"
        if not result.replies and result.handover is None:
            log.error("turn_without_answer", turn=turn.turn_id)
            return self._fallback.answer(_text(rows)), "apologised"
        if result.handover is None and texts.abusive(_text(rows)):
            # What the engine did in this turn is still told.
            sorry = self._fallback.say("utter_complaint")
            result = replace(result, replies=(*result.replies, sorry), handover="abuse")
        return result, "handed_over" if result.handover else "answered"

    async def _engine_result(self, turn: Turn, rows: Rows) -> TurnResult:
        """Ask the engine, waiting for one that is down or loading; what is urgent does not wait.

        Asking again is safe: an engine that has already worked on the turn repeats itself.
        """
        deadline = max(rows[0].accepted_at, self._started) + self._limits.engine_wait
        while True:
            try:
                async with asyncio.timeout(self._limits.engine_call):
                    return await self._engine.turn(turn)
            except EngineTimeout:
                raise
            except EngineUnavailable:
                urgent = self._fallback.urgent(_text(rows)) is not None
                if urgent or not await self._engine_back(deadline):
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
        rows: Rows,
        epoch: int,
        result: TurnResult,
        status: str,
    ) -> Settled:
        """Store an answer and take its turn off the lane.

        `held` is the conversation's row as it is now, locked; `epoch` its epoch when the turn
        began.
        """
        public = held.state == State.BOT and held.epoch == epoch
        visibility = Visibility.PUBLIC if public else Visibility.SUPPRESSED
        at = self._clock.now()
        purpose = Purpose.SAFETY if result.handover == HAZARD else Purpose.BOT
        lines = [
            await transcript.append_reply(
                tx, held.id, reply, at, rows[0].id, visibility, purpose=purpose
            )
            for reply in result.replies
        ]
        emptied = await lanes.finish(tx, held.id, rows, status, dict(result.nlu))
        await misses.note(tx, held, rows, result, at)
        if not public:
            return Settled([], emptied)
        if held.unseen_from is not None and status == "done":
            seen = update(conversation).where(conversation.c.id == held.id)
            await tx.execute(seen.values(unseen_from=None))
        events: list[Event] = [MessageAdded(line) for line in lines]
        if result.handover:
            events += await self._reception.call_person(tx, held, rows[0].id, result.handover, at)
        return Settled(events, emptied)

    async def _own(self, tx: AsyncConnection, lane: Lane) -> Row[Any]:
        row = await lock(tx, lane.conversation_id)
        if row.lane_epoch != lane.epoch:
            raise LaneLostError
        return row

    def _announce(self, lane: Lane, settled: Settled) -> Settled:
        for event in settled.events:
            self._publish(lane.conversation_id, event)
        return settled


def _text(rows: Rows) -> str:
    return "\n".join(row.text for row in rows)
