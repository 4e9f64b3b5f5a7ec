"""The facade: everything that others may ask of orders, crews and visits."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import date, timedelta
from typing import Any, Literal

from sqlalchemy import delete, func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.catalogue import Catalogue
from bot.clock import Clock
from bot.database import Database
from bot.errors import BookingRefused, IdentityLocked, OrderNotFound
from bot.ratelimit import RateLimiter
from bot.scheduling import (
    demo,
    history,
    holds,
    identity,
    importing,
    notices,
    offers,
    reasons,
    refit,
    voice,
    waitlist,
)
from bot.scheduling import tables as t
from bot.scheduling.availability import Search
from bot.scheduling.booking import Booking, Command
from bot.scheduling.contract import epoch
from bot.scheduling.models import (
    Availability,
    Caller,
    DemoConsumer,
    Fee,
    Hold,
    ImportReport,
    Offer,
    Order,
    Reason,
    Seen,
    SiteChange,
    TimeRange,
    Visit,
    Window,
)
from bot.scheduling.presentation import order_document
from bot.scheduling.refusals import refusal_code
from bot.scheduling.slots import Span
from bot.scheduling.store import read_order, read_orders
from bot.settings import BookingRules, RateLimits

OFFERED = 3
Actor = Literal["consumer", "agent"]
ANY_TIME = TimeRange(None, None)


class Scheduling:
    """Orders and visits of one database, under one set of rules, by one clock."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        catalogue: Catalogue,
        rules: BookingRules,
        limiter: RateLimiter | None = None,
    ) -> None:
        self._database = database
        self._clock = clock
        self._catalogue = catalogue
        self._rules = rules
        self._limiter = limiter or RateLimiter(RateLimits())

    # --- what a consumer may see ---

    async def orders(self, caller: Caller) -> list[Order]:
        """Return the caller's orders: those vouched for and those proven."""
        async with self._database.reading() as connection:
            return await identity.visible(connection, caller)

    async def order(self, caller: Caller, order_no: str) -> Order:
        """Return one order. Raises OrderNotFound alike for absent and not theirs."""
        async with self._database.reading() as connection:
            return await identity.owned(connection, caller, order_no)

    async def prove(self, caller: Caller, order_no: str, phone_tail: str) -> Order:
        """Let a conversation see an order by its number and its phone's last four digits.

        Raises IdentityNotProven with `tries_left`, and IdentityLocked when none is left, be it
        to the conversation or to all that name this order.
        """
        if await self._limiter.hit("limit_identity", order_no):
            raise IdentityLocked
        now = epoch(self._clock.now())
        tries = self._rules.identity_tries

        async def work(connection: AsyncConnection) -> Any:
            return await identity.prove(connection, caller, order_no, phone_tail, tries, now)

        outcome = await self._database.retrying(work)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome  # type: ignore[no-any-return]

    async def fees(self, caller: Caller, order_no: str) -> list[Fee]:
        """Return the fees of the order's merchant that hold today, newest of each code."""
        order = await self.order(caller, order_no)
        ft = t.fee.c
        async with self._database.reading() as connection:
            rows = await connection.execute(
                select(t.fee)
                .where(ft.merchant == order.merchant, ft.valid_from <= self._clock.today())
                .order_by(ft.code, ft.valid_from)
            )
            newest = {
                r.code: Fee(r.code, r.name, r.amount, r.unit, r.condition, r.valid_from)
                for r in rows
            }
        return list(newest.values())

    # --- what can be booked ---

    async def availability(
        self,
        order_no: str,
        from_date: date | None = None,
        days: int = 14,
        actor: Actor = "consumer",
    ) -> Availability:
        """Return the windows open for an order's next visit. Raises OrderNotFound.

        Unguarded: for integrators, never for consumers.
        """
        first = from_date or self._clock.today()
        async with self._database.reading() as connection:
            order = await self._any_order(connection, order_no)
            span = Span(first, first + timedelta(days=days - 1 if from_date else days))
            return await self._search(connection, actor).availability(order, span)

    async def offer(
        self,
        caller: Caller,
        order_no: str,
        wish: Sequence[TimeRange] = (),
        refused: Sequence[TimeRange] = (),
        limit: int = OFFERED,
    ) -> Offer:
        """Return windows to name to a consumer who wishes for a time."""
        async with self._database.reading() as connection:
            order = await identity.owned(connection, caller, order_no)
            return await offers.offer(self._search(connection), order, wish, refused, limit)

    async def change_refusal(self, caller: Caller, order_no: str, kind: str) -> Reason | None:
        """Say why a visit cannot be booked (`book`), moved (`move`) or cancelled (`cancel`)."""
        async with self._database.reading() as connection:
            order = await identity.owned(connection, caller, order_no)
        code = refusal_code(order, kind, self._clock.now(), self._rules)
        return reasons.reason(code) if code is not None else None

    # --- changes ---

    async def hold(self, caller: Caller, order_no: str, window: Window) -> Hold:
        """Keep a window for the order's next visit while its consumer is asked for a yes.

        One hold an order: another pick releases the first. Raises OrderNotFound, WindowTaken,
        or BookingRefused whose facts hold the Reason.
        """

        async def work(connection: AsyncConnection) -> Hold:
            return await self._booking(connection, caller).hold(order_no, window)

        return await self._database.retrying(work)

    async def release(self, caller: Caller, order_no: str) -> None:
        """Release what the order holds, if anything. Raises OrderNotFound."""

        async def work(connection: AsyncConnection) -> None:
            await self._booking(connection, caller).release(order_no)

        await self._database.retrying(work)

    async def sweep(self) -> dict[str, int]:
        """Remove expired holds and old notices, and pass on offers that nobody took.

        Returns how many there were of each.
        """
        now = self._clock.now()
        old = now - timedelta(days=self._rules.notice_days)
        chores: dict[str, Callable[[AsyncConnection], Awaitable[int]]] = {
            "holds": lambda connection: holds.sweep(connection, now),
            "offers": lambda connection: waitlist.pass_on(self._search(connection)),
            "notices": lambda connection: notices.forget(connection, old),
        }
        return {name: await self._database.retrying(do) for name, do in chores.items()}

    async def book(
        self,
        caller: Caller,
        order_no: str,
        window: Window,
        command_id: str,
        *,
        token: str | None = None,
        reason: str | None = None,
        actor: Actor = "consumer",
        seen: Seen | None = None,
    ) -> Visit:
        """Book the order's next visit, or move the booked one, in one transaction.

        `token` is that of a hold: while it lives, room is certain. `reason` is a code of
        `CHANGE_REASONS`. For an `agent` the limits of consumers do not hold; VisitChanged is
        raised where the visit is not as `seen` any more. An installation that would come before
        its moved delivery follows it.
        Raises OrderNotFound, WindowTaken, or BookingRefused whose facts hold the Reason.
        The same `command_id` again changes nothing and returns the visit.
        """
        command = Command(command_id, reason, seen)

        async def work(connection: AsyncConnection) -> Visit:
            booking = self._booking(connection, caller, actor)
            order, booked = await booking.book(order_no, window, command, token)
            await refit.follow_delivery(booking, order, command)
            return booked

        return await self._database.retrying(work)

    async def cancel(
        self,
        caller: Caller,
        order_no: str,
        command_id: str,
        reason: str | None = None,
        *,
        actor: Actor = "consumer",
        seen: Seen | None = None,
    ) -> Visit:
        """Cancel the order's booked visit; `reason` is a code of `CHANGE_REASONS`.

        `actor` and `seen` as in `book`. Raises OrderNotFound or BookingRefused.
        """
        command = Command(command_id, reason, seen)

        async def work(connection: AsyncConnection) -> Visit:
            booking = self._booking(connection, caller, actor)
            order, cancelled = await booking.cancel(order_no, command)
            await refit.follow_delivery(booking, order, command)
            return cancelled

        return await self._database.retrying(work)

    async def join_waitlist(
        self, caller: Caller, order_no: str, wish: TimeRange = ANY_TIME
    ) -> None:
        """Tell the consumer when a window of the wish opens before the booked one.

        Raises OrderNotFound, or BookingRefused where the visit cannot be changed any more.
        """

        async def work(connection: AsyncConnection) -> None:
            order = await identity.owned(connection, caller, order_no)
            search = self._search(connection)
            code = search.blocked(order)
            if code is not None:
                raise BookingRefused(reason=reasons.reason(code))
            await waitlist.join(connection, order_no, wish, search.now)

        await self._database.retrying(work)

    async def lateness(self, caller: Caller, order_no: str) -> str | None:
        """Return `late` or `absent` where a booked crew has not begun in time, else None."""
        order = await self.order(caller, order_no)
        live, now = order.live_visit, self._clock.now()
        if live is None or live.window is None or live.status == "in_progress":
            return None
        waited = now - live.window.start
        if waited >= timedelta(minutes=self._rules.absent_minutes):
            return "absent"
        return "late" if waited >= timedelta(minutes=self._rules.late_minutes) else None

    async def describe_site(
        self,
        caller: Caller,
        order_no: str,
        facts: dict[str, Any],
        command_id: str,
        actor: Actor = "consumer",
    ) -> SiteChange:
        """Keep what the consumer says about the home, and fit a booked visit to it.

        The same `command_id` again changes nothing and tells how things stand.
        """

        async def work(connection: AsyncConnection) -> SiteChange:
            booking = self._booking(connection, caller, actor)
            order = await booking.locked(order_no)
            if not await history.done_before(connection, command_id):
                for key, value in facts.items():
                    await self._put_fact(connection, order_no, key, value)
                await refit.refit(booking, order_no)
                now = booking.search.now
                await history.remember(connection, command_id, order_no, None, now)
                order = await booking.read(order_no)
            need, live = booking.search.need(order), order.live_visit
            conflict = live is not None and live.attention
            return SiteChange(order.site, need.minutes, need.skills, conflict)

        return await self._database.retrying(work)

    async def assent(self, caller: Caller, order_no: str, command_id: str) -> Visit | None:
        """Note that the booked window suits; None where none is booked. Raises OrderNotFound."""

        async def work(connection: AsyncConnection) -> Visit | None:
            order = await identity.owned(connection, caller, order_no)
            return await voice.assent(connection, order, command_id, self._clock.now())

        return await self._database.retrying(work)

    async def rate(
        self, caller: Caller, order_no: str, score: int, command_id: str
    ) -> Visit | None:
        """Keep a score, 1 to 5, of the last completed visit; None where there is none."""

        async def work(connection: AsyncConnection) -> Visit | None:
            order = await identity.owned(connection, caller, order_no)
            return await voice.rate(connection, order, score, command_id, self._clock.now())

        return await self._database.retrying(work)

    async def _put_fact(
        self, connection: AsyncConnection, order_no: str, key: str, value: Any
    ) -> None:
        st = t.site_fact.c
        await connection.execute(delete(t.site_fact).where(st.order_no == order_no, st.key == key))
        row = {"order_no": order_no, "key": key, "value": value, "at": epoch(self._clock.now())}
        await connection.execute(insert(t.site_fact).values(**row))

    # --- for integrators ---

    async def api_order(self, order_no: str) -> dict[str, Any]:
        """Return the order in the contract's format. Raises OrderNotFound. Unguarded."""
        async with self._database.reading() as connection:
            return order_document(await self._any_order(connection, order_no))

    async def import_document(self, document: Any) -> ImportReport:
        """Take a document whole or not at all. Raises ImportRejected with all faults."""
        cut = importing.parts(document)

        async def source() -> AsyncIterator[importing.Part]:
            for part in cut:
                yield part

        def importer(connection: AsyncConnection) -> importing.Importer:
            now = self._clock.now()
            return importing.Importer(connection, self._catalogue, self._rules, now)

        return await self._database.retrying(lambda tx: importer(tx).take(source))

    async def load_demo(self) -> ImportReport | None:
        """Fill an empty database with demo data; one that holds orders is left alone."""
        async with self._database.reading() as connection:
            if await connection.scalar(select(func.count()).select_from(t.orders)):
                return None
        return await self.import_document(demo.demo_document(self._clock.today()))

    async def consumers_for_demo(self) -> list[DemoConsumer]:
        """Return the first consumers for the page's picker, with a line about their orders."""
        async with self._database.reading() as connection:
            first = select(t.consumer.c.consumer_id).order_by(t.consumer.c.consumer_id)
            picked = (await connection.execute(first.limit(demo.PICKED))).scalars().all()
            orders = await read_orders(connection, t.orders.c.consumer_id.in_(picked))
        return demo.summaries(orders)

    async def ping(self) -> None:
        """Ask the database for a sign of life."""
        await self._database.ping()

    async def _any_order(self, connection: AsyncConnection, order_no: str) -> Order:
        order = await read_order(connection, order_no)
        if order is None:
            raise OrderNotFound(f"No order {order_no} is known; import it first.")
        return order

    def _search(self, connection: AsyncConnection, actor: Actor = "consumer") -> Search:
        limits = actor == "consumer"
        return Search(connection, self._catalogue, self._rules, self._clock.now(), limits)

    def _booking(
        self, connection: AsyncConnection, caller: Caller, actor: Actor = "consumer"
    ) -> Booking:
        return Booking(connection, self._search(connection, actor), actor, caller)
