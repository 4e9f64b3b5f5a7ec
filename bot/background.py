"""Work that a process does again and again until it is cancelled."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from bot.log import get_logger

log = get_logger(__name__)


async def repeat(work: Callable[[], Awaitable[object]], seconds: float, failed: str) -> None:
    """Do `work`, rest for `seconds`, and again; an error is logged as `failed` and ends nothing.

    A database driver may answer a cancellation with an error of its own, which would be taken
    for a failure of the work, and the loop would never end; so the task itself is asked.
    """
    task = asyncio.current_task()
    while task is not None and not task.cancelling():
        try:
            await work()
        except Exception:
            log.exception(failed)
        if not task.cancelling():
            await asyncio.sleep(seconds)
