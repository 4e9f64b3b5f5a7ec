"""A consumer who opens the chat: greeted, and known by the order that a link of ours names."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.conversation import cases, outbox, texts, transcript
from bot.conversation.records import Event, Incoming, MessageAdded, Purpose, Visibility
from bot.conversation.states import State
from bot.dialogue.engine import Reply
from bot.scheduling import Caller, Order, identity
from bot.scheduling.contract import epoch

# Marks a line that nobody misses who has begun to talk.
GREETING = {"event": "greeting"}


async def arrive(
    tx: AsyncConnection, incoming: Incoming, order_no: str | None, at: datetime, now: float
) -> list[tuple[str, Event]]:
    """Open the sender's conversation and let it see the order; greet where there is a grant.

    What it may see is this order alone, no other one of the same consumer. Who has it already
    is not greeted by the bot. Returns what happened.
    """
    opened = await cases.open_case(tx, incoming, at)
    order: Order | None = None
    if order_no is not None:
        caller = Caller(cases.dialogue_id(opened))
        order = await identity.vouch(tx, caller, order_no, epoch(at))
    if incoming.grant is None or opened.state != State.BOT:
        return []
    await outbox.grant(tx, incoming, incoming.grant, now)
    line = await transcript.append_reply(
        tx,
        opened.id,
        Reply(_greeting(order), custom=GREETING),
        at,
        None,
        Visibility.PUBLIC,
        # The whole of what may be sent until the consumer writes.
        purpose=Purpose.NOTICE,
    )
    return [(opened.id, MessageAdded(line))]


def _greeting(order: Order | None) -> str:
    if order is None:
        return texts.greeting("stranger")
    return texts.greeting("by_order", tail=order.order_no[-4:])
