"""Goods that came damaged: nothing is booked until they are replaced, then they come anew."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import insert, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.scheduling import tables as t
from bot.scheduling.contract import epoch
from bot.scheduling.models import Order
from bot.scheduling.rules import Need


async def await_replacement(connection: AsyncConnection, order_no: str) -> None:
    """Let an order wait for new goods, after a visit failed because they were damaged."""
    await connection.execute(
        update(t.orders)
        .where(t.orders.c.order_no == order_no)
        .values(goods_missing=True, goods_expected_at=None)
    )


async def replaced(
    connection: AsyncConnection, order: Order, need: Need, expected_at: datetime
) -> None:
    """Take it that new goods reach the hub at an instant, and let their delivery be booked.

    Does nothing for an order that waits for none.
    """
    if not order.goods_missing:
        return
    await connection.execute(
        update(t.orders)
        .where(t.orders.c.order_no == order.order_no)
        .values(goods_missing=False, goods_expected_at=epoch(expected_at))
    )
    if order.live_visit is not None:
        return
    await connection.execute(
        insert(t.visit).values(
            visit_id=f"V{uuid.uuid4().hex[:16]}",
            order_no=order.order_no,
            seq=len(order.visits),
            kind=_kind(order),
            status="unscheduled",
            minutes=need.minutes,
            attention=False,
        )
    )


def _kind(order: Order) -> str:
    """Return what the new goods' visit is for; a separate installation follows by itself."""
    failed = [v.kind for v in order.visits if v.status == "failed"]
    return "delivery" if failed and failed[-1] == "installation" else (failed or ["delivery"])[-1]
