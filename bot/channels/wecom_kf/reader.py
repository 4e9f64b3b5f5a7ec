"""Reading what WeCom keeps for us: the cursor moves with what was stored, or not at all."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any
from uuid import uuid4

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.background import repeat
from bot.channels.base import Decoded
from bot.channels.wechat.api import WechatApi
from bot.channels.wecom_kf.decode import in_order
from bot.conversation import mailboxes
from bot.conversation.conversations import Conversations
from bot.conversation.mailboxes import Box, Reading
from bot.conversation.takeover import Guard
from bot.errors import BotError, DeliveryRefused, RateLimited
from bot.log import get_logger

log = get_logger(__name__)

_SYNC = "/cgi-bin/kf/sync_msg"
_PAGE = 1000
# How often it looks for rings that another process noted, and for boxes that are due.
_LOOK_SECONDS = 5.0
# Without a ring ten calls a minute are taken, from the whole corporation.
_DUE_SECONDS = 120.0
_CALLS_A_MINUTE = 5
_REST_SECONDS = 5.0
_GRACE_SECONDS = 2.0
# Calls at once.
_PARALLEL = 4
# Messages of just before the channel was connected are answered still.
_HISTORY_SECONDS = 600.0
_BAD_TOKEN = 95007

Store = Callable[[str, Decoded, Guard | None], Awaitable[Any]]


class Overtaken(Exception):
    """Another reader has the box; what was about to be stored is stored by it."""


class Reader:
    """Reads `boxes` while it runs. `store` keeps a part of a page in one transaction."""

    def __init__(
        self,
        conversations: Conversations,
        apis: Mapping[str, WechatApi],
        boxes: list[Box],
        store: Store,
    ) -> None:
        self._conversations = conversations
        self._apis = apis
        self._boxes = boxes
        self._store = store
        self._woken = asyncio.Event()
        self._idle = asyncio.Event()
        self._places = asyncio.Semaphore(_PARALLEL)
        self._due = max(_DUE_SECONDS, len(boxes) * 60.0 / _CALLS_A_MINUTE)
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to read, first what came while nobody did."""
        self._task = asyncio.create_task(
            repeat(self._round, 0.0, "reading_failed"), name="wecom-kf-reader"
        )

    async def stop(self) -> None:
        """Stop; what is half read is read again, and stored once."""
        if self._task is not None:
            with suppress(TimeoutError):
                async with asyncio.timeout(_GRACE_SECONDS):
                    await self._idle.wait()
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None

    def wake(self) -> None:
        """Read now: it rang."""
        self._woken.set()

    async def _round(self) -> None:
        self._woken.clear()
        self._idle.clear()
        async with asyncio.TaskGroup() as reading:
            for box in self._boxes:
                reading.create_task(self._read(box))
        self._idle.set()
        with suppress(TimeoutError):
            async with asyncio.timeout(_LOOK_SECONDS):
                await self._woken.wait()

    async def _read(self, box: Box) -> None:
        """Read a box to its end, again where it rang meanwhile."""
        async with self._places:
            while (reading := await self._claim(box)) is not None:
                await self._read_on(reading)

    async def _read_on(self, reading: Reading) -> None:
        try:
            while (following := await self._page(reading)) is not None:
                reading = following
            due = self._conversations.seconds() + self._due
            async with self._conversations.database.transaction() as tx:
                await mailboxes.finish(tx, reading, due)
        except Overtaken:
            log.info("mailbox_overtaken", box=reading.box.name)
        except BotError as error:
            log.warning("mailbox_not_read", box=reading.box.name, error=error.detail)
            await self._rest(reading, error)
        except Exception as error:
            log.exception("reading_mailbox_failed", box=reading.box.name)
            await self._rest(reading, error)

    async def _page(self, reading: Reading) -> Reading | None:
        """Store the next page; return how to read on, or None at the end."""
        page, reading = await self._fetch(reading)
        cursor = str(page.get("next_cursor") or reading.cursor or "")
        following = replace(reading, cursor=cursor)
        now = self._conversations.seconds()
        fresh = [one for one in page.get("msg_list") or () if _fresh(one, reading)]
        *before, last = in_order(fresh, now)
        for part in before:
            await self._store(reading.box.account, part, None)
        await self._store(reading.box.account, last, _advancing(reading, cursor, now))
        return following if page.get("has_more") else None

    async def _fetch(self, reading: Reading) -> tuple[dict[str, Any], Reading]:
        """Return the next page and how it was read: a token that is over is used no more."""
        api = self._apis[reading.box.account]
        try:
            return await api.ask(_SYNC, _body(reading)), reading
        except DeliveryRefused as error:
            if error.facts.get("errcode") != _BAD_TOKEN or reading.token is None:
                raise
        reading = replace(reading, token=None)
        return await api.ask(_SYNC, _body(reading)), reading

    async def _claim(self, box: Box) -> Reading | None:
        now = self._conversations.seconds()
        async with self._conversations.database.transaction() as tx:
            return await mailboxes.claim(tx, box, uuid4().hex, now)

    async def _rest(self, reading: Reading, error: Exception) -> None:
        pause = float(error.facts["after"]) if isinstance(error, RateLimited) else _REST_SECONDS
        until = self._conversations.seconds() + pause
        async with self._conversations.database.transaction() as tx:
            await mailboxes.rest(tx, reading, until)


def _body(reading: Reading) -> dict[str, Any]:
    body: dict[str, Any] = {"open_kfid": reading.box.name, "limit": _PAGE, "voice_format": 0}
    if reading.cursor:
        body["cursor"] = reading.cursor
    if reading.token:
        body["token"] = reading.token
    return body


def _advancing(reading: Reading, cursor: str, now: float) -> Guard:
    async def advance(tx: AsyncConnection) -> None:
        if not await mailboxes.advance(tx, reading, cursor, now):
            raise Overtaken

    return advance


def _fresh(item: Mapping[str, Any], reading: Reading) -> bool:
    """Whether an item is none of the three days that a box without a cursor begins with.

    What has no name, and so cannot be stored once, or no time is left out too.
    """
    at = item.get("send_time")
    known = bool(item.get("msgid")) and isinstance(at, int)
    return known and float(at or 0) > reading.since - _HISTORY_SECONDS
