"""Two processes on one database: what happens in one is heard in the other at once."""

import asyncio
from contextlib import asynccontextmanager

import pytest

from bot.conversation.conversations import Conversations
from bot.conversation.records import Author, Incoming, Looked, MessageAdded, ReadUpTo, Typing
from bot.conversation.states import Command
from bot.conversation.workers import Pace
from bot.dialogue.fallback import Fallback
from tests.conversation.service import WANG
from tests.wired import wired

# Nobody finds anything by looking: what is heard was told.
NEVER = Pace(poll=3600, look=3600, sweep=3600)


@asynccontextmanager
async def processes(service):
    """A gateway and a worker."""
    both = [
        Conversations(
            service.database,
            service.clock,
            service.engine,
            Fallback(),
            limits=service.limits,
            pace=NEVER,
            wakeups=end,
        )
        for end in wired()
    ]
    await both[0].start(work=False)
    await both[1].start(watch=False)
    yield both
    for one in both:
        await one.stop()


@pytest.fixture
async def pair(service):
    await service.conversations.stop()
    async with processes(service) as both:
        yield both


async def test_a_worker_elsewhere_answers_at_once(service, pair):
    gateway, _ = pair
    receipt = await gateway.receive(Incoming("rest", "s1", "你好", hurried=True))
    with gateway.subscribe(receipt.conversation_id) as heard:
        async with asyncio.timeout(5):
            events = [await heard.get() for _ in range(3)]
    assert events[0] == Typing(on=True, by=Author.BOT)
    assert {type(event) for event in events[1:]} == {Looked, Typing}
    found = await asyncio.wait_for(gateway.replies(receipt, 30), 5)
    assert [line.text for line in found]


async def test_who_waits_for_the_answer_is_told(pair, monkeypatch):
    gateway, _ = pair
    monkeypatch.setattr("bot.conversation.conversations._POLL", 3600)
    receipt = await gateway.receive(Incoming("rest", "s1", "你好", hurried=True))
    assert await asyncio.wait_for(gateway.replies(receipt, 3600), 5)


async def test_a_move_a_line_and_reading_are_told_with_how_far(service, pair):
    gateway, worker = pair
    heard = []
    with worker.listen(lambda _name, event: heard.append(event)):
        name = await gateway.open("rest", "s1", None)
        service.conversations = gateway
        await service.move(Command.BARGE_IN, WANG)
        sent = await gateway.takeover.say(name, WANG, "您好", "c1")
        await gateway.takeover.typing(name, WANG, on=True)
        await gateway.read_up_to(name, sent.message.seq)
    assert Looked(moved=True, epoch=1) in heard
    assert Looked(seq=sent.message.seq) in heard
    assert Typing(on=True, by=Author.AGENT) in heard
    assert ReadUpTo(sent.message.seq, Author.CONSUMER) in heard


async def test_what_was_told_is_not_told_back_nor_as_it_was(pair):
    gateway, worker = pair
    heard = []
    with gateway.listen(lambda _name, event: heard.append(event)):
        worker.publish("c1", Typing(on=True, by=Author.BOT))
        worker.publish("c1", Looked(moved=True))
    assert heard == [Typing(on=True, by=Author.BOT)]
    assert not any(isinstance(event, MessageAdded) for event in heard)


async def test_what_was_told_is_not_found_again_by_looking(service, pair):
    gateway, _ = pair
    name = await gateway.open("rest", "s1", None)
    with gateway.subscribe(name):
        assert await gateway._lookout.look() == 1
        receipt = await gateway.receive(Incoming("rest", "s1", "你好", hurried=True))
        assert await asyncio.wait_for(gateway.replies(receipt, 30), 5)
        assert await gateway._lookout.look() == 0
