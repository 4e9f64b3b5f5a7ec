"""Notices: written with the change they tell of, once, and dropped where they no longer hold."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.errors import WindowTaken
from bot.scheduling import notices
from bot.scheduling.notice_tables import notice
from bot.scheduling.store import instant
from bot.scheduling.tables import visit_event
from bot.scheduling.upkeep import Upkeep
from bot.settings import BookingRules
from tests.scheduling import world as w

NOON = w.window(start="12:00", end="15:00")


@pytest.fixture
async def open_day(world):
    await world.take(w.order(), crews=[w.crew(shifts=[w.shift(end="15:00", capacity=360)])])
    return world


async def _written(world):
    """Kind and due time of each notice, in order of both."""
    rows = await world.rows(notice)
    return sorted((r["kind"], _clock(r["due_at"])) for r in rows)


def _clock(epoch):
    return f"{instant(epoch):%m-%d %H:%M}"


async def _due(world, at=None):
    now = at or world.clock.now()
    async with world.database.transaction() as tx:
        return [await notices.lock(tx, i) for i in await notices.due(tx, now, world.rules, 50)]


async def test_booking_writes_what_is_told_now_and_what_will_be_due(open_day):
    await open_day.scheduling.book(w.OWNER, "O1", w.window(), "turn1:book")
    assert await _written(open_day) == [
        ("confirmed", "11-24 10:00"),
        ("late", "11-26 09:30"),
        ("reminder", "11-25 15:00"),
    ]
    (confirmed,) = await _due(open_day)
    assert (confirmed.kind, confirmed.turn_id, confirmed.window) == (
        "confirmed",
        "turn1",
        w.window(),
    )
    assert not confirmed.stale


async def test_the_same_command_again_writes_nothing_more(open_day):
    for _ in range(2):
        await open_day.scheduling.book(w.OWNER, "O1", w.window(), "c1")
    assert len(await open_day.rows(notice)) == 3


async def test_a_booking_that_fails_leaves_no_notice(open_day):
    with pytest.raises(WindowTaken):
        await open_day.scheduling.book(w.OWNER, "O1", w.window("2026-11-30"), "c1")
    assert await open_day.rows(notice) == []


async def test_after_a_move_what_was_said_of_the_old_window_is_stale(open_day):
    await open_day.scheduling.book(w.OWNER, "O1", w.window(), "c1")
    await open_day.scheduling.book(w.OWNER, "O1", NOON, "c2")
    day = w.at("2026-11-26", "12:30")
    stale = {(n.kind, n.window.start.hour): n.stale for n in await _due(open_day, day)}
    assert stale == {
        ("confirmed", 9): True,
        ("reminder", 9): True,
        ("late", 9): True,
        ("changed", 12): False,
        ("reminder", 12): False,
        ("late", 12): False,
    }


async def test_moving_back_to_a_window_reminds_once(open_day):
    for number, where in enumerate((w.window(), NOON, w.window())):
        await open_day.scheduling.book(w.OWNER, "O1", where, f"c{number}")
    kinds = [row["kind"] for row in await open_day.rows(notice)]
    assert (kinds.count("reminder"), kinds.count("changed")) == (2, 2)


async def test_a_cancelled_visit_is_told_of_unless_the_order_is_booked_anew(open_day):
    await open_day.scheduling.book(w.OWNER, "O1", w.window(), "c1")
    await open_day.scheduling.cancel(w.OWNER, "O1", "c2")
    assert {n.kind: n.stale for n in await _due(open_day)} == {
        "confirmed": True,
        "cancelled": False,
    }
    await open_day.scheduling.book(w.OWNER, "O1", NOON, "c3")
    assert {n.kind for n in await _due(open_day) if not n.stale} == {"confirmed"}


async def test_no_reminder_of_what_is_today(open_day):
    open_day.clock.advance(timedelta(days=2, hours=-1, minutes=-30))
    await open_day.scheduling.book(w.OWNER, "O1", NOON, "c1")
    assert await _written(open_day) == [("confirmed", "11-26 08:30"), ("late", "11-26 12:30")]


@pytest.mark.parametrize(
    ("clock", "quiet"), [("20:59", False), ("21:00", True), ("07:59", True), ("08:00", False)]
)
async def test_at_night_only_a_crew_on_its_way_is_told_of(open_day, clock, quiet):
    await open_day.scheduling.book(w.OWNER, "O1", w.window(), "c1")
    async with open_day.database.transaction() as tx:
        (order,) = await open_day.scheduling.orders(w.OWNER)
        now = open_day.clock.now()
        await notices.record(tx, "en_route", order, order.visits[0], now)
    due = {n.kind for n in await _due(open_day, w.at("2026-11-25", clock))}
    assert notices.is_quiet(w.at("2026-11-25", clock), BookingRules()) is quiet
    assert ("confirmed" in due) is not quiet
    assert "en_route" in due


def test_without_quiet_hours_it_is_never_quiet():
    assert not notices.is_quiet(w.at("2026-11-25", "03:00"), BookingRules(quiet_hours=()))


async def test_what_is_settled_or_set_aside_is_not_due_until_taken_up(open_day):
    await open_day.scheduling.book(w.OWNER, "O1", w.window(), "c1")
    (told,) = await _due(open_day)
    async with open_day.database.transaction() as tx:
        await notices.set_aside(tx, told.notice_id)
    assert await _due(open_day) == []
    async with open_day.database.transaction() as tx:
        await notices.take_up(tx, consumer_id="tb_1001")
    assert [n.notice_id for n in await _due(open_day)] == [told.notice_id]
    async with open_day.database.transaction() as tx:
        await notices.settle(tx, told.notice_id, "sent", open_day.clock.now())
        await notices.take_up(tx, order_no="O1")
    assert await _due(open_day) == []


async def test_an_import_tells_what_changed_elsewhere_and_nothing_of_what_is_new(world):
    crews = [w.crew(shifts=[w.shift(end="15:00", capacity=360)])]
    await world.take(w.order(visits=[w.visit_at()]), crews=crews)
    assert [kind for kind, _ in await _written(world)] == ["late", "reminder"]
    await world.take(w.order(visits=[w.visit_at()]), crews=crews)
    assert len(await world.rows(notice)) == 2
    await world.take(w.order(visits=[w.visit_at(where=NOON)]), crews=crews)
    assert [n.kind for n in await _due(world) if not n.stale] == ["changed"]
    await world.take(w.order(visits=[w.visit_at(where=NOON, status="en_route")]), crews=crews)
    assert [n.kind for n in await _due(world) if not n.stale] == ["en_route"]
    events = sorted(await world.rows(visit_event), key=lambda row: row["id"])
    assert [(e["actor"], e["what"]) for e in events] == [
        ("import", "rescheduled"),
        ("import", "en_route"),
    ]


async def test_an_opened_window_holds_until_the_visit_has_it(open_day):
    (order,) = await open_day.scheduling.orders(w.OWNER)
    async with open_day.database.transaction() as tx:
        now = open_day.clock.now()
        await notices.record(tx, "window_opened", order, None, now, window=NOON)
    assert [n.stale for n in await _due(open_day)] == [False]
    await open_day.scheduling.book(w.OWNER, "O1", NOON, "c1")
    assert {n.kind: n.stale for n in await _due(open_day)}["window_opened"] is True


async def _outcomes(world):
    return sorted((row["kind"], row["outcome"]) for row in await world.rows(notice))


async def _settle_all(world, *kinds):
    async with world.database.transaction() as tx:
        for row in await world.rows(notice):
            if row["kind"] in kinds:
                await notices.settle(tx, row["notice_id"], "sent", world.clock.now())


async def test_notices_of_no_use_are_removed_after_their_time_and_no_others(open_day):
    await open_day.scheduling.book(w.OWNER, "O1", w.window(), "c1")
    await _settle_all(open_day, "confirmed", "reminder")
    # The reminder is of no use once the window begins, the other two when it ends.
    open_day.clock = w.FixedClock(w.at("2027-02-24", "09:00") - timedelta(seconds=1))
    await Upkeep(open_day.scheduling).sweep()
    assert len(await open_day.rows(notice)) == 3
    open_day.clock = w.FixedClock(w.at("2027-02-24", "09:00"))
    await Upkeep(open_day.scheduling).sweep()
    assert await _outcomes(open_day) == [("confirmed", "sent"), ("late", None)]
    open_day.clock = w.FixedClock(w.at("2027-02-24", "12:00"))
    await Upkeep(open_day.scheduling).sweep()
    assert await _outcomes(open_day) == [("late", None)]
    async with open_day.database.transaction() as tx:
        (row,) = await open_day.rows(notice)
        await notices.set_aside(tx, row["notice_id"])
    await Upkeep(open_day.scheduling).sweep()
    assert await open_day.rows(notice) == []
