"""Which windows are open for an order, and why there are none."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from bot.catalogue import load
from bot.clock import FixedClock
from bot.errors import BookingRefused
from bot.scheduling import Scheduling, TimeRange
from tests.scheduling import world as w

TODAY, TOMORROW = date(2026, 11, 24), date(2026, 11, 25)
FULL_DAY = {"start": "09:00", "end": "21:00", "capacity": 720}


async def _code(world, order, **more):
    await world.take(order, **more)
    found = await world.scheduling.availability("O1")
    assert bool(found.windows) == (found.reason is None)
    return found.reason and found.reason.code


@pytest.mark.parametrize(
    ("order", "more", "code"),
    [
        (w.order(), {}, None),
        (w.order(address={"adcode": "110101"}), {}, "no_hub"),
        (w.order(goods_expected_at="2026-12-08T08:00:00+08:00"), {}, "goods_not_arrived"),
        (w.order(goods_expected_at="2026-11-26T08:00:00+08:00"), {}, "goods_later"),
        (w.order(category="gas_hob"), {"crews": [w.crew(skills=["gas_hob"])]}, "no_skill:gas"),
        (w.order(category="tv"), {}, "no_skill:tv"),
        (
            w.order(category="refrigerator", address={"elevator": False}),
            {"crews": [w.crew(skills=["refrigerator"])]},
            "no_skill:heavy_carry",
        ),
        (
            w.order(category="refrigerator", address={"elevator": False, "floor": 3}),
            {"crews": [w.crew(skills=["refrigerator"])]},
            None,
        ),
        (w.order(), {"crews": [w.crew(shifts=[])]}, "no_shift"),
        (w.order(), {"crews": []}, "no_shift"),
        (w.order(), {"crews": [w.crew(shifts=[w.shift(capacity=104)])]}, "full"),
        (w.order(), {"crews": [w.crew(shifts=[w.shift(TODAY)])]}, "too_late"),
        (w.order(visits=[w.visit_at(status="en_route")]), {}, "visit_in_progress"),
        (w.order(visits=[w.visit_at(status="in_progress")]), {}, "visit_in_progress"),
        (w.order(visits=[w.visit_at(status="completed")]), {}, "visit_completed"),
        (w.order(visits=[w.visit_at(status="cancelled")]), {}, None),
        (w.order(visits=[w.visit_at(status="failed")]), {}, None),
    ],
)
async def test_each_reason(world, order, more, code):
    assert await _code(world, order, **more) == code


async def test_an_outdoor_unit_on_the_facade_needs_high_altitude(world):
    assert await _code(world, w.order()) is None
    await world.scheduling.describe_site(w.OWNER, "O1", {"outdoor_unit": "facade"}, "c1")
    assert await _code(world, w.order()) == "no_skill:high_altitude"


@pytest.mark.parametrize(
    ("now", "day", "is_open"),
    [
        ("2026-11-24T09:59", TODAY, True),
        ("2026-11-24T10:00", TODAY, False),
        ("2026-11-24T17:59", TOMORROW, True),
        ("2026-11-24T18:00", TOMORROW, False),
        ("2026-11-24T23:59", date(2026, 11, 26), True),
        ("2026-11-24T12:00", date(2026, 12, 8), True),
        ("2026-11-24T12:00", date(2026, 12, 9), False),
        ("2026-11-24T12:00", date(2026, 11, 23), False),
    ],
)
async def test_cut_offs_and_horizon_hold_to_the_minute(world, now, day, is_open):
    world.clock = FixedClock(w.at(*now.split("T")))
    await world.take(w.order(), crews=[w.crew(shifts=[w.shift(day)])])
    found = await world.scheduling.availability("O1")
    assert found.windows == ((w.window(day),) if is_open else ())


@pytest.mark.parametrize(
    ("first", "code"), [(date(2026, 11, 10), "past"), (date(2026, 12, 9), "beyond_horizon")]
)
async def test_days_out_of_range_say_so(world, first, code):
    await world.take(w.order())
    found = await world.scheduling.availability("O1", first, 3)
    assert found.reason.code == code


async def test_a_short_shift_is_a_window_of_its_own(world):
    await world.take(w.order(), crews=[w.crew(shifts=[w.shift(end="11:00", capacity=120)])])
    found = await world.scheduling.availability("O1")
    assert found.windows == (w.window(end="11:00"),)


async def test_a_long_shift_shares_its_minutes_by_length(world):
    shift = w.shift(start="10:00", end="19:00", capacity=541)
    await world.take(w.order(), crews=[w.crew(shifts=[shift])])
    ledger = await world.ledger()
    assert {at.hour: row[0] for (_, at), row in ledger.items()} == {
        10: 120,
        12: 180,
        15: 180,
        18: 61,
    }
    found = await world.scheduling.availability("O1")
    assert [x.start.hour for x in found.windows] == [10, 12, 15]


async def test_goods_due_on_a_day_open_the_days_after_it(world):
    shifts = [w.shift(f"2026-11-{day}") for day in (25, 26, 27)]
    goods = w.order(goods_expected_at="2026-11-25T23:30:00+08:00")
    await world.take(goods, crews=[w.crew(shifts=shifts)])
    found = await world.scheduling.availability("O1")
    assert [x.start.day for x in found.windows] == [26, 27]


async def test_a_licence_holds_through_its_last_day(world):
    skills = [{"skill": "split_ac", "valid_until": "2026-11-26"}]
    shifts = [w.shift(f"2026-11-{day}") for day in (26, 27)]
    await world.take(w.order(), crews=[w.crew(skills=skills, shifts=shifts)])
    found = await world.scheduling.availability("O1")
    assert [x.start.day for x in found.windows] == [26]
    world.clock.advance(timedelta(days=3))
    assert (await world.scheduling.availability("O1")).reason.code == "no_skill:split_ac"


async def test_the_present_window_is_not_offered(world):
    booked = w.order(visits=[w.visit_at()])
    await world.take(booked, crews=[w.crew(), w.crew("C2", [w.shift(end="15:00", capacity=360)])])
    found = await world.scheduling.availability("O1")
    assert found.windows == (w.window(start="12:00", end="15:00"),)


@pytest.fixture
async def open_days(world):
    """Four windows on each of three days."""
    shifts = [w.shift(f"2026-11-{day}", **FULL_DAY) for day in (26, 27, 28)]
    await world.take(w.order(), crews=[w.crew(shifts=shifts)])
    return world.scheduling


def _range(day, start=None, end=None):
    return TimeRange(start and w.at(f"2026-11-{day}", start), end and w.at(f"2026-11-{day}", end))


@pytest.mark.parametrize(
    ("wish", "starts"),
    [
        (_range(27, "15:00", "16:00"), [(27, 15)]),
        (_range(27, "16:30", "17:00"), [(27, 15)]),
        (_range(27, "12:00", "18:00"), [(27, 12), (27, 15)]),
        (_range(27, "06:00", "12:00"), [(27, 9)]),
        (_range(27, "18:00", "22:00"), [(27, 18)]),
        (
            TimeRange(w.at("2026-11-27", "00:00"), w.at("2026-11-28", "00:00")),
            [(27, 9), (27, 12), (27, 15)],
        ),
        (_range(28, "15:00", None), [(28, 15), (28, 18)]),
        (_range(26, None, "12:00"), [(26, 9)]),
    ],
)
async def test_windows_of_the_wish_are_offered(open_days, wish, starts):
    offer = await open_days.offer(w.OWNER, "O1", [wish])
    assert (offer.matching, offer.reason) == (True, None)
    assert [(x.start.day, x.start.hour) for x in offer.windows] == starts


async def test_without_a_wish_the_soonest_are_offered(open_days):
    offer = await open_days.offer(w.OWNER, "O1", limit=2)
    assert [(x.start.day, x.start.hour) for x in offer.windows] == [(26, 9), (26, 12)]


async def test_what_was_refused_is_not_offered_again(open_days):
    refused = [_range(26, "00:00", "23:59"), _range(27, "06:00", "12:00")]
    offer = await open_days.offer(w.OWNER, "O1", refused=refused, limit=1)
    assert offer.windows == (w.window("2026-11-27", "12:00", "15:00"),)


@pytest.mark.parametrize(
    ("wish", "code", "kind", "instead", "named"),
    [
        # Nothing before the wish: what is named is the soonest there is.
        (_range(25, "09:00", "12:00"), "no_shift", "soonest", (26, 9), [(26, 9), (26, 12)]),
        (_range(26, None, "09:00"), "no_shift", "soonest", (26, 9), [(26, 9), (26, 12)]),
        # A morning is missing in the midst.
        (_range(27, "06:00", "09:00"), "no_shift", "later", (27, 9), [(27, 9), (27, 12)]),
        # The closest lie before, the first one after is named all the same.
        (_range(27, "21:00", "22:00"), "no_shift", "later", (28, 9), [(27, 18), (28, 9)]),
        (_range(29, "09:00", "12:00"), "no_shift", "last", (28, 18), [(28, 15), (28, 18)]),
        (TimeRange(w.at("2026-12-20", "09:00"), None), "beyond_horizon", "last", (28, 18), None),
        (
            TimeRange(w.at("2026-11-20", "09:00"), w.at("2026-11-21", "09:00")),
            "past",
            "soonest",
            (26, 9),
            None,
        ),
    ],
)
async def test_a_wish_that_fails_is_told_why_and_what_there_is_instead(
    open_days, wish, code, kind, instead, named
):
    offer = await open_days.offer(w.OWNER, "O1", [wish], limit=2)
    assert (offer.matching, offer.reason.code, offer.alternative.kind) == (False, code, kind)
    window = offer.alternative.window
    assert (window.start.day, window.start.hour) == instead
    assert window in offer.windows
    if named is not None:
        assert [(x.start.day, x.start.hour) for x in offer.windows] == named


async def test_what_was_all_refused_is_not_called_full(open_days):
    everything = _range(26, "00:00", None)
    saturday = _range(28, "00:00", "23:59")
    offer = await open_days.offer(w.OWNER, "O1", refused=[everything])
    assert (offer.windows, offer.reason.code) == ((), "nothing_else")
    offer = await open_days.offer(w.OWNER, "O1", [saturday], [saturday])
    assert offer.reason.code == "nothing_else"
    assert offer.alternative.window.start.day == 27


# Three days behind the horizon.
AFTER = date(2026, 12, 11)


@pytest.mark.parametrize(
    ("order", "shifts", "calendar", "code"),
    [
        (w.order(), [w.shift(capacity=60)], [], "full"),
        (w.order(), [w.shift()], [{"date": str(w.DAY), "kind": "blackout"}], "blackout"),
        (w.order(), [], [], "no_shift"),
        (w.order(), [w.shift(TODAY)], [], "too_late"),
        (
            w.order(goods_expected_at="2026-12-10T08:00:00+08:00"),
            [w.shift()],
            [],
            "goods_not_arrived",
        ),
    ],
)
async def test_the_first_day_behind_the_horizon_is_named(world, order, shifts, calendar, code):
    crews = [w.crew(shifts=[*shifts, w.shift(AFTER), w.shift("2026-12-13")])]
    await world.take(order, crews=crews)
    await world.scheduling.import_document({"calendar": calendar})
    for found in (
        await world.scheduling.availability("O1"),
        await world.scheduling.offer(w.OWNER, "O1"),
        await world.scheduling.offer(w.OWNER, "O1", [_range(27, "09:00", "12:00")]),
    ):
        assert (found.windows, found.reason.code) == ((), code)
        assert "12月11日" in found.reason.text


async def test_without_any_room_behind_it_no_day_is_named(world):
    await world.take(w.order(), crews=[w.crew(shifts=[w.shift(capacity=60)])])
    found = await world.scheduling.availability("O1")
    assert (found.reason.code, "最早" in found.reason.text) == ("full", False)


async def test_a_home_that_must_be_known_first_says_so(world):
    """No category of the catalogue asks for one by default; an operator's may."""
    catalogue = load()
    ac = catalogue.categories["split_ac"]
    asked = tuple(replace(q, required=q.fact == "outdoor_unit") for q in ac.questions)
    strict = replace(
        catalogue, categories={**catalogue.categories, "split_ac": replace(ac, questions=asked)}
    )
    await world.take(w.order())
    scheduling = Scheduling(world.database, world.clock, strict, world.rules)
    found = await scheduling.availability("O1")
    assert (found.windows, found.reason.code) == ((), "site_unknown")
    with pytest.raises(BookingRefused):
        await scheduling.book(w.OWNER, "O1", w.window(), "c1")
    await scheduling.describe_site(w.OWNER, "O1", {"outdoor_unit": "balcony"}, "c2")
    assert (await scheduling.availability("O1")).windows == (w.window(),)
    assert (await scheduling.book(w.OWNER, "O1", w.window(), "c3")).window == w.window()


@pytest.mark.parametrize(
    ("minutes", "status", "lateness"),
    [
        (-1, "scheduled", None),
        (29, "scheduled", None),
        (30, "scheduled", "late"),
        (59, "en_route", "late"),
        (60, "scheduled", "absent"),
        (60, "in_progress", None),
    ],
)
async def test_a_crew_is_late_after_half_an_hour_and_absent_after_a_whole_one(
    world, minutes, status, lateness
):
    await world.take(w.order(visits=[w.visit_at(status=status)]))
    world.clock = FixedClock(w.window().start + timedelta(minutes=minutes))
    assert await world.scheduling.lateness(w.OWNER, "O1") == lateness


async def test_a_visit_that_is_not_booked_is_not_late(world):
    await world.take(w.order(visits=[w.unscheduled()]))
    assert await world.scheduling.lateness(w.OWNER, "O1") is None
