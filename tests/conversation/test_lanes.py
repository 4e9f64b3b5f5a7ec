"""Lanes: claims, leases and what a worker that lost its claim can still do."""

from bot.conversation import lanes
from bot.conversation.records import Incoming


async def accepted(service, message_id):
    return await service.conversations.receive(Incoming("rest", "s1", "在吗", message_id))


async def claimed(tx, name, later=0):
    lease = await lanes.LEASES.claim(tx, f"here 1 {name}", 2e9 + later, 30)
    return None if lease is None else await lanes.taken(tx, lease)


async def test_a_lane_that_was_given_back_is_not_renewed(idle):
    receipt = await accepted(idle, "m1")
    async with idle.database.transaction() as tx:
        lane = await claimed(tx, "a")
        assert await lanes.LEASES.renew(tx, lane.lease, 3e9)
        assert [row.id for row in lane.rows] == [receipt.id]
        assert await lanes.finish(tx, lane.conversation_id, lane.rows, "done")
        # The keeper's last call may come after the lane's end: nobody could claim it for a lease.
        assert not await lanes.LEASES.renew(tx, lane.lease, 3e9)
    await accepted(idle, "m2")
    async with idle.database.transaction() as tx:
        again = await claimed(tx, "b")
    assert again.conversation_id == lane.conversation_id
    assert again.epoch == lane.epoch + 1


async def test_a_claimed_lane_is_nobody_elses(idle):
    await accepted(idle, "m1")
    async with idle.database.transaction() as tx:
        lane = await claimed(tx, "a")
        assert await claimed(tx, "b", 29) is None
        later = await claimed(tx, "b", 31)
        assert later.epoch == lane.epoch + 1
        assert not await lanes.LEASES.renew(tx, lane.lease, 3e9)
        assert not await lanes.LEASES.release(tx, lane.lease, 0)
