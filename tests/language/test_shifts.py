"""By how much an appointment is to move, phrase by phrase."""

from datetime import timedelta

import pytest

from bot.language.normalise import normalise
from bot.language.shifts import find_shift

DAYS = [
    ("推迟两天", 2), ("往后挪两天吧", 2), ("能不能延后一周", 7), ("顺延三天", 3), ("晚一天来", 1),
    ("晚两天", 2), ("再拖一个星期", 7), ("往后推半个月", 15), ("推一天", 1), ("缓两天再装", 2),
    ("提前一天可以吗", -1), ("早两天行不行", -2), ("往前挪一天", -1), ("提早一个礼拜", -7),
    ("往後推遲兩天", 2), ("推迟2天", 2), ("延十天", 10),
]  # fmt: skip
NONE = [
    "推迟到周六", "改到后天", "往后推推", "推迟几天", "提前一天打电话给我", "请提前两天通知", "晚上八点",
    "早上九点", "明天早点来", "晚了三天了", "都晚两天了", "今晚一小时后", "后天", "两天后", "推迟两天还是三天提前一天",
    "最早两天",
]  # fmt: skip


@pytest.mark.parametrize(("text", "days"), DAYS)
def test_days(text, days):
    assert find_shift(normalise(text).text) == timedelta(days=days)


def test_hours():
    assert find_shift("晚一个小时") == timedelta(hours=1)
    assert find_shift("提前两小时来") == timedelta(hours=-2)


@pytest.mark.parametrize("text", NONE)
def test_no_shift(text):
    assert find_shift(normalise(text).text) is None
