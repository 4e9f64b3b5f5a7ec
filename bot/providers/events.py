"""Facts of orders as they happen: each taken once, in the order in which they happened."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import Row, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.background import repeat
from bot.channels.crypto.standard_webhooks import verify
from bot.clock import BUSINESS_ZONE
from bot.database import Database
from bot.database.upsert import upsert
from bot.errors import BotError, ImportRejected, MalformedRequest, NotSigned, OrderNotFound
from bot.log import get_logger
from bot.providers import event_types
from bot.providers.clocks import newest
from bot.providers.config import Source
from bot.providers.event_types import Event
from bot.providers.party import Party
from bot.providers.tables import event as table
from bot.scheduling import Feed, Order
from bot.scheduling.tables import orders

log = get_logger(__name__)

_SWEEP_SECONDS = 60.0
# How long a fact waits for an order that nobody has brought.
_PATIENCE_SECONDS = 7 * 24 * 3600.0
_LONGEST_ID = 200


class Events:
    """Takes events of the sources, and of `others` who prove themselves elsewhere.

    `seconds` is the host's clock.
    """

    def __init__(
        self,
        database: Database,
        feed: Feed,
        sources: Sequence[Source],
        seconds: Callable[[], float],
        others: Sequence[Party] = (),
    ) -> None:
        self._database = database
        self._feed = feed
        self._sources = sources
        self._others = others
        self._seconds = seconds
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin to look after what waits for its order."""
        self._task = asyncio.create_task(repeat(self.sweep, _SWEEP_SECONDS, "events_not_swept"))

    async def stop(self) -> None:
        """End it."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def receive(self, headers: Mapping[str, str], body: bytes) -> str:
        """Take a signed event; return `applied`, `stale` or `waiting` (for its order).

        The same id of one source again changes nothing and answers the same. Raises NotSigned,
        MalformedRequest, ImportRejected, OrderNotFound for an order of somebody else.
        """
        source, webhook_id = self._signed(headers, body)
        try:
            document = json.loads(body)
        except (ValueError, RecursionError):
            raise MalformedRequest("the body is not JSON in UTF-8") from None
        return await self.take(source.party, webhook_id, event_types.read(document))

    async def take(self, party: Party, webhook_id: str, event: Event) -> str:
        """Take an event whose origin is proven; else as `receive`."""

        async def work(tx: AsyncConnection) -> str:
            known = await self._note(tx, party, webhook_id, event)
            if known is not None:
                return known
            state = await self._apply(tx, party, event)
            await _settle(tx, party.name, webhook_id, state, event)
            if state == "applied":
                await self._what_waited(tx, event.order_no)
            return state

        return await self._database.retrying(work)

    async def sweep(self) -> None:
        """Take what waited for an order that came by another way; give up what waits too long."""
        async with self._database.reading() as tx:
            waiting = select(table.c.order_no).where(table.c.state == "waiting").distinct()
            known = select(orders.c.order_no).where(orders.c.order_no.in_(waiting))
            numbers = list((await tx.execute(known)).scalars())
        for number in numbers:
            await self._database.retrying(partial(self._what_waited, order_no=number))
        async with self._database.transaction() as tx:
            old = table.c.received_at < self._seconds() - _PATIENCE_SECONDS
            await tx.execute(
                update(table)
                .where(table.c.state == "waiting", old)
                .values(state="dropped", data=None)
            )

    def _signed(self, headers: Mapping[str, str], body: bytes) -> tuple[Source, str]:
        refusal = NotSigned("nobody sends events; see BOT_PROVIDERS_FILE")
        for source in self._sources:
            try:
                name = verify(headers, body, source.secrets, self._seconds())
            except NotSigned as error:
                refusal = error
            else:
                if len(name) > _LONGEST_ID or not (name.isascii() and name.isprintable()):
                    raise MalformedRequest("webhook-id: at most 200 visible ASCII characters")
                return source, name
        raise refusal

    async def _note(
        self, tx: AsyncConnection, party: Party, webhook_id: str, event: Event
    ) -> str | None:
        """Write down that an event came; return what became of it where it came before."""
        mine = (table.c.source == party.name, table.c.webhook_id == webhook_id)
        found = await tx.execute(select(table.c.state).where(*mine))
        known: str | None = found.scalar_one_or_none()
        if known is not None:
            return known
        row = {
            "source": party.name,
            "webhook_id": webhook_id,
            "type": event.type,
            "order_no": event.order_no,
            "at": event.at.timestamp(),
            "received_at": self._seconds(),
            "state": "waiting",
        }
        # Of two that come at once the second waits here for the first, and finds it done.
        written = await tx.execute(
            upsert(tx, table).values(**row).on_conflict_do_nothing().returning(table.c.state)
        )
        if written.first() is not None:
            return None
        return str((await tx.execute(select(table.c.state).where(*mine))).scalar_one())

    async def _apply(self, tx: AsyncConnection, party: Party, event: Event) -> str:
        order = await self._feed.locked(tx, event.order_no)
        if order is not None and not party.may_see(order.merchant):
            raise OrderNotFound(order_no=event.order_no)
        brings = event.type in {"order.created", "order.updated"}
        if order is None and not brings:
            return "waiting"
        if event.subject and not await newest(tx, event.order_no, event.subject, event.at):
            return "stale"
        if brings:
            await self._guarded(event, self._feed.bring(tx, event.data, party.merchants))
        elif order is not None:
            await self._known(tx, order, event)
        return "applied"

    async def _known(self, tx: AsyncConnection, order: Order, event: Event) -> None:
        """Apply a fact of an order that is there."""
        data = event.data
        if event.type == "order.closed":
            await self._feed.close(tx, order, f"close:{order.order_no}")
        elif event.type == "tracking.added":
            await self._feed.track(tx, order, data.steps)
        elif event.type == "goods.arrived":
            await self._feed.goods_arrive(tx, order, data.at)
        else:
            await self._guarded(event, self._feed.change_visit(tx, order, data.visit))

    async def _guarded(self, event: Event, work: Any) -> None:
        try:
            await work
        except ImportRejected as refused:
            raise event_types.in_event(refused, event) from None

    async def _what_waited(self, tx: AsyncConnection, order_no: str) -> None:
        """Apply what came before its order did, as it happened."""
        found = await tx.execute(
            select(table)
            .where(table.c.order_no == order_no, table.c.state == "waiting")
            .order_by(table.c.at)
            .with_for_update(skip_locked=True)
        )
        for row in found.all():
            await self._late(tx, row)

    async def _late(self, tx: AsyncConnection, row: Row[Any]) -> None:
        at = datetime.fromtimestamp(row.at, BUSINESS_ZONE)
        event = event_types.event_of(row.type, at, row.data)
        party = self._party(row.source)
        try:
            async with tx.begin_nested():
                state = await self._apply(tx, party, event)
        except BotError as error:
            log.warning("event_dropped", source=row.source, code=error.code)
            state = "dropped"
        await _settle(tx, row.source, row.webhook_id, state, event)

    def _party(self, name: str) -> Party:
        """Return a source by name; one that was taken out of the settings may do nothing more."""
        parties = [source.party for source in self._sources] + list(self._others)
        known = {party.name: party for party in parties}
        return known.get(name, Party(name, frozenset()))


async def _settle(
    tx: AsyncConnection, source: str, webhook_id: str, state: str, event: Event
) -> None:
    data = event.raw if state == "waiting" else None
    await tx.execute(
        update(table)
        .where(table.c.source == source, table.c.webhook_id == webhook_id)
        .values(state=state, data=data)
    )
