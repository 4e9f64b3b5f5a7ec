"""Order numbers, phones and their tails."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.language.codes import find_codes
from bot.language.normalise import normalise

ROWS = [
    ("2811234567890123456", "order_no 2811234567890123456"),
    ("订单号是 2811 1122 3344 5566 778", "order_no 2811112233445566778"),
    ("2811-2345-6789-0123-456", "order_no 2811234567890123456"),
    ("查下２８１１２３４５６７８９０１２３４５６", "order_no 2811234567890123456"),
    ("单号 6903321187765 帮我看看", "order_no 6903321187765"),
    ("订单12345678", "order_no 12345678"),
    ("12345678", "order_no 12345678"),
    ("13912345678", "phone 13912345678"),
    ("139-1234-5678", "phone 13912345678"),
    ("139 1234 5678", "phone 13912345678"),
    ("+86 13912345678", "phone 13912345678"),
    ("8613912345678", "phone 13912345678"),
    ("一三九一二三四五六七八", "phone 13912345678"),
    ("下单用的18512345670", "phone 18512345670"),
    ("打18622001100找我闺女", "phone 18622001100"),
    ("尾号5678", "phone_tail 5678"),
    ("后四位是0921", "phone_tail 0921"),
    ("手机末四位8890,查查我的单子", "phone_tail 8890"),
    ("手机号末尾是四个八", "phone_tail 8888"),
    ("手机尾号五六二一", "phone_tail 5621"),
    ("尾数系3390", "phone_tail 3390"),
    ("139****5678", "phone_tail 5678"),
    ("6678", "phone_tail 6678"),
    ("5678吧", "phone_tail 5678"),
    ("2811456123789456123，尾号2209", "order_no 2811456123789456123; phone_tail 2209"),
    ("2811456123789456123 2209", "order_no 2811456123789456123; phone_tail 2209"),
    ("2811456123789456123，2209", "order_no 2811456123789456123; phone_tail 2209"),
    ("13912345678 2811456123789456123", "phone 13912345678; order_no 2811456123789456123"),
    ("订单2811456123789456123改约12月2号", "order_no 2811456123789456123"),
    ("2026-11-28", ""),
    ("2026-11-28 10:00", ""),
    ("1.5匹", ""),
    ("打孔费200元", ""),
    ("75寸", ""),
    ("KFR-35GW2811", ""),
    ("周六上午", ""),
    ("602室", ""),
    ("第2个", ""),
    ("一三九 一二三四 五六七八", "phone 13912345678"),
    ("幺三九、一二三四、五六七八", "phone 13912345678"),
    ("电话一三九，零零零零，五六七八", "phone 13900005678"),
    ("一八六两两零零一一零零", "phone 18622001100"),
    ("139、1234、5678", "phone 13912345678"),
    ("139.1234.5678", "phone 13912345678"),
    ("（139）12345678", "phone 13912345678"),
    ("139-12345678", "phone 13912345678"),
    ("1 3 9 1 2 3 4 5 6 7 8", "phone 13912345678"),
    ("0086-139 1234 5678", "phone 13912345678"),
    ("139１２３４５６７８", "phone 13912345678"),
    ("电话:13912345678.", "phone 13912345678"),
    ("手机13912345678，打这个", "phone 13912345678"),
    ("2,811,234,567,890,123,456", "order_no 2811234567890123456"),
    ("2811,2345,6789,0123,456", "order_no 2811234567890123456"),
    ("2811，2345，6789，0123，456", "order_no 2811234567890123456"),
    ("2811 1234 5678 9012 345", "order_no 2811123456789012345"),
    ("订单号：２８１１-１２３４-５６７８-９０１２-３４５", "order_no 2811123456789012345"),
    ("2811_1234_5678_9012_345", "order_no 2811123456789012345"),
    ("2811.1234.5678.9012.345", "order_no 2811123456789012345"),
    ("No.2811123456789012345", "order_no 2811123456789012345"),
    ("订单号二八一一一二三四五六七八九零一二三四五", "order_no 2811123456789012345"),
    ("订单二八一一 一二三四 五六七八 九零一二 三四五", "order_no 2811123456789012345"),
    ("订单号#2811123456789012345#", "order_no 2811123456789012345"),
    ("JD2811123456789012345", ""),
    ("编号2811123456789012345的", "order_no 2811123456789012345"),
    ("王先生 1377", "phone_tail 1377"),
    ("李女士，4456", "phone_tail 4456"),
    ("张伟 0912", "phone_tail 0912"),
    ("我姓王 尾号1377", "phone_tail 1377"),
    ("尾号是 1 3 7 7", "phone_tail 1377"),
    ("尾号一三七七", "phone_tail 1377"),
    ("后四位 1377", "phone_tail 1377"),
    ("手机后4位:1377", "phone_tail 1377"),
    ("手机号最后四位是1377", "phone_tail 1377"),
    ("末四位一三七七", "phone_tail 1377"),
    ("电话尾数1377", "phone_tail 1377"),
    ("1377尾号", "phone_tail 1377"),
    ("1377是我手机后四位", "phone_tail 1377"),
    ("尾号1377的手机", "phone_tail 1377"),
    ("尾号:1377", "phone_tail 1377"),
    ("尾號1377", "phone_tail 1377"),
    ("手机尾巴1377", "phone_tail 1377"),
    ("后四位幺三七七", "phone_tail 1377"),
    ("尾号四个六", "phone_tail 6666"),
    ("尾号零零零八", "phone_tail 0008"),
    ("尾号13-77", "phone_tail 1377"),
    ("电话后面是1377", "phone_tail 1377"),
    ("手机尾号 １３７７", "phone_tail 1377"),
    ("139xxxx1377", "phone_tail 1377"),
    ("139****1377", "phone_tail 1377"),
    ("***1377", "phone_tail 1377"),
    ("****1377", "phone_tail 1377"),
    ("139 **** 1377", "phone_tail 1377"),
    ("手机1377", "phone_tail 1377"),
    ("后四个数1377", "phone_tail 1377"),
    ("末尾四位1377", "phone_tail 1377"),
    ("收货人手机后四位：1377", "phone_tail 1377"),
    ("尾号应该是1377吧", "phone_tail 1377"),
    ("尾号不是1377是1378", "phone_tail 1378"),
    ("我的是1377", "phone_tail 1377"),
    ("3000块", ""),
    ("2026年", ""),
    ("花了3499", ""),
    ("1800瓦", ""),
    ("门牌号1203", ""),
    ("型号3500", ""),
    ("2027元", ""),
    ("2026", "phone_tail 2026"),
    ("我在2026年买的", ""),
    ("价格2999", ""),
    ("1203室", ""),
    ("大概 1500 左右", ""),
    ("冰箱 1800 宽", ""),
    ("尺寸1800", ""),
    ("订单尾号1000", "phone_tail 1000"),
    ("13912345678尾号", "phone 13912345678"),
    ("400-820-8820", ""),
    ("4008208820", ""),
    ("021-61234567", ""),
    ("9点到12点", ""),
    ("11月28日 14:00", ""),
    ("20261128", ""),
    ("2026/11/28", ""),
    ("10-12点", ""),
    (
        "2811123456789012345和2811123456789012346",
        "order_no 2811123456789012345; order_no 2811123456789012346",
    ),
    (
        "2811123456789012345、2811123456789012346",
        "order_no 2811123456789012345; order_no 2811123456789012346",
    ),
    ("电话13912345678或13812345678", "phone 13912345678; phone 13812345678"),
    ("13912345678/13812345678", "phone 13912345678; phone 13812345678"),
    ("改成13912345678，不要13812345678", "phone 13912345678; phone 13812345678"),
]


@pytest.mark.parametrize(("text", "expected"), ROWS)
def test_codes(text, expected):
    found = find_codes(normalise(text).text)
    assert "; ".join(f"{m.entity} {m.value}" for m in found) == expected


def test_span_covers_the_run_as_written():
    text = "订单号是 2811 1122 3344 5566 778 谢谢"
    (mention,) = find_codes(text)
    assert text[mention.start : mention.end] == "2811 1122 3344 5566 778"


@given(st.text(alphabet="0123456789 -+*一二尾号后四位:订单", max_size=40))
def test_values_are_digits_of_their_span(text):
    for mention in find_codes(text):
        assert mention.value.isdigit()
        assert 0 <= mention.start < mention.end <= len(text)


@given(st.integers(10**17, 10**19 - 1).map(str), st.lists(st.integers(1, 18), max_size=4))
def test_an_order_number_is_read_however_it_is_grouped(digits, cuts):
    for cut in sorted(set(cuts), reverse=True):
        digits = digits[:cut] + " " + digits[cut:]
    values = [m.value for m in find_codes("订单号" + digits) if m.entity == "order_no"]
    groups = digits.split(" ")
    if all(len(group) < 10 for group in groups):
        assert values == [digits.replace(" ", "")]


@given(
    st.integers(13 * 10**9, 2 * 10**10 - 1).map(str),
    st.sampled_from([" ", "-", ".", "、", ",", ""]),
)
def test_a_phone_is_read_however_it_is_written(digits, separator):
    groups = (digits[:3], digits[3:7], digits[7:])
    spoken = [
        group.translate(str.maketrans("0123456789", "零一二三四五六七八九")) for group in groups
    ]
    for text in (separator.join(groups), separator.join(spoken)):
        (mention,) = find_codes(normalise("电话是" + text).text)
        assert (mention.entity, mention.value, mention.start) == ("phone", digits, 3)
