"""The signed webhook: the kit's checks, and what is its own."""

from dataclasses import replace

import pytest

from bot.channels import registry
from bot.channels.webhook import WebhookChannel
from bot.channels.wording import texts
from bot.conversation.states import Command
from bot.dialogue.engine import Button, Reply, TurnResult
from bot.errors import SettingsError
from bot.ratelimit import RateLimiter
from bot.settings import RateLimits
from tests.channels.conformance import Conformance
from tests.channels.simulators.shop import OLD_SECRET, SECRET, Shop
from tests.channels.soon import until


class TestWebhook(Conformance):
    channel_class = WebhookChannel
    timed = True

    def make_platform(self):
        return Shop()

    async def test_a_whole_conversation_on_the_wire(self, world):
        """Consumer, bot, agent, consumer: what the shop's server sees of it."""
        offer = Reply("改到哪天？", (Button("周六上午", "/pick1"),))
        world.service.engine._script = {"我要改时间": TurnResult((offer,))}
        said = {"sender": "u1", "text": "我要改时间", "consumer_id": "tb_1001"}
        assert await world.platform.call(said, "w1") == 202
        await world.sent(1)
        await world.move(Command.BARGE_IN)
        await world.agent_says("您好，我来帮您改。", "c1")
        await world.sent(3)
        assert await world.platform.call({"sender": "u1", "text": "好的"}, "w2") == 202
        bot, joined, agent = world.platform.bodies
        (button,) = bot.pop("buttons")
        assert button["title"] == "周六上午"
        assert button["payload"].startswith("btn_")
        assert {**bot, "id": "-"} == {
            "type": "message",
            "id": "-",
            "to": "u1",
            "from": "bot",
            "text": "改到哪天？",
        }
        assert joined["custom"] == {"event": "agent_joined", "agent": "小王"}
        assert (agent["from"], agent["agent"], agent["text"]) == (
            "agent",
            "小王",
            "您好，我来帮您改。",
        )
        assert world.service.engine.turns[0].consumer_id == "tb_1001"
        assert world.platform.refused == []

    async def test_who_writes_too_much_is_answered_later_and_told_so_once(self, world):
        limits = RateLimits(limit_sender="1/2 seconds", limit_notice="1/minute")
        slow = replace(world.channel.kit, limiter=RateLimiter(limits))
        world.channel.kit = slow
        lines = [f"第{number}个问题，请问怎么办？" for number in range(4)]
        for number, line in enumerate(lines):
            assert await world.platform.say(line, f"f{number}") == 202
        told = await until(
            lambda: (
                "echo" in str(world.platform.bodies[-1:])
                and lines[-1] in str(world.platform.bodies)
                and [body.get("text") for body in world.platform.bodies]
            ),
            seconds=10,
        )
        # One turn for the first line, one for all that were held back.
        answers = [text for text in told if text and text.startswith("echo")]
        assert len(answers) == 2
        assert all(line in "".join(answers) for line in lines)
        assert told.count(texts()["too_fast"]) == 1

    async def test_while_a_secret_is_renewed_both_sides_may_lag(self, world):
        assert await world.platform.say("用新的签名，行吗？", "m1", secret=SECRET) == 202
        await world.sent(1)
        assert await world.platform.say("用旧的签名，行吗？", "m2", secret=OLD_SECRET) == 202
        world.platform.secret = OLD_SECRET
        await world.sent(2)
        assert world.platform.refused == []

    async def test_a_message_id_of_the_shops_goes_before_the_webhooks(self, world):
        said = {"sender": "u1", "text": "约周六", "message_id": "m1"}
        assert await world.platform.call(said, "w1") == 202
        assert await world.platform.call(said, "w2") == 202
        await world.sent(1)
        assert world.service.engine.texts == ["约周六"]

    async def test_a_photo_from_elsewhere_is_not_fetched(self, world):
        said = {"sender": "u1", "kind": "image", "image_url": "http://127.0.0.1:1/secret"}
        assert await world.platform.call(said, "w1") == 202

        async def told():
            return any("没能收到" in text for text in world.platform.texts())

        await until(told)

    @pytest.mark.parametrize(
        "said",
        [
            {"text": "没有发送方"},
            {"sender": "u1", "kind": "image"},
            {"sender": "u1", "text": "你好", "extra": 1},
            {"sender": 7, "text": "你好"},
            {"sender": "u\x00", "text": "你好"},
        ],
    )
    async def test_a_body_that_is_none_of_the_documented_is_named(self, world, said):
        assert await world.platform.call(said, "w1") == 400
        assert await world.service.lines() == []

    async def test_another_account_is_not_found(self, world):
        assert await world.platform.say("你好", account="other") == 404


@pytest.mark.parametrize(
    ("account", "fault"),
    [
        ("{url: https://shop.example/bot}", "webhook.shop.secrets"),
        ("{secrets: [env:SHOP_SECRET], url: https://shop.example/bot}", "SHOP_SECRET"),
        ("{secrets: [whsec_AAAA], url: https://shop.example/bot}", "webhook.shop"),
        (f"{{secrets: [{SECRET}], url: http://shop.example/bot}}", "webhook.shop.url"),
        (f"{{secrets: [{SECRET}]}}", "webhook.shop.url"),
        ("", "webhook.shop"),
    ],
)
def test_an_account_without_what_it_needs_stops_the_start(tmp_path, account, fault):
    path = tmp_path / "channels.yml"
    path.write_text(f"webhook:\n  shop: {account}\n")
    with pytest.raises(SettingsError, match="BOT_CHANNELS_FILE") as error:
        registry.connected(str(path), kit=None)
    assert fault in str(error.value)
    assert SECRET not in str(error.value)


def test_an_unknown_channel_stops_the_start(tmp_path):
    path = tmp_path / "channels.yml"
    path.write_text("webhok: {shop: {}}")
    with pytest.raises(SettingsError, match="webhok"):
        registry.connected(str(path), kit=None)
