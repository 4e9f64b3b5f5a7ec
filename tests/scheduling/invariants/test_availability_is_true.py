"""Invariants 9, 11 and 12 against a brute-force oracle: a window is offered if and only if it
can be booked, with a crew that may do it, and every empty answer has the right reason, with the
first day on which it is over. On days around the turn of the year, too, and to the minute."""

from __future__ import annotations

import asyncio
import re
from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete

from bot.catalogue import SiteQuestion, load
from bot.clock import BUSINESS_ZONE
from bot.database import Database
from bot.errors import BookingRefused
from bot.scheduling import TimeRange, Window
from bot.scheduling.tables import visit as visits
from tests.scheduling import oracle
from tests.scheduling import world as w

PLAIN = load()
# The plain one lets everything be booked unasked; here the wall must be known first.
FACT = "wall"
STRICT = replace(
    PLAIN,
    categories={
        name: replace(c, questions=(*c.questions, SiteQuestion(FACT, "墙体？", required=True)))
        for name, c in PLAIN.categories.items()
    },
)
SITES = ["not asked", "not asked", "asked", "known"]
MINUTES = {name: category.minutes for name, category in load().categories.items()}
GOODS = ["split_ac", "refrigerator", "gas_hob", "tv"]
SKILLS = [*GOODS, "gas", "heavy_carry"]
# Horizons that end before, on and after the turn of the year, and one that begins with it.
TODAYS = [date(2026, 11, 24), date(2026, 12, 17), date(2026, 12, 18), date(2026, 12, 31)]
TODAYS += [date(2027, 1, 1)]
AHEAD = (0, 1, 2, 14, 15, 20)
# The last minute before a window of today or of tomorrow closes, and that minute.
CLOCKS = ["08:00", "09:59", "10:00", "16:59", "17:59", "18:00", "19:00", "23:59"]
# When the goods are due, in days from today: they open the days after it.
DUE = [(0, "00:00"), (0, "23:59"), (1, "12:00"), (12, "23:59"), (13, "00:00"), (13, "23:59")]
DUE += [(14, "00:00"), (16, "12:00")]

some_provider = st.sampled_from(["日日顺", "安得", None])


def _day(today):
    return st.sampled_from([today + timedelta(days=n) for n in AHEAD])


@st.composite
def shifts(draw, today):
    days = draw(st.lists(_day(today), max_size=3, unique=True))
    standard = [("09:00", "12:00"), ("10:00", "15:00"), ("09:00", "21:00")]
    # Shorter than a window, at its end, and outside of all.
    short = [("10:00", "11:00"), ("11:00", "13:00"), ("06:00", "08:00"), ("21:00", "23:00")]
    hours = st.sampled_from([*standard, *short])
    found = []
    for day in days:
        start, end = draw(hours)
        found.append(w.shift(day, start, end, draw(st.sampled_from([60, 120, 300, 720]))))
    return found


@st.composite
def crews(draw, today):
    some_day = _day(today)
    found = []
    for number in range(draw(st.integers(0, 3))):
        skills = draw(st.lists(st.sampled_from(SKILLS), unique=True, max_size=6))
        ends = draw(st.lists(st.none() | some_day, min_size=len(skills), max_size=len(skills)))
        licences = [
            {"skill": skill, "valid_until": str(end)} if end else skill
            for skill, end in zip(skills, ends, strict=True)
        ]
        hub = draw(st.sampled_from(["H1", "H2"]))
        more = {"hub_id": hub, "members": draw(st.integers(1, 2))}
        found.append(w.crew(f"C{number}", draw(shifts(today)), licences, **more))
    return found


def _divided(draw, hubs, crews):
    """Let hubs belong to providers, and crews of shared hubs too."""
    for hub in hubs:
        hub["provider"] = draw(some_provider)
    owners = {hub["hub_id"]: hub["provider"] for hub in hubs}
    for crew in crews:
        crew["provider"] = draw(st.sampled_from([None, owners[crew["hub_id"]]]))
        if owners[crew["hub_id"]] is None:
            crew["provider"] = draw(some_provider)


@st.composite
def documents(draw):
    """A document, and the day on which it is looked at."""
    today = draw(st.sampled_from(TODAYS))
    some_day = _day(today)
    made = draw(crews(today))
    calendar = {}
    for entry in draw(
        st.lists(
            st.tuples(some_day, st.sampled_from([None, "H1"]), st.sampled_from([None, 0.5, 0.7])),
            max_size=2,
        )
    ):
        day, hub, part = entry
        kind = {"kind": "stress", "capacity_factor": part} if part else {"kind": "blackout"}
        calendar[day, hub] = {"date": str(day), **kind, **({"hub_id": hub} if hub else {})}
    order = w.order(
        category=draw(st.sampled_from(GOODS)),
        address={
            "adcode": draw(st.sampled_from(["310115", "310115", "310115", "110101"])),
            "floor": draw(st.sampled_from([3, 4])),
            "elevator": draw(st.booleans()),
        },
    )
    order["items"][0]["quantity"] = draw(st.integers(1, 2))
    order["items"][0]["weight_kg"] = draw(st.sampled_from([50, 80, 81]))
    due = draw(st.none() | st.sampled_from(DUE))
    if due:
        ahead, clock = due
        order["goods_expected_at"] = w.at(today + timedelta(days=ahead), clock).isoformat()
    others = _booked_others(draw, made)
    hubs = [w.hub("H1"), w.hub("H2", ("310115", "310104"))]
    _divided(draw, hubs, made)
    order["provider"] = draw(some_provider)
    document = {"hubs": hubs, "crews": made, "orders": [order, *others]}
    return {**document, "calendar": list(calendar.values())}, today


def _booked_others(draw, made):
    others = []
    for crew in made:
        for start, end, _ in oracle.crew_windows(crew, BUSINESS_ZONE):
            if draw(st.integers(0, 3)) == 0:
                number = f"X{len(others)}"
                visit = w.visit_at(f"V{number}", Window(start, end), crew_id=crew["crew_id"])
                others.append(w.order(number, draw(st.sampled_from(GOODS)), visits=[visit]))
    return others


@pytest.fixture
def book_of(database_url):
    """A service over an emptied database, in one loop for all examples."""
    with asyncio.Runner() as runner:
        database = Database(database_url)
        yield w.World(database), runner
        runner.run(database.close())


@given(given=documents(), clock=st.sampled_from(CLOCKS), site=st.sampled_from(SITES))
@settings(
    max_examples=80,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_a_window_is_offered_exactly_if_it_can_be_booked(book_of, given, clock, site):
    world, runner = book_of
    document, today = given
    runner.run(_check(world, document, w.at(today, clock), site))


async def _check(world, document, now, site):
    world.clock = w.FixedClock(now)
    world.catalogue = PLAIN if site == "not asked" else STRICT
    await w.emptied(world.database)
    await world.scheduling.import_document(document)
    if site == "known":
        await world.scheduling.describe_site(w.OWNER, "O1", {FACT: "brick"}, "site")
    order = document["orders"][0]
    unknown = site == "asked"
    expected = set() if unknown else oracle.bookable(document, order, now, MINUTES)
    found = await world.scheduling.availability("O1")
    assert {(x.start, x.end) for x in found.windows} == expected
    if not expected:
        code = "site_unknown" if unknown else oracle.reason(document, order, now, MINUTES)
        assert found.reason.code == code
        _names_the_day(found.reason, _over_on(code, document, order, now))
    await _book_each(world, document, expected)


def _over_on(code, document, order, now):
    if code == "goods_not_arrived":
        return oracle.goods_from(order, now.tzinfo).date()
    if code in {"full", "blackout", "no_shift", "too_late"}:
        return oracle.first_day_behind(document, order, now, MINUTES)
    return None


def _names_the_day(reason, day):
    named = re.search(r"最早要到(\d+)月(\d+)日", reason.text)
    assert (named and (int(named[1]), int(named[2]))) == (day and (day.month, day.day))


# Parts of a day that are longer than any window.
PARTS = [
    ("00:00", "12:00"),
    ("11:00", "21:00"),
    ("06:00", "12:00"),
    ("12:00", "18:00"),
    ("12:00", "22:00"),
]


@given(
    given=documents(),
    clock=st.sampled_from(CLOCKS),
    ahead=st.sampled_from((-1, *AHEAD)),
    part=st.sampled_from(PARTS),
)
@settings(
    max_examples=80,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_a_wish_gets_its_windows_or_is_told_why(book_of, given, clock, ahead, part):
    world, runner = book_of
    document, today = given
    day = today + timedelta(days=ahead)
    wish = tuple(w.at(day, edge) for edge in part)
    runner.run(_wish(world, document, w.at(today, clock), wish))


async def _wish(world, document, now, wish):
    world.clock, world.catalogue = w.FixedClock(now), PLAIN
    await w.emptied(world.database)
    await world.scheduling.import_document(document)
    order = document["orders"][0]
    is_open = sorted(oracle.bookable(document, order, now, MINUTES))
    wanted = [window for window in is_open if oracle.answers(wish, *window)]
    offer = await world.scheduling.offer(w.OWNER, "O1", [TimeRange(*wish)], limit=3)
    named = [(x.start, x.end) for x in offer.windows]
    assert offer.matching is bool(wanted)
    if wanted:
        assert (named, offer.reason, offer.alternative) == (wanted[:3], None, None)
        return
    assert offer.reason.code == _why_not(document, order, now, wish if is_open else None)
    assert set(named) <= set(is_open)
    assert len(named) == min(3, len(is_open))
    if is_open:
        later = [window for window in is_open if window[1] > wish[0]]
        best = later[0] if later else is_open[-1]
        instead = offer.alternative.window
        assert (instead.start, instead.end) == best
        assert best in named
        assert (offer.alternative.kind == "soonest") is (best == is_open[0] and bool(later))


def _why_not(document, order, now, wish):
    if wish is not None and wish[0].date() < now.date():
        return "past"
    if wish is not None and (wish[0].date() - now.date()).days > 14:
        return "beyond_horizon"
    return oracle.reason(document, order, now, MINUTES, wish)


async def _book_each(world, document, expected):
    """Try every window that there is; each try begins from the same state."""
    everything = {
        Window(start, end)
        for crew in document["crews"]
        for start, end, _ in oracle.crew_windows(crew, BUSINESS_ZONE)
    }
    for number, window in enumerate(sorted(everything)):
        can = (window.start, window.end) in expected
        try:
            visit = await world.scheduling.book(w.OWNER, "O1", window, f"b{number}")
        except BookingRefused:
            assert not can
            continue
        assert can
        _crew_may(document, visit)
        await world.ledger_is_sound()
        async with world.database.transaction() as tx:
            await tx.execute(delete(visits).where(visits.c.visit_id == visit.visit_id))


def _crew_may(document, visit):
    order = document["orders"][0]
    crew = next(c for c in document["crews"] if c["crew_id"] == visit.crew.crew_id)
    day = visit.window.start.date()
    assert oracle.has_licences(crew, oracle.skills_needed(order), day)
    assert crew["members"] >= oracle.members_needed(order)
    assert oracle.factor(document, crew["hub_id"], day) > 0
    assert crew["hub_id"] in oracle.serving_hubs(document, order)
    assert oracle.works_for(document, crew, order["provider"])
