"""Tells agents on messengers who waits, and takes it back once somebody has come.

What is told is decided from what the database holds, so that no process has to have seen the
moment in which a conversation began to wait.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import Row, and_, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.channels.staff import Address, StaffChannel
from bot.conversation.states import Command, State
from bot.conversation.tables import conversation, conversation_move
from bot.database import Database
from bot.database.upsert import upsert
from bot.desk.accounts import Accounts
from bot.staff import outbox
from bot.staff.agents import AgentDesk
from bot.staff.bindings import Bindings
from bot.staff.tables import alert, card
from bot.staff.worker import robots

# Moves that begin a wait, or make it more urgent; a prolonged one is no news.
_BEGIN = (Command.HAND_OVER, Command.ESCALATE, Command.RELEASE, Command.AGENT_GONE)
_AGAIN = frozenset({Command.RELEASE, Command.AGENT_GONE})
_MOST = 100


class Alerts:
    """The alerts of the channels that this process serves. `seconds()` is the host's clock."""

    def __init__(
        self,
        database: Database,
        channels: Mapping[str, StaffChannel[Any]],
        bindings: Bindings,
        accounts: Accounts,
        agents: AgentDesk,
        seconds: Callable[[], float],
    ) -> None:
        self._database = database
        self._channels = channels
        self._bindings = bindings
        self._accounts = accounts
        self._agents = agents
        self._seconds = seconds

    async def settle(self) -> int:
        """Raise what is not told yet and end what is over; return how many cards that makes."""
        return await self._end() + await self._raise()

    async def _raise(self) -> int:
        async with self._database.reading() as tx:
            waiting = await _waiting(tx)
        if not waiting:
            return 0
        told = 0
        places = await self._places()
        for row in waiting:
            new = await self._not_told(row, places)
            if new:
                shown = await self._agents.alert(row.id, again=row.command in _AGAIN)
                for address in new:
                    told += await self._tell(row, address, shown)
        return told

    async def _tell(self, row: Row[Any], address: Address, shown: Any) -> bool:
        key = {"conversation_id": row.id, "epoch": row.epoch, **_place(address)}
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

    async def _places(self) -> list[Address]:
        """Return where alerts go: the groups, and the agents who are not away."""
        groups = [
            Address(name, account, settings.alert_group, group=True)
            for name, channel in self._channels.items()
            for account, settings in channel.accounts.items()
            if settings.alert_group
        ]
        ours = robots(self._channels)
        away = {one.id for one in await self._accounts.all() if one.presence == "away"}
        people = [
            Address(person.channel, person.account, person.user)
            for person, whom in await self._bindings.all()
            if whom.account_id is not None
            and whom.account_id not in away
            and (person.channel, person.account) in ours
        ]
        return groups + people

    async def _not_told(self, row: Row[Any], places: Sequence[Address]) -> list[Address]:
        a = alert.c
        async with self._database.reading() as tx:
            found = await tx.execute(
                select(a.channel, a.account, a.place).where(
                    a.conversation_id == row.id, a.epoch == row.epoch
                )
            )
            told = {tuple(one) for one in found}
        return [one for one in places if (one.channel, one.account, one.place) not in told]

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
        .where(or_(card.c.status != "new", card.c.lease_until <= 0))
        .limit(_MOST)
    )
    return [*found]


async def _close(tx: AsyncConnection, row: Row[Any]) -> bool:
    same = [alert.c[column.name] == getattr(row, column.name) for column in alert.primary_key]
    closed = await tx.execute(update(alert).where(*same, ~alert.c.over).values(over=True))
    return bool(closed.rowcount)


def _place(address: Address) -> dict[str, str]:
    return {"channel": address.channel, "account": address.account, "place": address.place}
