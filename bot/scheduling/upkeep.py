"""Ends what has had its time while the system runs: holds, offers to those who wait, notices.

Others may add what is theirs to end.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from bot.background import repeat
from bot.log import get_logger
from bot.scheduling.service import Scheduling

log = get_logger(__name__)

EVERY_SECONDS = 30.0


class Upkeep:
    """A task beside the server. Several processes may each run one.

    `also` is done after the sweep of scheduling, each by itself.
    """

    def __init__(
        self,
        scheduling: Scheduling,
        every_seconds: float = EVERY_SECONDS,
        also: Sequence[Callable[[], Awaitable[object]]] = (),
    ) -> None:
        self._scheduling = scheduling
        self._every = every_seconds
        self._also = also
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin sweeping."""
        self._task = asyncio.create_task(repeat(self.sweep, self._every, "sweep_failed"))

    async def stop(self) -> None:
        """End, and wait until it has."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def sweep(self) -> None:
        """Do once what there is to do."""
        done = await self._scheduling.sweep()
        if any(done.values()):
            log.info("swept", **done)
        for end in self._also:
            await end()
