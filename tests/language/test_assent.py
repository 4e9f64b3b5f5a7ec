"""A yes that something may be booked on, and all that only looks like one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.language.assent import (
    doubts,
    half_refuses,
    is_plain_yes,
    keeps_booking,
    puts_off,
    sign_of,
)

SIGNS = [
    ("👌", "yes"), ("👍🏻", "yes"), ("🆗", "yes"), ("✅", "yes"), ("✔️", "yes"), ("👍👍。", "yes"),
    ("🙆‍♀️", "yes"), ("👎", "no"), ("❌", "no"), ("🙅", "no"), ("🙅🏻‍♂️", "no"), ("🙏", "thanks"),
    ("👋", "hello"), ("👍👎", "nothing"), ("。", "nothing"), ("！！！", "nothing"), ("？", "nothing"),
    ("…", "nothing"), ("~", "nothing"), ("🙂", "nothing"), ("😭😭", "nothing"), ("^_^", "nothing"),
    ("——", "nothing"), ("好的👌", None), ("1", None), ("①", None), ("ok", None), ("", None),
    ("  ", None), ("對", None),
]  # fmt: skip


@pytest.mark.parametrize(("text", "sign"), SIGNS)
def test_signs(text, sign):
    assert sign_of(text) == sign


PLAIN = """
好 好的 好的吧 行吧 行 可以 可以的 可以呀 嗯 嗯嗯 对 对的 是的 没问题 没得问题 没有问题 没啥意见 没毛病 没错 不错 确认 确定
就这样吧 好滴 中 成 要得 ok OK的 必须的 再好不过 应该的 但愿如此,好 對的 确认修改 👌 /affirm 好，那天我等着 行，师傅直接来
不见不散 冇問題 好呀谢谢 嗯行 同意
""".split()  # noqa: SIM905 - a table
HEDGED = """
好像可以 应该可以 应该行吧,我再想想 可能行 大概可以 差不多吧 也许吧 不一定行 我不确定 不太确定 好的，等等 好，等一下 行，稍等
可以是可以，但是太早了 可以，不过要看我老公 可以，只是有点晚 行是行，就是有点早 好的？ 行吗 可以么 好吗？ 没问题吗 行不行 可以不
不对 不是的 不可以 别 别确认 没确定 可以再考虑一下 好，我再看看 行吧，要不还是算了 如果师傅早点来就行 先不 嗯，先别 说不准 好吧我想想
確定嗎 好的，等会儿再说 要是下雨就不行
""".split()  # noqa: SIM905 - a table


@pytest.mark.parametrize("text", PLAIN)
def test_a_plain_yes(text):
    assert is_plain_yes(text)


@pytest.mark.parametrize("text", HEDGED)
def test_no_plain_yes(text):
    assert not is_plain_yes(text)


@pytest.mark.parametrize(
    "text",
    [
        "等一下", "等等", "稍等", "我再想想", "我考虑考虑", "让我想一下", "再看看吧", "问下我老婆", "我问问家里人",
        "跟我老公商量一下再说", "还没想好", "先别急", "嗯，我想想", "慢着",
    ],
)  # fmt: skip
def test_putting_off(text):
    assert puts_off(text)


@pytest.mark.parametrize(
    "text",
    [
        "好的",
        "等了一天了",
        "等一下午了",
        "我想改时间",
        "看看物流",
        "",
        "问一下到哪了",
        "再等就退货",
    ],
)
def test_not_putting_off(text):
    assert not puts_off(text)


@pytest.mark.parametrize(
    ("text", "half"),
    [
        ("不是不行", True),
        ("也不是说不可以", True),
        ("不是不想", True),
        ("不行", False),
        ("不是", False),
    ],
)
def test_half_a_no(text, half):
    assert half_refuses(text) is half


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("别取消", True), ("不要取消", True), ("先不取消了", True), ("我没说要取消", True), ("不是要取消", True),
        ("别给我取消啊", True), ("不用取消", True), ("我不想取消了", True), ("没有要取消的意思", True),
        ("取消", False), ("取消吧", False), ("要不取消吧", False), ("不要了，取消", False),
        ("不是不取消", False), ("能不能取消", False), ("想不想取消", False), ("怎么还没取消", False),
        ("不来了就取消", False), ("没取消掉", False),
    ],
)  # fmt: skip
def test_the_opposite_of_cancelling(text, kept):
    assert keeps_booking(text) is kept


@given(st.text(max_size=40))
def test_every_text_has_an_answer(text):
    for ask in (is_plain_yes, puts_off, half_refuses, keeps_booking, doubts):
        assert ask(text) in (True, False)
    assert (sign_of(text) is None) == (not text.strip() or any(c.isalnum() for c in text))
