"""The conversations of all channels: what comes in, what is answered, who answers."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from contextlib import AbstractContextManager, suppress
from dataclasses import replace
from time import monotonic

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.clock import Clock, SystemClock
from bot.conversation import (
    attachments,
    bursts,
    cases,
    dead_letters,
    inbox,
    lanes,
    losses,
    outbox,
    reading,
    transcript,
    waiting,
)
from bot.conversation.events import EventBus, Listener, Subscription
from bot.conversation.handover import Reception
from bot.conversation.inbox import Accepted
from bot.conversation.lookout import Lookout, Shown
from bot.conversation.photos import PhotoRules, Photos
from bot.conversation.records import (
    Author,
    ConversationView,
    Event,
    Incoming,
    Message,
    Place,
    ReadUpTo,
    Receipt,
)
from bot.conversation.relay import Relay
from bot.conversation.states import State
from bot.conversation.tables import conversation
from bot.conversation.tables import inbox as inbox_table
from bot.conversation.takeover import Guard, Takeover
from bot.conversation.turns import Limits, Observer, TurnRunner
from bot.conversation.waiting import Staffing
from bot.conversation.workers import Pace, Workers
from bot.database import Database
from bot.dialogue.engine import DialogueEngine
from bot.dialogue.fallback import Fallback
from bot.errors import TurnPending
from bot.wakeups import Wakeups

_POLL = 0.5
# The most patient platform tells an event again for 7 days.
_REMEMBERED = 8 * 24 * 3600.0


class NoObserver:
    """An observer that does not look."""

    def turn(self, outcome: str, seconds: float) -> None:
        """Do nothing."""


def host_seconds() -> Callable[[], float]:
    """Return the host's clock in seconds, whatever the business clock says."""
    clock = SystemClock()
    return lambda: clock.now().timestamp()


class Conversations:
    """Stores what consumers say, has it answered in order, and tells who listens.

    Between `start` and `stop` this process works on messages, where it is told to; without, it
    only stores them.
    `spoofable` are the channels in which anybody may send in a sender's name.
    """

    def __init__(
        self,
        database: Database,
        clock: Clock,
        engine: DialogueEngine,
        fallback: Fallback | None = None,
        observer: Observer | None = None,
        limits: Limits | None = None,
        pace: Pace | None = None,
        seconds: Callable[[], float] | None = None,
        staffing: Staffing | None = None,
        spoofable: Collection[str] = (),
        wakeups: Wakeups | None = None,
    ) -> None:
        self.database = database
        self.clock = clock
        self.seconds = seconds or host_seconds()
        self._bus = EventBus()
        self._waiting: dict[str, set[asyncio.Event]] = defaultdict(set)
        fallback = fallback or Fallback()
        self._staffing = staffing or Staffing()
        reception = Reception(fallback, self._staffing)
        self._limits = limits or Limits()
        runner = TurnRunner(
            database,
            clock,
            engine,
            fallback,
            reception,
            self._bus.publish,
            observer or NoObserver(),
            self.seconds,
            self._limits,
            spoofable,
        )
        pace = pace or Pace()
        self._workers = Workers(database, runner, self._row_done, self.seconds, pace)
        self.takeover = Takeover(database, clock, reception, self._bus.publish, pace.sweep)
        self._lookout = Lookout(database, self._bus, self._places, pace.look)
        self._relay = Relay(self._bus, wakeups or Wakeups(), self._workers.wake_in, self._told_done)

    async def start(self, *, work: bool = True, watch: bool = True) -> None:
        """Begin to work on messages, those that earlier processes left included.

        Without `work` other processes do that; without `watch` nobody listens in this one.
        """
        self._relay.start()
        if work:
            await self._workers.start()
            self.takeover.start()
        if watch:
            self._lookout.start()

    async def stop(self) -> None:
        """Stop working; what is not done yet is done after the next start."""
        await self._lookout.stop()
        await self.takeover.stop()
        await self._workers.stop()
        self._relay.stop()

    async def receive(self, incoming: Incoming) -> Receipt:
        """Store a message; once this returns it is not lost. A repeated one is stored once."""
        async with self.database.transaction() as tx:
            accepted = await self._accept(tx, incoming)
        return self._accepted(accepted)

    async def receive_all(self, incoming: Sequence[Incoming], also: Guard) -> list[Receipt]:
        """Store messages in their order, all or none, with what `also` does in the transaction.

        Pictures that have yet to be fetched get their receipts when they are.
        """
        async with self.database.transaction() as tx:
            await also(tx)
            for picture in (one for one in incoming if one.source is not None):
                await attachments.put(tx, picture, self.seconds())
            accepted = [
                await self._accept(tx, message) for message in incoming if message.source is None
            ]
        return [self._accepted(one) for one in accepted]

    async def first_time(
        self, tx: AsyncConnection, channel: str, account: str, event_id: str
    ) -> bool:
        """Whether an event of a platform is new; it is not from then on."""
        return await outbox.first_time(tx, channel, account, event_id, self.seconds())

    async def lost(
        self, tx: AsyncConnection, account: tuple[str, str], platform_id: str, error: str
    ) -> list[tuple[str, Event]]:
        """Note that a platform could not deliver what it had taken, and call a person.

        `account` is channel and account. Returns what happened, to be told once committed.
        """
        at, now = self.clock.now(), self.seconds()
        return await losses.lost(tx, account, platform_id, error, at, now, self._staffing)

    async def _accept(self, tx: AsyncConnection, incoming: Incoming) -> Accepted:
        now = self.seconds()
        return await inbox.accept(tx, incoming, self.clock.now(), now, self._pause)

    def _accepted(self, accepted: Accepted) -> Receipt:
        self._publish(accepted.receipt.conversation_id, accepted.events)
        if accepted.begun_after is not None:
            # Who listened to the case before learns that there is another.
            self._publish(accepted.begun_after, accepted.events)
        if accepted.pause is not None:
            self._workers.wake_in(accepted.pause)
            self._relay.work(accepted.pause)
        return accepted.receipt

    async def replies(self, receipt: Receipt, timeout: float) -> list[Message]:
        """Return what the bot said to a message, waiting at most `timeout` seconds for it.

        Empty where a person has the conversation. Raises TurnPending; the turn goes on.
        """
        deadline = monotonic() + timeout
        done = asyncio.Event()
        self._waiting[receipt.id].add(done)
        try:
            while not (done.is_set() or await self._is_done(receipt.id)):
                left = deadline - monotonic()
                if left <= 0:
                    raise TurnPending
                await _set_within(done, min(left, _POLL))
        finally:
            self._waiting[receipt.id].discard(done)
            if not self._waiting[receipt.id]:
                del self._waiting[receipt.id]
        async with self.database.reading() as tx:
            return self._localised(await transcript.of_turn(tx, receipt.id))

    async def open(self, channel: str, sender: str, consumer_id: str | None) -> str:
        """Return the id of a sender's conversation, begun where there is none."""
        incoming = Incoming(channel, sender, "", consumer_id=consumer_id)
        async with self.database.transaction() as tx:
            opened = await cases.newest(tx, incoming) or await cases.open_case(
                tx, incoming, self.clock.now()
            )
        return str(opened.id)

    async def newest_case(self, conversation_id: str) -> ConversationView:
        """Return the present case of a conversation's sender, without its messages."""
        async with self.database.reading() as tx:
            return await transcript.newest_case(tx, conversation_id)

    async def place(self, conversation_id: str) -> Place | None:
        """Return a waiting consumer's place in the queue, or None where they do not wait."""
        async with self.database.reading() as tx:
            found = await tx.execute(
                select(conversation).where(conversation.c.id == conversation_id)
            )
            row = found.one_or_none()
            if row is None or row.state != State.QUEUED:
                return None
            return await waiting.place(tx, row, self._staffing, self.clock.now())

    async def read_up_to(self, conversation_id: str, seq: int) -> None:
        """Note how far the consumer of a conversation has read."""
        async with self.database.transaction() as tx:
            noted = await reading.by_consumer(tx, conversation_id, seq)
        if noted:
            self._bus.publish(conversation_id, ReadUpTo(seq, Author.CONSUMER))

    async def transcript(self, sender: str) -> ConversationView:
        """Return a sender's conversation with its public messages. Raises ConversationNotFound."""
        async with self.database.reading() as tx:
            found = await transcript.of_sender(tx, sender)
        return replace(found, messages=tuple(self._localised(found.messages)))

    async def after(self, conversation_id: str, seq: int) -> list[Message]:
        """Return the public messages that follow `seq`, later cases of the sender included."""
        async with self.database.reading() as tx:
            return self._localised(await transcript.after(tx, conversation_id, seq))

    def subscribe(self, conversation_id: str) -> AbstractContextManager[Subscription]:
        """Listen to a conversation: subscribe first, then read with `after`."""
        return self._bus.subscribe(conversation_id)

    def publish(self, conversation_id: str, event: Event) -> None:
        """Tell who listens to a conversation what happened in it."""
        self._bus.publish(conversation_id, event)

    def listen(self, listener: Listener) -> AbstractContextManager[None]:
        """Call `listener` with what happens in any conversation, as long as the block runs."""
        return self._bus.listen(listener)

    def look_at(self, shown: Shown) -> None:
        """Tell listeners too what other processes write in the conversations of pages' lists."""
        self._lookout.also(shown)

    def photos(self, rules: PhotoRules) -> Photos:
        """Return what takes photos into these conversations."""
        return Photos(self.database, self.clock, self._bus.publish, self.seconds, rules)

    async def counts(self) -> tuple[dict[str, int], int]:
        """Return how many conversations are in each state, and how many messages wait."""
        async with self.database.reading() as tx:
            return await transcript.count_states(tx), await lanes.backlog(tx)

    async def forget_events(self) -> int:
        """Forget what platforms told so long ago that none tells it again; return how much."""
        async with self.database.transaction() as tx:
            return await outbox.forget_events(tx, self.seconds() - _REMEMBERED)

    async def sending(self) -> dict[str, int]:
        """Return how many lines wait to be sent to platforms, and how many are dead."""
        async with self.database.reading() as tx:
            return await dead_letters.counts(tx, self.seconds())

    async def _places(self, tx: AsyncConnection) -> dict[str, Place]:
        return await waiting.places(tx, self._staffing, self.clock.now())

    async def _is_done(self, row_id: str) -> bool:
        async with self.database.reading() as tx:
            found = await tx.execute(select(inbox_table.c.status).where(inbox_table.c.id == row_id))
            return bool(found.scalar_one() != "new")

    def _pause(self, incoming: Incoming) -> float:
        if incoming.hurried or not bursts.unfinished(incoming.text):
            return 0.0
        return self._limits.burst

    def _row_done(self, row_id: str) -> None:
        self._told_done(row_id)
        self._relay.done(row_id)

    def _told_done(self, row_id: str) -> None:
        for done in self._waiting.get(row_id, ()):
            done.set()

    def _publish(self, conversation_id: str, events: list[Event]) -> None:
        for event in events:
            self._bus.publish(conversation_id, event)

    def _localised(self, messages: list[Message] | tuple[Message, ...]) -> list[Message]:
        zone = self.clock.now().tzinfo
        return [replace(line, at=line.at.astimezone(zone)) for line in messages]


async def _set_within(event: asyncio.Event, seconds: float) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event.wait()
