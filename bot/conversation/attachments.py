"""Pictures that lie with a platform: noted before the platform is answered, fetched after."""

from __future__ import annotations

from uuid import uuid4

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.conversation import outbox
from bot.conversation.delivery_tables import attachment
from bot.conversation.records import Incoming
from bot.database.upsert import upsert


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
