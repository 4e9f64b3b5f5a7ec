"""How people write days and hours from now on: 大后天, 三天后, 两天内, 这几天."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from bot.language.numbers import EDGE, SMALL, to_int
from bot.language.times import days
from bot.language.times.atoms import Atom, Context, Instant, Meaning, Rule, rule
from bot.language.times.days import Days, one_day
from bot.language.times.past import is_past

_WORDS = {
    -3: ("大前天",),
    -2: ("前天", "前日", "前儿个", "前儿"),
    -1: ("昨天", "昨日", "昨儿个", "昨儿", "寻日", "琴日", "昨"),
    0: ("今天", "今日", "今儿个", "今儿", "今朝", "今"),
    1: ("明天", "明日", "明儿个", "明儿", "明朝", "听日", "明", "听"),
    2: ("后天", "后日", "后儿个", "后儿", "后"),
    3: ("大后天", "大后日", "大后儿", "外后天"),
    4: ("大大后天",),
}
_DAYS = {word: offset for offset, words in _WORDS.items() for word in words}
_LONG = "|".join(sorted((w for w in _DAYS if len(w) > 1), key=len, reverse=True))
_HOURS = {"小时", "钟头"}
_N = rf"(?P<n>{SMALL}|半)"
_NOT_COUNTING = r"(?<![\d了等超不第零〇一二两三四五六七八九十百.])"
_JUST_TOLD = re.compile(r"(?:[周期拜][一二三四五六日天]|\d[号日]|周末)$")
_FEW = 3  # 这几天


def _relative(match: re.Match[str], context: Context) -> Meaning | None:
    return one_day(context.today + timedelta(days=_DAYS[match.group()]))


def _next_day(match: re.Match[str], context: Context) -> Meaning | None:
    """Read 28号到货，次日装; without a day before it 次日 is tomorrow, 第二天 says nothing."""
    if context.anchor:
        return one_day(context.anchor + days.ONE)
    return None if match.group() == "第二天" else one_day(context.today + days.ONE)


def _day_before(_: re.Match[str], context: Context) -> Meaning | None:
    """Read 15号搬家，前一天装好."""
    if context.anchor is None or context.anchor <= context.today:
        return None
    return one_day(context.anchor - days.ONE)


def _two_days(match: re.Match[str], context: Context) -> Meaning | None:
    first = context.today + timedelta(days=1 if match.group().startswith("明") else 0)
    return Days(first, first + timedelta(days=2))


def _these_days(match: re.Match[str], context: Context) -> Meaning | list[Atom] | None:
    if _JUST_TOLD.search(context.text[: match.start()]):
        return []  # 周四周五这两天
    count = _FEW if match["n"] == "几" else to_int(match["n"]) or 0
    return Days(context.today, context.today + timedelta(days=count)) if count else None


def _offset(match: re.Match[str], context: Context) -> Meaning | None:
    half = bool(match["h"]) or match["n"] == "半"
    unit, count = match["u"], 0 if match["n"] == "半" else to_int(match["n"]) or 0
    if unit in _HOURS or unit == "分钟":
        return Instant(_this_minute(context) + _hours(unit, count, half=half))
    if unit == "月":
        day = days.add_months(context.today, count)
        return one_day(day + timedelta(days=15 if half else 0))
    if half:
        return None
    return one_day(context.today + timedelta(days=count * (1 if unit == "天" else 7)))


def _within(match: re.Match[str], context: Context) -> Meaning | None:
    if is_past(context.text, match.start(), match.end()):
        return None
    half, unit = match["n"] == "半", match["u"]
    count = 0 if half else to_int(match["n"]) or 0
    if unit in _HOURS:
        length = _hours(unit, count, half=half)
        return Instant(_this_minute(context), length) if length else None
    last = days.add_months(context.today, count) if unit == "月" else context.today
    last += timedelta(days={"天": 1, "日": 1, "月": 0}.get(unit, 7) * count)
    last += timedelta(days=15 if half and unit == "月" else 0)
    return Days(context.today, last + days.ONE)


def _this_minute(context: Context) -> datetime:
    return context.now.replace(second=0, microsecond=0)


def _hours(unit: str, count: int, *, half: bool) -> timedelta:
    return timedelta(minutes=count * (1 if unit == "分钟" else 60) + (30 if half else 0))


RELATIVE_RULES: tuple[Rule, ...] = (
    rule(
        rf"(?<![之最今啥])(?<!(?<!所)以)(?:{_LONG})(?![气赋]|天|才(?![能有行可回到会在来送装去得休开]))",
        _relative,
    ),
    rule(r"[今明昨听](?=[早晚夜朝](?!点(?!钟)|些))|(?<![以之最今前])后(?=晚(?!点|些))", _relative),
    rule(r"(?:次日|翌日)(?!达)|隔[天日](?!就)|第二天(?!就|早就|一早就)", _next_day),
    rule(r"(?<!提)(?:前|头)一天(?!晚)", _day_before),
    rule(r"明后两?天|今明两?天|今天?明天?两天", _two_days),
    rule(
        r"(?:(?<!等)这|最近|未来|接下来)(?P<n>[两几三四五六七2-7])天"
        r"(?!一直|以来|都没|没有?人|打|老是|总|里?了)",
        _these_days,
    ),
    rule(
        rf"{_NOT_COUNTING}(?:再?过)?{_N}个?(?P<h>半)?(?P<u>天|周|星期|礼拜|(?<=个)月|小时|钟头|分钟)"
        r"(?:之后|以后|过后|后)(?![天面来台续])",
        _offset,
        needs="后过",
    ),
    rule(
        r"(?<![超不经])再?过个?(?P<n>[1-9]|[一二两三四五六七八九十])个?(?P<h>)"
        r"(?P<u>天|周|星期|礼拜)(?![了前里一二三四五六日天末])",
        _offset,
        needs="后过",
    ),
    rule(
        rf"{EDGE}{_N}个?(?P<u>天|日|周|星期|礼拜|(?<=个)月|小时|钟头)(?:之内|以内|内)"
        r"(?!无|包|可?退|能退|可以退|质保|保修|坏)",
        _within,
        needs="内",
    ),
)
