"""Words typed by their sound are read as what they sound like, and nothing else is touched."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.language.homophones import repaired
from bot.language.normalise import normalise


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("安庄师付什么时候来", "安装师傅什么时候来"),
        ("我要预月安装", "我要预约安装"),
        ("明填下五来行吗", "明天下午来行吗"),
        ("发漂怎么开", "发票怎么开"),
        ("帮我曲消", "帮我取消"),
        ("电题坏了", "电梯坏了"),
        ("新其六上午", "星期六上午"),
        ("漏店了", "漏电了"),
        ("燃汽灶装好没", "燃气灶装好没"),
        ("退宽什么时候到", "退款什么时候到"),
        ("转人公", "转人工"),
        ("蟹蟹", "谢谢"),
    ],
)
def test_a_word_typed_by_its_sound(typed, meant):
    assert repaired(typed) == meant


@pytest.mark.parametrize(
    "text",
    [
        "一天能不能装完三台空调",
        "家里白天都有人",
        "西门子洗碗机底板弯了放不平",
        "这样好吗",
        "屋里没得电梯",
        "家里有点事要出门",
        "快啲啦唔该",
        "报修电话多少",
        "一下午都在家",
        "后天上班后再说",
        "水管爆了淹到客厅",
        "燃气早通了",
        "订单好像不对",
        "hello 123",
        "",
    ],
)
def test_what_is_right_stays(text):
    assert repaired(text) == text


@given(st.text(alphabet="安装庄师傅付预约月明天填a1，。 \u200b😀", max_size=30))
def test_spans_survive(text):
    assert len(repaired(text)) == len(text)
    plain = normalise(text)
    assert all(0 <= plain.span(i, i + 1)[1] <= len(text) for i in range(len(plain.text)))


def test_what_was_sent_is_kept():
    assert normalise("安庄師付").original == "安庄師付"
    assert normalise("安庄師付").text == "安装师傅"
