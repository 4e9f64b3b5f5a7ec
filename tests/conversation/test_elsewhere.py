"""A person who answers in the platform's own client has the conversation, and says so himself."""

import asyncio

import pytest
from sqlalchemy import select

from bot.conversation import elsewhere
from bot.conversation.delivery_tables import outbox
from bot.conversation.records import Incoming
from bot.conversation.states import Command, State
from bot.desk.accounts import Accounts
from tests.conversation.service import LI, WANG

WHO = Incoming("rest", "s1", "")
ZHANG = elsewhere.person("rest", "zhangsan")


async def take(service, who=ZHANG):
    async with service.database.transaction() as tx:
        return await elsewhere.taken(tx, WHO, who, service.clock.now())


async def end(service):
    async with service.database.transaction() as tx:
        return await elsewhere.ended(tx, WHO, service.clock.now())


async def view(service):
    return await service.conversations.transcript("s1")


async def test_the_bot_is_silent_while_somebody_elsewhere_answers(service):
    await service.say("在吗")
    ((_, moved),) = await take(service)
    assert moved.state == State.HUMAN
    assert await service.say("改到周六") == []
    assert (await view(service)).agent == "zhangsan"
    assert service.engine.texts == ["在吗"]
    # Nothing is announced: it would have to be sent where we may not send.
    assert [line.author for line in (await view(service)).messages] == [
        "consumer",
        "bot",
        "consumer",
    ]


async def test_a_turn_under_way_is_suppressed(service):
    await service.say("在吗")
    service.engine.gate.clear()
    asking = asyncio.create_task(service.say("几点来"))
    while len(service.engine.turns) < 2:
        await asyncio.sleep(0.01)
    await take(service)
    service.engine.gate.set()
    assert await asking == []


@pytest.mark.parametrize("before", ["nobody wrote", "queued", "with an agent of ours"])
async def test_it_is_taken_from_wherever_it_is(service, before):
    if before != "nobody wrote":
        await service.say("在吗")
        await service.move(Command.HAND_OVER, reason="request_human")
    if before == "with an agent of ours":
        await service.move(Command.CLAIM, WANG)
    await take(service)
    assert (await view(service)).agent == "zhangsan"
    assert await take(service) == []
    ((_, moved),) = await take(service, elsewhere.person("rest", "lisi"))
    assert moved.agent.alias == "lisi"


async def test_after_the_end_the_bot_goes_on_without_a_word(service):
    await service.say("在吗")
    await take(service)
    ((_, moved),) = await end(service)
    assert moved.state == State.BOT
    assert len((await view(service)).messages) == 2
    assert [line.text for line in await service.say("还在吗")] == ["echo: 还在吗"]
    assert await end(service) == []


async def test_the_end_elsewhere_takes_nothing_from_an_agent_of_ours(service):
    await service.say("在吗")
    await service.move(Command.BARGE_IN, LI)
    assert await end(service) == []
    assert (await view(service)).agent == LI.alias


async def test_the_desk_does_not_miss_signs_of_life_of_somebody_elsewhere(service):
    await service.say("在吗")
    accounts = Accounts(service.database, lambda: 0.0)
    await service.move(Command.BARGE_IN, LI)
    assert len(await accounts.gone()) == 1
    await take(service)
    assert await accounts.gone() == []


async def test_what_somebody_elsewhere_says_is_written_down_and_not_sent_again(service):
    incoming = Incoming("fake", "main:u1", "在吗", "m1", account="main")
    await service.conversations.receive(incoming)
    async with service.database.transaction() as tx:
        told = await elsewhere.said(tx, incoming, ZHANG, "我来看看", service.clock.now())
    assert len(told) == 2
    lines = (await service.conversations.transcript("main:u1")).messages
    assert (lines[-1].author, lines[-1].text, lines[-1].agent) == ("agent", "我来看看", ZHANG)
    async with service.database.reading() as tx:
        queued = await tx.execute(select(outbox.c.message_id))
        assert lines[-1].id not in queued.scalars().all()


async def test_a_remark_is_for_agents_only(service):
    await service.say("在吗")
    async with service.database.transaction() as tx:
        await elsewhere.noted(tx, WHO, "用户撤回了一条消息。", service.clock.now())
    assert len((await view(service)).messages) == 2
    assert (await service.lines())[-1].visibility == "note"
