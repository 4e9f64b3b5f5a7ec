"""Whose order it is: the one guarded door to an order."""

from __future__ import annotations

import hmac
import re
from functools import cache
from typing import Any

from sqlalchemy import Select, bindparam, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.errors import IdentityLocked, IdentityNotProven, OrderNotFound
from bot.scheduling import notices
from bot.scheduling import tables as t
from bot.scheduling.models import Caller, Order
from bot.scheduling.store import order_of, read_order, read_orders, select_order


async def visible(connection: AsyncConnection, caller: Caller) -> list[Order]:
    """Return the orders that this caller may see."""
    return await read_orders(connection, _visible(), _asking(caller))


async def owned(connection: AsyncConnection, caller: Caller, order_no: str) -> Order:
    """Return the caller's order. Raises OrderNotFound alike for absent and not theirs."""
    query, values = _owned(connection.dialect.name), _asking(caller)
    head = (await connection.execute(query, {"wanted_order": order_no, **values})).first()
    if head is None:
        raise OrderNotFound(order_no=order_no)
    return order_of(head)


@cache
def _owned(dialect: str) -> Select[Any]:
    return select_order(dialect).where(_visible())


def _visible() -> Any:
    """Return the condition on orders; what its caller does not have, NULL, is equal to nothing."""
    proof = t.identity_proof.c
    proven = select(proof.order_no).where(
        proof.conversation_id == bindparam("conversation"), proof.at >= bindparam("since")
    )
    return or_(
        t.orders.c.order_no.in_(proven),
        t.orders.c.consumer_id == bindparam("consumer"),
        t.orders.c.order_no == bindparam("asked"),
    )


def _asking(caller: Caller) -> dict[str, Any]:
    return {
        "conversation": caller.conversation_id,
        "since": caller.proven_since or 0,
        "consumer": caller.consumer_id,
        "asked": caller.asked,
    }


async def prove(
    connection: AsyncConnection,
    caller: Caller,
    order_no: str,
    phone_tail: str,
    tries: int,
    now: int,
) -> Order | IdentityNotProven | IdentityLocked:
    """Check number and tail, and remember the outcome for the conversation.

    A refusal is returned, not raised: the count of failures must be committed.
    """
    failures = await _failures(connection, caller)
    if failures >= tries:
        return IdentityLocked()
    order = await read_order(connection, order_no)
    # An absent order is compared too, so that the answer takes as long.
    phone = re.sub(r"\D", "", order.phone) if order else "0" * 11
    if not hmac.compare_digest(phone[-4:].encode(), phone_tail.encode()) or order is None:
        await _count_failure(connection, caller, failures)
        left = tries - failures - 1
        return IdentityNotProven(tries_left=left) if left else IdentityLocked()
    await _remember(connection, caller, order_no, now)
    return order


async def vouch(
    connection: AsyncConnection, caller: Caller, order_no: str, now: int
) -> Order | None:
    """Let a conversation see an order that a link of ours named; None where there is no such."""
    order = await read_order(connection, order_no)
    if order is not None:
        await _remember(connection, caller, order_no, now)
    return order


async def _remember(connection: AsyncConnection, caller: Caller, order_no: str, now: int) -> None:
    proof = {"conversation_id": caller.conversation_id, "order_no": order_no}
    renewed = update(t.identity_proof).filter_by(**proof).values(at=now)
    if not (await connection.execute(renewed)).rowcount:
        await connection.execute(insert(t.identity_proof).values(**proof, at=now))
        await notices.take_up(connection, order_no=order_no)


async def _failures(connection: AsyncConnection, caller: Caller) -> int:
    failure = t.identity_failure.c
    found = await connection.scalar(
        select(failure.failures).where(failure.conversation_id == caller.conversation_id)
    )
    return int(found or 0)


async def _count_failure(connection: AsyncConnection, caller: Caller, before: int) -> None:
    table, who = t.identity_failure, caller.conversation_id
    if before:
        await connection.execute(
            update(table)
            .where(table.c.conversation_id == who)
            .values(failures=table.c.failures + 1)
        )
    else:
        await connection.execute(insert(table).values(conversation_id=who, failures=1))
