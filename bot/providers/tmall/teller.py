"""What we tell Tmall: a visit that was booked, moved, begun, done or failed, on its work card."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, time, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.clock import BUSINESS_ZONE
from bot.database import Database
from bot.errors import DeliveryRefused
from bot.providers.changes import Change
from bot.providers.delivering import Outlet
from bot.providers.tables import tmall_card
from bot.providers.tmall.account import TmallAccount
from bot.providers.tmall.calls import Top, stamp
from bot.scheduling.notice_tables import visit_failure
from bot.scheduling.store import instant
from bot.scheduling.tables import crew

KIND = "tmall"
_API = "tmall.servicecenter.workcard"
_TASK = 1
_UNDER_WAY, _SUCCEEDED, _FAILED = 4, 5, 11
_ASK_AGAIN = time(10)
_SET = frozenset({"visit.booked", "visit.moved", "visit.reassigned"})


class TmallTeller:
    """Writes changes to the work cards of several accounts. `seconds` is the host's clock."""

    def __init__(
        self,
        database: Database,
        accounts: Mapping[str, tuple[TmallAccount, Top]],
        seconds: Callable[[], float],
    ) -> None:
        self._database = database
        self._accounts = accounts
        self._seconds = seconds

    async def tell(self, to: Outlet, change: Change) -> None:
        """Write it to the order's card, if there is one. Raises DeliveryFailed."""
        if to.owner not in self._accounts:
            raise DeliveryRefused(reason=f"no account {to.owner} is connected any more")
        account, top = self._accounts[to.owner]
        async with self._database.reading() as tx:
            card = await _card(tx, account.name, change.order_no)
            worker = await _crew(tx, change)
            failure = await _failure(tx, change)
        if card is None:
            return
        if change.type in _SET:
            await _reserve(top, card, change, worker)
        elif change.type == "visit.in_progress":
            await top.call(f"{_API}.signin", workcard_id=card)
            await self._status(top, card, _UNDER_WAY)
        elif change.type == "visit.completed":
            await self._status(top, card, _SUCCEEDED)
        elif change.type in {"visit.failed", "visit.cancelled"}:
            await self._failed(top, account, card, change, failure)

    async def _failed(
        self, top: Top, account: TmallAccount, card: int, change: Change, failure: Any
    ) -> None:
        """Say when the consumer is asked again; a visit that Tmall has no code for has failed."""
        cancelled = change.type == "visit.cancelled"
        if cancelled and change.reason == "order_closed":
            return
        why = "not_wanted_now" if cancelled else str(change.reason)
        code = account.fail_codes.get(why)
        if code is None:
            await self._status(top, card, _FAILED, why)
            return
        again = instant(failure.next_contact_at) if failure is not None else None
        await top.call(
            f"{_API}.reservefail",
            workcard_id=card,
            fail_code=code,
            fail_desc=why,
            gmt_next_contact=stamp(again or self._tomorrow()),
        )

    async def _status(self, top: Top, card: int, status: int, why: str | None = None) -> None:
        await top.call(
            f"{_API}.status.update",
            workcard_id=card,
            type=_TASK,
            status=status,
            updater="yuezhuang",
            update_date=stamp(self._now()),
            comments=why,
        )

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._seconds(), BUSINESS_ZONE)

    def _tomorrow(self) -> datetime:
        day = self._now().date() + timedelta(days=1)
        return datetime.combine(day, _ASK_AGAIN, tzinfo=BUSINESS_ZONE)


async def _reserve(top: Top, card: int, change: Change, worker: Any) -> None:
    """Write the window and who comes."""
    after = change.after or {}
    start, end = (datetime.fromisoformat(after[x]) for x in ("window_start", "window_end"))
    await top.call(
        f"{_API}.reserve",
        workcard_id=card,
        reserve_time_start=stamp(start),
        reserve_time_end=stamp(end),
        worker_name=worker.name if worker else None,
        worker_mobile=worker.phone if worker else None,
    )
    if worker is not None:
        await top.call(
            f"{_API}.assignworker",
            workcard_id=card,
            target_worker_name=worker.name,
            target_worker_mobile=worker.phone,
        )


async def _card(tx: AsyncConnection, account: str, order_no: str) -> int | None:
    """Return the order's newest card that is not over."""
    c = tmall_card.c
    found = await tx.execute(
        select(c.workcard_id)
        .where(c.account == account, c.order_no == order_no, ~c.over)
        .order_by(c.since.desc())
        .limit(1)
    )
    return found.scalar_one_or_none()


async def _crew(tx: AsyncConnection, change: Change) -> Any:
    name = (change.after or {}).get("crew_id")
    found = await tx.execute(select(crew.c.name, crew.c.phone).where(crew.c.crew_id == name))
    return found.one_or_none()


async def _failure(tx: AsyncConnection, change: Change) -> Any:
    mine = visit_failure.c.visit_id == change.visit_id
    return (await tx.execute(select(visit_failure).where(mine))).one_or_none()
