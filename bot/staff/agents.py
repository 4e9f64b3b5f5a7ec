"""Who waits, and taking one of them, for those who work at the desk: as cards."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.channels.staff import Card, Choice
from bot.conversation.states import Command
from bot.conversation.tables import conversation
from bot.desk import cards, rows
from bot.desk.accounts import Account
from bot.desk.desk import Desk, joining
from bot.desk.encode import reason
from bot.desk.rows import System, Viewer
from bot.errors import AgentFull, ConversationNotFound, ConversationTaken, IllegalMove, QueueEmpty
from bot.staff.words import Wish, said, words

_SHOWN = 5
# So much of a conversation's id as nobody minds seeing in a chat.
_NAME_LENGTH = 8
_DANGER = 0


class AgentDesk:
    """What one who is bound to an account of the desk may do."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def answer(self, account: Account, wish: Wish) -> Card:
        """Do a wish and return what came of it."""
        if wish.verb == "queue":
            return await self._queue(account)
        try:
            return await self._take(account, wish)
        except QueueEmpty:
            return Card(said("queue", "empty"))
        except ConversationNotFound:
            return Card(said("claim", "unknown"))
        except AgentFull as error:
            return Card(said("claim", "full", **error.facts))
        except IllegalMove as error:
            return Card(_refused(account, error))

    async def alert(self, viewer: Viewer, conversation_id: str, *, again: bool) -> Card | None:
        """Return what one is told of a waiting conversation, masked as in the desk.

        None where it is about a merchant whose consumers are not theirs to see.
        """
        async with self._desk.database.reading() as tx:
            try:
                row = await rows.one(tx, viewer, conversation_id)
            except ConversationNotFound:
                return None
            position = await rows.position(tx, row)
        return Card(
            said("alert", "again" if again else "title", reason=_reason(row)),
            await self._lines(row, position or 1, viewer.merchants),
            (_claim_choice(row.id, said("alert", "claim")),),
            urgent=row.priority == _DANGER,
        )

    async def over(self, conversation_id: str) -> Card:
        """Return what stands in an alert's place once the conversation no longer waits."""
        async with self._desk.database.reading() as tx:
            row = await rows.one(tx, System(), conversation_id)
        name = row.agent_alias
        end = said("over", "taken", name=name) if name else said("over", "ended")
        return Card(said("alert", "title", reason=_reason(row)), (end,))

    async def _queue(self, account: Account) -> Card:
        async with self._desk.database.reading() as tx:
            waiting = await rows.listed(tx, account, "queued")
        if not waiting:
            return Card(said("queue", "empty"))
        lines = []
        for place, row in enumerate(waiting[:_SHOWN], 1):
            about = "，".join((_reason(row), *await self._lines(row, place, account.merchants)))
            lines.append(f"{place}. {about}")
        if len(waiting) > _SHOWN:
            lines.append(said("queue", "more", count=len(waiting) - _SHOWN))
        return Card(
            said("queue", "title", count=len(waiting)),
            tuple(lines),
            tuple(
                _claim_choice(row.id, f"{said('alert', 'claim')} {place}")
                for place, row in enumerate(waiting[:_SHOWN], 1)
            ),
            urgent=waiting[0].priority == _DANGER,
        )

    async def _lines(
        self, row: Row[Any], position: int, merchants: frozenset[str] | None
    ) -> tuple[str, ...]:
        order = await self._desk.orders.hint(row, merchants)
        lines = [_waits(row, position, self._desk.clock.now())]
        if order is None:
            return (*lines, said("alert", "no_order"))
        lines.append(
            said(
                "alert",
                "order",
                name=cards.masked_name(order.consumer_name),
                goods=order.items[0].name if order.items else "",
                district=cards.masked_address(order.address_text),
            )
        )
        day = cards.visit_day(order)
        return (*lines, said("alert", "visit", day=day)) if day else tuple(lines)

    async def _take(self, account: Account, wish: Wish) -> Card:
        # Whoever takes a chat is there, and has a minute to open the desk.
        await self._desk.accounts.seen(account.id, "online")
        if wish.verb == "next":
            row = await self._desk.claim_next(account)
        else:
            async with self._desk.database.reading() as tx:
                name = await _named(tx, wish.about.lower())
            room = self._desk.accounts.room(account.id)
            row = await self._desk.move(account, name, joining(account, Command.CLAIM), room)
        told = row["reason"]["label"] if row["reason"] else "-"
        return Card(said("claim", "done", reason=told), (said("claim", "hint"),))


def _claim_choice(conversation_id: str, title: str) -> Choice:
    return Choice(title, words("claim", conversation_id[:_NAME_LENGTH]), main=True)


async def _named(tx: AsyncConnection, name: str) -> str:
    """Return the newest conversation whose id begins so. Raises ConversationNotFound."""
    c = conversation.c
    refused = ConversationNotFound(sender=name)
    if len(name) < _NAME_LENGTH or not name.isalnum() or not name.isascii():
        raise refused
    found = await tx.execute(
        select(c.id).where(c.id >= name, c.id < f"{name}g").order_by(c.opened_at.desc()).limit(1)
    )
    conversation_id: str | None = found.scalar_one_or_none()
    if conversation_id is None:
        raise refused
    return conversation_id


def _reason(row: Row[Any]) -> str:
    told = reason(row.reason)
    return told["label"] if told else "-"


def _waits(row: Row[Any], position: int, now: datetime) -> str:
    minutes = int((now - row.queued_at).total_seconds() // 60) if row.queued_at else 0
    if minutes < 1:
        return said("alert", "just_now", position=position)
    return said("alert", "wait", minutes=minutes, position=position)


def _refused(account: Account, error: IllegalMove) -> str:
    owner = error.facts.get("owner")
    if isinstance(error, ConversationTaken) and owner:
        return said("claim", "taken", name=owner["alias"])
    if owner and owner["id"] == account.id:
        return said("claim", "mine")
    return said("claim", "ended")
