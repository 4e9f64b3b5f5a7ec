"""Photos have their time: then the file is erased, and the transcript says so."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Row, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.conversation.moves import lock
from bot.conversation.tables import message, photo
from bot.database import Database

_BATCH = 100


async def erase(
    database: Database, path: Callable[[str], Path], before: datetime, now: datetime
) -> int:
    """Erase some photos that came before an instant; return how many.

    The file goes first: where the process dies in between, the next one finds the row still
    and marks it. Several processes may do it at once.
    """
    async with database.reading() as tx:
        found = await tx.execute(
            select(photo)
            .where(photo.c.erased_at.is_(None), photo.c.at < before)
            .order_by(photo.c.at)
            .limit(_BATCH)
        )
        due = found.all()
    await asyncio.to_thread(_unlink, [path(row.id) for row in due])
    for row in due:
        async with database.transaction() as tx:
            await _mark(tx, row, now)
    return len(due)


def _unlink(files: Iterable[Path]) -> None:
    for file in files:
        file.unlink(missing_ok=True)


async def _mark(tx: AsyncConnection, row: Row[Any], now: datetime) -> None:
    await lock(tx, row.conversation_id)
    await tx.execute(update(photo).where(photo.c.id == row.id).values(erased_at=now))
    found = await tx.execute(
        select(message.c.id, message.c.custom).where(
            message.c.conversation_id == row.conversation_id, message.c.custom.is_not(None)
        )
    )
    for line in found:
        if (line.custom.get("photo") or {}).get("id") == row.id:
            erased = {"photo": {"id": row.id, "erased_at": now.isoformat()}}
            await tx.execute(update(message).where(message.c.id == line.id).values(custom=erased))
