"""Lanes: claims, leases and what a worker that lost its claim can still do."""

from bot.conversation import lanes
from bot.conversation.records import Incoming


async def accepted(service, message_id):
    return await service.conversations.receive(Incoming("rest", "s1", "在吗", message_id))


async def test_a_lane_that_was_given_back_is_not_renewed(idle):
    receipt = await accepted(idle, "m1")
    async with idle.database.transaction() as tx:
        lane = await lanes.claim(tx, "here 1 a", 2e9, 30)
        assert await lanes.renew(tx, lane, 3e9)
        assert [row.id for row in lane.rows] == [receipt.id]
        assert await lanes.finish(tx, lane.conversation_id, lane.rows, "done")
        # The keeper's last call may come after the lane's end: nobody could claim it for a lease.
        assert not await lanes.renew(tx, lane, 3e9)
    await accepted(idle, "m2")
    async with idle.database.transaction() as tx:
        again = await lanes.claim(tx, "here 1 b", 2e9, 30)
    assert again.conversation_id == lane.conversation_id
    assert again.epoch == lane.epoch + 1


async def test_a_claimed_lane_is_nobody_elses(idle):
    await accepted(idle, "m1")
    async with idle.database.transaction() as tx:
        lane = await lanes.claim(tx, "here 1 a", 2e9, 30)
        assert await lanes.claim(tx, "here 1 b", 2e9 + 29, 30) is None
        later = await lanes.claim(tx, "here 1 b", 2e9 + 31, 30)
        assert later.epoch == lane.epoch + 1
        assert not await lanes.renew(tx, lane, 3e9)
        assert not await lanes.release(tx, lane, 0)
