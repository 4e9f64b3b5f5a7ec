"""Sends what is in the outbox: in order for each recipient, again where that may help.

A line that fails holds back those behind it; given up, it takes them along, and a person is
called. A call that broke off is not repeated where the consumer might read the same twice.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.clock import Clock
from bot.conversation import bundles, losses, recipients
from bot.conversation.bundles import Bundle
from bot.conversation.claiming import Claimers, Job, Rhythm
from bot.conversation.delivery import Deliverer, Encoded, Sent
from bot.conversation.leases import Lease
from bot.conversation.losses import Events
from bot.conversation.records import Event, Looked, MessageAdded, Purpose
from bot.conversation.waiting import Staffing
from bot.database import Database
from bot.errors import DeliveryFailed, DeliveryRefused, DeliveryUnknown, RateLimited
from bot.log import get_logger

log = get_logger(__name__)

Rows = Sequence[Row[Any]]
# Seconds that an end waits for calls under way.
_PATIENCE = 5.0


class SendObserver(Protocol):
    """Hears of every message that was sent or not, for the metrics."""

    def sent(self, channel: str, outcome: str) -> None:
        """Note one try: `sent`, `retried`, `limited`, `held`, `dead`."""


@dataclass(frozen=True)
class Tries:
    """Seconds of the shortest and the longest pause after a failure; after `most` it is over."""

    base: float = 1
    cap: float = 300
    most: int = 8

    def pause(self, failures: int) -> float:
        """Return how long to wait: anything up to a time that doubles, so that no two agree."""
        return random.uniform(0, min(self.cap, self.base * 2**failures))  # noqa: S311


@dataclass(frozen=True)
class Step:
    """One part that is about to be sent."""

    bundle: Bundle
    encoded: Encoded
    number: int

    @property
    def last(self) -> bool:
        """Whether no other part follows."""
        return self.number + 1 >= len(self.encoded.payloads)


class Sender:
    """Sends for one channel between `start` and `stop`: no other waits while its platform hangs.

    `wake_for(conversation, event)` is told of what was said, as a listener of the bus.
    """

    def __init__(
        self,
        database: Database,
        clock: Clock,
        deliverer: Deliverer,
        staffing: Staffing,
        publish: Callable[[str, Event], None],
        observer: SendObserver,
        seconds: Callable[[], float],
        rhythm: Rhythm | None = None,
        tries: Tries | None = None,
    ) -> None:
        self._database = database
        self._clock = clock
        self._deliverer = deliverer
        self._staffing = staffing
        self._publish = publish
        self._observer = observer
        self._seconds = seconds
        self._tries = tries or Tries()
        self._stopping = False
        self._calls: set[asyncio.Task[bool]] = set()
        self._claimers = Claimers(
            database,
            recipients.of_channel(deliverer.name),
            Job(f"sender-{deliverer.name}", self._taken, self._work),
            seconds,
            rhythm or Rhythm(),
        )
        self.start = self._claimers.start
        self.wake_in = self._claimers.wake_in

    def wake_for(self, _conversation_id: str, event: Event) -> None:
        """Look at once where something was said."""
        if isinstance(event, MessageAdded) or (isinstance(event, Looked) and event.seq):
            self._claimers.wake()

    async def _taken(self, _tx: AsyncConnection, lease: Lease) -> Lease:
        return lease

    async def stop(self) -> None:
        """Stop; what is being sent at the moment is brought to its end where that is soon."""
        self._stopping = True
        if self._calls:
            await asyncio.wait(self._calls, timeout=_PATIENCE)
        await self._claimers.stop()

    async def _work(self, lease: Lease) -> bool:
        """Send until nothing waits, or a pause is due."""
        while not self._stopping:
            async with self._database.transaction() as tx:
                step, events = await self._next(tx, lease)
            self._announce(events)
            if step is None:
                return True
            # A call that is cut off by our own end could not be told from one that arrived.
            call = asyncio.create_task(self._call(lease, step))
            self._calls.add(call)
            call.add_done_callback(self._calls.discard)
            if not await asyncio.shield(call):
                return True
        async with self._database.transaction() as tx:
            await recipients.LEASES.release(tx, lease)
        return True

    async def _call(self, lease: Lease, step: Step) -> bool:
        """Send one part; False where that failed, and the recipient was given back."""
        channel = step.bundle.to.channel
        try:
            sent = await self._deliver(step)
        except DeliveryFailed as error:
            failure = error
        except Exception:  # a fault of ours, after which nobody knows what arrived
            log.exception("sending_failed", channel=channel)
            failure = DeliveryUnknown()
        else:
            await self._took(lease, step, sent)
            return True
        async with self._database.transaction() as tx:
            await recipients.own(tx, lease)
            events = await self._failed(tx, lease, step.bundle, failure)
        self._announce(events)
        return False

    async def _deliver(self, step: Step) -> Sent:
        if not step.encoded.payloads:
            # The channel lets it be: nobody misses it any more.
            return Sent()
        payload = step.encoded.payloads[step.number]
        return await self._deliverer.deliver(payload)

    async def _next(self, tx: AsyncConnection, lease: Lease) -> tuple[Step | None, Events]:
        """Return what is sent next, noted as begun; None where the recipient was given back."""
        to = await recipients.own(tx, lease)
        rows = await bundles.waiting(tx, to)
        if not rows:
            await recipients.LEASES.release(tx, lease)
            return None, []
        bundle = bundles.first(to, rows, together=self._deliverer.limits.replies is not None)
        if bundle.rows[0].calling:
            # The process that sent it did not live to see what became of it.
            return None, await self._failed(tx, lease, bundle, DeliveryUnknown())
        try:
            step = self._step(bundle) or self._whole(bundle, rows)
        except DeliveryRefused as refused:
            return None, await self._failed(tx, lease, bundle, refused)
        if step is None:
            await recipients.hold(tx, lease, to.granted_until)
            self._observer.sent(to.channel, "held")
            return None, []
        await bundles.begin(tx, step.bundle)
        return step, []

    def _step(self, bundle: Bundle) -> Step | None:
        """Return the next part of a bundle; None where the platform's grant has no room for it."""
        deliverer = self._deliverer
        limits = deliverer.limits
        if limits.windowed and bundle.late(self._seconds()):
            encoded = deliverer.late(bundle.outbound())
        else:
            encoded = deliverer.payloads(bundle.outbound())
            if limits.replies is not None and not bundle.fits(len(encoded.payloads)):
                return None
        return Step(bundle, encoded, bundle.rows[0].parts)

    def _whole(self, bundle: Bundle, rows: Rows) -> Step | None:
        """Return all that waits as one: a person's line takes along what waits before it."""
        if bundle.rows[0].bundle is not None:
            return None
        return self._step(Bundle(bundle.to, rows))

    async def _took(self, lease: Lease, step: Step, sent: Sent) -> None:
        bundle = step.bundle
        async with self._database.transaction() as tx:
            await recipients.own(tx, lease)
            await bundles.took_part(tx, bundle, sent.platform_id)
            if step.last:
                now, numbered = self._seconds(), step.encoded.numbered
                await bundles.finish(tx, bundle, now, numbered=numbered)
        self._observer.sent(bundle.to.channel, "sent")

    async def _failed(
        self, tx: AsyncConnection, lease: Lease, bundle: Bundle, error: DeliveryFailed
    ) -> Events:
        """Note a failure, and give the recipient back until it is time to try again."""
        now, channel = self._seconds(), bundle.to.channel
        failures = bundle.rows[0].attempts
        log.warning("not_delivered", channel=channel, line=bundle.id, error=error.code)
        if isinstance(error, RateLimited):
            await recipients.pause(tx, bundle.to, now + error.facts["after"])
            await bundles.missed(tx, bundle, error.code, failures=failures, used=False)
            await recipients.LEASES.release(tx, lease, now)
            self._observer.sent(channel, "limited")
            return []
        unknown = isinstance(error, DeliveryUnknown)
        if self._over(bundle, error):
            return await self._bury(tx, lease, bundle, error.code)
        await bundles.missed(tx, bundle, error.code, failures=failures + 1, used=unknown)
        rest = max(self._tries.pause(failures), error.facts.get("after", 0))
        await recipients.LEASES.release(tx, lease, now + rest)
        self._observer.sent(channel, "retried")
        return []

    def _over(self, bundle: Bundle, error: DeliveryFailed) -> bool:
        """Whether it is of no use, or not allowed, to send a bundle again."""
        if bundle.rows[0].attempts + 1 >= self._tries.most or isinstance(error, DeliveryRefused):
            return True
        keyed = self._deliverer.limits.keyed
        again = keyed or bundle.purpose is Purpose.SAFETY
        return isinstance(error, DeliveryUnknown) and not again

    async def _bury(self, tx: AsyncConnection, lease: Lease, bundle: Bundle, error: str) -> Events:
        lines = await bundles.bury(tx, bundle, error, self._seconds())
        await recipients.LEASES.release(tx, lease)
        log.error(losses.REASON, channel=bundle.to.channel, lines=lines, error=error)
        self._observer.sent(bundle.to.channel, "dead")
        at, conversation_id = self._clock.now(), bundle.rows[0].conversation_id
        return await losses.call_person(tx, conversation_id, at, self._staffing)

    def _announce(self, events: Events) -> None:
        for conversation_id, event in events:
            self._publish(conversation_id, event)
