"""The rules that need no database: who may do a visit, how long it takes, what is open when."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from bot.catalogue import Catalogue
from bot.scheduling.models import Item, Order, Window
from bot.settings import BookingRules

STAIRS_FROM_FLOOR = 4
STAIRS_MINUTES = 15
OLD_APPLIANCE_MINUTES = 20
AIR_CONDITIONERS = {"split_ac", "central_ac"}


def needed_skills(
    items: Iterable[Item], site: dict[str, Any], catalogue: Catalogue
) -> tuple[str, ...]:
    """Return the skills that one crew must have, categories first."""
    items = list(items)
    skills = [item.category for item in items]
    for item in items:
        skills += catalogue.categories[item.category].extra_skills
    if by_stairs(items, site, catalogue):
        skills.append("heavy_carry")
    hangs_outside = site.get("outdoor_unit") == "facade"
    if hangs_outside and any(item.category in AIR_CONDITIONERS for item in items):
        skills.append("high_altitude")
    return tuple(dict.fromkeys(skills))


def by_stairs(items: Iterable[Item], site: dict[str, Any], catalogue: Catalogue) -> bool:
    """Say whether heavy goods have to be carried up stairs."""
    if site.get("elevator") is not False or (site.get("floor") or 0) < STAIRS_FROM_FLOOR:
        return False
    return any(catalogue.categories[item.category].carried for item in items)


def needed_members(items: Iterable[Item], catalogue: Catalogue) -> int:
    """Return the smallest crew."""
    return max((catalogue.categories[item.category].members for item in items), default=1)


def needed_minutes(order: Order, catalogue: Catalogue, rules: BookingRules) -> int:
    """Return what a visit is charged, in minutes.

    Work by category and quantity, the home's extras and the travel allowance; never more
    than the longest standard window, for no window could ever take it.
    """
    work = sum(catalogue.categories[i.category].minutes * i.quantity for i in order.items)
    if by_stairs(order.items, order.site, catalogue):
        work += STAIRS_MINUTES
    if order.site.get("old_appliance"):
        work += OLD_APPLIANCE_MINUTES
    return min(work + rules.travel_minutes, _longest_window(rules))


def _longest_window(rules: BookingRules) -> int:
    return max(
        (end.hour - start.hour) * 60 + end.minute - start.minute for start, end in rules.windows
    )


def is_open(window: Window, now: datetime, rules: BookingRules) -> bool:
    """Say whether a window can still be booked at `now`: cut-offs and horizon."""
    days_ahead = (window.start.date() - now.date()).days
    if not 0 <= days_ahead <= rules.horizon_days:
        return False
    if days_ahead == 0:
        return now < window.end - timedelta(minutes=rules.cutoff_today_minutes)
    return days_ahead > 1 or now.timetz().replace(tzinfo=None) < rules.cutoff_tomorrow


def cut(
    start: datetime, end: datetime, capacity: int, rules: BookingRules
) -> list[tuple[Window, int]]:
    """Cut a shift at the standard windows and share its minutes by length.

    Minutes are whole and add up to `capacity`. A shift outside all standard windows is one
    window of its own.
    """
    parts = [
        Window(max(start, opens), min(end, closes))
        for opens, closes in (
            (_at(start, opens), _at(start, closes)) for opens, closes in rules.windows
        )
        if max(start, opens) < min(end, closes)
    ] or [Window(start, end)]
    total = sum((part.end - part.start for part in parts), timedelta())
    shares, given, passed = [], 0, timedelta()
    for part in parts:
        passed += part.end - part.start
        upto = int(capacity * passed / total)
        shares.append((part, upto - given))
        given = upto
    return shares


def _at(day: datetime, clock: Any) -> datetime:
    return datetime.combine(day.date(), clock, tzinfo=day.tzinfo)
