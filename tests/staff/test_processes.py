"""Several processes, and those that die: each event answered once, each alert told once."""

import asyncio
from contextlib import asynccontextmanager

import pytest
from sqlalchemy import func, select, update

from bot.conversation.conversations import host_seconds
from bot.scheduling.tables import visit_event
from bot.staff import inbox, outbox
from bot.staff.service import StaffService
from bot.staff.tables import alert, card, heard
from tests.staff.world import Observer, eventually
from tests.wired import wired

CREW = "ou_crew"


@asynccontextmanager
async def another(world):
    """A second process over the same database; both have the messenger."""
    dispatch = world.staff._reception._dispatch
    staff = StaffService(
        world.service.database, world.desk.desk, dispatch, Observer(), host_seconds()
    )
    await staff.start([world.messenger])
    try:
        yield staff
    finally:
        await staff.stop()


async def count(world, table, *where):
    async with world.service.database.reading() as tx:
        query = select(func.count()).select_from(table).where(*where)
        return (await tx.execute(query)).scalar_one()


async def test_two_processes_answer_each_event_once_and_each_persons_in_order(world):
    await world.visits(number=3)
    await world.bind(CREW, crew="C1")
    async with another(world) as second:
        for number, move in enumerate(("出发", "到达", "完成")):
            for visit in ("V1", "V2", "V3"):
                event = world.messenger.heard(CREW, f"{move} {visit}", f"{visit}-{number}")
                await asyncio.gather(world.staff.accept(event), second.accept(event))
        await eventually(lambda: len(world.messenger.of(CREW)) >= 9, 20)
    assert await count(world, heard, heard.c.status == "done") == 9
    assert await count(world, visit_event) == 9
    assert [await world.status(visit) for visit in ("V1", "V2", "V3")] == ["completed"] * 3
    assert [one.card.title for one in world.messenger.of(CREW)] == (
        ["已报：已出发"] * 3 + ["已报：施工中"] * 3 + ["已报：已完成"] * 3
    )


async def test_what_a_gateway_hears_wakes_the_worker(world):
    gateway, worker = (
        StaffService(
            world.service.database,
            world.desk.desk,
            world.staff._reception._dispatch,
            Observer(),
            host_seconds(),
            end,
        )
        for end in wired()
    )
    await gateway.accept(world.messenger.heard(CREW, "出发", "1"))
    assert worker._worker.wake.__self__._woken.is_set()


async def test_two_processes_tell_of_who_waits_once(world):
    await world.bind("ou_wang", "wang")
    async with another(world) as second:
        for number in range(4):
            await world.queue(f"s{number}")
        await asyncio.gather(*(one._alerts.settle() for one in (world.staff, second) * 3))
        await eventually(lambda: len(world.messenger.alerts("ou_wang")) >= 4)
        await asyncio.sleep(0.5)
    assert len(world.messenger.alerts("ou_wang")) == 4
    assert await count(world, alert) == 4


@pytest.mark.parametrize("where", ["before the answer", "before the card"])
async def test_what_a_process_that_died_had_is_done_by_the_next(world, where):
    await world.visits()
    await world.bind(CREW, crew="C1")
    await world.staff.stop()
    database = world.service.database
    await world.messenger.say(CREW, "出发 V1", "e1")
    dead = "another-host 1 x"
    async with database.transaction() as tx:
        if where == "before the card":
            address = outbox.Address("messenger", "main", CREW)
            await outbox.put(tx, address, outbox.Card("已报：已出发"), 0)
            await tx.execute(update(heard).values(pending=0, status="done"))
        leases = outbox.leases([("messenger", "main")]) if "card" in where else inbox.LEASES
        assert await leases.claim(tx, dead, host_seconds()(), 1.0)
    async with another(world):
        await eventually(lambda: world.messenger.of(CREW), 10)
    assert world.messenger.of(CREW)[0].card.title == "已报：已出发"
    await world.staff.start([world.messenger])


async def test_an_answer_that_nobody_waits_for_any_more_is_sent(world):
    """The process died in which the messenger waited for it."""
    event, now = world.messenger.heard("ou_1", "今天"), host_seconds()()
    async with world.service.database.transaction() as tx:
        await inbox.accept(tx, event, now, awaited_until=now)
    world.staff._worker.wake()
    await eventually(lambda: world.messenger.of("ou_1"))


async def test_what_nobody_needs_any_more_is_removed(world):
    await world.bind("ou_wang", "wang")
    name = await world.queue()
    await eventually(lambda: world.messenger.alerts("ou_wang"))
    await world.messenger.press("ou_wang", world.messenger.alerts("ou_wang")[0], "接入")
    await eventually(lambda: world.messenger.alerts("ou_wang")[0].faces)
    assert await count(world, card, card.c.content.is_not(None)) == 0
    for table in (heard, card):
        async with world.service.database.transaction() as tx:
            await tx.execute(update(table).values(at=0))
    await world.staff._forget()
    assert [await count(world, table) for table in (heard, card, alert)] == [0, 0, 0]
    assert await world.service.case() == name
