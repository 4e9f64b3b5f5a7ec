"""Telegram: its updates, its calls, and a whole conversation in its wire format."""

import pytest

from bot.channels import wording
from bot.channels.telegram import TelegramAccount, TelegramChannel
from bot.conversation.states import Command
from bot.dialogue.engine import Button, Reply, TurnResult
from bot.requests import check
from tests.channels.conformance import Conformance
from tests.channels.simulators.platform import USER
from tests.channels.simulators.telegram import KINDS, FakeTelegram, number
from tests.channels.world import until

TEXTS = wording.texts()
ASKED = TurnResult((Reply("确认吗？", (Button("确认", "/affirm"), Button("换个时间", "/deny"))),))


class TestTelegram(Conformance):
    channel_class = TelegramChannel

    def make_platform(self):
        return FakeTelegram()

    async def test_a_whole_conversation_on_the_wire(self, world):
        """Consumer, bot, agent, consumer: what Telegram sees of it."""
        world.service.engine._script = {"改": ASKED}
        await self.say(world, "改", "m1")
        await world.sent(1)
        await world.platform.press(world.platform.heard[0].buttons["换个时间"], "b1")
        await world.sent(2)
        await world.move(Command.BARGE_IN)
        await world.agent_says("您好，我来帮您改。", "c1")
        await world.sent(4)
        await self.say(world, "好的", "m2")
        asked, answered, _, agent = world.platform.bodies
        chat = str(number(USER))
        (confirm,), (other,) = asked.pop("reply_markup")["inline_keyboard"]
        assert asked == {"chat_id": chat, "text": "确认吗？"}
        assert (confirm["text"], other["text"]) == ("确认", "换个时间")
        assert other["callback_data"].startswith("btn_")
        assert answered == {"chat_id": chat, "text": "echo: /deny"}
        assert agent == {"chat_id": chat, "text": "您好，我来帮您改。"}
        assert world.platform.answered == [str(number("b1"))]
        assert (await world.lines())[-1] == ("consumer", "好的")

    async def test_a_pressed_button_stops_waiting(self, world):
        world.service.engine._script = {"改": ASKED}
        await self.say(world, "改")
        await world.sent(1)
        await world.platform.press(world.platform.heard[0].buttons["换个时间"])
        await world.sent(2)
        assert world.platform.answered == [str(number("b1"))]
        assert world.service.engine.turns[-1].text == "/deny"

    async def test_a_chat_begins_with_a_greeting_whatever_the_link_says(self, world):
        await self.say(world, "/start order_1")
        await world.sent(1)
        assert world.service.engine.texts == ["你好"]

    @pytest.mark.parametrize("how", [{"kind": "edited_message"}, {"chat": "group"}])
    async def test_what_was_edited_and_what_groups_say_is_let_pass(self, world, how):
        assert await world.platform.update("m1", USER, {"text": "改周六"}, **how) == 200
        assert await world.service.lines() == []

    @pytest.mark.parametrize("update", [{}, {"update_id": 1, "message": {"text": "无"}}, [], 7])
    async def test_an_update_that_nobody_knows_holds_up_no_others(self, world, update):
        assert await world.platform.post(update) == 200
        await self.say(world, "你好")
        await world.sent(1)

    @pytest.mark.parametrize(
        ("kind", "answer"), [("video", "video"), ("file", "file"), ("location", "location")]
    )
    async def test_each_kind_is_named(self, world, kind, answer):
        await world.platform.show(kind)
        await world.sent(1)
        assert world.platform.texts() == [TEXTS[answer]]
        (line, _) = await world.service.lines()
        assert line.text.startswith(TEXTS[f"shown_{kind}"])

    async def test_a_place_is_told_by_its_name(self, world):
        await world.platform.show("location")
        await world.sent(1)
        assert (await world.lines())[0] == ("consumer", "[位置] 锦绣路 浦东新区")

    async def test_what_is_written_under_a_picture_is_read(self, world):
        content = {**KINDS["image"], "caption": "这面墙"}
        assert await world.platform.update("k1", USER, content) == 200
        await world.sent(2)
        said = [text for author, text in await world.lines() if author == "consumer"]
        assert sorted(said) == ["[图片]", "这面墙"]
        assert world.service.engine.texts == ["这面墙"]

    async def test_a_wrong_token_pauses_the_account_and_loses_nothing(self, world):
        account = world.channel.accounts["main"]
        world.channel.accounts["main"] = account.model_copy(update={"token": "1:" + "x" * 30})
        await self.say(world, "你好")

        async def limited():
            return "limited" in world.observer.outcomes

        await until(limited)
        assert await world.statuses() == ["new"]


@pytest.mark.parametrize("field", ["token", "secret_token"])
@pytest.mark.parametrize("value", [None, "", "short", "秘密" * 20])
def test_an_account_without_its_secrets_is_none(field, value):
    given = {"token": "1:" + "x" * 30, "secret_token": "s" * 32}
    assert check(TelegramAccount, given)
    with pytest.raises(Exception, match=field):
        check(
            TelegramAccount,
            {**given, field: value}
            if value is not None
            else {k: v for k, v in given.items() if k != field},
        )
