"""Feasts, public holidays and working days: pure functions over dates, no text.

Public holidays and the working days that make up for them come from `chinese_calendar`, which
knows the years that have been announced. For the others a holiday has its usual length and
every Monday to Friday outside of one is a working day.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, timedelta

import chinese_calendar
from borax.calendars.lunardate import LunarDate, TermUtils

from bot.language.times.days import ONE, Days

_YEARS_AHEAD = 2


def _fixed(month: int, day: int) -> Callable[[int], date]:
    return lambda year: date(year, month, day)


def _lunar(month: int, day: int) -> Callable[[int], date]:
    return lambda year: LunarDate(year, month, day).to_solar_date()


def _term(name: str) -> Callable[[int], date]:
    return lambda year: TermUtils.day_start_from_term(year, name)


# By name: when it is in a given (solar or lunar) year.
FEASTS: dict[str, Callable[[int], date]] = {
    "元旦": _fixed(1, 1), "情人节": _fixed(2, 14), "妇女节": _fixed(3, 8), "三八节": _fixed(3, 8),
    "五一": _fixed(5, 1), "劳动节": _fixed(5, 1), "六一": _fixed(6, 1), "儿童节": _fixed(6, 1),
    "618": _fixed(6, 18), "国庆": _fixed(10, 1), "十一": _fixed(10, 1), "双十一": _fixed(11, 11),
    "双11": _fixed(11, 11), "双十二": _fixed(12, 12), "双12": _fixed(12, 12),
    "平安夜": _fixed(12, 24), "圣诞": _fixed(12, 25),
    "春节": _lunar(1, 1), "过年": _lunar(1, 1), "年": _lunar(1, 1),
    "除夕": lambda year: _lunar(1, 1)(year) - ONE,
    "大年三十": lambda year: _lunar(1, 1)(year) - ONE,
    "年三十": lambda year: _lunar(1, 1)(year) - ONE,
    "元宵": _lunar(1, 15), "端午": _lunar(5, 5), "七夕": _lunar(7, 7), "中秋": _lunar(8, 15),
    "重阳": _lunar(9, 9), "腊八": _lunar(12, 8), "小年": _lunar(12, 23),
    "清明": _term("清明"), "冬至": _term("冬至"),
}  # fmt: skip
# Usual public holidays: the days from the feast's own to their begin, and how many they are.
_USUAL = {
    "元旦": (0, 3), "春节": (-1, 8), "清明": (0, 3), "五一": (0, 5), "端午": (0, 3),
    "中秋": (0, 3), "国庆": (0, 7),
}  # fmt: skip
_SAME = dict.fromkeys(("过年", "年", "除夕", "大年三十", "年三十"), "春节") | {
    "劳动节": "五一",
    "十一": "国庆",
}


def feast(name: str, since: date, *, past: bool = False) -> date | None:
    """Return the next feast `name` on or after `since`; with `past` the last one not after it."""
    steps = range(0, -_YEARS_AHEAD - 1, -1) if past else range(-1, _YEARS_AHEAD)
    days = [d for d in (_in_year(name, since.year + step) for step in steps) if d]
    return next((d for d in days if (d <= since if past else d >= since)), None)


def lunar_day(month: int, day: int, since: date, *, past: bool = False) -> date | None:
    """Return the next (with `past` the last) such day of the lunar calendar."""
    years = (0, -1, -2) if past else (-1, 0, 1)
    for step in years:
        try:
            found: date = LunarDate(since.year + step, month, day).to_solar_date()
        except ValueError:  # a short month has no 30th
            continue
        if found <= since if past else found >= since:
            return found
    return None


def holiday(name: str, day: date) -> Days:
    """Return the public holiday around feast `name`, which is on `day`; else the day alone."""
    official = _official(day)
    if official:
        return official
    before, length = _USUAL.get(_SAME.get(name, name), (0, 1))
    first = day + timedelta(days=before)
    return Days(first, first + timedelta(days=length))


def current_or_next_holiday(today: date) -> Days | None:
    """Return the public holiday that `today` is in, or the next one."""
    found = (holiday(name, day) for name in _USUAL for day in _around(name, today))
    return min((h for h in found if h.end > today), key=lambda h: h.first, default=None)


def is_workday(day: date) -> bool:
    """Say whether offices are open on `day`."""
    try:
        return bool(chinese_calendar.is_workday(day))
    except NotImplementedError:
        return day.weekday() < 5 and not any(  # noqa: PLR2004 - Monday to Friday
            h.first <= day < h.end
            for name in _USUAL
            for near in _around(name, day)
            for h in [holiday(name, near)]
        )


def workdays_after(day: date) -> Iterator[date]:
    """Yield the working days after `day`."""
    while True:
        day += ONE
        if is_workday(day):
            yield day


def next_workdays(today: date) -> Days:
    """Return the next run of working days, from `today` unless the run ends with it."""
    following = next(workdays_after(today))
    goes_on = is_workday(today) and following == today + ONE
    end = following
    while is_workday(end):
        end += ONE
    return Days(today if goes_on else following, end)


def made_up_workday(today: date) -> date | None:
    """Return the next working day on a weekend, None where none is announced."""
    for step in range(366):
        day = today + timedelta(days=step)
        if day.weekday() >= 5 and is_workday(day):  # noqa: PLR2004 - Saturday or Sunday
            return day
    return None


def _in_year(name: str, year: int) -> date | None:
    try:
        return FEASTS[name](year)
    except (ValueError, IndexError):  # outside of what the lunar calendar's tables cover
        return None


def _around(name: str, day: date) -> list[date]:
    return [d for d in (_in_year(name, day.year + step) for step in (-1, 0, 1)) if d]


def _official(day: date) -> Days | None:
    """Return the announced run of days off around `day`."""
    if not _is_off(day):
        return None
    first = end = day
    while _is_off(first - ONE):
        first -= ONE
    while _is_off(end):
        end += ONE
    return Days(first, end)


def _is_off(day: date) -> bool:
    try:
        off, name = chinese_calendar.get_holiday_detail(day)
    except NotImplementedError:
        return False
    return off and name is not None
