"""Tells consumers what has become due, in the newest chat that may hear of the order.

A notice and its line in the transcript are settled in one transaction, and the notice's id is
the line's: it is told at least once, and never shown twice.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import Row, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.background import repeat
from bot.clock import Clock
from bot.conversation import notice_texts, transcript
from bot.conversation.moves import lock
from bot.conversation.records import Author, Event, MessageAdded, Purpose, Visibility
from bot.conversation.states import State
from bot.conversation.tables import conversation, inbox, message
from bot.database import Database
from bot.log import get_logger
from bot.scheduling import notices
from bot.scheduling.notices import Notice, Outcome
from bot.scheduling.tables import identity_proof
from bot.settings import BookingRules

log = get_logger(__name__)

_BATCH = 50
_PERSONS = (State.QUEUED, State.HUMAN)


class NoticeTeller:
    """Looks for due notices every `poll` seconds between `start` and `stop`.

    `publish` hears of each line that was written.
    """

    def __init__(
        self,
        database: Database,
        clock: Clock,
        rules: BookingRules,
        publish: Callable[[str, Event], None],
        poll: float = 2.0,
    ) -> None:
        self._database = database
        self._clock = clock
        self._rules = rules
        self._publish = publish
        self._poll = poll
        self._loop: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin to tell."""
        telling = repeat(self._tell_all_due, self._poll, "telling_failed")
        self._loop = asyncio.create_task(telling, name="notices")

    async def stop(self) -> None:
        """Stop; what is not told yet is told after the next start."""
        if self._loop is not None:
            self._loop.cancel()
            await asyncio.gather(self._loop, return_exceptions=True)
            self._loop = None

    async def tell_due(self) -> int:
        """Settle the notices that are due now and can be settled; return how many."""
        async with self._database.reading() as tx:
            due = await notices.due(tx, self._clock.now(), self._rules, _BATCH)
        settled = 0
        for notice_id in due:
            try:
                settled += await self._tell(notice_id)
            except Exception:  # one that fails must not hold back the others
                log.exception("notice_failed", notice=notice_id)
        return settled

    async def _tell_all_due(self) -> None:
        while await self.tell_due() == _BATCH:
            pass

    async def _tell(self, notice_id: str) -> bool:
        now = self._clock.now()
        async with self._database.transaction() as tx:
            notice = await notices.lock(tx, notice_id)
            if notice is None or await _under_way(tx, notice):
                return False
            needless = await _needless(tx, notice, now)
            if needless is not None:
                await notices.settle(tx, notice_id, needless, now)
                return True
            chat = await _newest_chat(tx, notice)
            if chat is None:
                await notices.set_aside(tx, notice_id)
                return False
            held = await lock(tx, chat.id)
            if held.pending:
                # A turn is being worked on: its answer comes first.
                return False
            line = await _write(tx, held, notice, now)
            await notices.settle(tx, notice_id, "sent", now)
        log.info("notice_told", kind=notice.kind, notice=notice_id)
        self._publish(chat.id, MessageAdded(line))
        return True


async def _write(tx: AsyncConnection, held: Row[Any], notice: Notice, now: datetime) -> Any:
    with_person = held.state in _PERSONS
    reply = (notice_texts.as_card if with_person else notice_texts.as_line)(notice, now.date())
    return await transcript.append_reply(
        tx,
        held.id,
        reply,
        now,
        notice.notice_id,
        Visibility.PUBLIC,
        notice.notice_id,
        Purpose.NOTICE,
    )


async def _needless(tx: AsyncConnection, notice: Notice, now: datetime) -> Outcome | None:
    if now.timestamp() >= notice.expires_at:
        return "expired"
    if notice.stale:
        return "stale"
    return "spoken" if await _said_in_its_turn(tx, notice) else None


async def _under_way(tx: AsyncConnection, notice: Notice) -> bool:
    """Whether the turn that caused the notice goes on: the bot may be about to say it."""
    found = await tx.execute(
        select(inbox.c.id).where(inbox.c.id == notice.turn_id, inbox.c.status == "new")
    )
    return found.first() is not None


async def _said_in_its_turn(tx: AsyncConnection, notice: Notice) -> bool:
    found = await tx.execute(
        select(message.c.id).where(
            message.c.turn_id == notice.turn_id,
            message.c.author == Author.BOT,
            message.c.visibility == Visibility.PUBLIC,
        )
    )
    return notice.turn_id is not None and found.first() is not None


async def _newest_chat(tx: AsyncConnection, notice: Notice) -> Row[Any] | None:
    """Find the chat with the newest line among those that may hear of the order."""
    order = notice.order
    proven = select(identity_proof.c.conversation_id).where(
        identity_proof.c.order_no == order.order_no
    )
    newest = (
        select(message.c.at)
        .where(message.c.conversation_id == conversation.c.id)
        .order_by(message.c.seq.desc())
        .limit(1)
        .scalar_subquery()
    )
    dialogue = func.coalesce(conversation.c.dialogue_id, conversation.c.id)
    theirs = or_(conversation.c.consumer_id == order.consumer_id, dialogue.in_(proven))
    found = await tx.execute(
        select(conversation.c.id)
        .where(conversation.c.current, theirs)
        .order_by(newest.is_(None), newest.desc(), conversation.c.opened_at.desc())
        .limit(1)
    )
    return found.one_or_none()
