"""The facade of those who feed data in: single facts of an order, in the caller's transaction."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import datetime

from sqlalchemy import func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.catalogue import Catalogue
from bot.clock import BUSINESS_ZONE, Clock
from bot.errors import BookingRefused, WindowTaken
from bot.scheduling import contract as c
from bot.scheduling import history, holds, ledger, notices, redelivery, waitlist
from bot.scheduling import rules as rule
from bot.scheduling import tables as t
from bot.scheduling.availability import Search
from bot.scheduling.booking import Booking, Command
from bot.scheduling.contract import epoch
from bot.scheduling.importing import Importer, Part
from bot.scheduling.models import UNDER_WAY, Order, Visit, Window
from bot.scheduling.presentation import order_document
from bot.scheduling.reasons import reason
from bot.scheduling.refit import follow_delivery
from bot.scheduling.slots import Span
from bot.scheduling.store import read_order
from bot.settings import BookingRules


class Feed:
    """What comes in from others about orders. Unguarded: for those who may bring it.

    `actor` is who the history names for a change of a visit.
    """

    def __init__(
        self, clock: Clock, catalogue: Catalogue, rules: BookingRules, actor: str = "import"
    ) -> None:
        self._clock = clock
        self._catalogue = catalogue
        self._rules = rules
        self._actor = actor

    def named(self, actor: str) -> Feed:
        """Return the same for somebody else."""
        return Feed(self._clock, self._catalogue, self._rules, actor)

    def importer(
        self, connection: AsyncConnection, merchants: frozenset[str] | None = None
    ) -> Importer:
        """Return what takes whole documents part by part.

        `merchants` are those whose orders may be brought, None for all.
        """
        now = self._clock.now()
        return Importer(
            connection, self._catalogue, self._rules, now, merchants=merchants, actor=self._actor
        )

    async def locked(self, connection: AsyncConnection, order_no: str) -> Order | None:
        """Return an order that nobody else changes until the transaction ends, or None."""
        await ledger.lock_order(connection, order_no)
        return await read_order(connection, order_no)

    async def bring(
        self,
        connection: AsyncConnection,
        order: c.Order,
        merchants: frozenset[str] | None = None,
    ) -> None:
        """Take one order, new or known. Raises ImportRejected with paths from `$.orders[0]`."""

        async def parts() -> AsyncIterator[Part]:
            yield Part(c.Document(orders=[order]))

        await self.importer(connection, merchants).take(parts)

    async def change_visit(self, connection: AsyncConnection, order: Order, visit: c.Visit) -> None:
        """Take it that a visit is as somebody else says it is. Raises ImportRejected."""
        document = order_document(order)
        del document["site"]
        document |= {"visits": [visit], "tracking": []}
        await self.bring(connection, c.Order.model_validate(document))

    async def track(
        self, connection: AsyncConnection, order: Order, steps: Sequence[c.TrackingStep]
    ) -> None:
        """Add steps of the goods' way; those that are known already change nothing."""
        known = {(epoch(step.at), step.code) for step in order.tracking}
        fresh = [step for step in steps if (epoch(step.at), step.code) not in known]
        tc = t.tracking.c
        last = await connection.scalar(
            select(func.max(tc.position)).where(tc.order_no == order.order_no)
        )
        number, no = 0 if last is None else last + 1, {"order_no": order.order_no}
        rows = [
            {**no, "position": n, **step.model_dump(), "at": epoch(step.at)}
            for n, step in enumerate(fresh, number)
        ]
        if rows:
            await connection.execute(insert(t.tracking), rows)

    async def goods_arrive(self, connection: AsyncConnection, order: Order, at: datetime) -> None:
        """Take it that the goods reach the hub at an instant; damaged ones are replaced by it."""
        if order.goods_missing:
            need = rule.needs(order, self._catalogue, self._rules)
            await redelivery.replaced(connection, order, need, at, self._clock.now())
            return
        await connection.execute(
            update(t.orders)
            .where(t.orders.c.order_no == order.order_no)
            .values(goods_expected_at=epoch(at))
        )

    async def follow(
        self, connection: AsyncConnection, order_no: str, at: datetime, command_id: str
    ) -> Order:
        """Let the order's next visit be in the window of an instant that was agreed elsewhere.

        Nothing changes where it is so already. Raises OrderNotFound, WindowTaken where no window
        is open then, BookingRefused.
        """
        booking = self._booking(connection)
        order = await booking.locked(order_no)
        live = order.live_visit
        if live is not None and live.window is not None and _within(live.window, at):
            return order
        day = at.astimezone(BUSINESS_ZONE).date()
        for window in await booking.search.windows(order, Span(day, day)):
            if _within(window, at):
                command = Command(command_id)
                order, _ = await booking.book(order_no, window, command)
                await follow_delivery(booking, order, command)
                return await booking.read(order_no)
        blocked = booking.search.blocked(order)
        if blocked is not None:
            raise BookingRefused(reason=reason(blocked))
        raise WindowTaken(window=at.isoformat())

    async def give_up(self, connection: AsyncConnection, order_no: str, command_id: str) -> None:
        """Take it that the order's next visit was cancelled elsewhere; one under way is flagged.

        Nothing changes where none is booked. Raises OrderNotFound.
        """
        booking = self._booking(connection)
        live = (await booking.locked(order_no)).live_visit
        if live is not None and live.status in UNDER_WAY:
            await booking.update(live, attention=True)
        elif live is not None and live.window is not None:
            command = Command(command_id)
            order, _ = await booking.cancel(order_no, command)
            await follow_delivery(booking, order, command)

    def _booking(self, connection: AsyncConnection) -> Booking:
        now = self._clock.now()
        search = Search(connection, self._catalogue, self._rules, now, limits=False)
        return Booking(connection, search, self._actor)

    async def close(self, connection: AsyncConnection, order: Order, command_id: str) -> None:
        """Close an order: nothing is booked for it any more, and what was booked is cancelled.

        A visit that is under way already is flagged: a person decides.
        """
        booked = [visit for visit in order.visits if visit.status == "scheduled"]
        kept = await holds.kept(connection, order)
        windows = [visit.cw_id for visit in booked] + [kept.slot.cw_id if kept else None]
        await ledger.lock_windows(connection, windows)
        await holds.clear(connection, order.order_no, None, self._clock.now())
        await waitlist.leave(connection, order.order_no)
        await connection.execute(
            update(t.orders).where(t.orders.c.order_no == order.order_no).values(closed=True)
        )
        await self._end(connection, order, "scheduled", {"status": "cancelled"})
        await self._end(connection, order, "en_route", {"attention": True})
        await self._end(connection, order, "in_progress", {"attention": True})
        after = await read_order(connection, order.order_no)
        for visit in booked:
            await self._note_cancelled(connection, after, visit, command_id)

    async def _end(
        self, connection: AsyncConnection, order: Order, status: str, values: dict[str, object]
    ) -> None:
        vt = t.visit.c
        await connection.execute(
            update(t.visit)
            .where(vt.order_no == order.order_no, vt.status == status)
            .values(version=vt.version + 1, **values)
        )

    async def _note_cancelled(
        self, connection: AsyncConnection, order: Order | None, before: Visit, command_id: str
    ) -> None:
        if order is None:
            raise AssertionError(before.visit_id)
        after = next(visit for visit in order.visits if visit.visit_id == before.visit_id)
        now = self._clock.now()
        await history.note(
            connection,
            before,
            after,
            "cancelled",
            now,
            actor=self._actor,
            reason="order_closed",
            command_id=command_id,
        )
        await notices.record(connection, "cancelled", order, after, now)


def _within(window: Window, at: datetime) -> bool:
    return window.start <= at < window.end
