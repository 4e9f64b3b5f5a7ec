"""What crews report: legal moves only, each once, and what follows from a failure."""

from __future__ import annotations

import asyncio
import itertools
from datetime import timedelta

import pytest

from bot.catalogue import load
from bot.errors import CommandReused, IllegalStatus, MalformedRequest, VisitNotFound, WindowTaken
from bot.scheduling.dispatch import Dispatch
from bot.scheduling.notice_tables import notice, visit_failure
from bot.scheduling.status import FAILURES, MOVES, StatusUpdate
from bot.scheduling.tables import crew_window, done_command, visit, visit_event
from tests.scheduling import world as w

NOON = w.window(start="12:00", end="15:00")
LATER = w.at("2026-11-27", "10:00")
TABLES = (visit, crew_window, visit_event, done_command, visit_failure, notice)
STATUSES = ("scheduled", "en_route", "in_progress", "completed", "failed", "cancelled")


@pytest.fixture
def dispatch(world):
    return Dispatch(world.database, world.clock, load(), world.rules)


@pytest.fixture
async def booked(world):
    """One order with a visit on a crew's day from nine to three."""
    crews = [w.crew(shifts=[w.shift(end="15:00", capacity=360)])]
    await world.take(w.order(visits=[w.visit_at()]), crews=crews)
    return world


def to(status, command_id="c1", **more):
    if status == "failed":
        more = {"reason": "unreachable", "next_contact_at": LATER, **more}
    return StatusUpdate("V1", status, command_id, **more)


async def test_a_visit_goes_its_way(booked, dispatch):
    for number, status in enumerate(("en_route", "in_progress", "completed")):
        answer = await dispatch.report(to(status, f"c{number}"))
        assert (answer["order_no"], answer["visit"]["status"]) == ("O1", status)
    events = sorted(await booked.rows(visit_event), key=lambda row: row["id"])
    assert [(e["actor"], e["what"], e["before"]["status"]) for e in events] == [
        ("crew", "en_route", "scheduled"),
        ("crew", "in_progress", "en_route"),
        ("crew", "completed", "in_progress"),
    ]
    assert [row["version"] for row in await booked.rows(visit)] == [3]
    await booked.ledger_is_sound()
    told = {row["kind"] for row in await booked.rows(notice)}
    assert told == {"reminder", "late", "en_route", "done"}


@pytest.mark.parametrize(
    ("start", "end"), [*itertools.product(STATUSES, ("en_route", "completed"))]
)
async def test_no_other_move_is_taken(world, dispatch, start, end):
    await world.take(w.order(visits=[w.visit_at(status=start)]))
    if end in MOVES.get(start, ()):
        await dispatch.report(to(end))
        return
    before = [await world.rows(table) for table in TABLES]
    with pytest.raises(IllegalStatus) as refused:
        await dispatch.report(to(end))
    assert refused.value.facts["allowed"] == list(MOVES.get(start, ()))
    assert [await world.rows(table) for table in TABLES] == before


async def test_the_same_report_again_changes_nothing(booked, dispatch):
    first = await dispatch.report(to("en_route"))
    before = [await booked.rows(table) for table in TABLES]
    assert await dispatch.report(to("en_route")) == first
    assert [await booked.rows(table) for table in TABLES] == before


async def test_of_two_reports_at_once_one_is_taken(booked, dispatch):
    answers = await asyncio.gather(
        *(dispatch.report(to("en_route", f"c{n}")) for n in range(8)), return_exceptions=True
    )
    assert sorted(type(answer).__name__ for answer in answers) == ["IllegalStatus"] * 7 + ["dict"]
    assert [row["version"] for row in await booked.rows(visit)] == [1]


async def test_a_command_id_is_for_one_visit(world, dispatch):
    await world.take(
        w.order(visits=[w.visit_at()]),
        w.order("O2", visits=[w.visit_at("V2")]),
        crews=[w.crew(shifts=[w.shift(capacity=400)])],
    )
    await dispatch.report(to("en_route"))
    with pytest.raises(CommandReused):
        await dispatch.report(StatusUpdate("V2", "en_route", "c1"))


async def test_a_failed_visit_gives_its_minutes_back_and_can_be_booked_anew(booked, dispatch):
    await dispatch.report(to("failed", reason="site_not_ready"))
    assert [used for _, _, used in (await booked.ledger()).values()] == [0, 0]
    assert await booked.rows(visit_failure) == [
        {"visit_id": "V1", "reason": "site_not_ready", "next_contact_at": int(LATER.timestamp())}
    ]
    anew = await booked.scheduling.book(w.OWNER, "O1", NOON, "turn:book")
    assert (anew.visit_id != "V1", anew.kind) == (True, "delivery_and_installation")
    await booked.ledger_is_sound()


async def test_a_failed_visit_with_a_window_agreed_is_booked_in_the_same_breath(booked, dispatch):
    answer = await dispatch.report(to("failed", next_contact_at=None, window=NOON))
    assert [x["status"] for x in answer["visits"]] == ["failed", "scheduled"]
    assert answer["visits"][1]["window_start"] == "2026-11-26T12:00:00+08:00"
    repeated = await dispatch.report(to("failed", next_contact_at=None, window=NOON))
    assert repeated == answer


async def test_a_window_that_is_not_open_fails_nothing(booked, dispatch):
    before = [await booked.rows(table) for table in TABLES]
    with pytest.raises(WindowTaken):
        await dispatch.report(to("failed", next_contact_at=None, window=w.window("2026-12-01")))
    assert [await booked.rows(table) for table in TABLES] == before


@pytest.mark.parametrize("reason", FAILURES)
async def test_every_reason_is_kept_and_told(booked, dispatch, reason):
    await dispatch.report(to("failed", reason=reason))
    kinds = {row["kind"] for row in await booked.rows(notice)} - {"reminder", "late"}
    assert kinds == {"damaged" if reason == "damaged" else "failed"}
    (event,) = await booked.rows(visit_event)
    assert event["reason"] == reason


@pytest.mark.parametrize(
    ("update", "hint"),
    [
        (to("failed", reason=None), "unreachable"),
        (to("failed", next_contact_at=None), "next_contact_at"),
        (to("failed", window=NOON), "not both"),
        (to("failed", next_contact_at=w.NOW - timedelta(hours=1)), "before"),
        (to("en_route", reason="crew"), "belong to failed"),
        (to("en_route", next_contact_at=LATER), "belong to failed"),
        (to("en_route", at=w.NOW + timedelta(minutes=6)), "future"),
    ],
)
async def test_what_does_not_fit_together_is_named(booked, dispatch, update, hint):
    with pytest.raises(MalformedRequest, match=hint):
        await dispatch.report(update)


async def test_what_happened_earlier_is_noted_at_its_time(booked, dispatch):
    happened = w.NOW - timedelta(minutes=20)
    await dispatch.report(to("en_route", at=happened))
    (event,) = await booked.rows(visit_event)
    assert event["at"] == int(happened.timestamp())


async def test_a_visit_that_is_not_there(booked, dispatch):
    with pytest.raises(VisitNotFound):
        await dispatch.report(StatusUpdate("V9", "en_route", "c1"))
