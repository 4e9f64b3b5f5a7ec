"""One at a time for each key, in order."""

import asyncio

import pytest

from bot.engine.lanes import Lanes


async def test_one_key_runs_one_at_a_time_in_the_order_of_arrival():
    lanes, inside, seen = Lanes(), 0, []

    async def visit(number):
        nonlocal inside
        async with lanes.alone("a"):
            inside += 1
            assert inside == 1
            await asyncio.sleep(0)
            seen.append(number)
            inside -= 1

    await asyncio.gather(*(visit(n) for n in range(5)))
    assert seen == [0, 1, 2, 3, 4]


async def test_two_keys_do_not_wait_for_each_other():
    lanes = Lanes()
    async with lanes.alone("a"), asyncio.timeout(1), lanes.alone("b"):
        assert len(lanes) == 2


async def test_nothing_is_kept_of_those_who_left():
    lanes = Lanes()
    async with lanes.alone("a"):
        pass
    assert len(lanes) == 0


async def test_a_failure_and_a_cancelled_wait_leave_the_lane_free():
    lanes = Lanes()
    with pytest.raises(ValueError, match="inside"):
        async with lanes.alone("a"):
            waiting = asyncio.create_task(lanes.alone("a").__aenter__())
            await asyncio.sleep(0)
            waiting.cancel()
            int("inside")
    async with asyncio.timeout(1), lanes.alone("a"):
        pass
    await asyncio.gather(waiting, return_exceptions=True)
    assert len(lanes) == 0
