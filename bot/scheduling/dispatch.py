"""The dispatchers' facade: how visits go, what crews do, and calendars of both sides."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.catalogue import Catalogue
from bot.clock import Clock
from bot.database import Database
from bot.scheduling import calendars, history, placing, redelivery, roster, status
from bot.scheduling.availability import Search
from bot.scheduling.booking import Booking
from bot.scheduling.placing import Placing
from bot.scheduling.presentation import order_document, visit_document
from bot.scheduling.status import StatusUpdate
from bot.settings import BookingRules


class Dispatch:
    """Unguarded: for those who hold the API's token, never for consumers."""

    def __init__(
        self, database: Database, clock: Clock, catalogue: Catalogue, rules: BookingRules
    ) -> None:
        self._database = database
        self._clock = clock
        self._catalogue = catalogue
        self._rules = rules

    @property
    def today(self) -> date:
        """The business day."""
        return self._clock.today()

    async def report(self, update: StatusUpdate) -> dict[str, Any]:
        """Take what a crew reports and return all visits of the order, `visit` among them.

        Raises VisitNotFound, IllegalStatus, CommandReused, MalformedRequest, and where a new
        window is agreed BookingRefused or WindowTaken; then nothing is changed.
        """

        async def work(connection: AsyncConnection) -> dict[str, Any]:
            order = await status.report(self._booking(connection, "crew"), update)
            visits = [visit_document(visit) for visit in order.visits]
            one = next(visit for visit in visits if visit["visit_id"] == update.visit_id)
            return {"order_no": order.order_no, "visit": one, "visits": visits}

        return await self._database.retrying(work)

    async def goods_replaced(self, order_no: str, expected_at: datetime) -> dict[str, Any]:
        """Take it that goods for damaged ones reach the hub at an instant; return the order.

        Their visit can be booked for the days after, and the consumer is told so. An order that
        waits for no goods stays as it is. Raises OrderNotFound.
        """

        async def work(connection: AsyncConnection) -> dict[str, Any]:
            booking = self._booking(connection)
            order = await booking.locked(order_no)
            need, now = booking.search.need(order), booking.search.now
            await redelivery.replaced(connection, order, need, expected_at, now)
            return order_document(await booking.read(order_no))

        return await self._database.retrying(work)

    async def history(self, order_no: str) -> dict[str, Any]:
        """Return what happened to an order's visits, oldest first. Raises OrderNotFound."""
        async with self._database.reading() as connection:
            await self._booking(connection).read(order_no)
            return {"order_no": order_no, "events": await history.of_order(connection, order_no)}

    async def place(self, wish: Placing) -> dict[str, Any]:
        """Put a visit where a dispatcher wants it, by the rules that hold for an agent.

        Returns the order's number and its `visits`. Raises VisitNotFound, CrewNotFound,
        CommandReused, VisitChanged, WindowTaken, BookingRefused; then nothing is changed.
        """

        async def work(connection: AsyncConnection) -> dict[str, Any]:
            now = self._clock.now()
            search = Search(connection, self._catalogue, self._rules, now, limits=False)
            order = await placing.place(Booking(connection, search, "dispatcher"), wish)
            visits = [visit_document(visit) for visit in order.visits]
            return {"order_no": order.order_no, "visits": visits}

        return await self._database.retrying(work)

    async def crew_day(self, crew_id: str, day: date | None = None) -> dict[str, Any]:
        """Return a crew's visits of a day, today where it is None. Raises CrewNotFound."""
        async with self._database.reading() as connection:
            return await roster.crew_day(connection, crew_id, day or self.today)

    async def crew_visit(self, crew_id: str, visit_id: str) -> dict[str, Any]:
        """Return one of a crew's visits. Raises VisitNotFound for those of others too."""
        async with self._database.reading() as connection:
            return await roster.crew_visit(connection, crew_id, visit_id)

    async def board(self, day: date | None = None, hub_id: str | None = None) -> dict[str, Any]:
        """Return crews by windows of a day, today where it is None. Raises HubNotFound."""
        async with self._database.reading() as connection:
            return await roster.board(connection, day or self.today, hub_id)

    async def crew_feed(self, crew_id: str) -> bytes:
        """Return a crew's visits as iCalendar. Raises CrewNotFound."""
        async with self._database.reading() as connection:
            return await calendars.crew_feed(connection, crew_id, self._clock.now())

    async def order_feed(self, order_no: str) -> bytes:
        """Return an order's visits as iCalendar for its consumer. Raises OrderNotFound."""
        async with self._database.reading() as connection:
            return await calendars.order_feed(connection, order_no, self._clock.now())

    def _booking(self, connection: AsyncConnection, actor: str = "agent") -> Booking:
        search = Search(connection, self._catalogue, self._rules, self._clock.now())
        return Booking(connection, search, actor)
