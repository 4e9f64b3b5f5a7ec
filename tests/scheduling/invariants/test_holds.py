"""Invariant 6: a live hold never fails for want of room, an expired one never confirms."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import update

from bot.errors import BookingRefused, WindowTaken
from bot.scheduling import Caller
from bot.scheduling.tables import crew_window, hold
from tests.scheduling import world as w

NOON = w.window(start="12:00", end="15:00")
RIVAL = Caller("talk-2", "tb_2")


@pytest.fixture
async def one_seat(world):
    """Two orders, two windows, one seat in each."""
    crews = [w.crew(shifts=[w.shift(end="15:00", capacity=2 * w.AC_MINUTES)])]
    await world.take(w.order(), w.order("O2", consumer_id="tb_2"), crews=crews)
    return world


async def _used(world):
    return [used for _, _, used in (await world.ledger()).values()]


async def test_a_held_window_is_nobody_elses(one_seat):
    scheduling = one_seat.scheduling
    held = await scheduling.hold(w.OWNER, "O1", w.window())
    assert w.window() not in (await scheduling.availability("O2")).windows
    for call in (
        scheduling.hold(RIVAL, "O2", w.window()),
        scheduling.book(RIVAL, "O2", w.window(), "r1"),
    ):
        with pytest.raises(WindowTaken):
            await call
    booked = await scheduling.book(w.OWNER, "O1", w.window(), "c1", token=held.token)
    assert booked.window == w.window()
    assert await one_seat.rows(hold) == []
    assert await _used(one_seat) == [w.AC_MINUTES, 0]


async def test_a_live_hold_confirms_though_the_capacity_was_cut_meanwhile(one_seat):
    held = await one_seat.scheduling.hold(w.OWNER, "O1", w.window())
    await one_seat.take(crews=[w.crew(shifts=[w.shift(end="15:00", capacity=120)])])
    await one_seat.scheduling.book(w.OWNER, "O1", w.window(), "c1", token=held.token)
    await one_seat.ledger_is_sound()


async def test_a_hold_survives_the_cut_off_it_was_made_before(one_seat):
    one_seat.clock = w.FixedClock(w.at("2026-11-25", "17:59"))
    held = await one_seat.scheduling.hold(w.OWNER, "O1", w.window())
    one_seat.clock.advance(timedelta(minutes=2))
    await one_seat.scheduling.book(w.OWNER, "O1", w.window(), "c1", token=held.token)


async def test_an_expired_hold_gives_way_and_never_confirms(one_seat):
    scheduling = one_seat.scheduling
    held = await scheduling.hold(w.OWNER, "O1", w.window())
    one_seat.clock.advance(timedelta(minutes=10))
    assert w.window() in (await scheduling.availability("O2")).windows
    await scheduling.book(RIVAL, "O2", w.window(), "r1")
    before = await one_seat.rows(crew_window)
    with pytest.raises(WindowTaken):
        await scheduling.book(w.OWNER, "O1", w.window(), "c1", token=held.token)
    assert await one_seat.rows(crew_window) == before


async def test_an_expired_hold_is_looked_at_anew_where_there_is_room(one_seat):
    held = await one_seat.scheduling.hold(w.OWNER, "O1", w.window())
    one_seat.clock.advance(timedelta(minutes=11))
    booked = await one_seat.scheduling.book(w.OWNER, "O1", w.window(), "c1", token=held.token)
    assert booked.window == w.window()
    assert await _used(one_seat) == [w.AC_MINUTES, 0]


async def test_another_pick_and_a_dropped_wish_release(one_seat):
    scheduling = one_seat.scheduling
    await scheduling.hold(w.OWNER, "O1", w.window())
    await scheduling.hold(w.OWNER, "O1", NOON)
    assert await _used(one_seat) == [0, w.AC_MINUTES]
    await scheduling.release(w.OWNER, "O1")
    assert await _used(one_seat) == [0, 0]
    await scheduling.release(w.OWNER, "O1")


async def test_holding_again_keeps_the_window_longer(one_seat):
    first = await one_seat.scheduling.hold(w.OWNER, "O1", w.window())
    one_seat.clock.advance(timedelta(minutes=9))
    again = await one_seat.scheduling.hold(w.OWNER, "O1", w.window())
    assert again.token == first.token
    assert again.expires_at - first.expires_at == timedelta(minutes=9)
    assert await _used(one_seat) == [w.AC_MINUTES, 0]


async def test_expired_holds_are_swept(one_seat):
    await one_seat.scheduling.hold(w.OWNER, "O1", w.window())
    assert (await one_seat.scheduling.sweep())["holds"] == 0
    one_seat.clock.advance(timedelta(minutes=10))
    assert (await one_seat.scheduling.sweep())["holds"] == 1
    assert await _used(one_seat) == [0, 0]


async def test_a_blackout_ends_the_promise(one_seat):
    held = await one_seat.scheduling.hold(w.OWNER, "O1", w.window())
    blackout = {"calendar": [{"date": str(w.DAY), "kind": "blackout"}]}
    await one_seat.scheduling.import_document(blackout)
    with pytest.raises(WindowTaken):
        await one_seat.scheduling.book(w.OWNER, "O1", w.window(), "c1", token=held.token)
    assert (await one_seat.scheduling.availability("O1")).reason.code == "blackout"


async def test_what_the_home_needs_anew_is_held_anew(one_seat):
    await one_seat.scheduling.hold(w.OWNER, "O1", w.window())
    await one_seat.scheduling.describe_site(w.OWNER, "O1", {"outdoor_unit": "facade"}, "c1")
    assert await one_seat.rows(hold) == []
    with pytest.raises(WindowTaken):
        await one_seat.scheduling.hold(w.OWNER, "O1", w.window())


async def test_a_visit_that_cannot_be_changed_is_not_held_for(world):
    await world.take(w.order(visits=[w.visit_at(status="en_route")]))
    with pytest.raises(BookingRefused):
        await world.scheduling.hold(w.OWNER, "O1", NOON)


async def test_an_overrun_of_elsewhere_is_not_held(one_seat):
    async with one_seat.database.transaction() as tx:
        await tx.execute(update(crew_window).values(overrun_min=500))
    await one_seat.scheduling.hold(w.OWNER, "O1", w.window())
    with pytest.raises(WindowTaken):
        await one_seat.scheduling.hold(RIVAL, "O2", w.window())
