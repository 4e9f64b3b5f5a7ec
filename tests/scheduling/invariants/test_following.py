"""Invariant 8: an installation comes after its delivery, or the same crew stays for it; where a
change of the delivery would break that, the installation moves along or is flagged."""

from __future__ import annotations

import asyncio
import random

import pytest

from bot.catalogue import load
from bot.errors import BookingRefused, WindowTaken
from bot.scheduling.dispatch import Dispatch
from bot.scheduling.notice_tables import notice
from bot.scheduling.status import StatusUpdate
from bot.scheduling.tables import visit_event
from tests.scheduling import world as w

DAYS = ("2026-11-26", "2026-11-27", "2026-11-28")
HOURS = (("09:00", "12:00"), ("12:00", "15:00"), ("15:00", "18:00"))
MORNINGS = [w.window(day) for day in DAYS]
WINDOWS = [w.window(day, *hours) for day in DAYS for hours in HOURS]


# Minutes of a day of three windows in each of which a crew has room for one visit, or for two.
ONE, TWO = 540, 720


def _crews(*names, days=DAYS, capacity=TWO):
    shifts = [w.shift(day, "09:00", "18:00", capacity) for day in days]
    return [w.crew(name, shifts) for name in names]


def _order(delivery=0, installation=1, crew="C2", **more):
    """Delivered by C1 on the first of the mornings, installed by another on the second."""
    visits = [
        w.visit_at("VD", MORNINGS[delivery], kind="delivery"),
        w.visit_at("VI", MORNINGS[installation], kind="installation", crew_id=crew),
    ]
    return w.order(visits=visits, **more)


@pytest.fixture
async def both(world):
    await world.take(_order(), crews=_crews("C1", "C2"))
    return world


async def _visits(world):
    (order,) = await world.scheduling.orders(w.OWNER)
    return {visit.visit_id: visit for visit in order.visits}


async def _events(world, visit_id):
    rows = sorted(await world.rows(visit_event), key=lambda row: row["id"])
    return [row["what"] for row in rows if row["visit_id"] == visit_id]


async def _move_delivery(world, window):
    """Move what is next, which is the delivery as long as both are booked."""
    return await world.scheduling.book(w.OWNER, "O1", window, "c1")


async def test_a_delivery_that_stays_before_leaves_the_installation_alone(both):
    before = (await _visits(both))["VI"]
    await _move_delivery(both, w.window(DAYS[0], "12:00", "15:00"))
    assert (await _visits(both))["VI"] == before
    assert await _events(both, "VI") == []


async def test_an_installation_that_would_come_first_moves_along_to_the_earliest_window(both):
    await _move_delivery(both, w.window(DAYS[1], "12:00", "15:00"))
    visits = await _visits(both)
    assert visits["VD"].window == w.window(DAYS[1], "12:00", "15:00")
    installed = visits["VI"]
    # The earliest there is: the delivery's own crew stays for it.
    assert (installed.window, installed.crew.crew_id) == (visits["VD"].window, "C1")
    assert (installed.changes, installed.attention) == (0, False)
    assert await _events(both, "VI") == ["moved_along"]
    await both.ledger_is_sound()


async def test_it_waits_for_the_delivery_to_be_over_where_its_crew_has_no_room(world):
    await world.take(_order(), crews=_crews("C1", "C2", capacity=ONE))
    await _move_delivery(world, w.window(DAYS[1], "12:00", "15:00"))
    assert (await _visits(world))["VI"].window == w.window(DAYS[1], "15:00", "18:00")
    await world.ledger_is_sound()


async def test_who_is_moved_along_is_told_and_reminded_of_the_new_window(both):
    await _move_delivery(both, w.window(DAYS[1], "12:00", "15:00"))
    told = [r for r in await both.rows(notice) if r["visit_id"] == "VI"]
    new = [r["kind"] for r in told if r["payload"]["window"]["start"][11:13] == "12"]
    assert sorted(new) == ["changed", "late", "reminder"]


async def test_where_there_is_no_window_after_it_the_installation_is_flagged_where_it_was(world):
    crews = [*_crews("C1", capacity=ONE), *_crews("C2", days=DAYS[:2], capacity=ONE)]
    await world.take(_order(), crews=crews)
    await _move_delivery(world, WINDOWS[-1])
    flagged = (await _visits(world))["VI"]
    assert (flagged.window, flagged.attention) == (MORNINGS[1], True)
    assert await _events(world, "VI") == ["flagged"]
    # Brought back before it, all is well again.
    await world.scheduling.book(w.OWNER, "O1", MORNINGS[0], "c2")
    back = (await _visits(world))["VI"]
    assert (back.window, back.attention) == (MORNINGS[1], False)
    assert await _events(world, "VI") == ["flagged", "unflagged"]
    await world.ledger_is_sound()


async def test_a_cancelled_delivery_flags_its_installation(both):
    await both.scheduling.cancel(w.OWNER, "O1", "c1")
    visits = await _visits(both)
    assert (visits["VD"].status, visits["VI"].status) == ("cancelled", "scheduled")
    assert visits["VI"].attention
    assert visits["VI"].window == MORNINGS[1]
    assert await _events(both, "VI") == ["flagged"]


async def test_a_failed_delivery_flags_its_installation(both):
    dispatch = Dispatch(both.database, both.clock, load(), both.rules)
    later = w.at("2026-11-27", "10:00")
    await dispatch.report(StatusUpdate("VD", "failed", "c1", "unreachable", later))
    assert (await _visits(both))["VI"].attention


async def test_an_installation_is_free_once_it_has_been_delivered(world):
    await world.take(_order(), crews=_crews("C1", "C2"))
    dispatch = Dispatch(world.database, world.clock, load(), world.rules)
    for number, status in enumerate(("en_route", "in_progress", "completed")):
        await dispatch.report(StatusUpdate("VD", status, f"c{number}"))
    moved = await world.scheduling.book(w.OWNER, "O1", MORNINGS[0], "c9")
    assert (moved.visit_id, moved.window) == ("VI", MORNINGS[0])


async def test_no_window_before_the_delivery_is_offered_but_its_own_crews(world):
    visits = [
        w.visit_at("VD", MORNINGS[1], kind="delivery"),
        w.unscheduled("VI", "installation"),
    ]
    await world.take(w.order(visits=visits), crews=_crews("C1", "C2"))
    found = await world.scheduling.availability("O1")
    assert found.windows == tuple(x for x in WINDOWS if x >= MORNINGS[1])
    with pytest.raises(WindowTaken):
        await world.scheduling.book(w.OWNER, "O1", MORNINGS[0], "c1")
    booked = await world.scheduling.book(w.OWNER, "O1", MORNINGS[1], "c2")
    assert (booked.visit_id, booked.crew.crew_id) == ("VI", "C1")
    assert await world.scheduling.book(w.OWNER, "O1", MORNINGS[1], "c2") == booked
    # What happened is written of the visit it happened to, though the delivery is next.
    assert await _events(world, "VI") == ["scheduled"]


async def test_after_any_changes_every_installation_is_in_order_or_flagged(world):
    dice = random.Random(20261124)
    numbers = range(6)
    orders = [
        w.order(
            f"O{n}",
            visits=[
                w.visit_at(f"D{n}", dice.choice(WINDOWS[:3]), kind="delivery"),
                w.visit_at(f"I{n}", dice.choice(WINDOWS[4:]), kind="installation", crew_id="C2"),
            ],
        )
        for n in numbers
    ]
    world.rules = w.BookingRules(max_changes=1000)
    await world.take(*orders, crews=_crews("C1", "C2", capacity=1440))
    done = 0
    for step in range(80):
        order_no = f"O{dice.choice(numbers)}"
        try:
            if dice.random() < 0.15:
                await world.scheduling.cancel(w.OWNER, order_no, f"c{step}")
            else:
                await world.scheduling.book(w.OWNER, order_no, dice.choice(WINDOWS), f"c{step}")
            done += 1
        except BookingRefused:
            continue
        await _all_in_order(world)
    assert done > 40
    await world.ledger_is_sound()


async def test_changes_at_the_same_moment_leave_it_in_order_too(both):
    both.rules = w.BookingRules(max_changes=1000)
    dice = random.Random(20261125)
    for step in range(6):
        wishes = dice.sample(WINDOWS, 4)
        outcomes = await asyncio.gather(
            *(
                both.scheduling.book(w.OWNER, "O1", wish, f"c{step}-{number}")
                for number, wish in enumerate(wishes)
            ),
            return_exceptions=True,
        )
        lost = [x for x in outcomes if isinstance(x, BaseException)]
        assert len(lost) < len(outcomes)
        assert all(isinstance(x, BookingRefused) for x in lost)
        await _all_in_order(both)
    await both.ledger_is_sound()


async def _all_in_order(world):
    for order in await world.scheduling.orders(w.OWNER):
        booked = {v.kind: v for v in order.visits if v.status == "scheduled"}
        installation, delivery = booked.get("installation"), booked.get("delivery")
        if installation is None or installation.attention:
            continue
        assert delivery is not None, "it was neither delivered nor flagged"
        same = installation.crew == delivery.crew
        earliest = delivery.window.start if same else delivery.window.end
        assert installation.window.start >= earliest
