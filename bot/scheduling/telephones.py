"""Whose telephone a number is, for channels that know their senders by nothing else."""

from __future__ import annotations

from bot.database import Database
from bot.scheduling import tables as t
from bot.scheduling.store import read_orders


class Telephones:
    """Looks telephones up among the consumers of orders."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def has_open_order(self, phone: str) -> bool:
        """Whether an order with this telephone, eleven digits, has a visit left to make."""
        async with self._database.reading() as connection:
            found = await read_orders(connection, t.consumer.c.phone.in_(_written(phone)))
        return any(not order.all_done for order in found)


def _written(phone: str) -> list[str]:
    """Return the ways in which shops write a telephone."""
    return [phone, f"86{phone}", f"+86{phone}", f"{phone[:3]}-{phone[3:7]}-{phone[7:]}"]
