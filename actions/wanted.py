"""The times a consumer speaks of, as they are meant for one order's visit.

"下午" means the afternoon of the day that is booked or talked about, and any day's where there is
none; "推迟两天" counts from the booked window.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

from actions.turn import Turn, ranges
from bot.language.normalise import normalise
from bot.language.shifts import find_shift
from bot.scheduling import Order, Window
from bot.scheduling.offers import in_range

Times = list[dict[str, Any]]

_HORIZON = 15
_DAY = timedelta(days=1)


def booked_window(order: Order) -> Window | None:
    """Return the window that the order's visit is booked for."""
    return order.live_visit.window if order.live_visit is not None else None


def for_order(turn: Turn, order: Order, today: date) -> tuple[Times, Times]:
    """Return the times asked for and the times ruled out."""
    window = booked_window(order)
    days = [today + n * _DAY for n in range(_HORIZON)]
    if window is not None and window.start.date() >= today:
        days = [window.start.date()]
    wish = on_days(turn.times, days) or shifted(turn, order)
    return wish, on_days(turn.rejected_times, days)


def on_days(times: Times, days: Sequence[date]) -> Times:
    """Return `times`; hours that were said without any day are meant on each of `days`."""
    if any(one["dated"] for one in times):
        return times
    return [_on(one, day) for day in days for one in times]


def shifted(turn: Turn, order: Order) -> Times:
    """Return the window that the booked one becomes when it is moved by what was said.

    Hours mean the rest of the day on that side: windows are hours long.
    """
    window, by = booked_window(order), find_shift(normalise(turn.text).text)
    if window is None or by is None:
        return []
    if by % _DAY == timedelta():
        return [_time(window.start + by, window.end + by)]
    midnight = datetime.combine(window.start, time(), window.start.tzinfo)
    later = by > timedelta()
    return [_time(window.end, midnight + _DAY) if later else _time(midnight, window.start)]


def suits_already(order: Order, wish: Times, refused: Times) -> bool:
    """Say whether the booked window is one that the consumer asks for."""
    window = booked_window(order)
    if window is None or any(in_range(window, one) for one in ranges(refused)):
        return False
    return any(in_range(window, one) for one in ranges(wish))


def _on(one: dict[str, Any], day: date) -> dict[str, Any]:
    """Move hours to a day; 六点以后 is over when the day is."""
    said = datetime.fromisoformat(one["from"] or one["to"])
    by, midnight = day - said.date(), datetime.combine(day, time(), said.tzinfo)
    start = datetime.fromisoformat(one["from"]) + by if one["from"] else midnight
    end = datetime.fromisoformat(one["to"]) + by if one["to"] else midnight + _DAY
    return _time(start, end)


def _time(start: datetime, end: datetime) -> dict[str, Any]:
    return {"from": start.isoformat(), "to": end.isoformat(), "dated": True}
