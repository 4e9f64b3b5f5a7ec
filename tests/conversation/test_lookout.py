"""One look for all who listen, and only about what they have not heard."""

import pytest

from bot.conversation.events import EventBus
from bot.conversation.lookout import Lookout
from bot.conversation.records import Looked, Place, Placed
from bot.conversation.states import Command
from bot.dialogue.engine import Reply, TurnResult
from tests.conversation.service import WANG


@pytest.fixture
def lookout(service):
    """A lookout that looks when it is told to, on the bus of the running service."""
    talks = service.conversations
    return Lookout(service.database, talks._bus, talks._places, 3600)


@pytest.fixture
def elsewhere(service):
    """A lookout of another process, whose bus hears nothing of what is said here."""
    return Lookout(service.database, EventBus(), service.conversations._places, 3600)


async def test_what_another_process_wrote_is_told_once(service, elsewhere):
    await service.say("a")
    with elsewhere._bus.subscribe(await service.case()) as heard:
        assert await elsewhere.look() == 1  # the first time: it may have come too late
        assert await elsewhere.look() == 0
        await service.say("b")
        await service.move(Command.BARGE_IN, WANG)
        assert await elsewhere.look() == 1
        assert await elsewhere.look() == 0
    assert [await heard.get() for _ in range(2)] == [Looked(moved=True), Looked(moved=True)]


async def test_reading_elsewhere_is_told(service, elsewhere):
    await service.say("a")
    name = await service.case()
    await service.move(Command.BARGE_IN, WANG)
    with elsewhere._bus.subscribe(name):
        await elsewhere.look()
        await service.conversations.read_up_to(name, 2)
        assert await elsewhere.look() == 1
        await service.conversations.takeover.read(name, WANG, 2)
        assert await elsewhere.look() == 1


async def test_a_place_that_others_made_better_is_told_once(service, elsewhere):
    service.engine._script = {"转": TurnResult((Reply("好的"),), "request_human")}
    for sender in ("a", "b"):
        await service.say("转", sender=sender)
    second = await service.case("b")
    with elsewhere._bus.subscribe(second) as heard:
        await elsewhere.look()
        assert await heard.get() == Looked(moved=True)
        assert await heard.get() == Placed(Place(2, 10))
        await service.say("不等了", sender="a")
        for _ in range(2):
            await elsewhere.look()
        assert await heard.get() == Placed(Place(1, 5))
        assert heard._queue.empty()


async def test_what_this_process_said_is_not_told_again(service, lookout):
    await service.say("a")
    name = await service.case()
    lookout.start()
    with service.conversations.subscribe(name):
        await lookout.look()
        await service.say("b")
        await service.move(Command.BARGE_IN, WANG)
        await service.conversations.takeover.say(name, WANG, "您好", "c1")
        await service.conversations.read_up_to(name, 5)
        await service.conversations.takeover.read(name, WANG, 3)
        assert await lookout.look() == 0
    await lookout.stop()


async def test_a_next_case_begun_elsewhere_is_told(service, elsewhere):
    await service.say("a")
    with elsewhere._bus.subscribe(await service.case()):
        await service.move(Command.CLOSE, disposition="solved")
        await elsewhere.look()
        await service.say("你好")
        assert await elsewhere.look() == 1


async def test_conversations_that_nobody_listens_to_cost_nothing(service, elsewhere):
    await service.say("a")
    assert await elsewhere.look() == 0
    with elsewhere._bus.subscribe("gone"):
        assert await elsewhere.look() == 0
