"""Cards repeat what is said, in shapes that pages can draw."""

from datetime import datetime

from actions import cards
from bot.scheduling import Crew, Item, Order, TrackingStep, Visit, Window


def at(hour, day=22):
    return datetime.fromisoformat(f"2026-11-{day}T{hour:02}:00:00+08:00")


WINDOW = Window(at(9), at(12))
VISIT = Visit("V1", "installation", "scheduled", WINDOW, Crew("C01", "王师傅组", "138"), 90, 0)


def order(*visits, steps=6):
    return Order(
        order_no="2811234567890123456",
        merchant="海尔官方旗舰店",
        consumer_id="tb_1001",
        consumer_name="李女士",
        phone="13912345678",
        adcode="310115",
        address_text="上海市浦东新区锦绣路1000弄3号602室",
        floor=6,
        elevator=True,
        items=(Item("KFR", "海尔1.5匹挂机空调", "海尔", "split_ac", 1),),
        tracking=tuple(TrackingStep(at(n, 19), "step", f"第{n}步", None) for n in range(steps)),
        visits=visits,
    )


def test_windows_stand_in_the_order_of_the_buttons():
    later = Window(at(12), at(15))
    assert cards.windows([later, WINDOW])["windows"] == [
        {"start": "2026-11-22T12:00:00+08:00", "end": "2026-11-22T15:00:00+08:00"},
        {"start": "2026-11-22T09:00:00+08:00", "end": "2026-11-22T12:00:00+08:00"},
    ]


def test_a_confirmation_says_what_a_yes_will_do():
    card = cards.confirm(order(VISIT), Window(at(12), at(15)))
    assert (card["goods"], card["kind"]) == ("海尔1.5匹挂机空调", "安装")
    assert (card["start"], card["address"][-4:]) == ("2026-11-22T12:00:00+08:00", "602室")


def test_progress_begins_with_the_newest_step_and_tells_no_phone():
    card = cards.progress(order(VISIT), VISIT)
    assert [step["text"] for step in card["steps"]] == ["第5步", "第4步", "第3步", "第2步"]
    assert card["visit"]["status"] == "scheduled"
    assert card["order_tail"] == "3456"
    assert "139" not in str(card)
    assert cards.progress(order(steps=0), None)["visit"] is None
