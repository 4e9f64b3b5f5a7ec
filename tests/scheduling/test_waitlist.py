"""Those who wait for an earlier window: told in their turn, one at a time, and then the next."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.catalogue import load
from bot.errors import BookingRefused, WindowTaken
from bot.scheduling import Caller, TimeRange
from bot.scheduling.dispatch import Dispatch
from bot.scheduling.notice_tables import notice
from bot.scheduling.status import StatusUpdate
from bot.scheduling.tables import waitlist
from tests.scheduling import world as w

EARLY, LATE = w.window(), w.window("2026-11-28")
HOUR = timedelta(hours=1)


def caller(number):
    return Caller(f"talk-{number}", f"tb_{number}")


def _crew(crew_id="C1", **more):
    shifts = [w.shift(), w.shift("2026-11-28", capacity=900)]
    return w.crew(crew_id, more.pop("shifts", shifts), **more)


def _waiting(number, **more):
    """An order that is booked late and whose consumer would rather come earlier."""
    visit = w.visit_at(f"V{number}", LATE)
    return w.order(f"O{number}", visits=[visit], consumer_id=f"tb_{number}", **more)


@pytest.fixture
async def full(world):
    """Order 0 has the only early seat; 1, 2 and 3 are booked late and wait, in this order."""
    first = w.order("O0", visits=[w.visit_at("V0")], consumer_id="tb_0")
    await world.take(first, *(_waiting(n) for n in (1, 2, 3)), crews=[_crew()])
    for number in (1, 2, 3):
        await world.scheduling.join_waitlist(caller(number), f"O{number}")
        world.clock.advance(timedelta(minutes=1))
    return world


async def _told(world):
    """Return who was told of which window, in the order of telling."""
    rows = [r for r in await world.rows(notice) if r["kind"] == "window_opened"]
    rows.sort(key=lambda r: (r["created_at"], r["order_no"]))
    return [(r["order_no"], r["payload"]["window"]["start"][5:13]) for r in rows]


async def _pass_on(world, after=HOUR):
    world.clock.advance(after)
    return (await world.scheduling.sweep())["offers"]


async def test_a_window_that_opens_is_offered_to_the_first_in_line_only(full):
    await full.scheduling.cancel(caller(0), "O0", "c1")
    assert await _told(full) == [("O1", "11-26T09")]
    assert await _pass_on(full, timedelta(minutes=59)) == 0
    assert await _told(full) == [("O1", "11-26T09")]


async def test_who_takes_it_leaves_the_line_and_it_is_offered_no_more(full):
    await full.scheduling.cancel(caller(0), "O0", "c1")
    moved = await full.scheduling.book(caller(1), "O1", EARLY, "c2")
    assert moved.window == EARLY
    assert {row["order_no"] for row in await full.rows(waitlist)} == {"O2", "O3"}
    assert await _pass_on(full) == 0
    # What they gave up is no earlier than what the others have.
    assert await _told(full) == [("O1", "11-26T09")]
    with pytest.raises(WindowTaken):
        await full.scheduling.book(caller(2), "O2", EARLY, "c3")
    await full.ledger_is_sound()


async def test_an_offer_that_nobody_takes_goes_to_the_next_and_to_nobody_twice(full):
    await full.scheduling.cancel(caller(0), "O0", "c1")
    for _ in range(3):
        assert await _pass_on(full) == 1
    assert await _told(full) == [(f"O{n}", "11-26T09") for n in (1, 2, 3)]
    assert await _pass_on(full) == 0
    # Another window is another matter, and the one who was told first is the next in line.
    await full.take(crews=[_crew("C2", shifts=[w.shift("2026-11-27")])])
    assert (await _told(full))[3:] == [("O1", "11-27T09")]


async def test_an_offer_is_passed_on_only_while_there_is_room(full):
    await full.scheduling.cancel(caller(0), "O0", "c1")
    await full.take(w.order("O9", consumer_id="tb_9"), crews=[])
    await full.scheduling.book(caller(9), "O9", EARLY, "c2")
    assert await _pass_on(full) == 1
    assert await _told(full) == [("O1", "11-26T09")]


async def test_whose_turn_it_is_hears_of_nothing_else_meanwhile(full):
    await full.scheduling.cancel(caller(0), "O0", "c1")
    await full.take(crews=[_crew("C2", shifts=[w.shift("2026-11-27")])])
    assert await _told(full) == [("O1", "11-26T09"), ("O2", "11-27T09")]
    shifts = [w.shift("2026-11-27", "12:00", "21:00", 540)]
    await full.take(crews=[_crew("C3", shifts=shifts)])
    assert (await _told(full))[2:] == [("O3", "11-27T12")]


async def test_at_night_the_turn_begins_in_the_morning(full):
    full.clock = w.FixedClock(w.at("2026-11-24", "23:00"))
    await full.scheduling.cancel(caller(0), "O0", "c1")
    full.clock = w.FixedClock(w.at("2026-11-25", "08:59"))
    assert (await full.scheduling.sweep())["offers"] == 0
    full.clock = w.FixedClock(w.at("2026-11-25", "09:00"))
    assert (await full.scheduling.sweep())["offers"] == 1


async def test_new_shifts_are_offered_to_as_many_as_there_is_room_for(full):
    await full.take(crews=[_crew("C2", shifts=[w.shift(), w.shift("2026-11-27")])])
    assert await _told(full) == [("O1", "11-26T09"), ("O2", "11-27T09")]


@pytest.mark.parametrize("how", ["moved", "failed", "blackout taken back"])
async def test_it_does_not_matter_how_a_window_opens(full, how):
    if how == "moved":
        await full.scheduling.book(caller(0), "O0", LATE, "c1")
    elif how == "failed":
        dispatch = Dispatch(full.database, full.clock, load(), full.rules)
        later = w.at("2026-11-25", "12:00")
        await dispatch.report(StatusUpdate("V0", "failed", "c1", "not_wanted_now", later))
    else:
        day = {"date": str(w.DAY), "hub_id": "H1"}
        await full.scheduling.import_document({"calendar": [{**day, "kind": "blackout"}]})
        await full.scheduling.cancel(caller(0), "O0", "c1")
        assert await _told(full) == []
        lifted = {**day, "kind": "stress", "capacity_factor": 1}
        await full.scheduling.import_document({"calendar": [lifted]})
    assert await _told(full) == [("O1", "11-26T09")]


@pytest.mark.parametrize(
    ("earliest", "latest", "told"),
    [
        (None, "2026-11-26T12:00", True),
        (None, "2026-11-26T11:59", False),
        ("2026-11-26T09:00", None, True),
        ("2026-11-26T09:01", None, False),
    ],
)
async def test_a_window_outside_of_the_wish_is_not_told_of(world, earliest, latest, told):
    first = w.order("O0", visits=[w.visit_at("V0")], consumer_id="tb_0")
    await world.take(first, _waiting(1), crews=[_crew()])
    ends = [t and w.at(*t.split("T")) for t in (earliest, latest)]
    await world.scheduling.join_waitlist(caller(1), "O1", TimeRange(*ends))
    await world.scheduling.cancel(caller(0), "O0", "c1")
    assert bool(await _told(world)) is told


async def test_who_cannot_use_it_is_passed_over(world):
    """Wrong goods, another district, a booked window that is earlier already."""
    first = w.order("O0", visits=[w.visit_at("V0")], consumer_id="tb_0")
    hubs = [w.hub(), w.hub("H2", ("310104",))]
    await world.take(
        first,
        _waiting(1, category="tv"),
        _waiting(2, address={"adcode": "310104"}),
        w.order(
            "O3",
            visits=[w.visit_at("V3", w.window("2026-11-25"), crew_id="C2")],
            consumer_id="tb_3",
        ),
        _waiting(4),
        crews=[_crew(skills=["split_ac"]), _crew("C2", skills=["split_ac"], hub_id="H2")],
        hubs=hubs,
    )
    for number in (1, 2, 3, 4):
        await world.scheduling.join_waitlist(caller(number), f"O{number}")
    await world.scheduling.cancel(caller(0), "O0", "c1")
    assert await _told(world) == [("O4", "11-26T09")]


async def test_waiting_again_keeps_the_place_in_line(full):
    await full.scheduling.join_waitlist(caller(1), "O1")
    await full.scheduling.cancel(caller(0), "O0", "c1")
    assert await _told(full) == [("O1", "11-26T09")]


async def test_a_visit_that_cannot_be_changed_waits_for_nothing(world):
    await world.take(w.order("O1", visits=[w.visit_at(status="en_route")], consumer_id="tb_1"))
    with pytest.raises(BookingRefused):
        await world.scheduling.join_waitlist(caller(1), "O1")
