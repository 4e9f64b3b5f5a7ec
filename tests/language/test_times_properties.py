"""Promises of the time grammar that hold for any text and any window."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.language.normalise import normalise
from bot.language.times import find_times

ZONE = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 11, 24, 10, tzinfo=ZONE)
DIGITS = "零一二三四五六七八九"
PIECES = [
    *"0123456789一二两三四五六七八九十半刻点时分天日号月年周上下这本后前到至-~:/.，。、 的不要别行",
    "星期", "礼拜", "今天", "明天", "后天", "大后天", "昨天", "上午", "下午", "晚上", "中午",
    "周末",
    "月底", "以后", "之前", "之间", "个月", "小时", "元旦", "春节", "年前", "今晚", "2026", "最晚",
]  # fmt: skip

# Hypothesis wants naive bounds and adds the zone.
FIRST, LAST = datetime(2024, 1, 1), datetime(2036, 12, 31)  # noqa: DTZ001
moments = st.datetimes(FIRST, LAST, timezones=st.just(ZONE))
any_text = st.one_of(
    st.text(max_size=60), st.lists(st.sampled_from(PIECES), max_size=14).map("".join)
)


@settings(max_examples=400, deadline=None)
@given(any_text, moments)
def test_never_raises_and_always_makes_sense(text, now):
    text = normalise(text).text
    end = 0
    for mention in find_times(text, now):
        assert end <= mention.start < mention.end <= len(text)
        end = mention.end
        assert mention.earliest or mention.latest
        if mention.earliest and mention.latest:
            assert mention.earliest < mention.latest
        for instant in filter(None, (mention.earliest, mention.latest)):
            assert instant.utcoffset() == now.utcoffset()


def numeral(number):
    tens, ones = divmod(number, 10)
    head = "" if tens == 0 else "十" if tens == 1 else DIGITS[tens] + "十"
    return head + (DIGITS[ones] if ones or not tens else "")


def weekday_of(day):
    weeks = (day - timedelta(days=day.weekday()) - (NOW.date() - timedelta(days=1))).days // 7
    return ("这", "下", "下下")[weeks] + "周" + "一二三四五六日"[day.weekday()]


DATE_WRITERS = {
    "iso": lambda d: f"{d.isoformat()} ",
    "slashes": lambda d: f"{d.year}/{d.month}/{d.day} ",
    "chinese year": lambda d: f"{d.year}年{d.month}月{d.day}日",
    "month and day": lambda d: f"{d.month}月{d.day}号",
    "numerals": lambda d: f"{numeral(d.month)}月{numeral(d.day)}号",
    "slash": lambda d: f"{d.month}/{d.day} ",
    "dot": lambda d: f"约{d.month}.{d.day}号",
    "day": lambda d: f"{d.day}号",
    "day in numerals": lambda d: f"{numeral(d.day)}号",
    "weekday": weekday_of,
    "both": lambda d: f"{d.month}月{d.day}号（周{'一二三四五六日'[d.weekday()]}）",
}
WINDOW_WRITERS = {
    "clock": lambda a, b: f"{a}点到{b}点",
    "dash": lambda a, b: f"{a}-{b}点",
    "colon": lambda a, b: f"{a:02}:00-{b:02}:00",
    "colon, tilde": lambda a, b: f" {a}:00~{b}:00",
    "parts": lambda a, b: f"{_part(a)}到{_part(b)}",
    "numerals": lambda a, b: f"{numeral(a)}点到{numeral(b)}点",
    "bounds": lambda a, b: f"{a}点以后{b}点之前",
}


def _part(hour):
    if hour < 12:
        return f"上午{hour}点"
    return f"下午{hour - 12 or 12}点" if hour < 18 else f"晚上{hour - 12}点"


days_ahead = st.integers(1, 14).map(lambda n: NOW.date() + timedelta(days=n))
hours = st.sampled_from([(9, 12), (12, 15), (15, 18), (18, 21), (10, 11), (13, 17)])


@pytest.mark.parametrize("write_date", DATE_WRITERS.values(), ids=DATE_WRITERS)
@pytest.mark.parametrize("write_window", WINDOW_WRITERS.values(), ids=WINDOW_WRITERS)
@settings(max_examples=15, deadline=None)
@given(day=days_ahead, window=hours)
def test_a_window_is_read_back(write_date, write_window, day: date, window):
    text = normalise(write_date(day) + write_window(*window)).text
    midnight = datetime.combine(day, datetime.min.time(), ZONE)
    expected = tuple(midnight + timedelta(hours=hour) for hour in window)
    assert [(m.earliest, m.latest) for m in find_times(text, NOW)] == [expected], text


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from([f"周{w}" for w in "一二三四五六日"] + [f"{n}号" for n in range(1, 29)]),
    moments,
)
def test_what_is_ambiguous_is_never_past(phrase, now):
    (mention,) = find_times(phrase, now)
    assert mention.latest > now
    assert mention.earliest - now < timedelta(days=32)


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from(["上午", "中午", "下午", "傍晚", "晚上", "3点", "9点半", "晚上八点"]), moments
)
def test_a_bare_hour_is_never_past(phrase, now):
    (mention,) = find_times(phrase, now)
    assert now < mention.latest < now + timedelta(days=2)


@pytest.mark.parametrize("text", ["1点" * 400, "周六" * 500, "11-28到" * 300, "不要周六，" * 200])
def test_long_texts_end(text):
    assert len(find_times(text, NOW)) <= len(text)
