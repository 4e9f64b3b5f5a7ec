"""Notices in a running system: written straight into its database, and waited for in a chat."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from bot.database import Database
from bot.scheduling import notices
from bot.scheduling.store import read_order

if TYPE_CHECKING:
    from datetime import datetime

    from bot.scheduling import Window
    from tests.system import System

WAIT_SECONDS = 90


async def write(
    system: System, order_no: str, kind: str, now: datetime, window: Window | None = None
) -> None:
    """Write a notice that is due, of the order's next visit unless a window is given."""
    database = Database(f"sqlite:///{system.var_dir / 'yuezhuang.db'}")
    async with database.transaction() as tx:
        order = await read_order(tx, order_no)
        visit = order.live_visit if window is None else None
        # Another than the one that the booking itself has planned.
        await notices.record(tx, kind, order, visit, now, window=window, command_id="told")
    await database.close()


def awaited(system: System, kind: str, sender: str) -> dict:
    """Return the line of the sender's chat that tells of a kind, once it is there."""
    deadline = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < deadline:
        for message in system.get(f"/api/v1/conversations/{sender}")["messages"]:
            if (message.get("custom") or {}).get("notice", {}).get("kind") == kind:
                return message
        time.sleep(0.3)
    raise AssertionError(f"no notice {kind}")
