"""Each rule of booking is a setting: another value, another outcome."""

from __future__ import annotations

from dataclasses import fields
from datetime import time, timedelta

import pytest

from bot.errors import BookingRefused
from bot.scheduling import notices
from bot.scheduling.notice_tables import notice
from bot.scheduling.store import instant
from bot.scheduling.tables import hold
from bot.settings import BookingRules
from tests.scheduling import world as w

HALVES = ((time(8), time(12)), (time(12), time(20)))


async def _minutes(world, category="split_ac", **more):
    """What the order's visit is charged."""
    await world.take(
        w.order(category=category, **more), crews=[w.crew(skills=[category, "heavy_carry"])]
    )
    return (await world.scheduling.describe_site(w.OWNER, "O1", {}, "c0")).minutes


async def _work(world):
    return await _minutes(world)


async def _upstairs(world):
    return await _minutes(world, "refrigerator", address={"elevator": False, "floor": 5})


async def _with_an_old_one(world):
    await world.take(w.order())
    change = await world.scheduling.describe_site(w.OWNER, "O1", {"old_appliance": True}, "c0")
    return change.minutes


async def _starts(world, *days, start="09:00", end="21:00", now=None):
    if now is not None:
        world.clock = w.FixedClock(now)
    shifts = [w.shift(day, start, end, 720) for day in days]
    await world.take(w.order(), crews=[w.crew(shifts=shifts)])
    offer = await world.scheduling.offer(w.OWNER, "O1", limit=9)
    return [f"{window.start:%d %H}" for window in offer.windows]


async def _windows(world):
    return await _starts(world, w.DAY, start="08:00", end="20:00")


async def _far(world):
    return await _starts(world, "2026-12-09")


async def _today(world):
    return await _starts(world, "2026-11-24", end="15:00", now=w.at("2026-11-24", "11:00"))


async def _tomorrow(world):
    return await _starts(world, "2026-11-25", end="12:00", now=w.at("2026-11-24", "18:30"))


async def _on_a_stress_day(world):
    await world.take(w.order(), crews=[w.crew(shifts=[w.shift(capacity=140)])])
    day = {"calendar": [{"date": str(w.DAY), "kind": "stress"}]}
    await world.scheduling.import_document(day)
    return len((await world.scheduling.availability("O1")).windows)


async def _held(world):
    await world.take(w.order())
    await world.scheduling.hold(w.OWNER, "O1", w.window())
    (row,) = await world.rows(hold)
    return instant(row["expires_at"]) - world.clock.now()


async def _moves(world):
    """How often a visit can be moved to and fro."""
    crews = [w.crew(shifts=[w.shift(end="15:00", capacity=360)])]
    await world.take(w.order(visits=[w.visit_at()]), crews=crews)
    where = [w.window(start="12:00", end="15:00"), w.window()]
    for number in range(9):
        try:
            await world.scheduling.book(w.OWNER, "O1", where[number % 2], f"c{number}")
        except BookingRefused:
            return number
    return None


async def _after_40_minutes(world):
    await world.take(w.order(visits=[w.visit_at()]))
    world.clock = w.FixedClock(w.window().start + timedelta(minutes=40))
    return await world.scheduling.lateness(w.OWNER, "O1")


async def _due(world, kind):
    await world.take(w.order(visits=[w.visit_at()]))
    (row,) = [row for row in await world.rows(notice) if row["kind"] == kind]
    return f"{instant(row['due_at']):%d %H:%M}"


async def _reminded(world):
    return await _due(world, "reminder")


async def _told_late(world):
    return await _due(world, "late")


async def _at_night(world):
    return notices.is_quiet(w.at(w.DAY, "22:00"), world.rules)


AC = w.AC_MINUTES
RULES = [
    ("travel_minutes", 0, _work, AC, AC - 15),
    ("stairs_minutes", 40, _upstairs, 30 + 15 + 15, 30 + 15 + 40),
    ("stairs_from_floor", 6, _upstairs, 30 + 15 + 15, 30 + 15),
    ("old_appliance_minutes", 5, _with_an_old_one, AC + 20, AC + 5),
    ("windows", HALVES, _windows, ["26 09", "26 12", "26 15", "26 18"], ["26 08", "26 12"]),
    ("horizon_days", 15, _far, [], ["09 09", "09 12", "09 15", "09 18"]),
    ("cutoff_today_minutes", 30, _today, ["24 12"], ["24 09", "24 12"]),
    ("cutoff_tomorrow", time(19), _tomorrow, [], ["25 09"]),
    ("stress_factor", 0.7, _on_a_stress_day, 1, 0),
    ("hold_minutes", 3, _held, timedelta(minutes=10), timedelta(minutes=3)),
    ("max_changes", 1, _moves, 3, 1),
    ("late_minutes", 45, _after_40_minutes, "late", None),
    ("late_minutes", 45, _told_late, "26 09:30", "26 09:45"),
    ("absent_minutes", 40, _after_40_minutes, "late", "absent"),
    ("reminder_at", time(16), _reminded, "25 15:00", "25 16:00"),
    ("quiet_hours", (), _at_night, True, False),
]
# Shown at their defaults by test_identity.py, test_waitlist.py and test_notices.py.
ELSEWHERE = {"identity_tries", "waitlist_minutes", "notice_days"}


@pytest.mark.parametrize(
    ("setting", "value", "outcome", "by_default", "otherwise"),
    RULES,
    ids=[f"{setting}: {outcome.__name__}" for setting, _, outcome, *_ in RULES],
)
async def test_a_setting_changes_what_it_says(
    world, setting, value, outcome, by_default, otherwise
):
    assert await outcome(world) == by_default
    await w.emptied(world.database)
    world.clock, world.rules = w.FixedClock(w.NOW), BookingRules(**{setting: value})
    assert await outcome(world) == otherwise


def test_no_rule_is_left_out():
    shown = {setting for setting, *_ in RULES} | ELSEWHERE
    assert {field.name for field in fields(BookingRules)} == shown
