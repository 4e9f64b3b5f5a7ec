"""How far each side has read: what the other sees as read."""

from __future__ import annotations

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.conversation.records import Agent
from bot.conversation.tables import conversation


async def by_consumer(tx: AsyncConnection, conversation_id: str, seq: int) -> bool:
    """Note how far the consumer has read; False where that was known."""
    c = conversation.c
    done = await tx.execute(
        update(conversation)
        .where(c.id == conversation_id, c.consumer_read_seq < seq, seq <= c.last_seq)
        .values(consumer_read_seq=seq)
    )
    return done.rowcount == 1


async def by_owner(tx: AsyncConnection, conversation_id: str, agent: Agent, seq: int) -> bool:
    """Note how far the agent has read who has the conversation; False for anybody else."""
    c = conversation.c
    done = await tx.execute(
        update(conversation)
        .where(
            c.id == conversation_id,
            c.agent == agent.id,
            c.agent_read_seq < seq,
            seq <= c.last_seq,
        )
        .values(agent_read_seq=seq)
    )
    return done.rowcount == 1
