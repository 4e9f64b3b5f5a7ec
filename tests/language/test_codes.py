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
