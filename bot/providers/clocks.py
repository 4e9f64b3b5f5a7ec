"""How new what is known of a part of an order is: what happened before that comes too late."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.database.upsert import upsert
from bot.providers.tables import event_clock


async def newest(tx: AsyncConnection, order_no: str, subject: str, at: datetime) -> bool:
    """Say whether nothing newer is known of a part of an order, and note how new this is."""
    statement = upsert(tx, event_clock).values(
        order_no=order_no, subject=subject, at=at.timestamp()
    )
    written = await tx.execute(
        statement.on_conflict_do_update(
            index_elements=["order_no", "subject"],
            set_={"at": statement.excluded.at},
            where=event_clock.c.at <= statement.excluded.at,
        ).returning(event_clock.c.at)
    )
    return written.first() is not None
