"""Booking, moving, cancelling: never beyond capacity, never half."""

from __future__ import annotations

import asyncio
import random

import pytest
from sqlalchemy import delete, text, update
from sqlalchemy.exc import DBAPIError, IntegrityError

from bot.errors import BookingRefused, BotError, WindowTaken
from bot.scheduling import Caller
from bot.scheduling.tables import crew_window, done_command, visit, visit_event
from tests.scheduling import world as w

NOON = w.window(start="12:00", end="15:00")
TABLES = (visit, crew_window, visit_event, done_command)


@pytest.fixture
async def open_day(world):
    """One order; one crew from nine to three, 180 minutes a window."""
    await world.take(w.order(), crews=[w.crew(shifts=[w.shift(end="15:00", capacity=360)])])
    return world


async def _used(world):
    return [used for _, _, used in (await world.ledger()).values()]


async def test_book_move_cancel_and_book_anew(open_day):
    scheduling = open_day.scheduling
    booked = await scheduling.book(w.OWNER, "O1", w.window(), "c1")
    assert (booked.status, booked.window, booked.crew.crew_id) == ("scheduled", w.window(), "C1")
    assert await _used(open_day) == [w.AC_MINUTES, 0]
    moved = await scheduling.book(w.OWNER, "O1", NOON, "c2")
    assert (moved.visit_id, moved.window, moved.changes) == (booked.visit_id, NOON, 1)
    assert await _used(open_day) == [0, w.AC_MINUTES]
    cancelled = await scheduling.cancel(w.OWNER, "O1", "c3", "not_home")
    assert (cancelled.status, cancelled.window) == ("cancelled", NOON)
    assert await _used(open_day) == [0, 0]
    anew = await scheduling.book(w.OWNER, "O1", NOON, "c4")
    assert anew.visit_id != booked.visit_id
    (order,) = await scheduling.orders(w.OWNER)
    assert [x.status for x in order.visits] == ["cancelled", "scheduled"]
    events = sorted(await open_day.rows(visit_event), key=lambda row: row["id"])
    assert [e["what"] for e in events] == ["scheduled", "rescheduled", "cancelled", "scheduled"]
    assert events[2]["reason"] == "not_home"


async def test_an_unscheduled_visit_is_the_one_that_is_booked(world):
    await world.take(w.order(visits=[w.unscheduled(kind="installation")]))
    booked = await world.scheduling.book(w.OWNER, "O1", w.window(), "c1")
    assert (booked.visit_id, booked.kind, booked.changes) == ("V1", "installation", 0)


async def test_the_same_command_again_changes_nothing(open_day):
    scheduling = open_day.scheduling
    first = await scheduling.book(w.OWNER, "O1", w.window(), "c1")
    before = [await open_day.rows(table) for table in TABLES]
    assert await scheduling.book(w.OWNER, "O1", w.window(), "c1") == first
    assert [await open_day.rows(table) for table in TABLES] == before
    cancelled = await scheduling.cancel(w.OWNER, "O1", "c2")
    assert await scheduling.cancel(w.OWNER, "O1", "c2") == cancelled


async def test_the_same_command_many_times_at_once_is_done_once(open_day):
    booked = await asyncio.gather(
        *(open_day.scheduling.book(w.OWNER, "O1", w.window(), "c1") for _ in range(8))
    )
    assert len({x.visit_id for x in booked}) == 1
    assert await _used(open_day) == [w.AC_MINUTES, 0]


async def test_of_many_at_once_exactly_as_many_as_there_is_room_for_succeed(world):
    clients, seats = 30, 7
    crews = [
        w.crew("C1", [w.shift(capacity=4 * w.AC_MINUTES)]),
        w.crew("C2", [w.shift(capacity=3 * w.AC_MINUTES + 1)]),
    ]
    await world.take(
        *(w.order(f"O{n}", consumer_id=f"tb_{n}") for n in range(clients)), crews=crews
    )
    outcomes = await asyncio.gather(
        *(
            world.scheduling.book(Caller(f"t{n}", f"tb_{n}"), f"O{n}", w.window(), f"c{n}")
            for n in range(clients)
        ),
        return_exceptions=True,
    )
    lost = [x for x in outcomes if isinstance(x, BaseException)]
    assert len(outcomes) - len(lost) == seats
    assert {type(x) for x in lost} == {WindowTaken}
    await world.ledger_is_sound()


async def test_two_who_swap_windows_both_stay_booked(world):
    crews = [w.crew(shifts=[w.shift(end="15:00", capacity=2 * w.AC_MINUTES)])]
    orders = [
        w.order("O1", visits=[w.visit_at("V1")]),
        w.order("O2", visits=[w.visit_at("V2", NOON)]),
    ]
    await world.take(*orders, crews=crews)
    await asyncio.gather(
        world.scheduling.book(w.OWNER, "O1", NOON, "c1"),
        world.scheduling.book(w.OWNER, "O2", w.window(), "c2"),
        return_exceptions=True,
    )
    assert [x["status"] for x in await world.rows(visit)] == ["scheduled"] * 2
    await world.ledger_is_sound()


async def test_of_those_who_move_to_the_last_seat_one_gets_it(world):
    late = w.window("2026-11-27")
    shifts = [w.shift(capacity=6 * w.AC_MINUTES), w.shift("2026-11-27", capacity=w.AC_MINUTES)]
    orders = [w.order(f"O{n}", visits=[w.visit_at(f"V{n}")]) for n in range(6)]
    await world.take(*orders, crews=[w.crew(shifts=shifts)])
    outcomes = await asyncio.gather(
        *(world.scheduling.book(w.OWNER, f"O{n}", late, f"c{n}") for n in range(6)),
        return_exceptions=True,
    )
    lost = [x for x in outcomes if isinstance(x, BaseException)]
    assert [type(x) for x in lost] == [WindowTaken] * 5
    moved = [x for x in await world.rows(visit) if x["version"]]
    assert [x["window_start"] for x in moved] == [int(late.start.timestamp())]
    await world.ledger_is_sound()


@pytest.mark.parametrize("before", [[], [w.unscheduled()], [w.visit_at(where=NOON)]])
@pytest.mark.parametrize("held", [True, False])
async def test_what_a_booking_returns_is_what_is_stored(world, before, held):
    await world.take(
        w.order(visits=before), crews=[w.crew(shifts=[w.shift(end="15:00", capacity=360)])]
    )
    token = (await world.scheduling.hold(w.OWNER, "O1", w.window())).token if held else None
    booked = await world.scheduling.book(w.OWNER, "O1", w.window(), "c1", token=token)
    stored = await world.scheduling.order(w.OWNER, "O1")
    assert stored.visits == (booked,)
    assert (booked.window, booked.crew.crew_id) == (w.window(), "C1")


async def test_the_database_itself_refuses_overbooking(open_day):
    booked = await open_day.scheduling.book(w.OWNER, "O1", w.window(), "c1")
    for values in ({"minutes": 181}, {"minutes": 0}):
        with pytest.raises(IntegrityError):
            async with open_day.database.transaction() as tx:
                await tx.execute(
                    update(visit).where(visit.c.visit_id == booked.visit_id).values(**values)
                )
    assert await _used(open_day) == [w.AC_MINUTES, 0]


async def test_an_overrun_of_elsewhere_is_not_booked_by_us(world):
    await world.take(w.order(), *(w.order(f"X{n}", visits=[w.visit_at(f"V{n}")]) for n in range(3)))
    with pytest.raises(WindowTaken):
        await world.scheduling.book(w.OWNER, "O1", w.window(), "c1")
    await world.scheduling.cancel(w.OWNER, "X0", "c2")
    with pytest.raises(WindowTaken):
        await world.scheduling.book(w.OWNER, "O1", w.window(), "c3")


async def test_a_move_that_fails_leaves_everything_as_it_was(world):
    crews = [w.crew(shifts=[w.shift(end="15:00", capacity=2 * w.AC_MINUTES)])]
    orders = [
        w.order("O1", visits=[w.visit_at("V1")]),
        w.order("O2", visits=[w.visit_at("V2", NOON)]),
    ]
    await world.take(*orders, crews=crews)
    before = [await world.rows(table) for table in TABLES]
    for target in (NOON, w.window("2026-11-30"), w.window(start="09:30")):
        with pytest.raises(WindowTaken):
            await world.scheduling.book(w.OWNER, "O1", target, "c1")
    assert [await world.rows(table) for table in TABLES] == before


async def test_what_happened_stays_written(open_day):
    await open_day.scheduling.book(w.OWNER, "O1", w.window(), "c1")
    for statement in (update(visit_event).values(actor="nobody"), delete(visit_event)):
        with pytest.raises(DBAPIError, match="append-only"):
            async with open_day.database.transaction() as tx:
                await tx.execute(statement)
    assert [e["actor"] for e in await open_day.rows(visit_event)] == ["consumer"]


async def test_the_ledger_holds_after_many_random_changes(world):
    dice = random.Random(20261124)
    shifts = [w.shift(f"2026-11-{day}", end="18:00", capacity=600) for day in (26, 27)]
    orders = [w.order(f"O{n}", dice.choice(["split_ac", "tv", "oven"])) for n in range(12)]
    skills = ["split_ac", "tv", "oven"]
    await world.take(*orders, crews=[w.crew(c, shifts, skills) for c in ("C1", "C2")])
    windows = [
        w.window(f"2026-11-{day}", f"{hour:02}:00", f"{hour + 3}:00")
        for day in (26, 27)
        for hour in (9, 12, 15)
    ]
    done = 0
    for step in range(100):
        number, scheduling = f"O{dice.randrange(12)}", world.scheduling
        what = dice.choices(["book", "cancel", "describe"], [6, 3, 1])[0]
        try:
            if what == "book":
                await scheduling.book(w.OWNER, number, dice.choice(windows), f"c{step}")
            elif what == "cancel":
                await scheduling.cancel(w.OWNER, number, f"c{step}")
            else:
                facts = {"old_appliance": dice.random() < 0.5}
                await scheduling.describe_site(w.OWNER, number, facts, f"c{step}")
            done += 1
        except BotError as error:
            assert isinstance(error, BookingRefused)  # noqa: PT017 - any other fails the test
    assert done > 40
    await world.ledger_is_sound()


async def test_a_visit_is_moved_only_so_often(open_day):
    scheduling = open_day.scheduling
    for n in range(4):
        await scheduling.book(w.OWNER, "O1", (w.window(), NOON)[n % 2], f"c{n}")
    with pytest.raises(BookingRefused) as refused:
        await scheduling.book(w.OWNER, "O1", w.window(), "c9")
    assert refused.value.facts["reason"].code == "too_many_changes"
    assert (await scheduling.cancel(w.OWNER, "O1", "c10")).status == "cancelled"


SOON = w.window("2026-11-24", "09:00", "12:00")


async def _refusal(world, kind):
    refused = await world.scheduling.change_refusal(w.OWNER, "O1", kind)
    return refused and refused.code


@pytest.mark.parametrize(
    ("now", "refusal"),
    [
        ("2026-11-23T17:59", None),
        # From then on the windows of the next day are closed, and so is the way out of them.
        ("2026-11-23T18:00", "too_late_to_change"),
        ("2026-11-24T09:59", None),
        ("2026-11-24T10:00", "too_late_to_change"),
        ("2026-11-24T11:59", "too_late_to_change"),
        ("2026-11-24T12:00", None),
    ],
)
async def test_a_visit_is_changed_until_its_cut_off_and_again_once_it_was_missed(
    world, now, refusal
):
    shifts = [w.shift(day) for day in ("2026-11-24", w.DAY)]
    await world.take(w.order(visits=[w.visit_at(where=SOON)]), crews=[w.crew(shifts=shifts)])
    world.clock = w.FixedClock(w.at(*now.split("T")))
    assert [await _refusal(world, kind) for kind in ("move", "cancel")] == [refusal] * 2
    if refusal is None:
        assert (await world.scheduling.book(w.OWNER, "O1", w.window(), "c2")).window == w.window()
        return
    for call in (
        world.scheduling.book(w.OWNER, "O1", w.window(), "c2"),
        world.scheduling.hold(w.OWNER, "O1", w.window()),
        world.scheduling.cancel(w.OWNER, "O1", "c3"),
    ):
        with pytest.raises(BookingRefused) as refused:
            await call
        assert refused.value.facts["reason"].code == refusal


@pytest.fixture
async def missed(world):
    """A visit that was moved three times, whose window is over without a crew."""
    shifts = [
        w.shift("2026-11-24", end="15:00", capacity=360),
        w.shift(w.DAY),
        w.shift("2026-11-27"),
    ]
    await world.take(w.order(visits=[w.visit_at(where=SOON)]), crews=[w.crew(shifts=shifts)])
    world.clock = w.FixedClock(w.at("2026-11-23", "09:00"))
    noon = w.window("2026-11-24", "12:00", "15:00")
    for number, where in enumerate((noon, SOON, noon)):
        await world.scheduling.book(w.OWNER, "O1", where, f"m{number}")
    world.clock = w.FixedClock(w.at("2026-11-24", "15:00"))
    return world


async def _last_reason(world):
    return max(await world.rows(visit_event), key=lambda row: row["id"])["reason"]


async def test_a_change_after_a_miss_costs_nothing_and_is_never_one_too_many(missed):
    moved = await missed.scheduling.book(w.OWNER, "O1", w.window(), "c1")
    assert (moved.window, moved.changes) == (w.window(), 3)
    assert await _last_reason(missed) == "missed"
    with pytest.raises(BookingRefused) as refused:
        await missed.scheduling.book(w.OWNER, "O1", w.window("2026-11-27"), "c2")
    assert refused.value.facts["reason"].code == "too_many_changes"
    await missed.ledger_is_sound()


async def test_what_the_consumer_says_of_a_miss_is_what_is_noted(missed):
    await missed.scheduling.cancel(w.OWNER, "O1", "c1", "not_home")
    assert await _last_reason(missed) == "not_home"


async def test_a_missed_window_suits_nobody(missed):
    assert await missed.scheduling.assent(w.OWNER, "O1", "c1") is None


async def test_what_an_agent_moves_is_no_change_of_the_consumers(open_day):
    scheduling = open_day.scheduling
    await scheduling.book(w.OWNER, "O1", w.window(), "c1")
    assert (await scheduling.book(w.OWNER, "O1", NOON, "c2", actor="agent")).changes == 0
    assert (await scheduling.book(w.OWNER, "O1", w.window(), "c3")).changes == 1


@pytest.mark.parametrize("status", ["en_route", "in_progress"])
async def test_a_visit_under_way_is_not_changed(world, status):
    await world.take(w.order(visits=[w.visit_at(status=status)]))
    for call in (
        world.scheduling.book(w.OWNER, "O1", NOON, "c1"),
        world.scheduling.cancel(w.OWNER, "O1", "c2"),
    ):
        with pytest.raises(BookingRefused) as refused:
            await call
        assert refused.value.facts["reason"].code == "visit_in_progress"


@pytest.mark.parametrize(
    ("visits", "code"),
    [([], "nothing_to_cancel"), ([w.visit_at(status="completed")], "visit_completed")],
)
async def test_nothing_to_cancel_is_said(world, visits, code):
    await world.take(w.order(visits=visits))
    assert (await world.scheduling.change_refusal(w.OWNER, "O1", "cancel")).code == code


async def test_a_window_past_its_cut_off_is_not_booked(world):
    today = w.window("2026-11-24")
    await world.take(w.order(), crews=[w.crew(shifts=[w.shift("2026-11-24")])])
    with pytest.raises(WindowTaken):
        await world.scheduling.book(w.OWNER, "O1", today, "c1")


async def test_a_description_of_the_home_is_charged(open_day):
    scheduling = open_day.scheduling
    await scheduling.book(w.OWNER, "O1", w.window(), "c1")
    change = await scheduling.describe_site(w.OWNER, "O1", {"old_appliance": True}, "c2")
    assert (change.minutes, change.conflict) == (125, False)
    assert change.site == {"floor": 6, "elevator": True, "old_appliance": True}
    assert await _used(open_day) == [125, 0]


async def test_a_description_may_take_another_crew_of_the_same_window(world):
    able = w.crew("C2", skills=["split_ac", "high_altitude"])
    await world.take(w.order(visits=[w.visit_at()]), crews=[w.crew(), able])
    change = await world.scheduling.describe_site(w.OWNER, "O1", {"outdoor_unit": "facade"}, "c1")
    assert ("high_altitude" in change.skills, change.conflict) == (True, False)
    (order,) = await world.scheduling.orders(w.OWNER)
    assert (order.visits[0].crew.crew_id, order.visits[0].changes) == ("C2", 0)
    await world.ledger_is_sound()


async def test_a_description_that_no_crew_fits_flags_the_visit_until_it_is_taken_back(world):
    await world.take(w.order(visits=[w.visit_at()]))
    for place, conflict in (("facade", True), ("balcony", False)):
        facts = {"outdoor_unit": place}
        change = await world.scheduling.describe_site(w.OWNER, "O1", facts, f"c-{place}")
        (order,) = await world.scheduling.orders(w.OWNER)
        assert (change.conflict, order.visits[0].attention) == (conflict, conflict)
        assert order.visits[0].window == w.window()


async def test_two_live_visits_of_a_kind_cannot_be(open_day):
    await open_day.scheduling.book(w.OWNER, "O1", w.window(), "c1")
    with pytest.raises(IntegrityError):
        async with open_day.database.transaction() as tx:
            await tx.execute(
                text(
                    "INSERT INTO visit (visit_id, order_no, seq, kind, status, minutes, attention) "
                    "VALUES ('V9', 'O1', 9, 'delivery_and_installation', 'unscheduled', 5, FALSE)"
                )
            )
