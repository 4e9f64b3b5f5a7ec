"""公众号: what goes out, within what WeChat lets us send, and by template after that."""

import pytest
from sqlalchemy import update

from bot.channels.official_account import encode
from bot.channels.official_account.account import Template
from bot.channels.official_account.channel import OfficialAccountChannel
from bot.conversation import texts
from bot.conversation.delivery import Outbound
from bot.conversation.delivery_tables import recipient
from bot.conversation.states import Command
from bot.dialogue.engine import Button, Reply, TurnResult
from tests.channels.simulators.official_account import OfficialAccount
from tests.channels.soon import until
from tests.channels.world import connected

OFFER = TurnResult((Reply("约哪天？", (Button("周六", "/pick6"), Button("周日", "/pick7"))),))
TEMPLATE = {
    "id": "TPL",
    "fields": {"thing1": "送装通知", "thing2": "{text}"},
    "url": "https://a.example",
}
SHOWN = "送装通知 客服小王已接入，接下来由小王为您服务。"


@pytest.fixture
async def world(tmp_path):
    async with connected(tmp_path, OfficialAccountChannel, OfficialAccount()) as world:
        yield world


@pytest.fixture
async def templated(tmp_path):
    platform = OfficialAccount()
    platform.settings = {"template": TEMPLATE}
    async with connected(tmp_path, OfficialAccountChannel, platform) as world:
        yield world


async def state(world):
    view = await world.service.conversations.transcript(world.sender())
    return str(view.state), view.reason


async def window_closes(world):
    async with world.service.database.transaction() as tx:
        await tx.execute(update(recipient).values(granted_until=1))


async def holds(world, status):
    async def held():
        return status in await world.statuses()

    await until(held)


async def test_a_reply_goes_out_by_customer_service_message(world):
    await world.platform.say("在吗")
    await world.sent(1)
    text = {"content": "echo: 在吗"}
    assert world.platform.bodies("custom/send") == [
        {"touser": "u1", "msgtype": "text", "text": text}
    ]


async def test_choices_are_a_menu_message_and_a_press_comes_back_as_the_choice(world):
    world.service.engine._script = {"约时间": OFFER}
    await world.platform.say("约时间")
    await world.sent(1)
    # After other lines only the entry's id tells that it was pressed, and not typed.
    await world.platform.say("稍等", "m2")
    await world.sent(2)
    await world.platform.press(world.platform.heard[0].buttons["周日"])
    await world.sent(3)
    turn = world.service.engine.turns[-1]
    assert (turn.text, turn.trusted) == ("/pick7", True)


async def test_an_account_that_may_send_no_menus_gets_numbered_lines(world):
    world.platform.menus = False
    world.service.engine._script = {"约时间": OFFER}
    await world.platform.say("约时间")
    await world.sent(1)
    (heard,) = world.platform.heard
    assert heard.text.startswith("约哪天？\n1. 周六\n2. 周日")
    await world.platform.say("2", "m2")
    await world.sent(2)
    assert world.service.engine.turns[-1].text == "/pick7"
    # Asked once, it is not tried again.
    await world.platform.say("约时间", "m3")
    await world.sent(3)
    kinds = [body["msgtype"] for body in world.platform.bodies("custom/send")]
    assert kinds.count("msgmenu") == 1


async def test_the_tap_on_the_accounts_own_menu_is_answered_within_its_minute(world):
    await world.platform.event("CLICK", EventKey="查物流")
    await world.sent(1)
    assert world.platform.texts() == ["echo: 查物流"]


async def test_who_follows_reads_the_greeting(world):
    await world.platform.event("subscribe")
    await world.sent(1)
    assert world.platform.texts() == [texts.greeting("stranger")]


async def test_a_token_that_is_over_is_renewed_and_the_message_sent(world):
    world.platform.faults = ["expired"]
    await world.platform.say("在吗")
    await world.sent(1)
    assert [body["force_refresh"] for body in world.platform.bodies("stable_token")] == [False] * 2


async def test_a_call_that_broke_off_is_not_repeated_and_calls_a_person(world):
    world.platform.faults = ["cut"]
    await world.platform.say("在吗")
    await holds(world, "dead")
    assert world.platform.texts() == ["echo: 在吗"]
    assert await state(world) == ("queued", "undelivered")


async def test_without_a_template_nothing_is_sent_once_48_hours_are_over(world):
    await world.platform.say("在吗")
    await world.sent(1)
    await window_closes(world)
    await world.move(Command.BARGE_IN)
    await holds(world, "dead")
    assert len(world.platform.heard) == 1


async def test_after_48_hours_it_goes_by_template_once_for_its_key(templated):
    world = templated
    await world.platform.say("在吗")
    await world.sent(1)
    await window_closes(world)
    world.platform.faults = ["busy"]
    await world.move(Command.BARGE_IN)
    await world.sent(2)
    assert world.platform.texts()[1:] == [SHOWN]
    bodies = world.platform.bodies("template/send")
    assert len({body["client_msg_id"] for body in bodies}) == 1
    assert len(bodies[0]["client_msg_id"]) <= 32
    assert bodies[0]["url"] == "https://a.example"


def test_a_line_is_cut_to_what_a_templates_keyword_takes():
    chosen = Template.model_validate(TEMPLATE)
    line = Outbound(
        "official_account", "main", "u1", "k-0", "师傅已经出发，\n预计九点到您家上门安装空调。"
    )
    fields = encode.template(line, chosen).body["data"]
    assert fields["thing1"]["value"] == "送装通知"
    assert fields["thing2"]["value"] == "师傅已经出发， 预计九点到您家上门安装…"
    assert len(fields["thing2"]["value"]) == 20


@pytest.mark.parametrize("status", ["success", "failed:user block"])
async def test_a_template_message_that_was_not_delivered_is_dead(templated, status):
    world = templated
    await world.platform.say("在吗")
    await world.sent(1)
    await window_closes(world)
    await world.move(Command.BARGE_IN)
    await world.sent(2)
    await world.platform.finish_template(status)
    expected = ["sent", "sent" if status == "success" else "dead"]
    assert await world.statuses() == expected


async def test_a_whole_conversation_in_wechats_own_format(world):
    """A consumer follows, asks, presses; the bot answers, an agent takes over and is read."""
    world.service.engine._script = {"我要约时间": OFFER, "/pick7": "约好了，周日见。"}
    await world.platform.event("subscribe")
    await world.sent(1)
    await world.platform.say("我要约时间", "m1")
    await world.sent(2)
    await world.platform.press(world.platform.heard[-1].buttons["周日"], "m2")
    await world.sent(3)
    await world.move(Command.BARGE_IN)
    await world.agent_says("您好，我是客服，周日上午可以吗？", "c1")
    await world.sent(5)
    await world.platform.say("可以，谢谢", "m3")
    said = "\n\n".join(world.platform.texts())
    assert said == "\n\n".join(
        [
            texts.greeting("stranger"),
            "约哪天？",
            "约好了，周日见。",
            "客服小王已接入，接下来由小王为您服务。",
            "您好，我是客服，周日上午可以吗？",
        ]
    )
    assert (await world.lines())[-1] == ("consumer", "可以，谢谢")
    assert world.service.engine.texts == ["我要约时间", "/pick7"]
