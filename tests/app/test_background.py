"""Work that is done again and again, and ends when it is told to."""

import asyncio

from bot.background import repeat


async def test_an_error_ends_nothing():
    done = []

    async def work():
        done.append(len(done))
        if len(done) == 1:
            raise RuntimeError("the database is away")

    task = asyncio.create_task(repeat(work, 0, "work_failed"))
    async with asyncio.timeout(5):
        while len(done) < 3:
            await asyncio.sleep(0)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_a_cancellation_that_became_an_error_ends_it_all_the_same():
    begun = asyncio.Event()

    async def work():
        begun.set()
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            raise RuntimeError("the driver made something else of it") from None

    task = asyncio.create_task(repeat(work, 60, "work_failed"))
    await begun.wait()
    task.cancel()
    async with asyncio.timeout(5):
        await asyncio.gather(task, return_exceptions=True)
