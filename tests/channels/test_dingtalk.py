"""DingTalk against its simulator: over its connection and over HTTP, and what comes back."""

import asyncio
from contextlib import asynccontextmanager
from types import SimpleNamespace

import pytest

from bot.channels.dingtalk.channel import DingTalkChannel
from tests.channels.simulators.dingtalk import (
    AES_KEY,
    CALLBACK_TOKEN,
    CLIENT,
    SECRET,
    DingTalk,
    opened,
    said,
)
from tests.desk.conftest import signed_in
from tests.staff import messengers
from tests.staff.messengers import answered, events, given_up
from tests.staff.world import eventually

GROUP = "cidGroup=="
PLAIN = {"stream": False, "allow_plain": True}
SEALED = {"stream": False, "callback_token": CALLBACK_TOKEN, "aes_key": AES_KEY}


@asynccontextmanager
async def connected(folder, **account):
    platform = DingTalk()
    async with messengers.connected(folder, platform, DingTalkChannel, **account) as world:
        if account.get("stream", True):
            await platform.connected()
        yield platform, world


@pytest.fixture
async def both(tmp_path, monkeypatch):
    monkeypatch.setattr("bot.channels.dingtalk.stream._FIRST_PAUSE", 0.05)
    monkeypatch.setattr("bot.channels.dingtalk.channel._RATE_SECONDS", 0.3)
    async with connected(tmp_path) as (platform, world):
        yield platform, world


class TestStream:
    async def test_a_message_is_acknowledged_and_answered(self, both):
        platform, _ = both
        name = await platform.write("u1", "今天")
        assert (await answered(platform, "u1")).title == "还不认识您"
        (ack,) = platform.acks
        assert (ack["code"], ack["headers"]["messageId"]) == (200, name)

    async def test_it_is_acknowledged_whatever_the_work_does(self, both):
        platform, world = both
        gate = asyncio.Event()

        async def stuck(_heard):
            await gate.wait()

        world.staff._worker._answer = stuck
        await platform.write("u1", "今天")
        await eventually(lambda: platform.acks, 2)
        gate.set()

    async def test_what_could_not_be_stored_is_not_acknowledged_and_comes_again(self, both):
        platform, world = both
        (channel,) = world.made
        accept, faults = channel.staff.accept, [OSError("disk full")]

        async def failing(event):
            if faults:
                raise faults.pop()
            await accept(event)

        channel.staff.accept = failing
        await platform.write("u1", "今天")
        await answered(platform, "u1")
        assert len(platform.opened) == 2
        assert not platform.unacked
        assert await events(world) == 1

    async def test_what_comes_in_two_frames_is_answered_once(self, both):
        platform, world = both
        for _ in range(3):
            await platform.write("u1", "今天", "msg1")
        await platform.write("u1", "帮助", "msg2")
        await answered(platform, "u1", 2)
        assert len(platform.acks) == 4
        assert await events(world) == 2
        assert len(platform.messages) == 2

    async def test_a_ping_is_answered_with_what_it_holds(self, both):
        platform, _ = both
        name = await platform.frame("SYSTEM", "ping", '{"opaque":"x1"}')
        await eventually(lambda: platform.acks)
        (ack,) = platform.acks
        assert (ack["headers"]["messageId"], ack["data"]) == (name, '{"opaque":"x1"}')

    async def test_events_and_strange_frames_are_answered(self, both):
        platform, world = both
        await platform.frame("EVENT", "*")
        await platform.frame("CALLBACK", "/v1.0/card/instances/callback")
        await platform.frame("CALLBACK", "/v1.0/im/bot/messages/get", "nonsense")
        await eventually(lambda: len(platform.acks) == 3)
        assert [ack["code"] for ack in platform.acks] == [200, 404, 200]
        assert await events(world) == 0

    @pytest.mark.parametrize("how", ["disconnect", "cut", "down"])
    async def test_it_connects_again(self, both, how):
        platform, _ = both
        if how == "disconnect":
            await platform.frame("SYSTEM", "disconnect", '{"reason":"timeout"}')
        else:
            platform.faults = ["down"] * 3 if how == "down" else []
            await platform.cut()
        await platform.connected(5 if how == "down" else 2)
        await platform.write("u1", "今天")
        assert (await answered(platform, "u1")).title == "还不认识您"

    async def test_a_connection_that_went_deaf_is_given_up(self, tmp_path, monkeypatch):
        monkeypatch.setattr("bot.channels.dingtalk.stream._FIRST_PAUSE", 0.05)
        monkeypatch.setattr("bot.channels.dingtalk.stream._HEARTBEAT", 0.2)
        monkeypatch.setattr("aiohttp.web.WebSocketResponse.pong", _deaf)
        monkeypatch.setattr("aiohttp._websocket.writer.WebSocketWriter.send_frame", _mute)
        async with connected(tmp_path) as (platform, _):
            await platform.connected(2)

    async def test_the_pauses_grow(self, tmp_path, monkeypatch):
        pauses = []

        async def noted(seconds):
            pauses.append(seconds)
            await asyncio.sleep(0)

        ours = SimpleNamespace(**{**vars(asyncio), "sleep": noted})
        monkeypatch.setattr("bot.channels.dingtalk.stream.asyncio", ours)
        longest = SimpleNamespace(uniform=lambda _low, high: high)
        monkeypatch.setattr("bot.channels.dingtalk.stream.random", longest)
        async with connected(tmp_path) as (platform, _):
            platform.faults = ["down"] * 8
            await platform.cut()
            await eventually(lambda: len(platform.opened) >= 10)
        assert pauses[:9] == [1, 2, 4, 8, 16, 32, 60, 60, 60]

    async def test_http_is_closed_beside_it(self, both):
        platform, _ = both
        assert (await platform.post(said("u1", "今天")))[0] == 404


async def _deaf(*_args):
    return


async def _mute(self, message, opcode, compress=None):
    """What a half-open connection does: nothing goes out any more, pings and pongs least."""


class TestPlainHttp:
    @pytest.fixture
    async def both(self, tmp_path):
        async with connected(tmp_path, **PLAIN) as (platform, world):
            yield platform, world

    async def test_a_message_is_taken_once(self, both):
        platform, world = both
        for _ in range(2):
            assert (await platform.post(said("u1", "今天", "msg1")))[0] == 200
        await answered(platform, "u1")
        assert await events(world) == 1

    @pytest.mark.parametrize(
        "how",
        [{"signed": False}, {"secret": "another"}, {"age": 3700}, {"age": -3700}],
        ids=str,
    )
    async def test_what_is_not_dingtalks_leaves_nothing(self, both, how):
        platform, world = both
        status, body = await platform.post(said("u1", "今天"), **how)
        assert (status, body["code"]) == (401, "not_signed")
        assert await events(world) == 0

    @pytest.mark.parametrize(
        "more",
        [{"senderStaffId": None}, {"msgId": ""}, {"robotCode": "another"}],
        ids=lambda more: next(iter(more)),
    )
    async def test_what_is_no_message_of_staff_is_passed_over(self, both, more):
        platform, world = both
        assert (await platform.post({**said("u1", "今天"), **more}))[0] == 200
        assert await events(world) == 0

    async def test_an_account_that_is_not_there(self, both):
        platform, _ = both
        assert (await platform.post(said("u1", "今天"), account="other"))[0] == 404

    async def test_a_body_larger_than_any_is_refused(self, both):
        platform, _ = both
        assert (await platform.post(said("u1", "长" * 1_000_000)))[0] == 413


class TestSealedHttp:
    @pytest.fixture
    async def both(self, tmp_path):
        async with connected(tmp_path, **SEALED) as (platform, world):
            yield platform, world

    @pytest.mark.parametrize("names", [("msg_signature", "timestamp"), ("signature", "timeStamp")])
    async def test_a_message_is_taken_and_the_answer_is_sealed(self, both, names):
        platform, _ = both
        status, answer = await platform.post(said("u1", "今天"), sealed=True, names=names)
        assert (status, opened(answer)) == (200, b"success")
        assert (await answered(platform, "u1")).title == "还不认识您"

    async def test_the_address_is_verified(self, both):
        platform, world = both
        status, answer = await platform.post({"EventType": "check_url"}, sealed=True)
        assert (status, opened(answer)) == (200, b"success")
        assert await events(world) == 0

    @pytest.mark.parametrize(
        "how",
        [
            {"sealed": False},
            {"key": "A" * 43},
            {"receive_id": "ding0"},
            {"tampered": True},
            {"age": 3700},
        ],
        ids=lambda how: next(iter(how)),
    )
    async def test_what_is_not_dingtalks_leaves_nothing(self, both, how):
        platform, world = both
        status, body = await platform.post(said("u1", "今天"), **{"sealed": True, **how})
        assert (status, body["code"]) == (401, "not_signed")
        assert await events(world) == 0


class TestWhatIsSent:
    async def test_one_token_serves_all_until_dingtalk_ends_it(self, both):
        platform, _ = both
        for number in (1, 2):
            await platform.write("u1", "帮助")
            await answered(platform, "u1", number)
        assert len(platform.tokens) == 1
        platform.expire()
        await platform.write("u1", "帮助")
        await answered(platform, "u1", 3)
        assert len(platform.tokens) == 2

    @pytest.mark.parametrize("fault", ["limited", "flow", "busy", "cut"])
    async def test_what_is_not_surely_taken_is_sent_again(self, both, fault):
        platform, _ = both
        platform.faults = [fault]
        await platform.write("u1", "今天")
        await answered(platform, "u1", 2 if fault == "cut" else 1)
        assert not platform.faults

    @pytest.mark.parametrize(
        ("fault", "why"), [("refused", "group.disbanded"), ("nobody", "no such user")]
    )
    async def test_what_is_refused_is_given_up_and_seen(self, both, fault, why):
        platform, world = both
        platform.faults = [fault]
        await platform.write("u1", "今天")

        await given_up(world, why)

    @pytest.mark.parametrize("kind", ["picture", "audio", "file", "unknownMsgType"])
    async def test_what_is_no_text_is_answered_politely(self, both, kind):
        platform, _ = both
        await platform.write("u1", "", msgtype=kind, content={"downloadCode": "x"})
        assert (await answered(platform, "u1")).title == "这里只能看文字，请打字或点按钮。"

    async def test_rich_text_is_read(self, both):
        platform, world = both
        await world.bind("u1", "wang")
        rich = {"richText": [{"text": "排"}, {"downloadCode": "x"}, {"text": "队"}]}
        await platform.write("u1", "", msgtype="richText", content=rich)
        assert (await answered(platform, "u1")).title == "现在没有用户排队"


async def test_secrets_and_personal_data_stay_out_of_the_log(both, capfd, caplog):
    platform, world = both
    caplog.set_level("INFO")
    await world.visits()
    await world.bind("u1", crew="C1")
    await platform.write("u1", "任务 V1")
    await answered(platform, "u1")
    platform.faults = ["refused"]
    await platform.write("u1", "任务 V1")
    await eventually(lambda: not platform.faults)
    await platform.cut()
    await platform.connected(2)
    logged = caplog.text + "".join(capfd.readouterr())
    for secret in (SECRET, *platform.tokens, "13912345678", "锦绣路"):
        assert secret not in logged


async def test_from_the_alert_to_the_answer_in_the_desk(tmp_path):
    """The whole way: who waits is told, claimed by button, and answered in the desk."""
    async with connected(tmp_path, alert_group=GROUP) as (platform, world):
        await world.bind("u_wang", "wang")
        await world.bind("u_li", "li")
        name = await world.queue(reason="report_hazard")
        in_group = await answered(platform, GROUP)
        assert in_group.group
        assert in_group.title == "待接入：安全：燃气·漏电·漏水"
        await platform.press("u_wang", await answered(platform, "u_wang"), "接入")
        mine = await answered(platform, "u_wang", 2)
        assert mine.title == "您已接入：安全：燃气·漏电·漏水"
        await platform.press("u_li", await answered(platform, "u_li"), "接入")
        assert (await answered(platform, "u_li", 2)).title == "这个会话已由客服wang接入"
        agent = await signed_in(world.server, "wang")
        body = {"client_id": "c1", "text": "请先关阀门，离开现场"}
        assert (await agent.post(f"/conversations/{name}/messages", **body))[0] == 201
        await agent.client.close()
        said_ = (await world.service.conversations.transcript("s1")).messages
        assert said_[-1].text == "请先关阀门，离开现场"


async def test_a_crews_day_by_buttons_changes_the_visit(both):
    platform, world = both
    await world.visits()
    await world.bind("u1", crew="C1")
    await platform.write("u1", "今天")
    buttons = ("1 详情", "出发", "到达", "未完成", "现场不具备条件", "后天上午")
    for number, button in enumerate(buttons, 1):
        await platform.press("u1", await answered(platform, "u1", number), button)
    assert (await answered(platform, "u1", 7)).title == "已报：未完成"
    assert await world.status() == "failed"
    assert CLIENT not in "".join(one.shown["text"] for one in platform.messages)
