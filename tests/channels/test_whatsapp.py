"""WhatsApp: its batches, its limits, the 24 hours, and a whole conversation in its wire format."""

import pytest
from sqlalchemy import update

from bot.channels import wording
from bot.channels.whatsapp import WhatsAppAccount, WhatsAppChannel
from bot.conversation.delivery_tables import recipient
from bot.conversation.states import Command
from bot.dialogue.engine import Button, Reply, TurnResult
from bot.requests import check
from tests.channels.conformance import Conformance
from tests.channels.simulators.platform import USER
from tests.channels.simulators.whatsapp import FakeWhatsApp, phone
from tests.channels.world import until

TEXTS = wording.texts()


class TestWhatsApp(Conformance):
    channel_class = WhatsAppChannel

    def make_platform(self):
        return FakeWhatsApp()

    async def test_a_whole_conversation_on_the_wire(self, world):
        """Consumer, bot, agent, consumer: what WhatsApp sees of it."""
        offer = Reply("改到哪天？", (Button("周六上午", "/pick1"), Button("周日上午", "/pick2")))
        world.service.engine._script = {"我要改时间": TurnResult((offer,))}
        await self.say(world, "我要改时间", "m1")
        await world.sent(1)
        await world.platform.press(world.platform.heard[0].buttons["周日上午"], "b1")
        await world.sent(2)
        await world.move(Command.BARGE_IN)
        await world.agent_says("您好，我来帮您改。", "c1")
        await world.sent(4)
        await self.say(world, "好的", "m2")
        asked, answered, _, agent = world.platform.bodies
        row = (await world.rows())[0]
        shown = asked.pop("interactive")
        assert asked == {
            "messaging_product": "whatsapp",
            "recipient_type": "individual",
            "to": phone(USER),
            "type": "interactive",
            "biz_opaque_callback_data": f"{row.id}-0-0",
        }
        assert (shown["type"], shown["body"]) == ("button", {"text": "改到哪天？"})
        titles = [one["reply"]["title"] for one in shown["action"]["buttons"]]
        assert titles == ["周六上午", "周日上午"]
        assert answered["text"]["body"] == "echo: /pick2"
        assert agent["text"]["body"] == "您好，我来帮您改。"
        assert (await world.lines())[-1] == ("consumer", "好的")

    async def test_the_handshake_gives_the_challenge_back(self, world):
        assert await world.platform.handshake() == (200, "1158201444")
        status, text = await world.platform.handshake("another token")
        assert status == 401
        assert "1158201444" not in text

    async def test_a_batch_is_taken_in_the_order_it_was_sent(self, world):
        said = [(30, "三句话。"), (10, "一句话。"), (20, "两句话。")]
        batch = [
            world.platform.message(USER, f"m{at}", "text", {"body": text}, at) for at, text in said
        ]
        assert await world.platform.batch(batch) == 200
        assert await world.lines() == [
            ("consumer", "一句话。"),
            ("consumer", "两句话。"),
            ("consumer", "三句话。"),
        ]

    async def test_after_24_hours_a_template_says_it(self, world):
        await self.say(world, "约周六")
        await world.sent(1)
        async with world.service.database.transaction() as tx:
            await tx.execute(update(recipient).values(granted_until=0))
        world.platform.asleep = {USER}
        await world.move(Command.BARGE_IN)
        await world.agent_says("师傅明天\n上午到。", "c1")
        await world.sent(3)
        (joined, said) = world.platform.templates
        assert joined["name"] == "notice"
        assert said["components"][0]["parameters"][0]["text"] == "师傅明天 上午到。"

    async def test_without_a_template_it_is_dead_after_24_hours(self, world):
        account = world.channel.accounts["main"]
        world.channel.accounts["main"] = account.model_copy(update={"template": None})
        await self.say(world, "约周六")
        await world.sent(1)
        async with world.service.database.transaction() as tx:
            await tx.execute(update(recipient).values(granted_until=0))
        await world.move(Command.BARGE_IN)
        await world.agent_says("师傅明天上午到。", "c1")

        async def dead():
            return set(await world.statuses()) == {"sent", "dead"}

        await until(dead)
        assert world.platform.texts() == ["echo: 约周六"]

    async def test_a_message_that_did_not_arrive_calls_a_person(self, world):
        await self.say(world, "你好")
        await world.sent(1)
        errors = [{"code": 131026, "title": "Message undeliverable"}]
        status = {"id": "wamid.out1", "status": "failed", "errors": errors}
        await world.platform.batch(statuses=[status])
        view = await world.service.conversations.transcript(world.sender())
        assert (str(view.state), view.reason) == ("queued", "undelivered")
        (row,) = await world.rows()
        assert (row.status, row.error) == ("dead", "131026 Message undeliverable")

    async def test_another_number_of_the_same_business_is_not_ours(self, world):
        message = world.platform.message(USER, "m1", "text", {"body": "你好"})
        assert await world.platform.batch([message], number_id="999999") == 200
        assert await world.service.lines() == []

    @pytest.mark.parametrize("batch", [{}, {"entry": [{"changes": [7]}]}, [], {"entry": 3}])
    async def test_a_batch_that_nobody_knows_holds_up_no_others(self, world, batch):
        assert await world.platform.post(batch) == 200
        await self.say(world, "你好")
        await world.sent(1)

    @pytest.mark.parametrize("titles", [("好", "不好"), tuple(f"第{n}个时间" for n in range(10))])
    async def test_three_choices_are_buttons_and_ten_a_list(self, world, titles):
        choices = tuple(Button(title, f"/pick{title}") for title in titles)
        world.service.engine._script = {"约": TurnResult((Reply("约哪天？", choices),))}
        await self.say(world, "约")
        await world.sent(1)
        assert tuple(world.platform.heard[0].buttons) == titles

    @pytest.mark.parametrize("step", ["第{}步要先量好孔位。", "Step{}:measure.the.holes,"])
    async def test_a_long_text_stands_before_its_buttons(self, world, step):
        text = "".join(step.format(n) for n in range(100))
        reply = Reply(text, (Button("明白了", "/affirm"),))
        world.service.engine._script = {"怎么装": TurnResult((reply,))}
        await self.say(world, "怎么装")
        await world.sent(1)
        assert "".join(world.platform.texts()) == text
        *before, last = [set(heard.buttons) for heard in world.platform.heard]
        assert last == {"明白了"}
        assert before == [set()] * (-(-len(text) // 1024) - 1)

    @pytest.mark.parametrize(
        "order", [("sent", "delivered", "read"), ("read", "sent", "delivered")]
    )
    async def test_statuses_come_in_any_order(self, world, order):
        await self.say(world, "你好")
        await world.sent(1)
        for name in (*order, order[0]):
            status = {"id": "wamid.out1", "status": name, "recipient_id": phone(USER)}
            assert await world.platform.batch(statuses=[status]) == 200
        assert await world.statuses() == ["sent"]

    async def test_a_thumb_is_no_message(self, world):
        thumb = {"message_id": "wamid.out1", "emoji": "👍"}
        message = world.platform.message(USER, "r1", "reaction", thumb)
        assert await world.platform.batch([message]) == 200
        assert await world.service.lines() == []

    async def test_what_is_written_under_a_picture_is_read(self, world):
        content = {"id": "image", "mime_type": "image/jpeg", "caption": "这面墙"}
        await world.platform.batch([world.platform.message(USER, "k1", "image", content)])
        await world.sent(2)
        said = [text for author, text in await world.lines() if author == "consumer"]
        assert sorted(said) == ["[图片]", "这面墙"]
        assert world.service.engine.texts == ["这面墙"]


@pytest.mark.parametrize("field", ["access_token", "app_secret", "verify_token", "phone_number_id"])
def test_an_account_without_its_secrets_is_none(field):
    given = dict.fromkeys(("access_token", "app_secret", "verify_token"), "s" * 20)
    given["phone_number_id"] = "106540352242922"
    assert check(WhatsAppAccount, given)
    for value in ("", None):
        with pytest.raises(Exception, match=field):
            check(WhatsAppAccount, {**given, field: value})
