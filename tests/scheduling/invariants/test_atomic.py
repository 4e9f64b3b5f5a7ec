"""Invariants 2, 3, 4, 6, 7 and 10: nothing overlaps, nothing is half done, nothing is done twice,
whatever fails or happens at the same moment."""

from __future__ import annotations

import asyncio
import itertools
import multiprocessing
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import insert
from sqlalchemy.exc import IntegrityError

from bot.catalogue import load
from bot.database import Database
from bot.errors import BookingRefused, IllegalStatus, WindowTaken
from bot.scheduling import Caller, history, notices, waitlist
from bot.scheduling.dispatch import Dispatch
from bot.scheduling.notice_tables import notice
from bot.scheduling.status import StatusUpdate
from bot.scheduling.tables import crew_shift, crew_window, done_command, hold, visit, visit_event
from tests.scheduling import world as w

NOON = w.window(start="12:00", end="15:00")
TABLES = (visit, crew_window, visit_event, done_command, hold, notice)


@pytest.fixture
async def booked(world):
    crews = [w.crew(shifts=[w.shift(end="15:00", capacity=360)])]
    await world.take(w.order(visits=[w.visit_at()]), crews=crews)
    return world


async def _all(world):
    return [await world.rows(table) for table in TABLES]


# --- 2 ---


@pytest.mark.parametrize(
    ("start", "end"), [("08:00", "10:00"), ("10:00", "11:00"), ("11:59", "13:00")]
)
@pytest.mark.parametrize("table", [crew_window, crew_shift])
async def test_the_database_itself_refuses_what_overlaps_within_a_crew(world, table, start, end):
    await world.take()
    ((shift,), first, last) = (
        await world.rows(crew_shift),
        *(int(w.at(w.DAY, clock).timestamp()) for clock in (start, end)),
    )
    values = {"crew_id": "C1", "start_at": first, "end_at": last, "capacity_min": 60}
    if table is crew_window:
        values["shift_id"] = shift["shift_id"]
    with pytest.raises(IntegrityError):
        async with world.database.transaction() as tx:
            await tx.execute(insert(table).values(**values))
    assert len(await world.rows(table)) == 1


# --- 3 and 4 ---


@pytest.mark.parametrize(
    ("module", "step"),
    [
        (history, "note"),
        (history, "remember"),
        (notices, "of_change"),
        (waitlist, "offer_freed"),
    ],
)
@pytest.mark.parametrize("what", ["move", "cancel"])
async def test_an_error_between_any_two_statements_leaves_all_as_it_was(
    booked, monkeypatch, module, step, what
):
    async def broken(*_args, **_more):
        raise RuntimeError("in the middle")

    before = await _all(booked)
    monkeypatch.setattr(module, step, broken)
    with pytest.raises(RuntimeError):
        if what == "move":
            await booked.scheduling.book(w.OWNER, "O1", NOON, "c1")
        else:
            await booked.scheduling.cancel(w.OWNER, "O1", "c1")
    assert await _all(booked) == before


async def test_a_move_that_is_cancelled_in_the_middle_leaves_all_as_it_was(booked, monkeypatch):
    reached = asyncio.Event()

    async def never(*_args, **_more):
        reached.set()
        await asyncio.sleep(60)

    before = await _all(booked)
    monkeypatch.setattr(notices, "of_change", never)
    task = asyncio.create_task(booked.scheduling.book(w.OWNER, "O1", NOON, "c1"))
    await reached.wait()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert await _all(booked) == before


async def test_a_move_is_one_event_and_one_notice_of_the_same_visit(booked):
    before = {row["kind"] for row in await booked.rows(notice)}
    outcomes = await asyncio.gather(
        *(booked.scheduling.book(w.OWNER, "O1", NOON, "c1") for _ in range(6))
    )
    assert {(x.visit_id, x.window, x.changes) for x in outcomes} == {("V1", NOON, 1)}
    assert [row["what"] for row in await booked.rows(visit_event)] == ["rescheduled"]
    told = [row["kind"] for row in await booked.rows(notice) if row["kind"] not in before]
    assert told == ["changed"]
    assert [used for _, _, used in (await booked.ledger()).values()] == [0, w.AC_MINUTES]


# --- 6 ---


def _hold_and_confirm(url, numbers):
    return asyncio.run(_race(url, numbers))


async def _race(url, numbers):
    """Hold the one window for each number, and confirm what was held. A live hold never fails."""
    database = Database(url)
    scheduling = w.World(database).scheduling

    async def one(number):
        caller, order_no = Caller(f"t{number}", f"tb_{number}"), f"O{number}"
        try:
            held = await scheduling.hold(caller, order_no, w.window())
        except WindowTaken:
            return 0
        await asyncio.sleep(0)
        await scheduling.book(caller, order_no, w.window(), f"c{number}", token=held.token)
        return 1

    won = sum(await asyncio.gather(*map(one, numbers)))
    await database.close()
    return won


@pytest.mark.parametrize("how", ["threads", "processes"])
def test_who_holds_confirms_however_many_want_it(database_url, how):
    clients, seats = 16, 5
    asyncio.run(_prepare(database_url, clients, seats))
    shares = [range(n, clients, 4) for n in range(4)]
    if how == "threads":
        with ThreadPoolExecutor(4) as pool:
            won = sum(pool.map(_hold_and_confirm, itertools.repeat(database_url), shares))
    else:
        with multiprocessing.get_context("forkserver").Pool(4) as pool:
            won = sum(pool.starmap(_hold_and_confirm, [(database_url, s) for s in shares]))
    assert won == seats
    asyncio.run(_check(database_url, seats))


async def _prepare(url, clients, seats):
    database = Database(url)
    await w.emptied(database)
    orders = [w.order(f"O{n}", consumer_id=f"tb_{n}") for n in range(clients)]
    crews = [w.crew(shifts=[w.shift(capacity=seats * w.AC_MINUTES)])]
    await w.World(database).take(*orders, crews=crews)
    await database.close()


async def _check(url, seats):
    database = Database(url)
    world = w.World(database)
    await world.ledger_is_sound()
    assert (len(await world.rows(visit)), await world.rows(hold)) == (seats, [])
    await database.close()


# --- 10 ---


@pytest.mark.parametrize("actor", ["consumer", "agent"])
async def test_a_crew_that_sets_out_while_its_visit_is_moved_is_told_the_truth(booked, actor):
    """Either it was moved first, and the crew sets out for what it then is; or it stays."""
    dispatch = Dispatch(booked.database, booked.clock, load(), booked.rules)
    moved, left = await asyncio.gather(
        booked.scheduling.book(w.OWNER, "O1", NOON, "c1", actor=actor),
        dispatch.report(StatusUpdate("V1", "en_route", "c2")),
        return_exceptions=True,
    )
    assert not isinstance(left, BaseException)
    whats = [e["what"] for e in sorted(await booked.rows(visit_event), key=lambda e: e["id"])]
    if isinstance(moved, BookingRefused):
        assert whats == ["en_route"]
    else:
        assert whats == ["rescheduled", "en_route"]
    await booked.ledger_is_sound()
    with pytest.raises(BookingRefused):
        await booked.scheduling.book(w.OWNER, "O1", w.window(), "c3", actor=actor)
    with pytest.raises(IllegalStatus):
        await dispatch.report(StatusUpdate("V1", "en_route", "c4"))
