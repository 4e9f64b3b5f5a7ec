"""Photos that consumers send: checked, kept outside of every page's folder, shown to few.

A photo is a public line of the transcript whose `custom` names it. The bot cannot look at it
and says so; where a person has the conversation, or is waited for, it stays silent.
"""

from __future__ import annotations

import asyncio
import os
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from sqlalchemy import func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.clock import Clock
from bot.conversation import erasing, images, inbox, transcript
from bot.conversation.moves import lock
from bot.conversation.records import Event, Incoming, MessageAdded, Receipt, Visibility
from bot.conversation.states import State
from bot.conversation.tables import conversation, photo
from bot.database import Database
from bot.dialogue.fallback import Fallback
from bot.errors import NotFound, TooMany
from bot.log import get_logger

log = get_logger(__name__)

_FILE = Path(__file__).resolve().parents[2] / "data" / "texts" / "photos.yml"
_DAY = timedelta(days=1)
_ID_BYTES = 16


@cache
def _texts() -> dict[str, str]:
    texts: dict[str, str] = yaml.safe_load(_FILE.read_text(encoding="utf-8"))
    return texts


@dataclass(frozen=True)
class PhotoRules:
    """Where photos are kept and for how long, the largest in bytes, and how many a day.

    The number is that of one conversation in 24 hours. `words` stand for a photo where only
    text can be shown.
    """

    folder: Path
    max_bytes: int
    daily: int
    lasts: timedelta = timedelta(days=180)
    words: str = field(default_factory=lambda: str(_texts()["shown"]))


@dataclass(frozen=True)
class Photo:
    """A stored photo: its file, and what it is."""

    path: Path
    media_type: str

    @property
    def headers(self) -> dict[str, str]:
        """What to serve it with, so that no browser takes it for anything but a picture."""
        return {
            "Content-Type": self.media_type,
            "Content-Disposition": "inline",
            "Content-Security-Policy": "default-src 'none'; sandbox",
            "X-Content-Type-Options": "nosniff",
            "Cache-Control": "private, max-age=86400, immutable",
        }


class Photos:
    """Takes photos in and hands them out."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        publish: Callable[[str, Event], None],
        seconds: Callable[[], float],
        rules: PhotoRules,
        fallback: Fallback | None = None,
    ) -> None:
        self._database = database
        self._clock = clock
        self._publish = publish
        self._seconds = seconds
        self.rules = rules
        self._fallback = fallback or Fallback()

    async def receive(self, incoming: Incoming, data: bytes) -> Receipt:
        """Store a photo as a line of the consumer's; `incoming.text` stands for it in words.

        It is drawn anew, without what a telephone writes beside a picture. A repeated message id
        is stored once. Raises UnsupportedMedia, TooMany.
        """
        picture = await asyncio.to_thread(images.clean, data)
        name = secrets.token_hex(_ID_BYTES)
        await asyncio.to_thread(self._write, name, picture.data)
        shown = {"type": picture.media_type, "bytes": len(picture.data), "sha256": picture.sha256}
        custom = {"photo": {"id": name, **shown}}
        try:
            receipt, events = await self._store(incoming, name, custom)
        except BaseException:
            self._path(name).unlink(missing_ok=True)
            raise
        if receipt.repeated:
            self._path(name).unlink(missing_ok=True)
        for event in events:
            self._publish(receipt.conversation_id, event)
        return receipt

    async def find(self, photo_id: str, sender: tuple[str, str] | None = None) -> Photo:
        """Return a photo; with `sender` (channel and name) only one of that sender's own.

        Raises NotFound, which does not tell a photo of somebody else from none.
        """
        async with self._database.reading() as tx:
            kind = await _kind(tx, photo_id, sender)
        if kind is None or not self._path(photo_id).is_file():
            raise NotFound("there is no such photo")
        return Photo(self._path(photo_id), kind)

    async def erase_old(self) -> int:
        """Erase the photos whose time is over; return how many."""
        now = self._clock.now()
        done = await erasing.erase(self._database, self._path, now - self.rules.lasts, now)
        if done:
            log.info("photos_erased", photos=done)
        return done

    async def _store(
        self, incoming: Incoming, name: str, custom: dict[str, Any]
    ) -> tuple[Receipt, list[Event]]:
        at = self._clock.now()
        async with self._database.transaction() as tx:
            accepted = await inbox.accept(tx, incoming, at, self._seconds(), None, custom)
            receipt = accepted.receipt
            if receipt.repeated:
                return receipt, []
            await self._count(tx, receipt.conversation_id, at)
            row = {"id": name, "conversation_id": receipt.conversation_id, "at": at}
            shown = custom["photo"]
            await tx.execute(
                insert(photo).values(**row, media_type=shown["type"], bytes=shown["bytes"])
            )
            return receipt, [*accepted.events, *await self._answer(tx, receipt, at)]

    async def _count(self, tx: AsyncConnection, conversation_id: str, at: datetime) -> None:
        sent = await tx.execute(
            select(func.count()).where(
                photo.c.conversation_id == conversation_id, photo.c.at > at - _DAY
            )
        )
        if sent.scalar_one() >= self.rules.daily:
            raise TooMany(f"at most {self.rules.daily} photos a day are taken; send no more today")

    async def _answer(self, tx: AsyncConnection, receipt: Receipt, at: datetime) -> list[Event]:
        held = await lock(tx, receipt.conversation_id)
        if held.state != State.BOT:
            return []
        said = self._fallback.say("utter_photo_received")
        line = await transcript.append_reply(tx, held.id, said, at, receipt.id, Visibility.PUBLIC)
        return [MessageAdded(line)]

    def _write(self, name: str, data: bytes) -> None:
        self.rules.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle = os.open(self._path(name), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(data)

    def _path(self, name: str) -> Path:
        return self.rules.folder / name


async def _kind(tx: AsyncConnection, photo_id: str, sender: tuple[str, str] | None) -> str | None:
    query = select(photo.c.media_type).where(photo.c.id == photo_id, photo.c.erased_at.is_(None))
    if sender is not None:
        channel, name = sender
        own = select(conversation.c.id).where(
            conversation.c.channel == channel, conversation.c.sender == name
        )
        query = query.where(photo.c.conversation_id.in_(own))
    found = await tx.execute(query)
    return found.scalar_one_or_none()
