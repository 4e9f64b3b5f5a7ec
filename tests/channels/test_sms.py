"""Text messages: Aliyun's shapes, what is believed of them, and a whole conversation."""

import json
from types import SimpleNamespace

import pytest

from bot.channels.base import Received, Telephones
from bot.channels.sms import SmsAccount, SmsChannel
from bot.conversation.records import Purpose
from bot.conversation.states import Command
from bot.dialogue.engine import Button, Reply, TurnResult
from bot.errors import Forbidden, MalformedRequest
from bot.requests import check
from tests.channels.conformance import Conformance
from tests.channels.simulators.aliyun_sms import PATH_SECRET, SENT, SIGN_NAME, FakeAliyun, phone
from tests.channels.simulators.platform import USER
from tests.channels.world import until

TAKEN = {"code": 0, "msg": "成功"}
STRANGER = "13700000000"


class Known(Telephones):
    async def has_open_order(self, number):
        return number != STRANGER


class Channel(SmsChannel):
    """The channel, to which all telephones but one are of orders."""

    def __init__(self, kit, accounts):
        kit = type(kit)(kit.conversations, kit.http, kit.tokens, Known())
        super().__init__(kit, accounts)


class TestSms(Conformance):
    channel_class = Channel
    deadline = 0.7

    def make_platform(self):
        return FakeAliyun()

    @pytest.mark.skip(reason="a text message is always text")
    async def test_what_cannot_be_read_is_answered_politely(self):
        pass

    @pytest.mark.skip(reason="a text message has no pictures")
    async def test_a_picture_is_taken_in_by_what_it_is(self):
        pass

    async def test_it_is_answered_in_the_makers_words(self, world):
        await self.say(world, "你好")
        assert await world.platform.answer.json() == TAKEN

    async def test_the_address_is_the_secret(self, world):
        for path in ("", "/", "/x", f"/{PATH_SECRET}x", f"/{PATH_SECRET[:-1]}"):
            answer = await world.client.post(f"/channels/sms/main{path}", data="[]")
            assert answer.status == 404

    @pytest.mark.parametrize("networks", [["203.0.113.0/24"], []])
    async def test_a_caller_from_elsewhere_is_refused(self, world, networks):
        account = world.channel.accounts["main"]
        world.channel.accounts["main"] = account.model_copy(update={"networks": networks})
        assert await world.platform.say("你好") == 403
        assert await world.service.lines() == []

    @pytest.mark.parametrize(
        ("remote", "status"),
        [("203.0.113.9", 200), ("::ffff:203.0.113.9", 200), ("198.51.100.9", 403), (None, 403)],
    )
    async def test_the_caller_is_known_by_the_address(self, world, remote, status):
        account = world.channel.accounts["main"]
        networks = {"networks": ["203.0.113.0/24"]}
        world.channel.accounts["main"] = account.model_copy(update=networks)
        path = f"/channels/sms/main/{PATH_SECRET}"
        received = Received("main", "POST", {}, {}, b"[]", remote, path)
        if status == 200:
            assert (await world.channel.verify_and_decode(received)).answer.status == 200
        else:
            with pytest.raises(Forbidden):
                await world.channel.verify_and_decode(received)

    async def test_a_telephone_of_no_order_is_not_heard_and_not_told(self, world):
        row = {"phone_number": STRANGER, "content": "取消", "sequence_id": "1", "send_time": SENT}
        assert await world.platform.push([row]) == 200
        assert await world.platform.answer.json() == TAKEN
        assert await world.service.lines() == []

    @pytest.mark.parametrize("body", ["", "{", "{}", "7", '"x"'])
    async def test_what_is_no_list_is_refused(self, world, body):
        answer = await world.client.post(f"/channels/sms/main/{PATH_SECRET}", data=body)
        assert answer.status == 400

    async def test_one_that_nobody_can_read_holds_up_no_others(self, world):
        good = {"phone_number": phone(USER), "content": "你好", "sequence_id": 5, "send_time": SENT}
        world.platform.sender(USER)
        rows = [7, {}, {"phone_number": "110", "content": "x"}, {**good, "content": ""}, good]
        assert await world.platform.push(rows) == 200
        await world.sent(1)
        assert world.service.engine.texts == ["你好"]

    async def test_one_without_an_id_is_known_by_what_it_says(self, world):
        for sent in (SENT, SENT, "2026-11-20 10:00:07"):
            await world.platform.say("改周六。", None, sent=sent)
        await world.sent(2)
        assert world.service.engine.texts == ["改周六。"] * 2

    async def test_several_come_in_the_order_they_were_sent(self, world):
        rows = [
            {
                "phone_number": f"+86{phone(USER)}",
                "content": text,
                "sequence_id": text,
                "send_time": f"2026-11-20 10:00:0{at}",
            }
            for at, text in ((3, "丙。"), (1, "甲。"), (2, "乙。"))
        ]
        world.platform.sender(USER)
        await world.platform.push(rows)
        await until(lambda: _has(world, 3))
        said = [text for author, text in await world.lines() if author == "consumer"]
        assert said == ["甲。", "乙。", "丙。"]

    async def test_a_report_of_failure_calls_a_person_once(self, world):
        await self.say(world, "你好")
        await world.sent(1)
        (row,) = await world.rows()
        for _ in range(2):
            lost = {"success": False, "err_code": "MOBILE_NOT_ON_SERVICE"}
            assert await world.platform.report(row.platform_id, **lost) == 200
        (row,) = await world.rows()
        assert (row.status, row.error) == ("dead", "MOBILE_NOT_ON_SERVICE")
        view = await world.service.conversations.transcript(world.sender())
        assert (str(view.state), view.reason) == ("queued", "undelivered")

    async def test_a_report_of_success_and_one_of_somebody_elses_change_nothing(self, world):
        await self.say(world, "你好")
        await world.sent(1)
        (row,) = await world.rows()
        await world.platform.report(row.platform_id)
        await world.platform.report(row.platform_id, success="true")
        await world.platform.report("another", success=False)
        assert await world.statuses() == ["sent"]

    async def test_our_id_goes_along(self, world):
        await self.say(world, "你好")
        await world.sent(1)
        (row,) = await world.rows()
        assert [form["OutId"] for form in world.platform.forms] == [f"{row.id}-0-0"]

    async def test_a_whole_conversation_on_the_wire(self, world):
        """Consumer, bot, agent, consumer: what Aliyun sees of it."""
        offer = Reply("改到哪天？", (Button("周六上午", "/pick1"), Button("周日上午", "/pick2")))
        world.service.engine._script = {"我要改时间": TurnResult((offer,))}
        await self.say(world, "我要改时间", "s1")
        await world.sent(1)
        await self.say(world, "2", "s2")
        await world.sent(2)
        await world.move(Command.BARGE_IN)
        await world.agent_says("您好，我来帮您改。", "c1")
        await world.sent(4)
        await self.say(world, "好的", "s3")
        asked, answered, _, agent = world.platform.forms
        assert (asked["Action"], asked["TemplateCode"]) == ("SendSms", "SMS_100")
        assert (asked["SignName"], asked["PhoneNumbers"]) == (SIGN_NAME, phone(USER))
        assert json.loads(asked["TemplateParam"]) == {
            "text": "改到哪天？\n1. 周六上午\n2. 周日上午\n回复数字即可选择。"
        }
        assert world.service.engine.turns[1].text == "/pick2"
        assert json.loads(answered["TemplateParam"]) == {"text": "echo: /pick2"}
        assert json.loads(agent["TemplateParam"]) == {"text": "您好，我来帮您改。"}
        assert (await world.lines())[-1] == ("consumer", "好的")

    async def test_no_message_is_paid_as_more_than_three(self, world):
        world.service.engine._script = {"怎么装": "量" * 600}
        await self.say(world, "怎么装")
        await world.sent(1)
        lengths = [len(text) + len(SIGN_NAME) + 2 for text in world.platform.texts()]
        assert lengths == [201, 201, 201, 15 + len(SIGN_NAME) + 2]

    async def test_a_notice_goes_in_its_template(self, world):
        custom = {
            "notice": {
                "kind": "reminder",
                "words": {"goods": "海尔空调" * 20, "window": "明天09:00–12:00", "kind": "安装"},
            }
        }
        outbound = _outbound(world, custom, buttons=({"title": "方便", "payload": "b"},))
        encoded = world.channel.payloads(outbound)
        assert encoded.numbered
        (payload,) = encoded.payloads
        world.platform.sender(USER)
        await world.channel.deliver(payload)
        (text,) = world.platform.texts()
        assert text.startswith("提醒您：海尔空调")
        assert "约在明天09:00–12:00上门安装。方便回复1" in text

    async def test_a_notice_without_a_template_is_a_reply(self, world):
        custom = {"notice": {"kind": "late", "words": {}}}
        (payload,) = world.channel.payloads(_outbound(world, custom)).payloads
        assert payload.body["code"] == "SMS_100"

    async def test_one_telephone_that_has_had_enough_holds_up_no_other(self, world):
        world.platform.faults = ["this telephone"]
        await self.say(world, "你好", "m1", "u1")

        async def retried():
            return "retried" in world.observer.outcomes

        await until(retried)
        await self.say(world, "你好", "m1", "u2")
        await until(lambda: _heard(world, "u2"))
        assert world.platform.texts("u1") == []

    async def test_notices_reach_the_first_account_that_has_templates(self, world):
        reach = world.channel.by_telephone()
        assert (reach.channel, reach.account, reach.kinds) == ("sms", "main", {"reminder"})


async def _has(world, lines):
    said = [author for author, _ in await world.lines() if author == "consumer"]
    return len(said) == lines


async def _heard(world, user):
    return bool(world.platform.texts(user))


def _outbound(world, custom, buttons=()):
    from bot.conversation.delivery import Outbound

    return Outbound("sms", "main", phone(USER), "k-0", "提醒您", buttons, custom, Purpose.NOTICE)


@pytest.mark.parametrize(
    "field",
    [
        "access_key_id",
        "access_key_secret",
        "sign_name",
        "path_secret",
        "networks",
        "reply_template",
    ],
)
def test_an_account_without_its_secrets_is_none(field):
    given = {
        "access_key_id": "k" * 20,
        "access_key_secret": "s" * 20,
        "sign_name": "悦装上门",
        "path_secret": "p" * 24,
        "networks": ["203.0.113.0/24"],
        "reply_template": "SMS_1",
    }
    assert check(SmsAccount, given)
    for value in ("", None, ["nowhere"]):
        with pytest.raises(Exception, match=field):
            check(SmsAccount, {**given, field: value})


@pytest.mark.parametrize(
    ("kind", "variable"), [("remainder", "goods"), ("reminder", "name"), ("because", "goods")]
)
def test_a_template_is_for_a_kind_of_notice_and_of_its_words(kind, variable):
    given = FakeAliyun.account(SimpleNamespace(url="https://sms.example"))
    assert check(SmsAccount, given)
    given["notice_templates"] = {kind: {"code": "SMS_1", "variables": [variable]}}
    with pytest.raises(MalformedRequest, match="notice_templates"):
        check(SmsAccount, given)
