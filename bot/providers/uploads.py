"""Documents that are brought over HTTP in one piece or many, each taken once."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.database import Database
from bot.database.upsert import upsert
from bot.errors import ImportConflict, MalformedRequest, TooLarge, UploadNotFound
from bot.providers.party import Party
from bot.providers.tables import chunk, part, upload

# What one transaction takes in, and so what is lost at most when a connection breaks.
PIECE = 1024 * 1024
OVER = ("taken", "refused")


@dataclass(frozen=True)
class Range:
    """Where the bytes of a call belong: from `start` on, in a document of `total` bytes."""

    start: int
    end: int
    total: int


class Uploads:
    """The uploads of one database. `most` is how many bytes a document may have."""

    def __init__(self, database: Database, seconds: Callable[[], float], most: int) -> None:
        self._database = database
        self._seconds = seconds
        self._most = most
        self._arrived: Callable[[], None] = _nobody

    def tell(self, arrived: Callable[[], None]) -> None:
        """Say who is to hear of documents that are complete."""
        self._arrived = arrived

    async def receive(
        self, party: Party, key: str, body: AsyncIterator[bytes], where: Range | None
    ) -> dict[str, Any]:
        """Take bytes of the document that the party calls `key`; return how it stands.

        Without `where` they are the whole document. What came before a connection broke is kept.
        Bytes that are there already change nothing. Raises ImportConflict with what was
        `received` where others are due, TooLarge.
        """
        row = await self._open(party, key, where)
        if row.state != "receiving":
            return await self.status(party, row.id)
        if where is not None and where.start > row.received:
            raise ImportConflict(received=row.received, total=row.total)
        at = where.start if where is not None else 0
        async for piece in _pieces(body):
            at = await self._append(row.id, at, piece, where)
        await self._complete(row.id, at, where)
        return await self.status(party, row.id)

    async def status(self, party: Party, upload_id: str) -> dict[str, Any]:
        """Return how an upload stands. Raises UploadNotFound."""
        async with self._database.reading() as tx:
            found = await tx.execute(select(upload).where(upload.c.id == upload_id))
            row = found.one_or_none()
        if row is None or row.caller != party.name:
            raise UploadNotFound(upload_id=upload_id)
        return _status(row)

    async def _open(self, party: Party, key: str, where: Range | None) -> Row[Any]:
        """Return the upload's row, made or begun anew where that is due."""
        total = where.total if where is not None else None
        if total is not None and total > self._most:
            raise TooLarge(limit=self._most)
        allowed = None if party.merchants is None else sorted(party.merchants)
        new: dict[str, Any] = {
            "id": uuid.uuid4().hex,
            "caller": party.name,
            "key": key,
            "merchants": allowed,
            "state": "receiving",
            "total": total,
            "received": 0,
            "objects": 0,
            "report": {},
            "since": self._seconds(),
            "lease_until": 0.0,
        }
        async with self._database.transaction() as tx:
            await tx.execute(upsert(tx, upload).values(**new).on_conflict_do_nothing())
            mine = (upload.c.caller == party.name, upload.c.key == key)
            row = (await tx.execute(select(upload).where(*mine).with_for_update())).one()
            if total is not None and row.total not in {None, total}:
                raise ImportConflict(received=row.received, total=row.total)
            if where is None and row.state == "receiving" and row.received:
                await _begin_anew(tx, row.id)
        return row

    async def _append(self, upload_id: str, at: int, piece: bytes, where: Range | None) -> int:
        """Keep a piece that is new, and return where the next one begins."""
        end = at + len(piece)
        if where is not None and end > where.end:
            raise MalformedRequest("the body is longer than Content-Range says")
        if end > self._most:
            raise TooLarge(limit=self._most)
        async with self._database.transaction() as tx:
            mine = upload.c.id == upload_id
            found = await tx.execute(select(upload.c.received).where(mine).with_for_update())
            received = int(found.scalar_one())
            if at > received:
                raise ImportConflict(received=received, total=where.total if where else None)
            fresh = piece[received - at :]
            if fresh:
                row = {"upload_id": upload_id, "start_at": received, "body": fresh}
                await tx.execute(insert(chunk).values(**row))
                await tx.execute(update(upload).where(mine).values(received=end))
        return end

    async def _complete(self, upload_id: str, end: int, where: Range | None) -> None:
        """Let a document that is there in full be worked on."""
        if where is not None and end < where.total:
            return
        whole = update(upload).where(
            upload.c.id == upload_id, upload.c.state == "receiving", upload.c.received == end
        )
        async with self._database.transaction() as tx:
            await tx.execute(whole.values(state="waiting", total=end))
        self._arrived()


async def _begin_anew(tx: AsyncConnection, upload_id: str) -> None:
    await tx.execute(delete(chunk).where(chunk.c.upload_id == upload_id))
    await tx.execute(update(upload).where(upload.c.id == upload_id).values(received=0))


async def forget(tx: AsyncConnection, upload_id: str) -> None:
    """Remove an upload's bytes and parts."""
    for table in (chunk, part):
        await tx.execute(delete(table).where(table.c.upload_id == upload_id))


async def _pieces(body: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Join what comes into pieces that are worth a transaction."""
    held = bytearray()
    async for some in body:
        held += some
        while len(held) >= PIECE:
            yield bytes(held[:PIECE])
            del held[:PIECE]
    if held:
        yield bytes(held)


def _status(row: Row[Any]) -> dict[str, Any]:
    return {
        "id": row.id,
        "state": row.state,
        "received": row.received,
        "total": row.total,
        "objects": row.objects,
        **row.report,
    }


def _nobody() -> None:
    """Be told where nobody else is."""
