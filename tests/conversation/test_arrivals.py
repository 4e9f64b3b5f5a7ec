"""Who comes by a link that names an order may talk about that order, and no other."""

from dataclasses import replace

import pytest
from sqlalchemy import select

from bot.conversation import texts
from bot.conversation.arrivals import arrive
from bot.conversation.delivery_tables import outbox, recipient
from bot.conversation.records import Grant, Incoming
from bot.conversation.states import Command
from bot.errors import OrderNotFound
from bot.scheduling import Caller
from tests.conversation.service import WANG
from tests.scheduling import world as w
from tests.scheduling.world import World

WHO = Incoming("rest", "s1", "")
GREETED = replace(WHO, account="main", grant=Grant(1, 20, "code"))


@pytest.fixture
async def orders(service):
    world = World(service.database, service.clock)
    await world.take(w.order("O1"), w.order("O2"))
    return world.scheduling


async def come(service, order_no="O1", who=WHO):
    async with service.database.transaction() as tx:
        return await arrive(tx, who, order_no, service.clock.now(), 100.0)


async def test_the_order_of_the_link_is_seen_and_no_other_one(service, orders):
    assert await come(service) == []
    assert await come(service) == []
    caller = Caller(await service.case())
    assert [order.order_no for order in await orders.orders(caller)] == ["O1"]
    with pytest.raises(OrderNotFound):
        await orders.order(caller, "O2")


async def test_it_is_seen_in_the_same_dialogue_that_the_engine_is_asked_in(service, orders):
    await service.say("在吗")
    first = await service.case()
    await service.move(Command.CLOSE)
    await come(service)
    await service.say("什么时候来")
    assert await service.case() != first
    turns = [turn for turn in service.engine.turns if turn.text == "什么时候来"]
    seen = await orders.orders(Caller(turns[0].conversation_id))
    assert [order.order_no for order in seen] == ["O1"]


async def test_an_order_that_is_gone_opens_the_chat_all_the_same(service, orders):
    ((_, event),) = await come(service, "O9", GREETED)
    assert event.message.text == texts.greeting("stranger")
    assert await orders.orders(Caller(await service.case())) == []


async def test_who_may_be_greeted_is_greeted_by_the_order(service, orders):
    ((_, event),) = await come(service, who=GREETED)
    assert event.message.text == texts.greeting("by_order", tail="O1")
    async with service.database.reading() as tx:
        row = (await tx.execute(select(outbox))).one()
        to = (await tx.execute(select(recipient))).one()
    assert (row.message_id, row.purpose) == (event.message.id, "notice")
    assert (to.granted, to.granted_until, to.grant_token) == (1, 120.0, "code")


async def test_whoever_a_person_talks_to_is_not_greeted_by_the_bot(service, orders):
    await service.say("在吗")
    await service.move(Command.BARGE_IN, WANG)
    assert await come(service, who=GREETED) == []
