"""Waiting for what other tasks do."""

import asyncio
import inspect


async def until(condition, seconds=5):
    """Return what `condition`, asynchronous or not, first returns that is true."""
    async with asyncio.timeout(seconds):
        while True:
            found = condition()
            if inspect.isawaitable(found):
                found = await found
            if found:
                return found
            await asyncio.sleep(0.01)
