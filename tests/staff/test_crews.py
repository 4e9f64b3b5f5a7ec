"""Crews on a messenger: their day, and what they report of it."""

import pytest

from bot.errors import CrewNotFound, VisitNotFound
from bot.scheduling.notice_tables import visit_failure
from bot.scheduling.status import FAILURES, MOVES, StatusUpdate
from bot.scheduling.tables import visit_event
from bot.staff.bindings import Bound
from bot.staff.words import table
from tests.scheduling import world as w
from tests.staff.world import eventually

CREW = "ou_crew"


@pytest.fixture
async def crew(world):
    await world.visits(number=2)
    await world.bind(CREW, crew="C1")
    return world


async def rows(world, table_):
    async with world.service.database.reading() as tx:
        return (await tx.execute(table_.select())).all()


async def test_the_day_and_one_visit_with_all_that_a_crew_needs(crew):
    day = await crew.messenger.ask(CREW, "今天")
    assert day.card.title == "王师傅组 11月20日（今天，周五）：2次上门"
    assert day.card.lines[0] == "1. 09:00–10:00 待出发 李女士 家电 上海市浦东新区锦绣路1000弄"
    visit = await crew.messenger.press(CREW, day, "1 详情")
    assert visit.card.title == "09:00–10:00 待出发"
    assert visit.card.lines == (
        "李女士 13912345678",
        "上海市浦东新区锦绣路1000弄",
        "家电（送货并安装，约105分钟）",
        "现场：6楼、有电梯",
        "编号：V1",
    )
    assert [one.title for one in visit.card.choices] == ["出发", "未完成", "看今天"]


@pytest.mark.parametrize("words", ["明天", "周六", "21号", "2026-11-21"])
async def test_another_day(crew, words):
    answer = await crew.messenger.ask(CREW, words)
    assert answer.card.title == "王师傅组 11月21日（明天，周六）：没有上门"


async def test_a_visit_goes_its_way_by_buttons(crew):
    card = await crew.messenger.ask(CREW, "任务 V1")
    for button, status in (("出发", "en_route"), ("到达", "in_progress"), ("完成", "completed")):
        card = await crew.messenger.press(CREW, card, button)
        assert await crew.status() == status
    assert card.card.title == "已报：已完成"
    assert [one.title for one in card.card.choices] == ["看今天"]
    told = [(row.actor, row.what) for row in await rows(crew, visit_event)]
    assert told == [("crew", "en_route"), ("crew", "in_progress"), ("crew", "completed")]


async def test_a_visit_that_failed_says_why_and_when_to_call(crew):
    card = await crew.messenger.ask(CREW, "任务 V1")
    card = await crew.messenger.press(CREW, card, "未完成")
    assert card.card.title == "为什么没有完成？"
    assert len(card.card.choices) == len(FAILURES)
    card = await crew.messenger.press(CREW, card, "联系不上")
    assert card.card.title == "什么时候再联系用户？"
    assert await crew.status() == "scheduled"
    card = await crew.messenger.press(CREW, card, "明天上午")
    assert card.card.title == "已报：未完成"
    assert await crew.status() == "failed"
    (failure,) = await rows(crew, visit_failure)
    assert failure.reason == "unreachable"
    assert failure.next_contact_at == w.at("2026-11-21", "09:00").timestamp()


async def test_what_is_pressed_twice_is_reported_once(crew):
    card = await crew.messenger.ask(CREW, "任务 V1")
    await crew.messenger.press(CREW, card, "出发")
    again = await crew.messenger.press(CREW, card, "出发")
    assert again.card.title == "这次上门现在是“已出发”，不能这样改"
    assert "到达" in [one.title for one in again.card.choices]
    assert len(await rows(crew, visit_event)) == 1


async def test_an_event_that_comes_twice_is_answered_once(crew):
    for _ in range(3):
        await crew.messenger.say(CREW, "出发 V1", "the same")
    await eventually(lambda: crew.messenger.of(CREW))
    await crew.messenger.ask(CREW, "帮助")
    assert [one.card.title for one in crew.messenger.of(CREW)] == ["已报：已出发", "可以这样用"]


async def test_a_crash_after_the_report_reports_nothing_twice(crew):
    """The event is worked on again, and its command is known."""
    answer = crew.staff._worker._answer
    crashes = [RuntimeError("killed here")]

    async def crashing(heard):
        card = await answer(heard)
        if crashes:
            raise crashes.pop()
        return card

    crew.staff._worker._answer = crashing
    sent = await crew.messenger.ask(CREW, "出发 V1")
    assert sent.card.title == "已报：已出发"
    assert len(await rows(crew, visit_event)) == 1


async def test_what_never_works_is_answered_politely_and_holds_nobody_up(crew):
    async def broken(heard):
        if heard.words == "出发 V1":
            raise RuntimeError("broken")
        return await answer(heard)

    answer, crew.staff._worker._answer = crew.staff._worker._answer, broken
    sent = await crew.messenger.ask(CREW, "出发 V1")
    assert sent.card.title == "暂时没有办成"
    assert (await crew.messenger.ask(CREW, "帮助")).card.title == "可以这样用"


@pytest.mark.parametrize("words", ["任务 V1", "出发 V1", "未完成 V1", "未完成 V1 其他 后天上午"])
async def test_the_visit_of_another_crew_is_not_there(world, words):
    await world.visits()
    await world.bind(CREW, crew="C2")
    answer = await world.messenger.ask(CREW, words)
    assert answer.card.title == "没有找到您的这次上门"
    assert await world.status() == "scheduled"


async def test_a_report_for_another_crew_is_refused_where_it_is_written(world):
    await world.visits()
    dispatch = world.staff._worker._answer.__self__._dispatch
    with pytest.raises(VisitNotFound):
        await dispatch.report(StatusUpdate("V1", "en_route", "c1", crew_id="C2"))
    await dispatch.report(StatusUpdate("V1", "en_route", "c1", crew_id="C1"))


async def test_a_long_day_shows_buttons_for_what_is_still_to_do(world):
    await world.visits(number=7)
    await world.bind(CREW, crew="C1")
    for move in ("出发", "到达", "完成"):
        await world.messenger.ask(CREW, f"{move} V1")
    day = await world.messenger.ask(CREW, "我的任务")
    assert [one.title for one in day.card.choices] == [f"{n} 详情" for n in range(2, 7)]
    assert day.card.lines[-1] == "其余请发送“任务 编号”：V7、V1"


async def test_agents_cannot_report_and_crews_cannot_claim(world):
    await world.visits()
    await world.bind(CREW, crew="C1")
    await world.bind("ou_wang", "wang")
    await world.queue()
    assert (await world.messenger.ask("ou_wang", "出发 V1")).card.title == "可以这样用"
    assert (await world.messenger.ask(CREW, "接入下一位")).card.title == "可以这样用"
    assert await world.status() == "scheduled"
    assert await world.service.conversations.counts() == ({"queued": 1}, 0)


async def test_what_is_not_understood_and_what_is_no_text(crew):
    assert (await crew.messenger.ask(CREW, "你好呀")).card.title == "没有看懂这句话。"
    assert (await crew.messenger.ask(CREW, " ")).card.title == "这里只能看文字，请打字或点按钮。"


class TestBinding:
    async def test_a_code_binds_once(self, world):
        await world.visits()
        made = await world.staff.bindings.make_code(Bound(crew_id="C1"))
        sent = await world.messenger.ask(CREW, f"绑定 {made.lower()}")
        assert (sent.card.title, sent.card.lines) == (
            "绑定成功",
            ("这里是王师傅组的任务。发送“今天”查看上门安排。",),
        )
        other = await world.messenger.ask("ou_other", f"绑定 {made}")
        assert other.card.title == "绑定没有成功"
        assert (await world.messenger.ask("ou_other", "今天")).card.title == "还不认识您"

    async def test_a_code_binds_an_agent(self, world):
        made = await world.staff.bindings.make_code(Bound(world.accounts["wang"]))
        sent = await world.messenger.ask("ou_wang", f"绑定 {made}")
        assert sent.card.lines == ("您是坐席客服wang。有用户排队时会在这里提醒您。",)

    async def test_a_code_that_is_over(self, world):
        made = await world.staff.bindings.make_code(Bound(world.accounts["wang"]))
        now = world.staff.bindings._seconds()
        world.staff.bindings._seconds = lambda: now + 15 * 60
        assert (await world.messenger.ask("ou_wang", f"绑定 {made}")).card.title == "绑定没有成功"

    async def test_whoever_unbinds_is_a_stranger_again(self, world):
        await world.bind("ou_wang", "wang")
        assert (await world.messenger.ask("ou_wang", "解绑")).card.title == "已解除绑定"
        assert (await world.messenger.ask("ou_wang", "排队")).card.title == "还不认识您"

    async def test_a_crew_that_is_not_there_gets_no_code(self, world):
        with pytest.raises(CrewNotFound):
            await world.staff.bindings.make_code(Bound(crew_id="C9"))

    async def test_an_account_that_is_gone(self, world):
        await world.staff.bindings.bind(world.messenger.heard("ou_x", "").person, Bound("gone"))
        assert (await world.messenger.ask("ou_x", "排队")).card.title == "绑定已失效"


def test_every_move_and_reason_has_its_word():
    assert set(table("reasons")) == set(FAILURES)
    assert {move for moves in MOVES.values() for move in moves} == set(table("moves"))
