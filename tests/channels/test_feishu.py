"""Feishu against its simulator: who may call, what is taken once, and what comes back."""

import asyncio
import json
from contextlib import asynccontextmanager

import pytest

from bot.channels.feishu.channel import FeishuAccount, FeishuChannel
from tests.channels.simulators.feishu import KEY, SECRET, TOKEN, Feishu
from tests.desk.conftest import PASSWORD, signed_in
from tests.scheduling import world as w
from tests.staff import messengers
from tests.staff.messengers import answered, events, given_up, only_card
from tests.staff.world import eventually

GROUP = "oc_dispatch"


@asynccontextmanager
async def connected(folder, **account):
    platform = Feishu()
    async with messengers.connected(folder, platform, FeishuChannel, **account) as world:
        yield platform, world


@pytest.fixture
async def both(tmp_path):
    async with connected(tmp_path) as (platform, world):
        yield platform, world


class TestWhoMayCall:
    async def test_the_address_is_verified(self, both):
        platform, _ = both
        assert await platform.verify_url() == (200, {"challenge": "ajls384k"})

    @pytest.mark.parametrize("how", [{"key": "another"}, {"body": {"token": "x"}}, {"plain": True}])
    async def test_by_nobody_else(self, both, how):
        platform, _ = both
        status, answer = await platform.verify_url(**how)
        assert (status, answer["code"]) == (401, "not_signed")

    @pytest.mark.parametrize(
        "how",
        [
            {"signed": False},
            {"signature": "0" * 64},
            {"signature": "改"},
            {"key": "another"},
            {"plain": True},
            {"token": "another"},
            {"app_id": "cli_other"},
            {"age": 9 * 3600},
            {"age": -9 * 3600},
        ],
        ids=lambda how: next(iter(how)),
    )
    async def test_a_request_that_is_not_feishus_is_refused_and_leaves_nothing(self, both, how):
        platform, world = both
        status, _ = await platform.write("ou_1", "今天", **how)
        assert status == 401
        assert await events(world) == 0

    async def test_an_event_that_comes_again_after_hours_is_taken(self, both):
        platform, world = both
        assert (await platform.write("ou_1", "今天", age=7.2 * 3600))[0] == 200
        assert await events(world) == 1

    async def test_a_press_is_never_late(self, both):
        platform, world = both
        await world.bind("ou_wang", "wang")
        await world.queue()
        alert = await answered(platform, "ou_wang")
        status, _ = await platform.press("ou_wang", alert, "接入", age=301)
        assert status == 401

    async def test_an_account_that_is_not_there(self, both):
        platform, _ = both
        assert (await platform.write("ou_1", "今天", account="other"))[0] == 404

    async def test_a_body_larger_than_any_is_refused(self, both):
        platform, world = both
        status, _ = await platform.write("ou_1", "长" * 1_000_000)
        assert status == 413
        assert await events(world) == 0

    @pytest.mark.parametrize("raw", [b"", b"[]", b"nonsense", b'{"encrypt": 5}', b"[" * 100_000])
    async def test_what_is_no_request_at_all(self, both, raw):
        platform, _ = both
        answer = await platform.client.post("/channels/feishu/main", data=raw)
        assert answer.status == 401


class TestWhatIsTaken:
    async def test_what_comes_again_is_answered_once(self, both):
        platform, world = both
        statuses = await asyncio.gather(
            *(platform.write("ou_1", "今天", "e1", message_id="om_1") for _ in range(3))
        )
        assert [status for status, _ in statuses] == [200, 200, 200]
        # The same message as another event.
        await platform.write("ou_1", "今天", "e2", message_id="om_1")
        assert (await answered(platform, "ou_1")).title == "还不认识您"
        await platform.write("ou_1", "帮助")
        await answered(platform, "ou_1", 2)
        assert await events(world) == 2
        assert len(platform.messages) == 2

    async def test_it_is_acknowledged_whatever_the_work_does(self, both):
        platform, world = both
        gate = asyncio.Event()

        async def stuck(_heard):
            await gate.wait()

        world.staff._worker._answer = stuck
        async with asyncio.timeout(1):
            assert await platform.write("ou_1", "今天") == (200, {})
        gate.set()

    @pytest.mark.parametrize("kind", ["image", "audio", "file", "sticker", "location"])
    async def test_what_is_no_text_is_answered_politely(self, both, kind):
        platform, _ = both
        await platform.write("ou_1", "", kind=kind, content={"image_key": "img_1"})
        assert (await answered(platform, "ou_1")).title == "这里只能看文字，请打字或点按钮。"

    async def test_a_post_and_a_mention_are_read(self, both):
        platform, world = both
        await world.bind("ou_wang", "wang")
        post = {"title": "", "content": [[{"tag": "text", "text": "@_user_1 排队"}]]}
        await platform.write("ou_wang", "", kind="post", content=post)
        assert (await answered(platform, "ou_wang")).title == "现在没有用户排队"

    async def test_robots_and_other_events_are_passed_over(self, both):
        platform, world = both
        await platform.write("ou_1", "今天", by="app")
        assert (await platform.tell("im.chat.member.bot.added_v1", {}))[0] == 200
        assert await events(world) == 0


class TestWhatIsSent:
    async def test_one_token_serves_all_until_feishu_ends_it(self, both):
        platform, world = both
        await world.bind("ou_wang", "wang")
        for number in (1, 2):
            await platform.write("ou_wang", "帮助")
            await answered(platform, "ou_wang", number)
        assert len(platform.tokens) == 1
        platform.expire()
        await platform.write("ou_wang", "帮助")
        await answered(platform, "ou_wang", 3)
        assert len(platform.tokens) == 2

    async def test_what_may_have_arrived_is_sent_again_and_seen_once(self, both):
        platform, world = both
        platform.faults = ["cut"]
        await platform.write("ou_1", "今天")

        async def sent():
            row = await only_card(world)
            return row is not None and row.status == "sent"

        await eventually(sent)
        assert len(platform.messages) == 1

    @pytest.mark.parametrize("fault", ["limited", "busy"])
    async def test_what_is_not_taken_now_is_sent_later(self, both, fault, monkeypatch):
        monkeypatch.setattr("bot.channels.feishu.channel._RATE_SECONDS", 0.3)
        platform, _ = both
        platform.faults = [fault]
        await platform.write("ou_1", "今天")
        await answered(platform, "ou_1")
        assert not platform.faults

    async def test_what_is_refused_is_given_up_and_seen(self, both):
        platform, world = both
        platform.faults = ["refused"]
        await platform.write("ou_1", "今天")

        await given_up(world, "230002")

    async def test_a_wrong_secret_loses_no_card(self, tmp_path):
        async with connected(tmp_path, app_secret="wrong") as (platform, world):
            await platform.write("ou_1", "今天")

            async def waits():
                row = await only_card(world)
                return row is not None and row.error is not None and row.status == "new"

            await eventually(waits)


async def test_secrets_and_personal_data_stay_out_of_the_log(both, capfd, caplog):
    platform, world = both
    caplog.set_level("INFO")
    await world.visits()
    await world.bind("ou_crew", crew="C1")
    await platform.write("ou_crew", "任务 V1")
    await answered(platform, "ou_crew")
    platform.faults = ["refused"]
    await platform.write("ou_crew", "任务 V1")
    await eventually(lambda: not platform.faults)
    await platform.write("ou_crew", "今天", token="wrong")
    logged = caplog.text + "".join(capfd.readouterr())
    for secret in (SECRET, KEY, TOKEN, *platform.tokens, "13912345678", "锦绣路"):
        assert secret not in logged
    assert SECRET not in repr(FeishuAccount.model_validate(platform.account()))


async def test_what_a_consumer_wrote_is_no_mark_in_a_card(both):
    platform, world = both
    await world.take(
        w.order(
            visits=[w.visit_at(where=w.window("2026-11-20"))], address={"text": '<at id="all">'}
        ),
        crews=[w.crew(shifts=[w.shift("2026-11-20")])],
    )
    await world.bind("ou_crew", crew="C1")
    await platform.write("ou_crew", "任务 V1")
    sent = await answered(platform, "ou_crew")
    texts = [one["text"] for one in sent.card["elements"] if one["tag"] == "div"]
    assert {"tag": "plain_text", "content": '<at id="all">'} in texts


async def test_what_a_crew_is_shown_is_never_shown_to_a_group(tmp_path):
    async with connected(tmp_path, alert_group=GROUP) as (platform, world):
        await world.visits()
        await world.bind("ou_crew", crew="C1")
        event = {
            "operator": {"open_id": "ou_crew"},
            "action": {"value": {"words": "任务 V1"}},
            "context": {"open_chat_id": GROUP},
        }
        status, in_group = await platform.tell("card.action.trigger", event)
        assert (status, set(in_group)) == (200, {"toast"})
        assert "13912345678" not in str(in_group)
        _, alone = await platform.tell(
            "card.action.trigger", {**event, "context": {"open_chat_id": "oc_p2p"}}
        )
        assert "13912345678" in str(alone["card"])


async def test_a_press_that_takes_too_long_is_answered_later(both, monkeypatch):
    monkeypatch.setattr("bot.channels.feishu.channel._ANSWER_SECONDS", 0.2)
    platform, world = both
    await world.visits()
    await world.bind("ou_crew", crew="C1")
    await platform.write("ou_crew", "任务 V1")
    visit = await answered(platform, "ou_crew")
    gate, answer = asyncio.Event(), world.staff._worker._answer

    async def slow(event):
        await gate.wait()
        return await answer(event)

    world.staff._worker._answer = slow
    await platform.press("ou_crew", visit, "出发")
    assert platform.toasts == ["正在处理，结果稍后发给您。"]
    gate.set()
    assert (await answered(platform, "ou_crew", 2)).title == "已报：已出发"
    assert await world.status() == "en_route"


async def test_from_the_alert_to_the_answer_in_the_desk(tmp_path):
    """The whole way: who waits is told, claimed in the group, and answered in the desk."""
    async with connected(tmp_path, alert_group=GROUP) as (platform, world):
        await world.bind("ou_wang", "wang")
        await world.bind("ou_li", "li")
        name = await world.queue(reason="report_damage")
        in_group = await answered(platform, GROUP)
        assert (in_group.kind, in_group.title) == ("chat_id", "待接入：货物损坏")
        await platform.press("ou_stranger", in_group, "接入")
        await platform.press("ou_wang", in_group, "接入")
        await platform.press("ou_li", await answered(platform, "ou_li"), "接入", stale=True)
        assert platform.toasts == [
            "还不认识您\n请向主管要一个绑定码，然后发送“绑定 绑定码”。绑定码15分钟内有效。",
            "您已接入：货物损坏\n请在1分钟内打开坐席工作台回复，否则会话会回到队列。",
            "这个会话已由客服wang接入",
        ]
        await eventually(
            lambda: all(one.lines == ["已由客服wang接入"] for one in platform.messages)
        )
        assert not any(one.buttons for one in platform.messages)
        agent = await signed_in(world.server, "wang")
        body = {"client_id": "c1", "text": "您好，我来处理"}
        assert (await agent.post(f"/conversations/{name}/messages", **body))[0] == 201
        await agent.client.close()
        said = (await world.service.conversations.transcript("s1")).messages
        assert said[-1].text == "您好，我来处理"
        assert PASSWORD not in json.dumps([one.card for one in platform.messages])


async def test_a_crews_day_by_buttons_changes_the_visit(both):
    platform, world = both
    await world.visits()
    await world.bind("ou_crew", crew="C1")
    await platform.write("ou_crew", "今天")
    card_ = await answered(platform, "ou_crew")
    for button in ("1 详情", "出发", "到达", "未完成", "现场不具备条件", "后天上午"):
        status, _ = await platform.press("ou_crew", card_, button)
        assert status == 200
    assert card_.title == "已报：未完成"
    assert len(platform.messages) == 1
    assert await world.status() == "failed"
