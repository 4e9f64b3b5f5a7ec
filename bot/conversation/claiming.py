"""Claimers: claim rows and work them off, several at a time, none twice."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.background import repeat
from bot.conversation.leases import Lease, Leases, worker_name
from bot.database import Database
from bot.log import get_logger

log = get_logger(__name__)

T = TypeVar("T")


class LaneLostError(Exception):
    """Another worker has the lane; what this one worked out is not to be written."""


@dataclass(frozen=True)
class Rhythm:
    """Seconds of a lease and between two looks for work; how many rows are worked on at once."""

    lease: float = 30
    poll: float = 1
    lanes: int = 16


@dataclass(frozen=True)
class Job(Generic[T]):
    """What is done with rows.

    `take` reads what belongs to a claimed row, in the transaction of the claim. `work` returns
    whether nothing is left; it gives the row back in any case.
    """

    name: str
    take: Callable[[AsyncConnection, Lease], Awaitable[T]]
    work: Callable[[T], Awaitable[bool]]


class Claimers(Generic[T]):
    """Claims rows until it is stopped. `wake()` says that there may be work."""

    def __init__(
        self,
        database: Database,
        leases: Leases,
        job: Job[T],
        seconds: Callable[[], float],
        rhythm: Rhythm,
    ) -> None:
        self._database = database
        self._leases = leases
        self._job = job
        self._seconds = seconds
        self._rhythm = rhythm
        self._name = worker_name()
        self._woken = asyncio.Event()
        self._slots = asyncio.Semaphore(rhythm.lanes)
        self._running: set[asyncio.Task[None]] = set()
        self._loop: asyncio.Task[None] | None = None
        self._stopping = False

    async def start(self) -> None:
        """Take over what earlier processes of this host left, and begin."""
        async with self._database.transaction() as tx:
            freed = await self._leases.release_of_the_dead(tx)
        if freed:
            log.info("lanes_taken_over", job=self._job.name, lanes=freed)
        self._loop = asyncio.create_task(self._claim_forever(), name=self._job.name)

    async def stop(self) -> None:
        """Stop at once. What is under way stays in the database and is worked on later."""
        self._stopping = True
        self.wake()
        for task in self._running:
            task.cancel()
        tasks = [task for task in (self._loop, *self._running) if task is not None]
        await asyncio.gather(*tasks, return_exceptions=True)
        self._loop = None
        with contextlib.suppress(Exception):  # the database may be what is gone
            async with self._database.transaction() as tx:
                await self._leases.release_all(tx, self._name)

    def wake(self) -> None:
        """Say that there may be work; losing this costs one poll."""
        self._woken.set()

    def wake_in(self, seconds: float) -> None:
        """Say that there will be work in a moment."""
        if seconds > 0:
            asyncio.get_running_loop().call_later(seconds, self.wake)
        else:
            self.wake()

    async def _claim_forever(self) -> None:
        while not self._stopping:
            told = self._woken.is_set()
            self._woken.clear()
            try:
                while await self._claim_one(look_first=not told):
                    told = False
            except Exception:  # a database that is away for a moment must not end the worker
                log.exception("claiming_failed", job=self._job.name)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._rhythm.poll):
                    await self._woken.wait()

    async def _claim_one(self, *, look_first: bool) -> bool:
        if self._stopping or self._slots.locked():
            return False
        await self._slots.acquire()
        claimed = None
        try:
            claimed = await self._claim(look_first=look_first)
        finally:
            if claimed is None:
                self._slots.release()
        if claimed is None:
            return False
        task = asyncio.create_task(self._work(*claimed))
        self._running.add(task)
        task.add_done_callback(self._ended)
        return True

    async def _claim(self, *, look_first: bool) -> tuple[Lease, T] | None:
        now = self._seconds()
        if look_first:
            async with self._database.reading() as tx:
                if not await self._leases.waiting(tx, now):
                    return None
        async with self._database.transaction() as tx:
            lease = await self._leases.claim(tx, self._name, now, self._rhythm.lease)
            return None if lease is None else (lease, await self._job.take(tx, lease))

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        if self._slots.locked():
            self.wake()
        self._slots.release()

    async def _work(self, lease: Lease, claimed: T) -> None:
        keeper = asyncio.create_task(self._keep(lease))
        try:
            if not await self._job.work(claimed):
                self.wake()
        except LaneLostError:
            log.warning("lane_lost", job=self._job.name, lane=lease.id)
        except Exception:
            log.exception("lane_failed", job=self._job.name, lane=lease.id)
        finally:
            keeper.cancel()

    async def _keep(self, lease: Lease) -> None:
        pause = self._rhythm.lease / 3
        await asyncio.sleep(pause)

        async def renew() -> None:
            async with self._database.transaction() as tx:
                await self._leases.renew(tx, lease, self._seconds() + self._rhythm.lease)

        await repeat(renew, pause, "lane_not_renewed")
