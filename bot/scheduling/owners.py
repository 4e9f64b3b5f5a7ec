"""Whose an order is, for callers who may see some merchants' orders only."""

from __future__ import annotations

from sqlalchemy import select

from bot.database import Database
from bot.scheduling import tables as t


class Owners:
    """Looks up merchants in one database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def of_order(self, order_no: str) -> str | None:
        """Return the merchant of an order, None where it is not known."""
        async with self._database.reading() as connection:
            return await connection.scalar(
                select(t.orders.c.merchant).where(t.orders.c.order_no == order_no)
            )

    async def of_visit(self, visit_id: str) -> str | None:
        """Return the merchant of a visit's order, None where it is not known."""
        query = select(t.orders.c.merchant).join(t.visit, t.visit.c.order_no == t.orders.c.order_no)
        async with self._database.reading() as connection:
            return await connection.scalar(query.where(t.visit.c.visit_id == visit_id))
