"""Calendar feeds, read back by the library that calendars use."""

from __future__ import annotations

import pytest
from icalendar import Calendar

from bot.catalogue import load
from bot.errors import CrewNotFound, OrderNotFound
from bot.scheduling.dispatch import Dispatch
from tests.scheduling import world as w

NOON = w.window(start="12:00", end="15:00")


@pytest.fixture
def dispatch(world):
    return Dispatch(world.database, world.clock, load(), world.rules)


@pytest.fixture
async def open_day(world):
    await world.take(w.order(), crews=[w.crew(shifts=[w.shift(end="15:00", capacity=360)])])
    return world


async def _event(feed):
    (event,) = Calendar.from_ical(await feed).walk("VEVENT")
    return event


async def test_a_visit_keeps_its_uid_and_counts_its_changes(open_day, dispatch):
    booked = await open_day.scheduling.book(w.OWNER, "O1", w.window(), "c1")
    first = await _event(dispatch.order_feed("O1"))
    assert first["UID"] == f"{booked.visit_id}@yuezhuang"
    assert first["DTSTART"].dt == w.window().start
    assert first["DTSTART"].params["TZID"] == "Asia/Shanghai"
    assert (first["STATUS"], first["SUMMARY"]) == ("CONFIRMED", "上门送货并安装：家电")
    await open_day.scheduling.book(w.OWNER, "O1", NOON, "c2")
    moved = await _event(dispatch.order_feed("O1"))
    assert (moved["UID"], moved["DTSTART"].dt) == (first["UID"], NOON.start)
    assert moved["SEQUENCE"] > first["SEQUENCE"]
    await open_day.scheduling.cancel(w.OWNER, "O1", "c3")
    cancelled = await _event(dispatch.order_feed("O1"))
    assert (cancelled["STATUS"], cancelled["SEQUENCE"] > moved["SEQUENCE"]) == ("CANCELLED", True)
    assert cancelled["SUMMARY"].startswith("【已取消】")


async def test_an_import_that_moves_a_visit_counts_too(world, dispatch):
    crews = [w.crew(shifts=[w.shift(end="15:00", capacity=360)])]
    await world.take(w.order(visits=[w.visit_at()]), crews=crews)
    first = await _event(dispatch.order_feed("O1"))
    await world.take(w.order(visits=[w.visit_at(where=NOON)]), crews=crews)
    assert (await _event(dispatch.order_feed("O1")))["SEQUENCE"] == first["SEQUENCE"] + 1


async def test_the_crew_reads_whom_to_call_and_the_consumer_who_comes(open_day, dispatch):
    await open_day.scheduling.book(w.OWNER, "O1", w.window(), "c1")
    crew, consumer = await _event(dispatch.crew_feed("C1")), await _event(dispatch.order_feed("O1"))
    assert crew["LOCATION"] == consumer["LOCATION"] == "上海市浦东新区锦绣路1000弄"
    assert "13912345678" in crew["DESCRIPTION"]
    assert "13800000001" in consumer["DESCRIPTION"]
    assert "13912345678" not in consumer["DESCRIPTION"]


async def test_a_feed_is_well_formed_and_names_the_zone(open_day, dispatch):
    await open_day.scheduling.book(w.OWNER, "O1", w.window(), "c1")
    feed = await dispatch.crew_feed("C1")
    assert feed.startswith(b"BEGIN:VCALENDAR\r\n")
    assert all(len(line) <= 75 for line in feed.split(b"\r\n"))
    calendar = Calendar.from_ical(feed)
    assert calendar["X-WR-CALNAME"] == "王师傅组 上门安排"
    assert [zone["TZID"] for zone in calendar.walk("VTIMEZONE")] == ["Asia/Shanghai"]


async def test_nothing_booked_is_an_empty_calendar(open_day, dispatch):
    for feed in (dispatch.order_feed("O1"), dispatch.crew_feed("C1")):
        assert Calendar.from_ical(await feed).walk("VEVENT") == []


async def test_who_is_not_there_has_no_calendar(open_day, dispatch):
    with pytest.raises(OrderNotFound):
        await dispatch.order_feed("O9")
    with pytest.raises(CrewNotFound):
        await dispatch.crew_feed("C9")
