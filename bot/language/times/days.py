"""Calendar arithmetic: pure functions over dates, no text."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

ONE = timedelta(days=1)
_YEAR_SPAN = 8
MONTHS = 12


@dataclass(frozen=True)
class Days:
    """The calendar days from `first` up to, not including, `end`; `open` ones go on from there."""

    first: date
    end: date
    open: bool = False

    @property
    def single(self) -> bool:
        """Whether this is one day."""
        return self.end - self.first == ONE

    @property
    def count(self) -> int:
        """How many days."""
        return (self.end - self.first).days


def one_day(day: date) -> Days:
    """Return `day` alone."""
    return Days(day, day + ONE)


def since(day: date) -> Days:
    """Return `day` and all that follow."""
    return Days(day, day + ONE, open=True)


def make(year: int, month: int, day: int) -> date | None:
    """Return the date, or None where the calendar has none."""
    try:
        return date(year, month, day)
    except ValueError:
        return None


def monday(day: date) -> date:
    """Return the Monday of `day`'s week."""
    return day - timedelta(days=day.weekday())


def week(day: date, offset: int) -> Days:
    """Return the week, Monday to Sunday, `offset` weeks after that of `day`."""
    first = monday(day) + timedelta(weeks=offset)
    return Days(first, first + timedelta(weeks=1))


def nearest_weekday(today: date, weekday: int, *, past: bool = False) -> date:
    """Return the next such weekday, `today` included; with `past` the last one before today."""
    if past:
        return today - timedelta(days=(today.weekday() - weekday - 1) % 7 + 1)
    return today + timedelta(days=(weekday - today.weekday()) % 7)


def month_start(day: date, offset: int) -> date:
    """Return the first of the month `offset` months after that of `day`."""
    months = day.year * MONTHS + day.month - 1 + offset
    return date(months // MONTHS, months % MONTHS + 1, 1)


def month(first: date) -> Days:
    """Return the whole month that begins on `first`."""
    return Days(first, month_start(first, 1))


def part_of_month(first: date, phase: str) -> Days:
    """Return `phase` (初 中 底 上旬 中旬 下旬 最后一天) of the month that begins on `first`."""
    end = month_start(first, 1)
    if phase == "最后一天":
        return Days(end - ONE, end)
    bounds = {"初": (1, 6), "上旬": (1, 11), "中": (10, 21), "中旬": (11, 21), "下旬": (21, 0)}
    start, stop = bounds.get(phase, (25, 0))
    return Days(first.replace(day=start), first.replace(day=stop) if stop else end)


def nearest_day_of_month(since: date, day: int, *, past: bool = False) -> date | None:
    """Return the first such day of a month on or after `since`; with `past` the last before."""
    for step in range(MONTHS + 1):
        first = month_start(since, -step if past else step)
        found = make(first.year, first.month, day)
        if found and (found < since if past else found >= since):
            return found
    return None


def nearest_month_day(since: date, month_: int, day: int, *, past: bool = False) -> date | None:
    """Return the first such date on or after `since`; with `past` the last one not after it."""
    for step in range(_YEAR_SPAN + 1):
        found = make(since.year + (-step if past else step), month_, day)
        if found and (found <= since if past else found >= since):
            return found
    return None


def add_months(day: date, count: int) -> date:
    """Return the same day `count` months later, or that month's last day."""
    first = month_start(day, count)
    last = month_start(first, 1) - ONE
    return first.replace(day=min(day.day, last.day))
