"""Pictures that lie with a platform: noted before the platform is answered, fetched after."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Protocol
from uuid import uuid4

from sqlalchemy import ColumnElement, Row, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.background import repeat
from bot.conversation import outbox
from bot.conversation.delivery_tables import attachment
from bot.conversation.photos import Photos
from bot.conversation.records import Incoming, Receipt
from bot.database import Database
from bot.database.upsert import upsert
from bot.errors import BotError, Refused
from bot.log import get_logger

log = get_logger(__name__)

_BATCH = 10
# While one process fetches a picture no other begins to; longer than any fetch takes.
_LEASE = 120.0
_BASE, _CAP, _MOST = 2.0, 300.0, 8


class Fetcher(Protocol):
    """A channel as far as its pictures are concerned."""

    async def fetch(self, account: str, source: Mapping[str, Any]) -> bytes:
        """Return the bytes of a picture. Raises Refused where it will never be there."""


Tell = Callable[[Incoming], Awaitable[Receipt]]


async def put(tx: AsyncConnection, picture: Incoming, now: float) -> None:
    """Note that a picture has to be fetched. A repeated message is noted once."""
    noted = await tx.execute(
        upsert(tx, attachment)
        .values(
            id=uuid4().hex,
            channel=picture.channel,
            account=picture.account,
            sender=picture.sender,
            external_id=picture.message_id or uuid4().hex,
            consumer_id=picture.consumer_id,
            source=picture.source,
            status="new",
            attempts=0,
            ready_at=now,
        )
        .on_conflict_do_nothing()
        .returning(attachment.c.id)
    )
    if noted.first() is not None and picture.grant is not None:
        await outbox.grant(tx, picture, picture.grant, now)


class Attachments:
    """Fetches pictures between `start` and `stop`, and puts them into their conversations.

    One that cannot be fetched, or is none, becomes a line that says so: `lost` are its words
    and the bot's answer, `tell` stores them.
    """

    def __init__(
        self,
        database: Database,
        photos: Photos,
        fetchers: Mapping[str, Fetcher],
        tell: Tell,
        lost: tuple[str, str],
        seconds: Callable[[], float],
        poll: float = 1.0,
    ) -> None:
        self._database = database
        self._photos = photos
        self._fetchers = fetchers
        self._tell = tell
        self._lost = lost
        self._seconds = seconds
        self._poll = poll
        self._loop: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin to fetch."""
        fetching = repeat(self.fetch_due, self._poll, "fetching_failed")
        self._loop = asyncio.create_task(fetching, name="attachments")

    async def stop(self) -> None:
        """Stop; what is not fetched yet is fetched after the next start."""
        if self._loop is not None:
            self._loop.cancel()
            await asyncio.gather(self._loop, return_exceptions=True)
            self._loop = None

    async def fetch_due(self) -> int:
        """Fetch what is due; return how many pictures that were."""
        async with self._database.reading() as tx:
            c = attachment.c
            found = await tx.execute(
                select(attachment)
                .where(
                    c.status == "new",
                    c.ready_at <= self._seconds(),
                    c.channel.in_(self._fetchers),
                )
                .order_by(c.ready_at)
                .limit(_BATCH)
            )
            due = found.all()
        await asyncio.gather(*(self._fetch(row) for row in due))
        return len(due)

    async def _fetch(self, row: Row[Any]) -> None:
        if not await self._claim(row):
            return
        incoming = _incoming(row, self._photos.rules.words)
        try:
            data = await self._fetchers[row.channel].fetch(row.account, row.source)
            await self._photos.receive(incoming, data)
        except Refused as error:
            await self._give_up(row, error)
        except BotError as error:
            await self._again(row, error)
        else:
            await self._set(row, status="done")

    async def _claim(self, row: Row[Any]) -> bool:
        unclaimed = attachment.c.attempts == row.attempts
        until = self._seconds() + _LEASE
        return await self._set(row, unclaimed, ready_at=until, attempts=row.attempts + 1)

    async def _again(self, row: Row[Any], error: BotError) -> None:
        if row.attempts + 1 >= _MOST:
            await self._give_up(row, error)
            return
        pause = min(_CAP, _BASE * 2**row.attempts)
        await self._set(row, ready_at=self._seconds() + pause)

    async def _give_up(self, row: Row[Any], error: BotError) -> None:
        log.warning("picture_lost", channel=row.channel, error=error.code)
        words, answer = self._lost
        await self._tell(_incoming(row, words, answer))
        await self._set(row, status="dead")

    async def _set(self, row: Row[Any], *conditions: ColumnElement[bool], **values: Any) -> bool:
        c = attachment.c
        async with self._database.transaction() as tx:
            changed = await tx.execute(
                update(attachment)
                .where(c.id == row.id, c.status == "new", *conditions)
                .values(**values)
            )
        return bool(changed.rowcount)


def _incoming(row: Row[Any], words: str, answer: str | None = None) -> Incoming:
    return Incoming(
        row.channel,
        row.sender,
        words,
        row.external_id,
        row.consumer_id,
        account=row.account,
        answer=answer,
    )
