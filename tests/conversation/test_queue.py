"""The queue's order, whatever the clocks say."""

import asyncio
from datetime import timedelta
from types import SimpleNamespace

import pytest

from bot.conversation import waiting
from bot.conversation.moves import lock
from bot.conversation.states import Command
from bot.desk import rows
from bot.dialogue.engine import Reply, TurnResult
from tests.conversation.service import WANG

# Works for every merchant.
WANG_SEES = SimpleNamespace(id="w1", merchants=None)
ASKED = {
    "转": TurnResult((Reply("好的"),), "request_human"),
    "漏": TurnResult((Reply("好的"),), "report_hazard"),
}


async def listed(service):
    async with service.database.reading() as tx:
        return [row.sender for row in await rows.listed(tx, WANG_SEES, "queued")]


async def places(service):
    """Place by sender, as it is told."""
    async with service.database.transaction() as tx:
        found = await rows.listed(tx, WANG_SEES, "queued")
        return {row.sender: await waiting.ahead(tx, await lock(tx, row.id)) + 1 for row in found}


@pytest.mark.parametrize("step", [timedelta(0), timedelta(minutes=-5)])
async def test_frozen_and_backward_clocks_keep_the_order_of_the_queue(service, step):
    service.engine._script = ASKED
    senders = [f"s{n}" for n in range(6)]
    for sender in senders:
        await service.say("转", sender=sender)
        service.clock.advance(step)
    assert await listed(service) == senders
    assert await places(service) == {sender: n for n, sender in enumerate(senders, 1)}
    await service.say("漏", sender="danger")
    assert await listed(service) == ["danger", *senders]


async def test_who_is_released_comes_back_to_the_head_with_the_old_ticket(service):
    service.engine._script = ASKED
    for sender in ("a", "b", "c"):
        await service.say("转", sender=sender)
    name = await service.case("a")
    await service.move(Command.CLAIM, WANG, case=name)
    service.clock.advance(timedelta(minutes=9))
    await service.move(Command.RELEASE, WANG, case=name)
    assert await listed(service) == ["a", "b", "c"]


async def test_who_leaves_the_queue_and_comes_again_waits_anew(service):
    service.engine._script = ASKED
    for sender in ("a", "b"):
        await service.say("转", sender=sender)
    await service.say("不等了", sender="a")
    await service.say("转", sender="a")
    assert await listed(service) == ["b", "a"]


async def test_nobody_is_told_a_place_that_gets_worse(service):
    """Many enter at once; everybody's place was true when it was told, and only improves."""
    service.engine._script = ASKED
    senders = [f"s{n}" for n in range(12)]
    said = await asyncio.gather(*(service.say("转", sender=sender) for sender in senders))
    told = sorted(place.text.split("位")[0] for _, place in said)
    assert len(set(told)) == len(senders)
    before = await places(service)
    for sender in await listed(service):
        if sender != "s5":
            await service.say("不等了", sender=sender)
            after = await places(service)
            assert all(after[one] <= before[one] for one in after)
            before = after
    assert before == {"s5": 1}
