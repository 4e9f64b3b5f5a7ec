"""Goods that came damaged: nothing is booked until they are replaced, then they come anew."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import insert, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.scheduling import notices
from bot.scheduling import tables as t
from bot.scheduling.contract import epoch
from bot.scheduling.models import LIVE, Order
from bot.scheduling.rules import Need
from bot.scheduling.store import read_order


async def await_replacement(connection: AsyncConnection, order_no: str) -> None:
    """Let an order wait for new goods, after a visit failed because they were damaged.

    When the first ones were due stays known: an import that is repeated says it again.
    """
    await connection.execute(
        update(t.orders).where(t.orders.c.order_no == order_no).values(goods_missing=True)
    )


def are_new(order: Order, expected_at: datetime) -> bool:
    """Say whether an order waits for new goods, and these are not the ones that were damaged."""
    return order.goods_missing and expected_at != order.goods_expected_at


async def replaced(
    connection: AsyncConnection, order: Order, need: Need, expected_at: datetime, now: datetime
) -> None:
    """Let new goods be delivered once they are at the hub, and tell the consumer.

    Does nothing for an order that waits for none.
    """
    if not order.goods_missing:
        return
    await connection.execute(
        update(t.orders)
        .where(t.orders.c.order_no == order.order_no)
        .values(goods_missing=False, goods_expected_at=epoch(expected_at))
    )
    kind = _kind(order)
    if not any(v.kind == kind and v.status in LIVE for v in order.visits):
        await _to_be_booked(connection, order, kind, need)
    after = await read_order(connection, order.order_no)
    if after is not None:
        await notices.record(connection, "replaced", after, after.live_visit, now)


async def _to_be_booked(connection: AsyncConnection, order: Order, kind: str, need: Need) -> None:
    await connection.execute(
        insert(t.visit).values(
            visit_id=f"V{uuid.uuid4().hex[:16]}",
            order_no=order.order_no,
            seq=len(order.visits),
            kind=kind,
            status="unscheduled",
            minutes=need.minutes,
            attention=False,
        )
    )


def _kind(order: Order) -> str:
    """Return what the new goods' visit is for; a separate installation follows by itself."""
    failed = [v.kind for v in order.visits if v.status == "failed"]
    return "delivery" if failed and failed[-1] == "installation" else (failed or ["delivery"])[-1]
