"""The rules that need no database: who may do a visit, how long it takes, what is open when."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any

from bot.catalogue import Catalogue
from bot.clock import BUSINESS_ZONE
from bot.scheduling.models import UNDER_WAY, Item, Order, Visit, Window
from bot.settings import BookingRules

AIR_CONDITIONERS = {"split_ac", "central_ac"}


@dataclass(frozen=True)
class Need:
    """What an order's next visit asks of a crew; `minutes` is what its window is charged."""

    skills: tuple[str, ...]
    members: int
    minutes: int


def needs(order: Order, catalogue: Catalogue, rules: BookingRules) -> Need:
    """Return what the order's next visit asks of a crew."""
    return Need(
        needed_skills(order.items, order.site, catalogue, rules),
        needed_members(order.items, catalogue),
        needed_minutes(order, catalogue, rules),
    )


def needed_skills(
    items: Iterable[Item], site: dict[str, Any], catalogue: Catalogue, rules: BookingRules
) -> tuple[str, ...]:
    """Return the skills that one crew must have, categories first."""
    items = list(items)
    skills = [item.category for item in items]
    for item in items:
        skills += catalogue.categories[item.category].extra_skills
    if by_stairs(items, site, catalogue, rules):
        skills.append("heavy_carry")
    hangs_outside = site.get("outdoor_unit") == "facade"
    if hangs_outside and any(item.category in AIR_CONDITIONERS for item in items):
        skills.append("high_altitude")
    return tuple(dict.fromkeys(skills))


def by_stairs(
    items: Iterable[Item], site: dict[str, Any], catalogue: Catalogue, rules: BookingRules
) -> bool:
    """Say whether heavy goods have to be carried up stairs."""
    if site.get("elevator") is not False or (site.get("floor") or 0) < rules.stairs_from_floor:
        return False
    return any(catalogue.categories[item.category].carried for item in items)


def needed_members(items: Iterable[Item], catalogue: Catalogue) -> int:
    """Return the smallest crew: by category, and by weight where the catalogue says so."""
    return max((_members(item, catalogue) for item in items), default=1)


def _members(item: Item, catalogue: Catalogue) -> int:
    category = catalogue.categories[item.category]
    heavy = category.heavy
    if heavy is not None and item.weight_kg is not None and item.weight_kg > heavy.over_kg:
        return max(category.members, heavy.members)
    return category.members


def needed_minutes(order: Order, catalogue: Catalogue, rules: BookingRules) -> int:
    """Return what a visit is charged, in minutes.

    Work by category and quantity, the home's extras and the travel allowance; never more
    than the longest standard window, for no window could ever take it.
    """
    work = sum(catalogue.categories[i.category].minutes * i.quantity for i in order.items)
    if by_stairs(order.items, order.site, catalogue, rules):
        work += rules.stairs_minutes
    if order.site.get("old_appliance"):
        work += rules.old_appliance_minutes
    return min(work + rules.travel_minutes, _longest_window(rules))


def _longest_window(rules: BookingRules) -> int:
    return max(
        (end.hour - start.hour) * 60 + end.minute - start.minute for start, end in rules.windows
    )


def unknown_fact(order: Order, catalogue: Catalogue) -> str | None:
    """Return the first site fact without which the catalogue lets nothing be booked."""
    for item in order.items:
        for question in catalogue.categories[item.category].questions:
            if question.required and order.site.get(question.fact) is None:
                return question.fact
    return None


def opening(now: datetime, rules: BookingRules) -> Callable[[Window], bool]:
    """Return what says whether a window can still be booked at `now`: cut-offs and horizon."""
    today = now.date()
    tomorrow, last = today + timedelta(days=1), today + timedelta(days=rules.horizon_days)
    late = now.timetz().replace(tzinfo=None) >= rules.cutoff_tomorrow
    cutoff = now + timedelta(minutes=rules.cutoff_today_minutes)

    def opens(window: Window) -> bool:
        day = window.start.date()
        if day > tomorrow or day < today:
            return today < day <= last
        return day <= last and (cutoff < window.end if day == today else not late)

    return opens


def is_open(window: Window, now: datetime, rules: BookingRules) -> bool:
    """Say whether a window can still be booked at `now`: cut-offs and horizon."""
    return opening(now, rules)(window)


def is_changeable(window: Window, now: datetime, rules: BookingRules) -> bool:
    """Say whether a booked window can be given up: until its own cut-off."""
    beyond_horizon = (window.start.date() - now.date()).days > rules.horizon_days
    return beyond_horizon or is_open(window, now, rules)


def goods_there(order: Order) -> datetime | None:
    """Return from when on the goods allow a visit: the day after they are due at the hub."""
    if order.goods_expected_at is None:
        return None
    day = order.goods_expected_at.date() + timedelta(days=1)
    return datetime.combine(day, time(), tzinfo=BUSINESS_ZONE)


def delivery_before(order: Order) -> Visit | None:
    """Return the booked delivery that an installation has to wait for, if the next visit is one."""
    if order.next_visit_kind != "installation":
        return None
    return next(
        (v for v in order.visits if v.kind == "delivery" and v.status in ("scheduled", *UNDER_WAY)),
        None,
    )


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


def _at(day: datetime, clock: time) -> datetime:
    return datetime.combine(day.date(), clock, tzinfo=day.tzinfo)
