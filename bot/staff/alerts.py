"""Tells agents on messengers who waits, and takes it back once somebody has come.

What is told is decided from what the database holds, so that no process has to have seen the
moment in which a conversation began to wait.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any

from sqlalchemy import Row, and_, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.background import repeat
from bot.channels.staff import Address, Card, StaffChannel
from bot.conversation.leases import FREE
from bot.conversation.records import Event, Looked, StateChanged
from bot.conversation.states import Command, State
from bot.conversation.tables import conversation, conversation_move
from bot.database import Database
from bot.database.upsert import upsert
from bot.desk.accounts import Accounts
from bot.desk.rows import System, Viewer
from bot.staff import outbox
from bot.staff.agents import AgentDesk
from bot.staff.bindings import Bindings
from bot.staff.tables import alert, card
from bot.staff.worker import robots

# Moves that begin a wait, or make it more urgent; a prolonged one is no news.
_BEGIN = (Command.HAND_OVER, Command.ESCALATE, Command.RELEASE, Command.AGENT_GONE)
_AGAIN = frozenset({Command.RELEASE, Command.AGENT_GONE})
_MOST = 100
_KEY = ("conversation_id", "epoch", "channel", "account", "place")
_PAUSE = 1.0
_PATIENCE = 3.0


class Alerts:
    """The alerts of the channels that this process serves, between `start` and `stop`.

    `put` is called when a card has to be sent. `seconds()` is the host's clock.
    """

    def __init__(
        self,
        database: Database,
        channels: Mapping[str, StaffChannel[Any]],
        bindings: Bindings,
        accounts: Accounts,
        agents: AgentDesk,
        put: Callable[[], None],
        seconds: Callable[[], float],
    ) -> None:
        self._database = database
        self._channels = channels
        self._bindings = bindings
        self._accounts = accounts
        self._agents = agents
        self._put = put
        self._seconds = seconds
        self._woken = asyncio.Event()
        self._stopping = False
        self._looking: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin to look who waits."""
        looking = repeat(self._look, 0.0, "staff_alerts_failed")
        self._looking = asyncio.create_task(looking, name="staff-alerts")

    async def stop(self) -> None:
        """Stop looking, once what is looked at is done."""
        self._stopping = True
        self._woken.set()
        if self._looking is not None:
            await asyncio.wait([self._looking], timeout=_PATIENCE)
            self._looking.cancel()

    def heard(self, _conversation_id: str, event: Event) -> None:
        """Look at once where somebody else answers now."""
        if isinstance(event, StateChanged) or (isinstance(event, Looked) and event.moved):
            self._woken.set()

    async def _look(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(_PAUSE):
                await self._woken.wait()
        if self._stopping:
            raise asyncio.CancelledError
        self._woken.clear()
        if await self.settle():
            self._put()

    async def settle(self) -> int:
        """Raise what is not told yet and end what is over; return how many cards that makes."""
        return await self._end() + await self._raise()

    async def _raise(self) -> int:
        async with self._database.reading() as tx:
            waiting = await _waiting(tx)
        if not waiting:
            return 0
        told = 0
        places, known = await self._places(), await self._told(waiting)
        for row in waiting:
            for address, viewer in places:
                if _key(row, address) not in known:
                    again = row.command in _AGAIN
                    shown = await self._agents.alert(viewer, row.id, again=again)
                    told += shown is not None and await self._tell(row, address, shown)
        return told

    async def _tell(self, row: Row[Any], address: Address, shown: Card) -> bool:
        key = dict(zip(_KEY, _key(row, address), strict=True))
        async with self._database.transaction() as tx:
            made = await tx.execute(
                upsert(tx, alert)
                .values(**key, card_id=0, over=False)
                .on_conflict_do_nothing()
                .returning(alert.c.epoch)
            )
            if made.first() is None:
                return False
            card_id = await outbox.put(tx, address, shown, self._seconds())
            same = [alert.c[name] == value for name, value in key.items()]
            await tx.execute(update(alert).where(*same).values(card_id=card_id))
        return True

    async def _places(self) -> list[tuple[Address, Viewer]]:
        """Return where alerts go and who reads there: groups, and agents who are not away."""
        groups: list[tuple[Address, Viewer]] = [
            (Address(name, account, settings.alert_group, group=True), System())
            for name, channel in self._channels.items()
            for account, settings in channel.accounts.items()
            if settings.alert_group
        ]
        ours = robots(self._channels)
        there = {one.id: one for one in await self._accounts.all() if one.presence != "away"}
        people = [
            (Address(person.channel, person.account, person.user), there[whom.account_id])
            for person, whom in await self._bindings.all()
            if whom.account_id in there and (person.channel, person.account) in ours
        ]
        return groups + people

    async def _told(self, waiting: Sequence[Row[Any]]) -> set[tuple[Any, ...]]:
        query = select(*(alert.c[name] for name in _KEY))
        names = [row.id for row in waiting]
        async with self._database.reading() as tx:
            found = await tx.execute(query.where(alert.c.conversation_id.in_(names)))
            return {tuple(row) for row in found}

    async def _end(self) -> int:
        async with self._database.reading() as tx:
            ended = await _ended(tx)
        shown = 0
        for row in ended:
            face = await self._agents.over(row.conversation_id)
            async with self._database.transaction() as tx:
                if not await _close(tx, row):
                    continue
                await outbox.drop(tx, row.card_id)
                replaced = self._replaceable(row)
                if replaced is not None:
                    await outbox.put(tx, replaced, face, self._seconds(), row.shown)
                    shown += 1
        return shown

    def _replaceable(self, row: Row[Any]) -> Address | None:
        channel = self._channels.get(row.channel)
        if channel is None or not channel.replaces or row.shown is None:
            return None
        return Address(row.channel, row.account, row.place, row.in_group)


async def _waiting(tx: AsyncConnection) -> list[Row[Any]]:
    """Return who waits, with the epoch and the command by which they began to."""
    c, m = conversation.c, conversation_move.c
    began = (
        select(m.conversation_id, func.max(m.epoch).label("epoch"))
        .join(conversation, c.id == m.conversation_id)
        .where(c.state == State.QUEUED, m.command.in_(_BEGIN))
        .group_by(m.conversation_id)
        .subquery()
    )
    found = await tx.execute(
        select(c.id, m.epoch, m.command)
        .join(began, began.c.conversation_id == c.id)
        .join(
            conversation_move,
            and_(m.conversation_id == began.c.conversation_id, m.epoch == began.c.epoch),
        )
        .where(c.state == State.QUEUED)
        .order_by(c.priority, c.ticket)
        .limit(_MOST)
    )
    return [*found]


async def _ended(tx: AsyncConnection) -> list[Row[Any]]:
    """Return alerts of conversations that wait no more, or were told of anew, with their cards."""
    c, later = conversation.c, alert.alias("later")
    again = (
        select(later.c.epoch)
        .where(later.c.conversation_id == alert.c.conversation_id, later.c.epoch > alert.c.epoch)
        .exists()
    )
    found = await tx.execute(
        select(alert, card.c.shown, card.c.in_group)
        .join(conversation, c.id == alert.c.conversation_id)
        .join(card, card.c.id == alert.c.card_id)
        .where(~alert.c.over, or_(c.state != State.QUEUED, again))
        # A card that is on its way can be neither dropped nor replaced: the next look ends it.
        .where(or_(card.c.pending == 0, card.c.lease_until == FREE))
        .limit(_MOST)
    )
    return [*found]


async def _close(tx: AsyncConnection, row: Row[Any]) -> bool:
    same = [alert.c[column.name] == getattr(row, column.name) for column in alert.primary_key]
    closed = await tx.execute(update(alert).where(*same, ~alert.c.over).values(over=True))
    return bool(closed.rowcount)


def _key(row: Row[Any], address: Address) -> tuple[Any, ...]:
    return row.id, row.epoch, address.channel, address.account, address.place
