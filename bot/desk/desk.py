"""What agents do at the desk, each with its right and its trace in the audit."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import uuid4

from sqlalchemy import Row, insert
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.background import repeat
from bot.clock import Clock
from bot.conversation import texts
from bot.conversation.conversations import Conversations
from bot.conversation.moves import Move
from bot.conversation.records import SYSTEM, Actor, Author
from bot.conversation.states import Command
from bot.conversation.takeover import Sent
from bot.database import Database
from bot.database.upsert import upsert
from bot.desk import cards, encode, replies, rows
from bot.desk.accounts import Account, Accounts
from bot.desk.cards import Orders
from bot.desk.encode import Encoder
from bot.desk.tables import audit, cursor
from bot.dialogue.engine import DialogueEngine
from bot.errors import (
    AgentNotAvailable,
    BotError,
    ConversationTaken,
    Forbidden,
    IllegalMove,
    MalformedRequest,
    OrderNotFound,
    QueueEmpty,
)
from bot.log import get_logger
from bot.scheduling import Order, Scheduling, Seen, Window

log = get_logger(__name__)

_SWEEP_SECONDS = 5.0
_TRIES = 5


@dataclass(frozen=True)
class Desk:
    """All that the desk's calls and sockets share."""

    database: Database
    clock: Clock
    conversations: Conversations
    scheduling: Scheduling
    engine: DialogueEngine
    accounts: Accounts
    orders: Orders
    encoder: Encoder

    # --- reading ---

    async def row(self, account: Account, conversation_id: str) -> dict[str, Any]:
        """Return a conversation's row as one agent sees it. Raises ConversationNotFound."""
        async with self.database.reading() as tx:
            row = await rows.one(tx, account, conversation_id)
            place = await rows.position(tx, row)
        return self.encoder.row(row, await self.orders.hint(row, account.merchants), place)

    async def rows(
        self, account: Account, found: list[Row[Any]], *, queued: bool = False
    ) -> list[dict[str, Any]]:
        """Return rows of a list in their order."""
        encoded = []
        for place, row in enumerate(found, 1):
            order = await self.orders.hint(row, account.merchants)
            encoded.append(self.encoder.row(row, order, place if queued else None))
        return encoded

    async def listed(self, account: Account, name: str) -> list[dict[str, Any]]:
        """Return one list: `queued`, `mine` or `bot`."""
        async with self.database.reading() as tx:
            found = await rows.listed(tx, account, name)
        return await self.rows(account, found, queued=name == "queued")

    async def counts(self, account: Account) -> dict[str, int]:
        """Return the numbers above the lists."""
        async with self.database.reading() as tx:
            counted = await rows.counts(tx, account, self.clock.now())
        return {**counted, "chats": counted["mine"], "max_chats": account.max_chats}

    async def whole(self, account: Account, conversation_id: str) -> dict[str, Any]:
        """Return a conversation with every line, move and earlier case."""
        async with self.database.reading() as tx:
            row = await rows.one(tx, account, conversation_id)
            place = await rows.position(tx, row)
            said = await rows.lines(tx, conversation_id)
            moved = await rows.moves(tx, conversation_id)
            earlier = await rows.earlier_cases(tx, row)
        return {
            "conversation": self.encoder.row(
                row, await self.orders.hint(row, account.merchants), place
            ),
            "messages": [self.encoder.line(line) for line in said],
            "moves": [self.encoder.move(move) for move in moved],
            "cases": [self.encoder.case(case) for case in earlier],
        }

    # --- who answers ---

    async def move(
        self,
        account: Account,
        conversation_id: str,
        wish: Move,
        guard: Callable[[AsyncConnection], Awaitable[None]] | None = None,
        line: str | None = None,
    ) -> dict[str, Any]:
        """Move a conversation and return its row. Raises ConversationNotFound too."""
        if account.merchants is not None:
            await self.raw(account, conversation_id)
        await self.conversations.takeover.move(conversation_id, wish, guard, line)
        return await self.row(account, conversation_id)

    async def claim_next(self, account: Account) -> dict[str, Any]:
        """Claim the head of the queue. Raises QueueEmpty, AgentFull."""
        for _ in range(_TRIES):
            async with self.database.reading() as tx:
                name = await rows.head(tx, account)
            if name is None:
                break
            try:
                return await self.move(
                    account, name, joining(account, Command.CLAIM), self.accounts.room(account.id)
                )
            except IllegalMove:  # somebody else was faster: the next one, then
                continue
        raise QueueEmpty

    async def transfer(
        self, account: Account, conversation_id: str, to: str, epoch: int | None
    ) -> dict[str, Any]:
        """Pass a conversation on. Raises AgentNotAvailable, AgentFull, ConversationTaken."""
        other = await self.accounts.get(to)
        if not other.present:
            raise AgentNotAvailable
        wish = Move(
            Command.TRANSFER,
            Actor("agent", account.agent),
            other.agent,
            epoch=epoch,
            held_by=None if account.supervises else account.id,
        )
        return await self.move(account, conversation_id, wish, self.accounts.room(to))

    async def release_the_gone(self) -> int:
        """Put the chats of agents who gave no sign of life back to the queue."""
        released = 0
        for name, who in await self.accounts.gone():
            wish = Move(Command.AGENT_GONE, SYSTEM, held_by=who)
            try:
                await self.conversations.takeover.move(name, wish)
            except BotError:
                continue
            released += 1
        return released

    async def release_forever(self) -> None:
        """Look for agents who are gone, for ever."""
        await repeat(self.release_the_gone, _SWEEP_SECONDS, "releasing_failed")

    # --- words ---

    async def canned(self, account: Account, conversation_id: str) -> list[dict[str, Any]]:
        """Return the canned replies, filled in for a conversation."""
        row = await self.raw(account, conversation_id)
        known = await self._variables(account, row)
        return [replies.filled(reply, known) for reply in replies.canned()]

    async def suggest(self, account: Account, conversation_id: str) -> dict[str, Any] | None:
        """Return a draft for the consumer's last lines: understood and looked up, nothing done."""
        row = await self.raw(account, conversation_id)
        async with self.database.reading() as tx:
            said = await rows.lines(tx, conversation_id)
        words = replies.unanswered([line.message for line in said])
        if not words:
            return None
        parsed = await self.engine.parse(words, self.clock.now())
        intent = parsed.get("intent") or {}
        known = await self._variables(account, row)
        for reply in replies.canned():
            filled = replies.filled(reply, known)
            if intent.get("name") in reply["intents"] and not filled["missing"]:
                return {
                    "id": uuid4().hex,
                    "text": filled["text"],
                    "intent": intent.get("name"),
                    "confidence": intent.get("confidence"),
                }
        return None

    async def summary(self, account: Account, conversation_id: str) -> str:
        """Return a first draft of what a case was about."""
        row = await self.raw(account, conversation_id)
        known = await self._variables(account, row)
        async with self.database.reading() as tx:
            said = await rows.lines(tx, conversation_id)
        last = [line.message.text for line in said if line.message.author is Author.CONSUMER]
        window = known.get("visit_window")
        return str(texts.table("desk")["summary"]).format(
            reason=texts.reason_label(row.reason) if row.reason else "-",
            goods=f"{known['goods']}。" if "goods" in known else "",
            visit=f"{window}。" if window else "",
            last=(last[-1] if last else "") or "",
        )

    # --- orders ---

    async def order(self, account: Account, row: Row[Any], order_no: str) -> Order:
        """Return an order that chat and agent have a right to. Raises OrderNotFound."""
        for order in await self.orders.of(row, account.merchants):
            if order.order_no == order_no:
                return order
        raise OrderNotFound(order_no=order_no)

    async def book(
        self,
        account: Account,
        conversation_id: str,
        order_no: str,
        window: Window,
        seen: Seen,
        command_id: str,
    ) -> dict[str, Any]:
        """Book or move the next visit for the owner's consumer.

        Raises ConversationTaken, VisitChanged, WindowTaken, BookingRefused.
        """
        row = await self.owned(account, conversation_id)
        await self.order(account, row, order_no)
        name = f"desk:{account.id}:{command_id}"
        await self.scheduling.book(
            cards.caller(row), order_no, window, name, actor="agent", seen=seen
        )
        detail = {"order_no": order_no, "start": window.start.isoformat()}
        await self.trace(account, "book", conversation_id, detail)
        return cards.card(await self.order(account, row, order_no))

    async def raw(self, account: Account, conversation_id: str) -> Row[Any]:
        """Return a conversation's row. Raises ConversationNotFound."""
        async with self.database.reading() as tx:
            return await rows.one(tx, account, conversation_id)

    async def owned(self, account: Account, conversation_id: str) -> Row[Any]:
        """Return a conversation's row where the agent has it. Raises ConversationTaken."""
        row = await self.raw(account, conversation_id)
        if row.agent == account.id:
            return row
        facts = {"state": row.state, "epoch": row.epoch}
        if row.agent is None:
            raise IllegalMove(command="act", owner=None, **facts)
        owner = {"id": row.agent, "alias": row.agent_alias}
        raise ConversationTaken(command="act", owner=owner, **facts)

    # --- traces ---

    async def trace(
        self,
        account: Account | None,
        action: str,
        conversation_id: str | None = None,
        detail: dict[str, Any] | None = None,
    ) -> None:
        """Write what was done to the audit trail."""
        async with self.database.transaction() as tx:
            await tx.execute(
                insert(audit).values(
                    at=self.clock.now(),
                    account_id=account.id if account else None,
                    action=action,
                    conversation_id=conversation_id,
                    detail=detail or {},
                )
            )

    async def read_up_to(self, account: Account, conversation_id: str, seq: int) -> None:
        """Note how far an agent has read; the consumer sees it of the one who has the chat."""
        key = {"account_id": account.id, "conversation_id": conversation_id}
        async with self.database.transaction() as tx:
            await tx.execute(
                upsert(tx, cursor)
                .values(**key, seq=seq)
                .on_conflict_do_update(
                    index_elements=list(key), set_={"seq": seq}, where=cursor.c.seq < seq
                )
            )
        await self.conversations.takeover.read(conversation_id, account.agent, seq)

    async def closed(
        self, account: Account, since: datetime, until: datetime, *, by_people: bool
    ) -> list[Row[Any]]:
        """Return the cases that were closed in a time."""
        async with self.database.reading() as tx:
            return await rows.closed_between(tx, account, since, until, by_people=by_people)

    async def sample(
        self, account: Account, count: int, since: datetime, until: datetime
    ) -> list[dict[str, Any]]:
        """Return closed cases that people worked on, drawn at random."""
        found = await self.closed(account, since, until, by_people=True)
        drawn = random.sample(found, min(count, len(found)))
        return await self.rows(account, drawn)

    async def _variables(self, account: Account, row: Row[Any]) -> dict[str, str]:
        order = cards.first(await self.orders.of(row, account.merchants))
        return cards.variables(order, account.alias, self._said_window)

    def _said_window(self, window: Window) -> str:
        start, end = (at.astimezone(self.clock.now().tzinfo) for at in (window.start, window.end))
        words = texts.table("wording")
        day = str(words["day"]).format(
            month=start.month, day=start.day, weekday=words["weekdays"][start.weekday()]
        )
        return str(words["window"]).format(day=day, start=f"{start:%H:%M}", end=f"{end:%H:%M}")


def joining(account: Account, command: Command, epoch: int | None = None) -> Move:
    """Return the wish of an agent to get a conversation."""
    reason = "barged_in" if command is Command.BARGE_IN else None
    return Move(command, Actor("agent", account.agent), account.agent, reason, epoch)


def require_supervisor(account: Account) -> None:
    """Raise Forbidden for anybody else."""
    if not account.supervises:
        raise Forbidden("supervisors only")


def sent(encoder: Encoder, result: Sent) -> dict[str, Any]:
    """Return the answer to a line that was sent."""
    return {"message": encoder.message(result.message)}


def agents(found: list[Account]) -> list[dict[str, Any]]:
    """Return accounts as the desk shows them."""
    return [encode.agent(account) for account in found]


def disposition(code: str) -> str:
    """Return a known code of how a case ended. Raises MalformedRequest."""
    if code not in texts.table("desk")["dispositions"]:
        raise MalformedRequest("disposition: unknown; see GET /desk/api/texts")
    return code
