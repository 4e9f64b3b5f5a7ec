"""Works on what staff said and sends what staff is shown, as long as the process serves."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.channels.staff import Address, Card, Heard, Person, StaffChannel
from bot.conversation import recipients
from bot.conversation.claiming import Claimers, Job, Rhythm
from bot.conversation.leases import Lease
from bot.conversation.sender import SendObserver, Tries
from bot.database import Database
from bot.errors import DeliveryFailed, DeliveryRefused, DeliveryUnknown, RateLimited
from bot.log import get_logger
from bot.staff import inbox, outbox
from bot.staff.words import said

log = get_logger(__name__)

Claimed = tuple[Lease, Row[Any]]

# Somebody waits for the answer.
_WORKING = Tries(base=0.2, most=3)
_SENDING = Tries()
# A card is sent in less than the lease of the one that sends it.
_RHYTHM = Rhythm(lanes=3)
_RATE_PAUSE = 60.0
# Seconds that an end waits for calls under way.
_PATIENCE = 5.0


class Worker:
    """Answers one event at a time of each person, between `start` and `stop`.

    `answer` makes the answers; `put` is called when one has to be sent.
    """

    def __init__(
        self,
        database: Database,
        answer: Callable[[Heard], Awaitable[Card]],
        put: Callable[[], None],
        seconds: Callable[[], float],
    ) -> None:
        self._database = database
        self._answer = answer
        self._put = put
        self._seconds = seconds
        job = Job("staff-worker", self._taken, self._work)
        claimers = Claimers(database, inbox.LEASES, job, seconds, _RHYTHM)
        self.start, self.stop, self.wake = claimers.start, claimers.stop, claimers.wake

    async def _taken(self, tx: AsyncConnection, lease: Lease) -> Claimed:
        return lease, await inbox.take(tx, lease)

    async def _work(self, claimed: Claimed) -> bool:
        lease, row = claimed
        heard = Heard(Person(row.channel, row.account, row.user_id), row.event_id, row.words)
        try:
            shown, status = await self._answer(heard), "done"
        except Exception:
            log.exception("staff_event_failed", channel=row.channel, attempts=row.attempts)
            if row.attempts < _WORKING.most:
                again = self._seconds() + _WORKING.pause(row.attempts)
                async with self._database.transaction() as tx:
                    await inbox.LEASES.release(tx, lease, again)
                return False
            shown, status = Card(said("failed", "title"), (said("failed", "line"),)), "dead"
        now = self._seconds()
        async with self._database.transaction() as tx:
            # Where the messenger still waits for the answer, it is given there.
            if await inbox.settle(tx, lease, status, outbox.as_json(shown), now):
                await outbox.put(tx, Address(row.channel, row.account, row.user_id), shown, now)
        self._put()
        return False


class Sender:
    """Sends what is in the outbox by the channels of this process, between `start` and `stop`."""

    def __init__(
        self,
        database: Database,
        channels: Mapping[str, StaffChannel[Any]],
        observer: SendObserver,
        seconds: Callable[[], float],
    ) -> None:
        self._database = database
        self._channels = channels
        self._observer = observer
        self._seconds = seconds
        self._calls: set[asyncio.Task[None]] = set()
        self._claimers = Claimers(
            database,
            outbox.leases(robots(channels)),
            Job("staff-sender", self._taken, self._work),
            seconds,
            _RHYTHM,
        )
        self.start, self.wake = self._claimers.start, self._claimers.wake

    async def stop(self) -> None:
        """Stop; what is being sent at the moment is brought to its end where that is soon."""
        if self._calls:
            await asyncio.wait(self._calls, timeout=_PATIENCE)
        await self._claimers.stop()

    async def _taken(self, tx: AsyncConnection, lease: Lease) -> Claimed:
        return lease, await outbox.take(tx, lease)

    async def _work(self, claimed: Claimed) -> bool:
        # A call that is cut off by our own end could not be told from one that arrived.
        call = asyncio.create_task(self._send(*claimed))
        self._calls.add(call)
        call.add_done_callback(self._calls.discard)
        await asyncio.shield(call)
        return False

    async def _send(self, lease: Lease, row: Row[Any]) -> None:
        try:
            shown = await self._channels[row.channel].deliver(
                outbox.address(row), outbox.from_json(row.content), row.key, row.replaces
            )
        except RateLimited as error:
            await self._limited(lease, row, error)
        except DeliveryFailed as error:
            await self._failed(lease, row, error)
        except Exception:  # a fault of ours, after which nobody knows what arrived
            log.exception("staff_card_failed", channel=row.channel, card=row.id)
            await self._failed(lease, row, DeliveryUnknown())
        else:
            async with self._database.transaction() as tx:
                await outbox.sent(tx, lease, shown)
            self._observer.sent(row.channel, "sent")

    async def _limited(self, lease: Lease, row: Row[Any], error: RateLimited) -> None:
        until = self._seconds() + float(error.facts.get("after") or _RATE_PAUSE)
        async with self._database.transaction() as tx:
            await recipients.pause(tx, row, until)
            await outbox.put_off(tx, lease, until, error.detail, counts=False)
        self._observer.sent(row.channel, "limited")

    async def _failed(self, lease: Lease, row: Row[Any], error: DeliveryFailed) -> None:
        # A card that is there twice does no harm, one that is missing does: what may have been
        # taken is sent again.
        final = isinstance(error, DeliveryRefused) or row.attempts >= _SENDING.most
        async with self._database.transaction() as tx:
            if final:
                await outbox.dead(tx, lease, error.detail)
            else:
                again = self._seconds() + _SENDING.pause(row.attempts)
                await outbox.put_off(tx, lease, again, error.detail)
        self._observer.sent(row.channel, "dead" if final else "retried")
        if final:
            log.error("staff_card_dead", channel=row.channel, card=row.id, code=error.code)


def robots(channels: Mapping[str, StaffChannel[Any]]) -> list[tuple[str, str]]:
    """Return channel and account of each robot."""
    return [(name, account) for name, channel in channels.items() for account in channel.accounts]
