"""Promises of the time grammar that hold for any text and any window."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given, settings
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


LEADS = ["", "改到", "麻烦约", "师傅，", "嗯那个", "能不能"]
TAILS = ["", "吧", "可以吗", "都在家", "，谢谢", "行不行"]


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(LEADS), st.sampled_from(TAILS), days_ahead, hours)
def test_words_around_a_window_change_nothing(lead, tail, day, window):
    first, last = window
    text = normalise(f"{lead}{day.month}月{day.day}号{first}点到{last}点{tail}").text
    midnight = datetime.combine(day, datetime.min.time(), ZONE)
    expected = (midnight + timedelta(hours=first), midnight + timedelta(hours=last), False)
    assert [(m.earliest, m.latest, m.rejected) for m in find_times(text, NOW)] == [expected], text


@settings(max_examples=100, deadline=None)
@given(days_ahead, days_ahead)
def test_a_refused_day_is_refused_and_the_other_wanted(no, yes):
    assume(no != yes)
    for pattern in ("{no}不行，{yes}可以", "改到{yes}，不要{no}", "不是{no}，是{yes}"):
        text = pattern.format(no=f"{no.month}月{no.day}号", yes=f"{yes.month}月{yes.day}号")
        read = {m.rejected: m.earliest.date() for m in find_times(text, NOW)}
        assert read == {True: no, False: yes}, text


@settings(max_examples=100, deadline=None)
@given(
    st.sampled_from([f"{which}{w}" for which in ("这周", "本周", "下周", "下下周") for w in "一三六日"]),
    moments,
)  # fmt: skip
def test_a_day_of_a_named_week_is_no_past_wish(phrase, now):
    (mention,) = find_times(phrase, now)
    assert mention.latest > now
    assert mention.earliest - now < timedelta(days=21)


def test_the_host_s_zone_does_not_matter():
    texts = ["明早九点", "半小时后", "周日下午3点前", "tomorrow", "2026-11-28T10:00:00", "节后"]
    code = (
        "import sys; from datetime import datetime; from bot.language.times import find_times\n"
        "now = datetime.fromisoformat('2026-11-24T23:30:00+08:00')\n"
        "print([m.value for text in sys.argv[1:] for m in find_times(text, now)])"
    )
    told = {
        subprocess.run(
            [sys.executable, "-c", code, *texts],
            env={**os.environ, "TZ": zone},
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        for zone in ("UTC", "America/Los_Angeles", "Pacific/Auckland")
    }
    assert len(told) == 1
    assert told.pop().count("from") == len(texts)
