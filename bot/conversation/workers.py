"""Workers: work off the lanes of the conversations."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bot.conversation import lanes
from bot.conversation.claiming import Claimers, Job, LaneLostError, Rhythm
from bot.conversation.lanes import Lane
from bot.conversation.turns import TurnRunner
from bot.database import Database
from bot.log import get_logger

log = get_logger(__name__)


@dataclass(frozen=True)
class Pace(Rhythm):
    """Seconds, and counts: how lanes are held, how often the database is asked for work.

    `retry` is the pause after work on a message failed; after `attempts` it is given up.
    `sweep`: how often the queue is looked through for those who waited too long. `look`: how
    often it is looked for what other processes wrote.
    """

    retry: float = 2
    attempts: int = 4
    sweep: float = 1
    look: float = 5


class Workers:
    """Runs lanes until it is stopped. `wake_in()` says that there will be work."""

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
        job = Job("lane-workers", lanes.taken, self._work_off)
        self._claimers = Claimers(database, lanes.LEASES, job, seconds, pace)
        self.start = self._claimers.start
        self.stop = self._claimers.stop
        self.wake_in = self._claimers.wake_in

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
            await lanes.LEASES.release(tx, lane.lease, ready_at)

    async def _exhausted(self, row_id: str) -> bool:
        async with self._database.transaction() as tx:
            return await lanes.count_attempt(tx, row_id) >= self._pace.attempts
