"""Tells outlets of changes: in the order of each visit, with back-off, until they are dead."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from sqlalchemy import Row, and_, delete, exists, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.background import repeat
from bot.database import Database
from bot.errors import BotError, DeliveryRefused, RateLimited, RetryLater
from bot.log import get_logger
from bot.providers import changes
from bot.providers.changes import Change
from bot.providers.tables import delivery, outlet

log = get_logger(__name__)

_POLL_SECONDS = 1.0
# Longer than a call may take.
_LEASE_SECONDS = 60.0
_AT_ONCE = 16
_MINUTE, _HOUR = 60.0, 3600.0
_PAUSES = (5.0, 30.0, 2 * _MINUTE, 10 * _MINUTE, 30 * _MINUTE, 2 * _HOUR, 6 * _HOUR, 12 * _HOUR)
_JITTER = 0.2
_KEPT_SECONDS = 30 * 24 * _HOUR
_SHOWN = 300


@dataclass(frozen=True)
class Outlet:
    """Who is told. `types` and `merchants` None: of all."""

    id: str
    kind: str
    owner: str
    url: str
    secret: str
    types: frozenset[str] | None
    merchants: frozenset[str] | None

    def wants(self, change: Change) -> bool:
        """Whether the outlet is to be told of a change."""
        of_type = self.types is None or change.type in self.types
        return of_type and (self.merchants is None or change.merchant in self.merchants)


class Teller(Protocol):
    """Tells the outlets of one kind."""

    async def tell(self, to: Outlet, change: Change) -> None:
        """Tell an outlet. Raises DeliveryFailed and what is derived from it."""


class Deliveries:
    """A task beside the server. Several processes may each run one."""

    def __init__(
        self,
        database: Database,
        seconds: Callable[[], float],
        tellers: Mapping[str, Teller],
        tries: int,
    ) -> None:
        self._database = database
        self._seconds = seconds
        self._tellers = tellers
        self._tries = tries
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Begin to deliver."""
        work = repeat(self._all_due, _POLL_SECONDS, "telling_failed")
        sweep = repeat(self._forget_old, _HOUR, "old_deliveries_not_removed")
        self._tasks = [asyncio.create_task(work), asyncio.create_task(sweep)]

    async def stop(self) -> None:
        """End; what was under way is delivered again by the next start."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _all_due(self) -> None:
        while await self.deliver():
            pass

    async def deliver(self) -> int:
        """Try what is due, some at once; return how many were tried."""
        rows = await self._claim()
        await asyncio.gather(*(self._one(row) for row in rows))
        return len(rows)

    async def _claim(self) -> Sequence[Row[Any]]:
        now = self._seconds()
        due = _due(now)
        async with self._database.reading() as tx:
            if (await tx.execute(due.limit(1))).first() is None:
                return []
        locked = due.order_by(delivery.c.event_id).limit(_AT_ONCE).with_for_update(skip_locked=True)
        async with self._database.transaction() as tx:
            claimed = await tx.execute(
                update(delivery)
                .where(delivery.c.id.in_(locked.scalar_subquery()))
                .values(lease_until=now + _LEASE_SECONDS, attempts=delivery.c.attempts + 1)
                .returning(delivery)
            )
            return list(claimed)

    async def _one(self, row: Row[Any]) -> None:
        async with self._database.reading() as tx:
            to, change = await _outlet(tx, row.outlet_id), await changes.read(tx, row.event_id)
        if to is None:
            return
        if change is None or not to.wants(change):
            await self._pass_over(row)
            return
        try:
            await self._tellers[to.kind].tell(to, change)
        except BotError as error:
            await self._failed(row, error)
        except Exception:  # a fault of ours must not be tried for ever
            log.exception("telling_failed", outlet=row.outlet_id, sequence=row.event_id)
            await self._failed(row, RetryLater("a fault of the server; its log says more"))
        else:
            await self._settle(row, status="sent", error=None)

    async def _pass_over(self, row: Row[Any]) -> None:
        async with self._database.transaction() as tx:
            await tx.execute(delete(delivery).where(delivery.c.id == row.id))

    async def _forget_old(self) -> None:
        """Remove from the log what nobody looks up any more."""
        old = self._seconds() - _KEPT_SECONDS
        async with self._database.transaction() as tx:
            await tx.execute(
                delete(delivery).where(delivery.c.status != "new", delivery.c.tried_at < old)
            )

    async def _failed(self, row: Row[Any], error: BotError) -> None:
        dead = isinstance(error, DeliveryRefused) or row.attempts >= self._tries
        log.warning(
            "not_told", outlet=row.outlet_id, sequence=row.event_id, code=error.code, dead=dead
        )
        if dead:
            await self._settle(row, status="dead", error=error.detail[:_SHOWN])
            return
        pause = error.facts.get("after", 0.0) if isinstance(error, RateLimited) else 0.0
        again = self._seconds() + max(pause, _pause(row.attempts))
        await self._settle(row, status="new", error=error.detail[:_SHOWN], not_before=again)

    async def _settle(self, row: Row[Any], **values: Any) -> None:
        async with self._database.transaction() as tx:
            await tx.execute(
                update(delivery)
                .where(delivery.c.id == row.id, delivery.c.attempts == row.attempts)
                .values(lease_until=0.0, tried_at=self._seconds(), **values)
            )


def _due(now: float) -> Any:
    """Select what may be tried now: of each outlet and visit only what happened first."""
    d, earlier = delivery.c, delivery.alias("earlier").c
    before = exists().where(
        earlier.outlet_id == d.outlet_id,
        earlier.visit_id == d.visit_id,
        earlier.status == "new",
        earlier.event_id < d.event_id,
    )
    return (
        select(d.id)
        .join(outlet, and_(outlet.c.id == d.outlet_id, outlet.c.active))
        .where(d.status == "new", d.not_before <= now, d.lease_until < now, ~before)
    )


async def _outlet(tx: AsyncConnection, outlet_id: str) -> Outlet | None:
    row = (await tx.execute(select(outlet).where(outlet.c.id == outlet_id))).one_or_none()
    return outlet_of(row) if row is not None else None


def outlet_of(row: Row[Any]) -> Outlet:
    """Return the outlet of a row."""
    types = None if row.types is None else frozenset(row.types)
    merchants = None if row.merchants is None else frozenset(row.merchants)
    return Outlet(row.id, row.kind, row.owner, row.url, row.secret, types, merchants)


def _pause(attempts: int) -> float:
    """Return how long to rest after so many attempts; not all at the same moment."""
    pause = _PAUSES[min(attempts, len(_PAUSES)) - 1]
    return pause * random.uniform(1 - _JITTER, 1 + _JITTER)  # noqa: S311
