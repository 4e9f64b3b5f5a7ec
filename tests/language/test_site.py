"""What a home is like, as consumers tell it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.language.floors import find_floor_and_lift
from bot.language.site import read_answer, read_site

ROWS = [
    ("六楼没电梯", {"floor": 6, "elevator": False}),
    ("6层 步梯", {"floor": 6, "elevator": False}),
    ("老小区无电梯", {"elevator": False}),
    ("有电梯", {"elevator": True}),
    ("住12楼电梯房", {"floor": 12, "elevator": True}),
    ("二十六楼，电梯房", {"floor": 26, "elevator": True}),
    ("一楼", {"floor": 1}),
    ("负一楼", {"floor": -1}),
    ("地下一层", {"floor": -1}),
    ("3楼，电梯坏了", {"floor": 3, "elevator": False}),
    ("我屋头是七楼 得爬楼梯上来哈", {"floor": 7, "elevator": False}),
    ("九楼然后电梯是有的但是要刷卡", {"floor": 9, "elevator": True}),
    ("四楼，冇𨋢", {"floor": 4, "elevator": False}),
    ("电梯很小", {"elevator": True}),
    ("共18层 我在12层", {"floor": 12}),
    ("3号楼2单元", {}),
    ("我家3栋5楼没电梯", {"floor": 5, "elevator": False}),
    ("住解放路120号6楼", {"floor": 6}),
    ("一共两层", {}),
    ("有没有电梯", {}),
    ("安装要有电梯吗", {}),
    ("外机挂外墙", {"outdoor_unit": "facade"}),
    ("只能挂在外墙上，没有空调机位", {"outdoor_unit": "facade"}),
    ("外机不能挂外墙", {}),
    ("有空调机位", {"outdoor_unit": "platform"}),
    ("没有机位", {}),
    ("外机放楼顶", {"outdoor_unit": "roof"}),
    ("外机放阳台", {"outdoor_unit": "balcony"}),
    ("实心砖墙", {"wall": "brick"}),
    ("是混凝土墙", {"wall": "concrete"}),
    ("墙是石膏板的", {"wall": "plasterboard"}),
    ("轻体砖的墙", {"wall": "light"}),
    ("不是石膏板，是砖墙", {"wall": "brick"}),
    ("用的天然气", {"gas_kind": "natural"}),
    ("用液化气罐", {"gas_kind": "lpg"}),
    ("没有天然气，用的液化气", {"gas_kind": "lpg"}),
    ("燃气还没通", {"gas_open": False}),
    ("天然气已经开通了", {"gas_kind": "natural", "gas_open": True}),
    ("天然气热水器多少钱", {}),
    ("没有插座", {"socket": False}),
    ("只有一个插排", {"socket": False}),
    ("有三孔插座", {"socket": True}),
    ("有没有插座", {}),
    ("铜管要五米", {"pipe_metres": 5}),
    ("铜管大概3.5米", {"pipe_metres": 3.5}),
    ("管线三米半", {"pipe_metres": 3.5}),
    ("铜管一米多少钱", {}),
    ("旧空调还在墙上", {"old_appliance": True}),
    ("有个旧的热水器没拆", {"old_appliance": True}),
    ("旧的已经拆了", {"old_appliance": False}),
    ("门宽80公分", {"door_width_cm": 80}),
    ("入户门0.9米", {"door_width_cm": 90}),
    ("空调孔打好了", {"hole": True}),
    ("没打过孔", {"hole": False}),
    ("要打孔吗", {}),
    (
        "我家6楼,没有电梯,实心砖墙,外机挂外墙上,铜管大概要5米,旧的还没拆",
        {
            "floor": 6, "elevator": False, "wall": "brick", "outdoor_unit": "facade",
            "pipe_metres": 5, "old_appliance": True,
        },
    ),
    ("周六上午", {}),
]  # fmt: skip
ANSWERS = [
    ("floor", "六", {"floor": 6}),
    ("floor", "12", {"floor": 12}),
    ("elevator", "有", {"elevator": True}),
    ("elevator", "没有", {"elevator": False}),
    ("socket", "有的", {"socket": True}),
    ("gas_open", "还没呢", {"gas_open": False}),
    ("outdoor_unit", "外墙", {"outdoor_unit": "facade"}),
    ("outdoor_unit", "阳台吧", {"outdoor_unit": "balcony"}),
    ("wall", "砖的", {"wall": "brick"}),
    ("pipe_metres", "大概4米吧", {"pipe_metres": 4}),
    ("door_width_cm", "85", {"door_width_cm": 85}),
    ("hole", "不清楚", {}),
    ("hole", "不是六楼，是五楼", {"floor": 5}),
    ("socket", "不知道要不要", {}),
    ("floor", "没电梯", {"elevator": False}),
    ("elevator", "我家五楼", {"floor": 5}),
]


@pytest.mark.parametrize(("text", "facts"), ROWS)
def test_facts(text, facts):
    assert read_site(text) == facts


@pytest.mark.parametrize(("fact", "text", "facts"), ANSWERS)
def test_answers(fact, text, facts):
    assert read_answer(text, fact) == facts


def test_spans():
    text = "我家住6楼没有电梯"
    assert [(m.entity, m.value, text[m.start : m.end]) for m in find_floor_and_lift(text)] == [
        ("floor", 6, "6楼"),
        ("elevator", False, "没有电梯"),
    ]


@given(st.text(max_size=50))
def test_never_raises(text):
    read_site(text)
    read_answer(text, "floor")
