"""微信客服: what goes out, within what WeCom lets us send."""

from datetime import timedelta

import pytest
from sqlalchemy import update

from bot.channels.wecom_kf.channel import WecomKfChannel
from bot.conversation import texts
from bot.conversation.delivery_tables import recipient
from bot.conversation.states import Command
from bot.dialogue.engine import Button, Reply, TurnResult
from tests.channels.simulators.wecom_kf import PERSON, WecomKf
from tests.channels.soon import until
from tests.channels.world import connected
from tests.scheduling import world as w
from tests.scheduling.world import World as Orders


@pytest.fixture
async def world(tmp_path):
    async with connected(tmp_path, WecomKfChannel, WecomKf()) as world:
        yield world


async def state(world):
    view = await world.service.conversations.transcript(world.sender())
    return str(view.state), view.reason


async def test_a_reply_goes_out_under_our_own_key(world):
    await world.platform.say("在吗")
    await world.sent(1)
    (body,) = world.platform.bodies("send_msg")
    (row,) = await world.rows()
    assert body == {
        "open_kfid": "wkA",
        "touser": "u1",
        "msgid": row.platform_id,
        "msgtype": "text",
        "text": {"content": "echo: 在吗"},
    }
    assert row.platform_id.startswith(row.id)


async def test_choices_are_a_menu_and_a_press_comes_back_as_the_choice(world):
    offer = Reply("约哪天？", (Button("周六", "/pick6"), Button("周日", "/pick7")))
    world.service.engine._script = {"约时间": TurnResult((offer,))}
    await world.platform.say("约时间")
    await world.sent(1)
    # After other lines only the entry's id tells that it was pressed, and not typed.
    await world.platform.say("稍等", "m2")
    await world.sent(2)
    await world.platform.press(world.platform.heard[0].buttons["周日"])
    await until(lambda: len(world.service.engine.turns) == 3)
    turn = world.service.engine.turns[-1]
    assert (turn.text, turn.trusted) == ("/pick7", True)
    assert ("consumer", "周日") in await world.lines()


async def test_a_text_too_long_for_a_menus_head_goes_before_it(world):
    long = "请先看安装须知。" * 60
    offer = Reply(long, (Button("确认", "/affirm"),))
    world.service.engine._script = {"约时间": TurnResult((offer,))}
    await world.platform.say("约时间")
    await world.sent(1)
    assert "".join(world.platform.texts()) == long
    assert [bool(heard.buttons) for heard in world.platform.heard] == [False, True]


async def test_a_greeting_goes_by_the_welcome_code_and_uses_no_reply(world):
    await world.platform.enter()
    await world.sent(1)
    assert world.platform.texts() == [texts.greeting("stranger")]
    assert world.platform.bodies("send_msg") == []
    await world.platform.say("在吗")
    await world.sent(2)
    assert world.platform.talk().left == 4


async def test_a_greeting_that_came_too_late_is_let_be_and_calls_nobody(world):
    # The twenty seconds were over before it was read.
    talks = world.service.conversations
    host, talks.seconds = talks.seconds, lambda: host() - 60
    await world.platform.enter()
    await world.sent(1)
    talks.seconds = host
    assert world.platform.texts() == []
    assert (await state(world))[0] == "bot"


async def test_a_consumer_who_writes_at_once_still_reads_the_greeting_first(world):
    world.platform.add_event("enter_session", welcome_code="OVER")
    world.platform.write("text", {"content": "在吗"}, "m1")
    await world.platform.ring()
    await world.sent(2)
    said = "\n\n".join(world.platform.texts())
    assert said == f"{texts.greeting('stranger')}\n\necho: 在吗"


async def test_a_message_taken_before_a_call_broke_off_is_not_sent_twice(world):
    world.platform.faults = ["cut"]
    await world.platform.say("在吗")
    await world.sent(1)
    first, second = world.platform.bodies("send_msg")
    assert first["msgid"] == second["msgid"]
    assert world.platform.texts() == ["echo: 在吗"]


async def test_a_token_that_is_over_is_renewed_and_the_message_sent(world):
    world.platform.faults = ["expired"]
    await world.platform.say("在吗")
    await world.sent(1)
    assert len(world.platform.bodies("gettoken")) == 2


async def test_while_wecoms_staff_have_the_session_our_agent_learns_that_nothing_arrives(world):
    await world.platform.say("在吗")
    await world.sent(1)
    await world.move(Command.BARGE_IN)
    await world.sent(2)
    world.platform.talk().state = PERSON
    await world.agent_says("您好", "c1")
    await until(lambda: _statuses(world, "dead"))
    (dead,) = [row for row in await world.rows() if row.status == "dead"]
    assert dead.error == "delivery_refused"
    assert "您好" not in world.platform.texts()


async def _statuses(world, status):
    return status in await world.statuses()


@pytest.mark.parametrize("fail_type", [6, 0])
async def test_what_wecom_took_and_could_not_deliver_is_dead_and_calls_a_person(world, fail_type):
    await world.platform.say("在吗")
    await world.sent(1)
    (row,) = await world.rows()
    more = {"fail_msgid": row.platform_id, "fail_type": fail_type}
    await world.platform.event("msg_send_fail", **more)
    await until(lambda: _statuses(world, "dead"))
    assert await state(world) == ("queued", "undelivered")
    why = "five messages were sent" if fail_type else "no reason was given"
    assert [row.error for row in await world.rows() if row.status == "dead"] == [why]


async def test_the_first_of_two_parts_that_was_not_delivered_is_known_by_our_key(world):
    offer = Reply("请先看安装须知。" * 60, (Button("确认", "/affirm"),))
    world.service.engine._script = {"约时间": TurnResult((offer,))}
    await world.platform.say("约时间")
    await world.sent(1)
    first, _ = world.platform.bodies("send_msg")
    await world.platform.event("msg_send_fail", fail_msgid=first["msgid"], fail_type=13)
    await until(lambda: _statuses(world, "dead"))


async def test_a_failure_of_what_we_never_sent_changes_nothing(world):
    await world.platform.say("在吗")
    await world.sent(1)
    await world.platform.event("msg_send_fail", fail_msgid="somebody-elses", fail_type=6)
    await world.platform.say("还在吗", "m2")
    await world.sent(2)


async def test_nothing_is_tried_once_48_hours_are_over(world):
    await world.platform.say("在吗")
    await world.sent(1)
    async with world.service.database.transaction() as tx:
        await tx.execute(update(recipient).values(granted_until=1))
    await world.move(Command.BARGE_IN)
    await until(lambda: _statuses(world, "dead"))
    assert len(world.platform.bodies("send_msg")) == 1


async def test_a_whole_conversation_in_wecoms_own_format(world):
    """A consumer comes by an order's link, the bot answers, an agent takes over and is read."""
    orders = Orders(world.service.database, world.service.clock)
    await orders.take(w.order("2811234567890123456"))
    link, _ = await world.channel.order_links("2811234567890123456", timedelta(days=7))
    offer = Reply("约哪天？", (Button("周六", "/pick6"), Button("周日", "/pick7")))
    world.service.engine._script = {
        "我要约时间": TurnResult((offer,)),
        "/pick7": "约好了，周日见。",
    }
    await world.platform.open_link(link.url)
    await world.sent(1)
    await world.platform.say("我要约时间", "m1")
    await world.sent(2)
    await world.platform.press(world.platform.heard[-1].buttons["周日"], "m2")
    await world.sent(3)
    await world.move(Command.BARGE_IN)
    await world.agent_says("您好，我是客服，周日上午可以吗？", "c1")
    await world.sent(5)
    await world.platform.say("可以，谢谢", "m3")
    await until(lambda: _said_last(world, "可以，谢谢"))
    assert [heard.text for heard in world.platform.heard] == [
        texts.greeting("by_order", tail="3456"),
        "约哪天？",
        "约好了，周日见。",
        *_joined(world),
    ]
    assert world.service.engine.texts == ["我要约时间", "/pick7"]


def _joined(world):
    """The agent's lines, which may go out together."""
    said = "\n\n".join(heard.text for heard in world.platform.heard[3:])
    assert said == "客服小王已接入，接下来由小王为您服务。\n\n您好，我是客服，周日上午可以吗？"
    return [heard.text for heard in world.platform.heard[3:]]


async def _said_last(world, words):
    return (await world.lines())[-1] == ("consumer", words)
