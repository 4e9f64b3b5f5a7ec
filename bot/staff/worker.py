"""Works on what staff said and sends what staff is shown, as long as the process serves."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import Any

from sqlalchemy import Row

from bot.background import repeat
from bot.channels.staff import Address, Card, Heard, Person, StaffChannel
from bot.database import Database
from bot.errors import DeliveryFailed, DeliveryRefused, RateLimited
from bot.log import get_logger
from bot.staff import inbox, outbox
from bot.staff.words import said

log = get_logger(__name__)

_TRIES = 3
_SEND_TRIES = 8
_FIRST_PAUSE, _LONGEST_PAUSE = 1.0, 300.0
_RATE_PAUSE = 60.0
_POLL = 1.0
_BREATH = 0.05
_PATIENCE = 3.0


class Loops:
    """Some loops that look for work when they are woken, and every `_POLL` seconds anyway."""

    def __init__(self) -> None:
        self._woken: list[asyncio.Event] = []
        self._tasks: list[asyncio.Task[None]] = []
        self._stopping = False

    def start(self, work: Callable[[], Awaitable[object]], name: str) -> None:
        """Begin a loop that calls `work` until it returns something false, then rests."""
        woken = asyncio.Event()
        self._woken.append(woken)

        async def round_() -> None:
            with suppress(TimeoutError):
                async with asyncio.timeout(_POLL):
                    await woken.wait()
            woken.clear()
            while not self._stopping and await work():
                pass
            if self._stopping:
                raise asyncio.CancelledError

        task = asyncio.create_task(repeat(round_, _BREATH, f"{name}_failed"), name=name)
        self._tasks.append(task)

    def wake(self) -> None:
        """Let every loop look at once."""
        for woken in self._woken:
            woken.set()

    async def stop(self) -> None:
        """End all loops, each once it has done what it is at, unless that takes too long."""
        self._stopping = True
        self.wake()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=_PATIENCE)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks.clear()
        self._woken.clear()
        self._stopping = False


class Worker:
    """Answers one event at a time of each person. `answer` makes the answers."""

    def __init__(
        self,
        database: Database,
        answer: Callable[[Heard], Awaitable[Card]],
        seconds: Callable[[], float],
    ) -> None:
        self._database = database
        self._answer = answer
        self._seconds = seconds

    async def work_one(self) -> bool:
        """Answer one event; False where there is none."""
        async with self._database.transaction() as tx:
            row = await inbox.claim(tx, self._seconds())
        if row is None:
            return False
        heard = Heard(Person(row.channel, row.account, row.user_id), row.event_id, row.words)
        try:
            shown, status = await self._answer(heard), "done"
        except Exception:
            log.exception("staff_event_failed", channel=row.channel, attempts=row.attempts)
            if row.attempts < _TRIES:
                async with self._database.transaction() as tx:
                    await inbox.put_off(tx, row, self._seconds() + _pause(row.attempts))
                return True
            shown, status = Card(said("failed", "title"), (said("failed", "line"),)), "dead"
        await self._settle(row, shown, status)
        return True

    async def _settle(self, row: Row[Any], shown: Card, status: str) -> None:
        now = self._seconds()
        async with self._database.transaction() as tx:
            if await inbox.settle(tx, row, status, outbox.as_json(shown), now):
                await outbox.put(tx, Address(row.channel, row.account, row.user_id), shown, now)


class Sender:
    """Sends what is in the outbox for the channels that this process serves."""

    def __init__(
        self,
        database: Database,
        channels: Mapping[str, StaffChannel[Any]],
        seconds: Callable[[], float],
    ) -> None:
        self._database = database
        self._channels = channels
        self._seconds = seconds

    async def send_one(self) -> bool:
        """Send one card; False where none is due."""
        async with self._database.transaction() as tx:
            row = await outbox.claim(tx, robots(self._channels), self._seconds())
        if row is None:
            return False
        try:
            shown = await self._channels[row.channel].deliver(
                outbox.address(row), outbox.from_json(row.content), row.key, row.replaces
            )
        except RateLimited as error:
            until = self._seconds() + float(error.facts.get("after") or _RATE_PAUSE)
            async with self._database.transaction() as tx:
                await outbox.pause(tx, row, until)
        except DeliveryFailed as error:
            await self._failed(row, error)
        else:
            async with self._database.transaction() as tx:
                await outbox.sent(tx, row, shown)
        return True

    async def _failed(self, row: Row[Any], error: DeliveryFailed) -> None:
        # A card that is there twice does no harm, one that is missing does: what may have been
        # taken is sent again.
        final = isinstance(error, DeliveryRefused) or row.attempts >= _SEND_TRIES
        async with self._database.transaction() as tx:
            if final:
                await outbox.dead(tx, row, error.detail)
            else:
                again = self._seconds() + _pause(row.attempts)
                await outbox.put_off(tx, row, again, error.detail)
        event = "staff_card_dead" if final else "staff_card_delayed"
        log.warning(event, channel=row.channel, account=row.account, card=row.id, code=error.code)


def robots(channels: Mapping[str, StaffChannel[Any]]) -> list[tuple[str, str]]:
    """Return channel and account of each robot."""
    return [(name, account) for name, channel in channels.items() for account in channel.accounts]


def _pause(attempts: int) -> float:
    longest = min(_FIRST_PAUSE * 2 ** (attempts - 1), _LONGEST_PAUSE)
    return random.uniform(0.0, longest)  # noqa: S311 - only spreads the load
