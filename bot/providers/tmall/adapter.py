"""What Tmall tells us: the goods' way, closed trades, and work cards that book, move and cancel."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, time, timedelta
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.clock import BUSINESS_ZONE
from bot.database import Database
from bot.database.upsert import upsert
from bot.errors import BookingRefused, ImportRejected, OrderNotFound, Refused
from bot.log import get_logger
from bot.providers import event_types
from bot.providers.clocks import newest
from bot.providers.events import Events
from bot.providers.tables import tmall_card
from bot.providers.tmall import messages
from bot.providers.tmall.account import TmallAccount
from bot.providers.tmall.calls import Top, stamp
from bot.providers.tmall.messages import Card, Task, Trace, Trade
from bot.scheduling import Feed
from bot.scheduling.contract import Order

log = get_logger(__name__)

ACTOR = "tmall"
# When the consumer is asked again where the time that they chose at Tmall cannot be kept.
_ASK_AGAIN = time(10)
_BOOKS = frozenset({"CREATE", "RESERVE", "RERESERVE"})


class TmallAdapter:
    """Takes the messages of one account. `feed` is Tmall's; `seconds` is the host's clock."""

    def __init__(
        self,
        database: Database,
        feed: Feed,
        events: Events,
        top: Top,
        account: TmallAccount,
        seconds: Callable[[], float],
    ) -> None:
        self._database = database
        self._feed = feed
        self._events = events
        self._top = top
        self._account = account
        self._seconds = seconds

    async def handle(self, values: Mapping[str, Any]) -> None:
        """Take a message; the same one again changes nothing.

        Raises what makes it worth to be sent again: DeliveryFailed, OrderNotFound for an order
        that has yet to be brought. What can never be taken is logged and dropped.
        """
        topic, name = values["topic"], f"{self._account.name}:{values['id']}"
        try:
            if topic == messages.TRACE:
                await self._trace(name, messages.content(values, Trace))
            elif topic in messages.CLOSINGS:
                await self._trade(name, values, messages.content(values, Trade))
            elif topic == messages.TASK:
                await self._task(name, messages.content(values, Task))
        except OrderNotFound:
            raise
        except Refused as error:
            log.warning("tmall_message_dropped", topic=topic, code=error.code, why=error.detail)

    async def _trace(self, name: str, trace: Trace) -> None:
        event = event_types.event_of("tracking.added", trace.time, trace.data())
        await self._events.take(self._account.party, name, event)

    async def _trade(self, name: str, values: Mapping[str, Any], trade: Trade) -> None:
        if not trade.closed:
            return
        at = datetime.fromtimestamp(int(values.get("time") or 0) / 1000, BUSINESS_ZONE)
        if not values.get("time"):
            at = self._now()
        event = event_types.event_of("order.closed", at, {"order_no": trade.tid})
        await self._events.take(self._account.party, name, event)

    # --- work cards ---

    async def _task(self, name: str, task: Task) -> None:
        order_no = await self._order_of(task)
        try:
            await self._database.retrying(lambda tx: self._apply(tx, name, order_no, task))
        except BookingRefused as error:
            await self._answer(task, error)

    async def _apply(self, tx: AsyncConnection, name: str, order_no: str, task: Task) -> None:
        at = task.update_time or self._now()
        if not await newest(tx, order_no, f"card:{task.id}", at):
            return
        if task.cancelled:
            # The card is over then, so that nothing of this is written back to it.
            await self._feed.give_up(tx, order_no, f"tmall:{name}")
        elif task.change_type in _BOOKS and task.service_time is not None and not task.done:
            await self._feed.follow(tx, order_no, task.service_time, f"tmall:{name}")
        if task.cancelled or task.done:
            mine = tmall_card.c.workcard_id == task.id
            await tx.execute(update(tmall_card).where(mine).values(over=True))

    async def _answer(self, task: Task, error: BookingRefused) -> None:
        """Say that the time cannot be kept, and when the consumer is asked for another."""
        reason = error.facts.get("reason")
        tomorrow = self._now().date() + timedelta(days=1)
        again = datetime.combine(tomorrow, _ASK_AGAIN, tzinfo=BUSINESS_ZONE)
        await self._top.call(
            "tmall.servicecenter.workcard.reservefail",
            workcard_id=task.id,
            fail_code=self._account.fail_codes.get("no_room"),
            fail_desc=getattr(reason, "text", None) or error.detail,
            gmt_next_contact=stamp(again),
        )

    async def _order_of(self, task: Task) -> str:
        """Return the order of a card, looked up and remembered. Raises OrderNotFound."""
        mine = select(tmall_card.c.order_no).where(tmall_card.c.workcard_id == task.id)
        async with self._database.reading() as tx:
            known = (await tx.execute(mine)).scalar_one_or_none()
        if known is not None:
            return str(known)
        answer = await self._top.call("tmall.servicecenter.workcard.query", id=task.id)
        card = messages.card(answer)
        if card is None or card.order_no is None:
            raise OrderNotFound(order_no=f"of work card {task.id}")
        await self._database.retrying(lambda tx: self._remember(tx, task, card))
        return card.order_no

    async def _remember(self, tx: AsyncConnection, task: Task, card: Card) -> None:
        """Note whose card it is; an order that nobody brought is made of it, if it tells enough."""
        order = await self._feed.locked(tx, card.order_no or "")
        if order is None:
            made = card.order(task, self._account)
            if made is None:
                raise OrderNotFound(order_no=card.order_no)
            await self._bring(tx, made)
        elif not self._account.party.may_see(order.merchant):
            raise OrderNotFound(order_no=card.order_no)
        row = {
            "workcard_id": task.id,
            "account": self._account.name,
            "order_no": card.order_no,
            "since": self._seconds(),
            "over": False,
        }
        await tx.execute(upsert(tx, tmall_card).values(**row).on_conflict_do_nothing())

    async def _bring(self, tx: AsyncConnection, made: dict[str, Any]) -> None:
        try:
            order = Order.model_validate(made)
            await self._feed.bring(tx, order, self._account.party.merchants)
        except (ValueError, ImportRejected) as error:
            log.warning("tmall_order_not_made", error=type(error).__name__)
            raise OrderNotFound(order_no=made["order_no"]) from error

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._seconds(), BUSINESS_ZONE)
