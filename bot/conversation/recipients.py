"""Who lines are sent to: one at a time works on each, none on those of a paused account."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Row, and_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.conversation.claiming import LaneLostError
from bot.conversation.delivery_tables import channel_account, recipient
from bot.conversation.leases import Lease, Leases
from bot.database.upsert import upsert

LEASES = Leases(recipient)


def of_channel(channel: str) -> Leases:
    """Return the claims of one channel's recipients, without those of paused accounts."""
    a = channel_account.c

    def may(now: float) -> ColumnElement[bool]:
        paused = select(a.account).where(
            a.channel == channel, a.account == recipient.c.account, a.paused_until > now
        )
        return and_(recipient.c.channel == channel, ~paused.exists())

    return Leases(recipient, may)


async def own(tx: AsyncConnection, lease: Lease) -> Row[Any]:
    """Return the recipient's row, locked. Raises LaneLostError where it is no longer ours."""
    found = await tx.execute(select(recipient).where(recipient.c.id == lease.id).with_for_update())
    row = found.one()
    if row.lane_epoch != lease.epoch:
        raise LaneLostError
    return row


async def hold(tx: AsyncConnection, lease: Lease, until: float) -> None:
    """Give a recipient back until the platform lets us send again, or no longer at all."""
    await tx.execute(update(recipient).where(recipient.c.id == lease.id).values(held=True))
    await LEASES.release(tx, lease, until)


async def pause(tx: AsyncConnection, to: Row[Any], until: float) -> None:
    """Let nothing be sent from an account for a while."""
    await tx.execute(
        upsert(tx, channel_account)
        .values(channel=to.channel, account=to.account, paused_until=until)
        .on_conflict_do_update(index_elements=["channel", "account"], set_={"paused_until": until})
    )
