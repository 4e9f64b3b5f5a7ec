"""Invariants 9, 11 and 12 against a brute-force oracle: a window is offered if and only if it
can be booked, with a crew that may do it, and every empty answer has the right reason."""

from __future__ import annotations

import asyncio
from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete

from bot.catalogue import load
from bot.clock import BUSINESS_ZONE
from bot.database import Database
from bot.errors import BookingRefused
from bot.scheduling import Window
from bot.scheduling.tables import visit as visits
from tests.scheduling import oracle
from tests.scheduling import world as w

MINUTES = {name: category.minutes for name, category in load().categories.items()}
GOODS = ["split_ac", "refrigerator", "gas_hob", "tv"]
SKILLS = [*GOODS, "gas", "heavy_carry"]
DAYS = [date(2026, 11, 24) + timedelta(days=n) for n in (0, 1, 2, 14, 15)]

some_day = st.sampled_from(DAYS)
some_provider = st.sampled_from(["日日顺", "安得", None])


@st.composite
def shifts(draw):
    days = draw(st.lists(some_day, max_size=3, unique=True))
    hours = st.sampled_from([("09:00", "12:00"), ("10:00", "15:00"), ("09:00", "21:00")])
    found = []
    for day in days:
        start, end = draw(hours)
        found.append(w.shift(day, start, end, draw(st.sampled_from([60, 120, 300, 720]))))
    return found


@st.composite
def crews(draw):
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
        found.append(w.crew(f"C{number}", draw(shifts()), licences, **more))
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
    made = draw(crews())
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
    due = draw(
        st.none() | st.sampled_from(["2026-11-25T12:00:00+08:00", "2026-12-08T01:00:00+08:00"])
    )
    if due:
        order["goods_expected_at"] = due
    others = _booked_others(draw, made)
    hubs = [w.hub("H1"), w.hub("H2", ("310115", "310104"))]
    _divided(draw, hubs, made)
    order["provider"] = draw(some_provider)
    return {
        "hubs": hubs,
        "crews": made,
        "orders": [order, *others],
        "calendar": list(calendar.values()),
    }


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


@given(document=documents(), hour=st.sampled_from([8, 10, 17, 19]))
@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_a_window_is_offered_exactly_if_it_can_be_booked(book_of, document, hour):
    world, runner = book_of
    runner.run(_check(world, document, hour))


async def _check(world, document, hour):
    now = w.at("2026-11-24", f"{hour:02}:00")
    world.clock = w.FixedClock(now)
    await w.emptied(world.database)
    await world.scheduling.import_document(document)
    order = document["orders"][0]
    expected = oracle.bookable(document, order, now, MINUTES)
    found = await world.scheduling.availability("O1")
    assert {(x.start, x.end) for x in found.windows} == expected
    if not expected:
        assert found.reason.code == oracle.reason(document, order, now, MINUTES)
        assert found.reason.text
    await _book_each(world, document, expected)


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
