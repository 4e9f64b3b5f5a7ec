"""A consumer who comes by a link of ours that names an order."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.conversation import cases
from bot.conversation.records import Incoming
from bot.scheduling import Caller, Order, identity
from bot.scheduling.contract import epoch


async def arrive(
    tx: AsyncConnection, incoming: Incoming, order_no: str, at: datetime
) -> Order | None:
    """Let the sender's conversation, begun where there is none, see the order.

    What it may see is this order alone, no other one of the same consumer. None where the order
    is gone; the conversation is there all the same.
    """
    opened = await cases.open_case(tx, incoming, at)
    caller = Caller(cases.dialogue_id(opened))
    return await identity.vouch(tx, caller, order_no, epoch(at))
