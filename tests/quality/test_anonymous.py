"""Personal data gives way to stand-ins, and nothing else does."""

import pytest

from bot.anonymous import anonymous


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("我的电话13912345678换成13711112222", "我的电话13800001234换成13800001234"),
        ("订单2811998877665544332到哪了", "订单2811234567890123456到哪了"),
        ("尾号9931的", "尾号5678的"),
        ("我叫张小凡 什么时候装", "我叫李梅 什么时候装"),
        ("欧女士，麻烦快点", "李女士，麻烦快点"),
        ("送到浦东新区金科路300弄8号1201室", "送到锦绣路1000弄3号602室"),
        ("身份证31010119900101123X", "身份证abc123"),
        ("发到abc.def@mail.com", "发到abc123"),
        ("卡号6222 0210 0111 6622", "卡号2811234567890123456"),
    ],
)
def test_it_is_replaced(said, kept):
    assert anonymous(said).text == kept


@pytest.mark.parametrize(
    "said",
    [
        "海尔1.5匹空调装六楼有电梯吗",
        "11月21日上午9点到12点",
        "安装师傅叫什么名字",
        "怎么约时间",
        "2台KFR-35GW空调",
    ],
)
def test_the_rest_stays(said):
    assert anonymous(said).text == said


def test_spans_follow_their_words():
    said = "13912345678说空调到了"
    plain = anonymous(said)
    start = said.index("空调")
    begin, end = plain.span(start, start + 2)
    assert plain.text[begin:end] == "空调"
    assert plain.text[slice(*plain.span(0, 11))] == "13800001234"


def test_it_is_the_same_again():
    once = anonymous("王先生13912345678").text
    assert anonymous(once).text == once
