"""Workers: claim lanes and work them off, several at a time, none twice."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass

from bot.background import repeat
from bot.conversation import lanes
from bot.conversation.lanes import Lane
from bot.conversation.turns import LaneLostError, TurnRunner
from bot.database import Database
from bot.log import get_logger

log = get_logger(__name__)


@dataclass(frozen=True)
class Pace:
    """Seconds, and counts: how lanes are held, how often the database is asked for work.

    `retry` is the pause after work on a message failed; after `attempts` it is given up.
    `sweep`: how often the queue is looked through for those who waited too long. `look`: how
    often it is looked for what other processes wrote.
    """

    lease: float = 30
    poll: float = 1
    lanes: int = 16
    retry: float = 2
    attempts: int = 4
    sweep: float = 1
    look: float = 5


class Workers:
    """Runs lanes until it is stopped. `wake()` says that there may be work."""

    def __init__(
        self,
        database: Database,
        runner: TurnRunner,
        done: Callable[[str], None],
        seconds: Callable[[], float],
        pace: Pace,
    ) -> None:
        self._database = database
        self._runner = runner
        self._done = done
        self._seconds = seconds
        self._pace = pace
        self._name = lanes.worker_name()
        self._woken = asyncio.Event()
        self._slots = asyncio.Semaphore(pace.lanes)
        self._running: set[asyncio.Task[None]] = set()
        self._loop: asyncio.Task[None] | None = None
        self._stopping = False

    async def start(self) -> None:
        """Take over what earlier processes of this host left, and begin."""
        async with self._database.transaction() as tx:
            freed = await lanes.release_of_the_dead(tx)
        if freed:
            log.info("lanes_taken_over", lanes=freed)
        self._loop = asyncio.create_task(self._claim_forever(), name="lane-workers")

    async def stop(self) -> None:
        """Stop at once. Messages under way stay in the inbox and are worked on later."""
        self._stopping = True
        self.wake()
        for task in self._running:
            task.cancel()
        tasks = [task for task in (self._loop, *self._running) if task is not None]
        await asyncio.gather(*tasks, return_exceptions=True)
        self._loop = None
        with contextlib.suppress(Exception):  # the database may be what is gone
            async with self._database.transaction() as tx:
                await lanes.release_all(tx, self._name)

    def wake(self) -> None:
        """Say that there may be work; losing this costs one poll."""
        self._woken.set()

    async def _claim_forever(self) -> None:
        while not self._stopping:
            told = self._woken.is_set()
            self._woken.clear()
            try:
                while await self._claim_one(look_first=not told):
                    told = False
            except Exception:  # a database that is away for a moment must not end the worker
                log.exception("claiming_failed")
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._pace.poll):
                    await self._woken.wait()

    async def _claim_one(self, *, look_first: bool) -> bool:
        if self._stopping or self._slots.locked():
            return False
        await self._slots.acquire()
        lane = None
        try:
            lane = await self._claim(look_first=look_first)
        finally:
            if lane is None:
                self._slots.release()
        if lane is None:
            return False
        task = asyncio.create_task(self._work(lane))
        self._running.add(task)
        task.add_done_callback(self._ended)
        return True

    async def _claim(self, *, look_first: bool) -> Lane | None:
        now = self._seconds()
        if look_first:
            async with self._database.reading() as tx:
                if not await lanes.waiting(tx, now):
                    return None
        async with self._database.transaction() as tx:
            return await lanes.claim(tx, self._name, now, self._pace.lease)

    def wake_in(self, seconds: float) -> None:
        """Say that there will be work in a moment."""
        if seconds > 0:
            asyncio.get_running_loop().call_later(seconds, self.wake)
        else:
            self.wake()

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        if self._slots.locked():
            self.wake()
        self._slots.release()

    async def _work(self, lane: Lane) -> None:
        keeper = asyncio.create_task(self._keep(lane))
        try:
            if not await self._work_off(lane):
                self.wake()
        except LaneLostError:
            log.warning("lane_lost", conversation=lane.conversation_id)
        except Exception:
            log.exception("lane_failed", conversation=lane.conversation_id)
        finally:
            keeper.cancel()

    async def _work_off(self, lane: Lane) -> bool:
        """Work until no message waits or the lane has to rest.

        True where nothing is left; the lane is given back in any case.
        """
        rows = lane.rows
        while rows:
            try:
                settled = await self._runner.run(lane, rows)
            except LaneLostError:
                raise
            except Exception:
                log.exception("turn_failed", turn=rows[0].id)
                if not await self._exhausted(rows[0].id):
                    await self._release(lane, self._seconds() + self._pace.retry)
                    return True
                settled = await self._runner.give_up(lane, rows)
            if settled.following is not rows:
                for row in rows:
                    self._done(row.id)
            if settled.emptied:
                return True
            rows = settled.following
        await self._release(lane, None)
        return False

    async def _release(self, lane: Lane, ready_at: float | None) -> None:
        async with self._database.transaction() as tx:
            await lanes.release(tx, lane, ready_at)

    async def _exhausted(self, row_id: str) -> bool:
        async with self._database.transaction() as tx:
            return await lanes.count_attempt(tx, row_id) >= self._pace.attempts

    async def _keep(self, lane: Lane) -> None:
        pause = self._pace.lease / 3
        await asyncio.sleep(pause)

        async def renew() -> None:
            async with self._database.transaction() as tx:
                await lanes.renew(tx, lane, self._seconds() + self._pace.lease)

        await repeat(renew, pause, "lane_not_renewed")
