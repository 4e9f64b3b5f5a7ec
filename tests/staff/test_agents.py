"""Agents on a messenger: alerts about who waits, and taking them."""

import asyncio

import pytest
from sqlalchemy import select

from bot.conversation.moves import lock
from bot.conversation.records import Agent
from bot.conversation.states import Command
from bot.errors import DeliveryRefused, RateLimited, RetryLater
from bot.staff.tables import alert as alert_table
from bot.staff.tables import card
from tests.scheduling import world as w
from tests.staff.world import eventually, staffed


async def owner(world, name):
    async with world.service.database.reading() as tx:
        return (await lock(tx, name)).agent


async def alert(world, user="ou_wang", number=1):
    await eventually(lambda: len(world.messenger.alerts(user)) >= number)
    return world.messenger.alerts(user)[number - 1]


async def test_who_waits_is_told_masked_and_claimed_by_button(world):
    await world.bind("ou_wang", "wang")
    await world.take(
        w.order("O1", visits=[w.visit_at(where=w.window("2026-11-22"))]),
        crews=[w.crew(shifts=[w.shift("2026-11-22")])],
    )
    name = await world.queue(reason="report_damage", consumer_id="tb_1001")
    sent = await alert(world)
    assert sent.card.title == "待接入：货物损坏"
    assert sent.card.lines == (
        "刚刚开始排队，排在第1位",
        "李**，家电，上海市浦东新区****",
        "上门时间：2026-11-22",
    )
    assert not sent.card.urgent
    for secret in ("李女士", "13912345678", "锦绣路"):
        assert secret not in sent.text
    answer = await world.messenger.press("ou_wang", sent, "接入")
    assert answer.card.title == "您已接入：货物损坏"
    assert await owner(world, name) == world.accounts["wang"]
    await eventually(lambda: sent.faces)
    assert sent.faces[0].lines == ("已由客服wang接入",)
    assert not sent.faces[0].choices


async def test_danger_stands_out(world):
    await world.bind("ou_wang", "wang")
    await world.queue(reason="report_hazard")
    assert (await alert(world)).card.urgent


async def test_of_two_who_press_one_gets_it_and_the_other_reads_who(world):
    await world.bind("ou_wang", "wang")
    await world.bind("ou_li", "li")
    name = await world.queue()
    cards = [await alert(world, user) for user in ("ou_wang", "ou_li")]
    answers = await asyncio.gather(
        world.messenger.press("ou_wang", cards[0], "接入"),
        world.messenger.press("ou_li", cards[1], "接入"),
    )
    won = "wang" if answers[0].card.title == "您已接入：用户要求" else "li"
    assert await owner(world, name) == world.accounts[won]
    lost = answers[1 if won == "wang" else 0]
    assert lost.card.title == f"这个会话已由客服{won}接入"
    again = await world.messenger.press(f"ou_{won}", cards[0], "接入")
    assert again.card.title == "这个会话您已经接入了"


async def test_an_alert_is_told_once_and_again_when_the_wait_begins_anew(world):
    await world.bind("ou_wang", "wang")
    name = await world.queue()
    await alert(world)
    for _ in range(3):
        await world.staff._alerts.settle()
    li = Agent(world.accounts["li"], "客服li")
    await world.service.move(Command.CLAIM, li, case=name)
    await world.service.move(Command.RELEASE, li, case=name, held_by=li.id)
    again = await alert(world, number=2)
    assert again.card.title == "重新排队：用户要求"
    await world.staff._alerts.settle()
    assert len(world.messenger.of("ou_wang")) == 2


async def test_a_wait_that_becomes_dangerous_is_told_anew(world):
    await world.bind("ou_wang", "wang")
    await world.queue()
    await alert(world)
    await world.service.say("漏气了")
    assert (await alert(world, number=2)).card.urgent


async def test_a_prolonged_wait_is_no_news(world):
    await world.bind("ou_wang", "wang")
    name = await world.queue(reason="report_hazard")
    await alert(world)
    await world.service.move(Command.KEEP_WAITING, case=name)
    await world.staff._alerts.settle()
    assert len(world.messenger.of("ou_wang")) == 1


async def test_who_is_away_and_crews_are_not_told(world):
    await world.bind("ou_wang", "wang")
    await world.bind("ou_li", "li")
    await world.take(crews=[w.crew()])
    await world.bind("ou_crew", crew="C1")
    await world.desk.accounts.seen(world.accounts["wang"], "away")
    await world.queue()
    await alert(world, "ou_li")
    await world.staff._alerts.settle()
    async with world.service.database.reading() as tx:
        told = (await tx.execute(select(alert_table.c.place))).scalars().all()
    assert told == ["ou_li"]


async def test_who_works_for_some_merchants_is_told_of_their_consumers_only(world):
    shop, other = "海尔官方旗舰店", "别家"
    for login, merchant in (("shop", shop), ("other", other)):
        world.accounts[login] = await world.desk.accounts.create(
            login, login, login, "agent", "correct horse", 3, [merchant]
        )
        await world.bind(f"ou_{login}", login)
    await world.take(w.order(visits=[w.unscheduled()]))
    name = await world.queue(consumer_id="tb_1001")
    sent = await alert(world, "ou_shop")
    assert sent.card.lines[1].startswith("李**")
    await world.staff._alerts.settle()
    assert not world.messenger.of("ou_other")
    refused = await world.messenger.press("ou_other", sent, "接入")
    assert refused.card.title == "没有找到这个会话"
    assert (await world.messenger.ask("ou_other", "排队")).card.title == "现在没有用户排队"
    await world.messenger.press("ou_shop", sent, "接入")
    assert await owner(world, name) == world.accounts["shop"]


async def test_an_alert_that_could_not_be_sent_in_time_is_not_sent(world):
    await world.bind("ou_wang", "wang")
    world.messenger.errors = [RetryLater()] * 8
    name = await world.queue()
    await eventually(lambda: len(world.messenger.errors) < 8)
    li = Agent(world.accounts["li"], "客服li")
    await world.service.move(Command.CLAIM, li, case=name)

    async def dropped():
        await world.staff._alerts.settle()
        async with world.service.database.reading() as tx:
            return (await tx.execute(select(card.c.status))).scalars().all() == ["dropped"]

    await eventually(dropped)
    assert not world.messenger.cards


async def test_a_group_is_told_and_who_presses_there_is_answered_alone(database):
    async with staffed(database, group="oc_1") as world:
        await world.bind("ou_wang", "wang")
        name = await world.queue()
        await eventually(lambda: world.messenger.of("oc_1"))
        sent = world.messenger.of("oc_1")[0]
        assert sent.address.group
        stranger = await world.messenger.press("ou_nobody", sent, "接入")
        assert stranger.card.title == "还不认识您"
        assert await owner(world, name) is None
        await world.messenger.press("ou_wang", sent, "接入")
        assert await owner(world, name) == world.accounts["wang"]


async def test_the_queue_and_its_head(world):
    await world.bind("ou_wang", "wang")
    assert (await world.messenger.ask("ou_wang", "排队")).card.title == "现在没有用户排队"
    assert (await world.messenger.ask("ou_wang", "接入下一位")).card.title == "现在没有用户排队"
    await world.queue("s1")
    danger = await world.queue("s2", "report_hazard")
    await alert(world, number=2)
    listed = await world.messenger.ask("ou_wang", "排队")
    assert listed.card.title == "排队中：2位"
    assert listed.card.lines[0].startswith("1. 安全：燃气·漏电·漏水")
    await world.messenger.ask("ou_wang", "接入下一位")
    assert await owner(world, danger) == world.accounts["wang"]


async def test_no_more_chats_than_an_agent_may_have(world):
    await world.bind("ou_wang", "wang")
    for number in range(3):
        await world.queue(f"s{number}")
    for _ in range(2):
        await world.messenger.ask("ou_wang", "接入下一位")
    full = await world.messenger.ask("ou_wang", "接入下一位")
    assert full.card.title == "您手上已有2个会话，最多2个，先结束一个再接"


@pytest.mark.parametrize("name", ["", "12345678", "%%%%%%%%", "z" * 8, "ｆ" * 8])
async def test_a_conversation_that_is_not_there(world, name):
    await world.bind("ou_wang", "wang")
    await world.queue()
    await alert(world)
    answer = await world.messenger.ask("ou_wang", f"接入 {name}")
    assert answer.card.title == "没有找到这个会话"


async def test_who_claims_here_and_never_opens_the_desk_loses_it(world):
    await world.bind("ou_wang", "wang")
    name = await world.queue()
    await world.messenger.press("ou_wang", await alert(world), "接入")
    assert await world.desk.desk.release_the_gone() == 0
    world.desk.accounts._seconds = lambda: 9e9
    assert await world.desk.desk.release_the_gone() == 1
    assert await owner(world, name) is None


async def test_what_the_messenger_refuses_for_good_is_given_up_and_the_rest_goes_out(world):
    await world.bind("ou_wang", "wang")
    world.messenger.errors = [DeliveryRefused(reason="no such user")]
    await world.messenger.say("ou_wang", "帮助", "first")
    await eventually(lambda: not world.messenger.errors)
    answer = await world.messenger.ask("ou_wang", "帮助", "second")
    assert answer.card.title == "可以这样用"
    assert len(world.messenger.cards) == 1


async def test_a_full_messenger_is_left_alone_for_as_long_as_it_says(world):
    await world.bind("ou_wang", "wang")
    world.messenger.errors = [RateLimited(after=0.5)]
    began = asyncio.get_running_loop().time()
    await world.messenger.ask("ou_wang", "帮助")
    assert asyncio.get_running_loop().time() - began >= 0.5


async def test_a_card_that_may_have_arrived_is_sent_again_under_the_same_key(world):
    await world.bind("ou_wang", "wang")
    keys = []
    send = world.messenger.send

    async def lossy(address, card, key):
        keys.append(key)
        if len(keys) == 1:
            raise RetryLater
        return await send(address, card, key)

    world.messenger.send = lossy
    await world.messenger.ask("ou_wang", "帮助")
    assert len(keys) == 2
    assert keys[0] == keys[1]
