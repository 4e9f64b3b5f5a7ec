"""What consumers read where a wish has no window: why, and what there is instead."""

import pytest

from actions.book import Schedule
from actions.visit import AskWindow, plain
from bot.scheduling import TimeRange
from tests.actions.chat import TALK
from tests.scheduling import world as w

FULL = {"start": "09:00", "end": "21:00", "capacity": 1440}
DAYS = [f"2026-11-{day}" for day in (26, 27, 28)]
FRIDAY = w.window("2026-11-27")


@pytest.fixture
def given(chat):
    """Give the consumer's order and crews anew."""

    async def give(order, crews=None, calendar=()):
        await w.emptied(chat.world.database)
        crews = [w.crew(shifts=[w.shift(day, **FULL) for day in DAYS])] if crews is None else crews
        document = w.document(order, crews=crews)
        await chat.world.scheduling.import_document({**document, "calendar": list(calendar)})
        return chat

    return give


def _only(*days, **more):
    return [w.crew(shifts=[w.shift(day, **FULL) for day in days], **more)]


HOB = ["gas_hob", "gas"]
CASES = [
    # What keeps a Friday morning from being had, while Thursday or Saturday is open.
    ("no_shift", w.order(), _only(DAYS[0], DAYS[2]), (), "没有师傅排班"),
    (
        "no_shift",
        w.order(category="gas_hob"),
        [*_only(DAYS[0], DAYS[2], skills=HOB), w.crew("C2", [w.shift(DAYS[1])], ["gas_hob"])],
        (),
        "没有能做燃气安装的师傅",
    ),
    (
        "full",
        w.order(),
        [w.crew(shifts=[w.shift(DAYS[1], capacity=60), w.shift(DAYS[2])])],
        (),
        "约满",
    ),
    ("blackout", w.order(), None, [{"date": DAYS[1], "kind": "blackout"}], "网点休息"),
    (
        "goods_later",
        w.order(goods_expected_at="2026-11-27T10:00:00+08:00"),
        None,
        (),
        "货物还没有到",
    ),
    (
        "before_delivery",
        w.order(
            visits=[
                w.visit_at("V1", w.window(DAYS[1], "18:00", "21:00"), kind="delivery"),
                w.unscheduled("V2", "installation"),
            ]
        ),
        None,
        (),
        "安装要等送货之后",
    ),
    (
        "no_skill:gas",
        w.order(category="gas_hob"),
        [
            w.crew(
                shifts=[w.shift(DAYS[0]), w.shift(DAYS[1])],
                skills=["gas_hob", {"skill": "gas", "valid_until": DAYS[0]}],
            )
        ],
        (),
        "燃气安装",
    ),
]


@pytest.mark.parametrize(("code", "order", "crews", "calendar", "said"), CASES)
async def test_a_wish_without_a_window_is_told_why_and_the_alternative(
    given, code, order, crews, calendar, said
):
    chat = await given(order, crews, calendar)
    offer = await chat.world.scheduling.offer(TALK, "O1", [TimeRange(FRIDAY.start, FRIDAY.end)])
    assert offer.reason.code == code
    (told,) = await chat.run(AskWindow(), "t1", "周五上午", "inform", wish=[plain(FRIDAY)])
    assert told["response"] in {"utter_offer_instead", "utter_offer_later", "utter_offer_last"}
    assert said in told["reason"]
    assert told["instead"] in told["windows"]


TWO_NEEDED = w.order(category="refrigerator")
TWO_NEEDED["items"][0]["weight_kg"] = 90
BEHIND = w.shift("2026-12-11")
NOTHING = [
    (w.order(address={"adcode": "310104"}), None, (), "没有服务网点"),
    (w.order(goods_expected_at="2026-12-10T10:00:00+08:00"), None, (), "最早要到12月11日"),
    (w.order(category="gas_hob"), _only(*DAYS, skills=["gas_hob"]), (), "能做燃气安装的师傅"),
    (w.order(category="tv"), None, (), "能安装电视的师傅"),
    (TWO_NEEDED, _only(*DAYS, skills=["refrigerator"], members=1), (), "需要多人上门"),
    (w.order(), [w.crew(shifts=[BEHIND])], (), "最早要到12月11日"),
    (w.order(), [w.crew(shifts=[w.shift(capacity=60), BEHIND])], (), "约满了，最早要到12月11日"),
    (
        w.order(),
        [w.crew(shifts=[w.shift(), BEHIND])],
        [{"date": DAYS[0], "kind": "blackout"}],
        "休息，不安排上门，最早要到12月11日",
    ),
    (w.order(), [w.crew(shifts=[w.shift("2026-11-24")])], (), "来不及安排"),
    (w.order(visits=[w.visit_at(status="in_progress")]), None, (), "师傅已经出发或正在服务"),
    (w.order(visits=[w.visit_at(status="completed")]), None, (), "已经完成"),
    (
        w.order(visits=[w.visit_at(where=w.window("2026-11-24"))]),
        [w.crew(shifts=[w.shift("2026-11-24"), w.shift()])],
        (),
        "离约定的上门时间太近",
    ),
]


@pytest.mark.parametrize(("order", "crews", "calendar", "said"), NOTHING)
async def test_where_there_is_no_window_at_all_the_reason_is_told_and_a_person_offered(
    given, order, crews, calendar, said
):
    chat = await given(order, crews, calendar)
    (told,) = await chat.run(Schedule(), "t1", "帮我约安装", "schedule_visit")
    assert told["response"] == "utter_refused_offer_person"
    assert said in told["reason"]
    assert chat.slots["open_offer"] == "action_request_human"
