"""Normalising, numerals, options, addresses."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.language.addresses import find_addresses
from bot.language.normalise import normalise
from bot.language.numbers import to_int
from bot.language.options import find_option, find_place, position


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("預約禮拜六下午", "预约礼拜六下午"),
        ("ＡＢ１２：３０", "AB12:30"),
        ("①", "1"),
        ("周\u200b六", "周六"),
        ("冰 箱 到 哪 了", "冰箱到哪了"),
        ("冰　箱　到　了　嗎？", "冰箱到了吗?"),
        ("6 楼 没 电 梯", "6楼没电梯"),
        ("六楼 没电梯 砖墙", "六楼 没电梯 砖墙"),
        ("好 行", "好 行"),
        ("6️⃣楼", "6楼"),
        ("", ""),
        ("plain", "plain"),
    ],
)
def test_normalise(text, clean):
    assert normalise(text).text == clean


def test_a_span_points_into_the_original():
    original = "我\u200b要㈠預約１２月"
    clean = normalise(original)
    start = clean.text.index("预约")
    assert original[slice(*clean.span(start, start + 2))] == "預約"


@given(st.text(alphabet="冰箱電６①② \u3000\u200b️⃣😀，a", max_size=40))
def test_what_stands_in_a_span_is_what_was_cleaned(text):
    clean = normalise(text)
    for i, char in enumerate(clean.text):
        assert char in normalise(text[slice(*clean.span(i, i + 1))]).text


@given(st.text(max_size=60))
def test_spans_stay_inside_and_in_order(text):
    clean = normalise(text)
    assert clean.original == text
    spans = [clean.span(i, i + 1) for i in range(len(clean.text))]
    assert all(0 <= start <= end <= len(text) for start, end in spans)
    assert spans == sorted(spans)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("0", 0), ("28", 28), ("十", 10), ("十一", 11), ("二十", 20), ("二十八", 28), ("两", 2),
        ("一百零二", 102), ("二八一一", 2811), ("三千五百", 3500), ("一万二千", 12000),
        ("廿八", 28),
        ("", None), ("几", None), ("1.5", None), ("三个", None),
    ],
)  # fmt: skip
def test_numerals(text, number):
    assert to_int(text) == number


OPTIONS = [
    ("第二个", [2]), ("第2个可以", [2]), ("选2", [2]), ("2", [2]), ("二", [2]), ("2.", [2]),
    ("(3)", [3]), ("要第三个", [3]), ("要第三个时间", [3]), ("就第一个吧", [1]), ("选3", [3]),
    ("就最早那个", [1]), ("第一个时间吧", [1]), ("最后一个", []), ("倒数第二个", []), ("上面那个", [1]), ("最早的时间", [1]), ("头一个", [1]), ("首个", [1]),
    ("我选二", [2]), ("2号那个时段", [2]), ("要一号时段", [1]), ("第一个第一个", [1]),
    ("选第一项", [1]),
    ("3可以不?就3了", [3]), ("就要那个第二的嘛", [2]), ("第二天", []), ("第一时间", []),
    ("2号", []),
    ("2楼", []), ("12月2号", []), ("周二", []), ("最早什么时候", []), ("换一个", []),
    ("不要第一个", []),
    ("第三次了", []), ("2811234567890123456", []), ("两台空调", []), ("1.5匹", []),
]  # fmt: skip


@pytest.mark.parametrize(("text", "numbers"), OPTIONS)
def test_options(text, numbers):
    assert [m.value for m in find_option(text)] == numbers


PLACES = [
    ("最后一个", 3, 3), ("就最后那个吧", 4, 4), ("最晚那个", 3, 3), ("最晚的时段", 2, 2), ("下面那个", 2, 2),
    ("后面的那个", 3, 3), ("中间那个", 3, 2), ("选中间的", 5, 3), ("正中间那个", 1, 1), ("中间那个", 2, None),
    ("倒数第二个", 4, 3), ("倒数第3个", 3, 1), ("倒数第三个", 2, None), ("要最晚的", 3, 3), ("最后那個", 3, 3),
    ("不要最后一个", 3, None), ("最后一个问题", 3, None), ("第二个", 3, None), ("最后", 3, None), ("最后一个", 0, None),
    ("中间那个还是最后那个", 3, None), ("最晚的是几点", 3, None), ("最后一次", 3, None),
]  # fmt: skip


@pytest.mark.parametrize(("text", "size", "picked"), PLACES)
def test_places(text, size, picked):
    assert position(normalise(text).text, size) == picked


ADDRESSES = [
    ("上海市徐汇区漕宝路400弄12号301室", "上海市徐汇区漕宝路400弄12号301室"),
    ("地址是杭州市余杭区文一西路588号5幢1203室", "杭州市余杭区文一西路588号5幢1203室"),
    ("改地址:北京市朝阳区望京西园三区312号楼1001", "北京市朝阳区望京西园三区312号楼1001"),
    ("应该是8栋2单元", "8栋2单元"),
    ("他们在成都市武侯区科华北路99号", "成都市武侯区科华北路99号"),
    ("改送家里:南京市鼓楼区中山北路200号6幢502", "南京市鼓楼区中山北路200号6幢502"),
    ("翻斗花园3号楼2单元501", "翻斗花园3号楼2单元501"),
    ("送到万达广场B座1203", "万达广场B座1203"),
    ("发到广东省佛山市顺德区北滘镇美的大道6号", "广东省佛山市顺德区北滘镇美的大道6号"),
    ("是阳光花园", "阳光花园"),
    ("送到徐汇区漕溪北路88号12楼", "徐汇区漕溪北路88号12楼"),
    ("3栋5楼没电梯", ""),
    ("我们小区没电梯", ""),
    ("底下是人行道", ""),
    ("线路有问题", ""),
    ("28号上午", ""),
    ("应该是26号不是25号", ""),
    ("周六送到", ""),
    ("六楼没电梯", ""),
    ("安装费多少", ""),
]


@pytest.mark.parametrize(("text", "address"), ADDRESSES)
def test_addresses(text, address):
    assert "; ".join(m.value for m in find_addresses(text)) == address


@pytest.mark.parametrize("text", ["区" * 300 + "路" * 300, "是" * 600 + "路", "花园" * 300])
def test_hostile_addresses_end_soon(text):
    assert all(mention.value in text for mention in find_addresses(text))


@given(st.text(max_size=60))
def test_nothing_raises(text):
    for find in (find_addresses, find_option, find_place):
        for mention in find(normalise(text).text):
            assert mention.start < mention.end
