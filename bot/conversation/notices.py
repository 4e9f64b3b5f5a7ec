"""Tells consumers what has become due, in the newest chat that may hear of the order.

A notice and its line in the transcript are settled in one transaction, and the notice's id is
the line's: it is told at least once, and never shown twice.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.background import repeat
from bot.clock import Clock
from bot.conversation import cases, notice_texts, transcript
from bot.conversation.moves import lock
from bot.conversation.records import (
    Author,
    Event,
    Incoming,
    MessageAdded,
    Purpose,
    Visibility,
    on_account,
)
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
# Nobody keeps a page open for so long.
_LEFT_AFTER = timedelta(hours=24)
_MOBILE = re.compile(r"(?:\+?86)?(1\d{10})")
_PERSONS = (State.QUEUED, State.HUMAN)


@dataclass(frozen=True)
class ByTelephone:
    """Our account on a channel whose senders are telephones, for the kinds of notices it takes."""

    channel: str
    account: str
    kinds: Collection[str]


class NoticeTeller:
    """Looks for due notices every `poll` seconds between `start` and `stop`.

    `publish` hears of each line that was written. `telephone` reaches those who have no chat.
    """

    def __init__(
        self,
        database: Database,
        clock: Clock,
        rules: BookingRules,
        publish: Callable[[str, Event], None],
        poll: float = 2.0,
        telephone: ByTelephone | None = None,
    ) -> None:
        self._database = database
        self._clock = clock
        self._rules = rules
        self._publish = publish
        self._poll = poll
        self._telephone = telephone
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
            chat = await self._chat(tx, notice, now)
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

    async def _chat(self, tx: AsyncConnection, notice: Notice, now: datetime) -> Row[Any] | None:
        """Return where the consumer reads it: a page that was left long ago is no such place."""
        newest = await _newest_chat(tx, notice)
        if newest is not None and not await _left(tx, newest, now):
            return newest
        return await self._by_telephone(tx, notice, now) or newest

    async def _by_telephone(
        self, tx: AsyncConnection, notice: Notice, now: datetime
    ) -> Row[Any] | None:
        """Return the chat with the order's telephone, begun where there is none."""
        ours, phone = self._telephone, _MOBILE.fullmatch(notice.order.phone)
        if ours is None or phone is None or notice.kind not in ours.kinds:
            return None
        sender = on_account(ours.account, phone[1])
        who = Incoming(ours.channel, sender, "", account=ours.account)
        return await cases.newest(tx, who) or await cases.open_case(tx, who, now)


async def _write(tx: AsyncConnection, held: Row[Any], notice: Notice, now: datetime) -> Any:
    with_person = held.state in _PERSONS
    reply = (notice_texts.as_card if with_person else notice_texts.as_line)(notice, now.date())
    if with_person and held.account is not None:
        # A platform shows no cards.
        reply = replace(reply, text=notice_texts.text(notice, now.date()))
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


async def _left(tx: AsyncConnection, chat: Row[Any], now: datetime) -> bool:
    """Whether a chat on a page has heard nothing of its consumer for long."""
    if chat.account is not None:
        return False
    said = await tx.execute(
        select(func.max(message.c.at)).where(
            message.c.conversation_id == chat.id, message.c.author == Author.CONSUMER
        )
    )
    last = said.scalar_one()
    return last is None or last < now - _LEFT_AFTER


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
        select(conversation)
        .where(conversation.c.current, theirs)
        .order_by(newest.is_(None), newest.desc(), conversation.c.opened_at.desc())
        .limit(1)
    )
    return found.one_or_none()
