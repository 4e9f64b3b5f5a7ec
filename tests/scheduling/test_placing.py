"""A dispatcher puts visits elsewhere on the board, by the rules of every booking."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from bot.catalogue import load
from bot.errors import (
    BookingRefused,
    BotError,
    CommandReused,
    CrewNotFound,
    VisitChanged,
    VisitNotFound,
    WindowTaken,
)
from bot.scheduling import Dispatch, Placing
from bot.scheduling.notice_tables import notice
from bot.scheduling.tables import visit, visit_event
from tests.scheduling import world as w

MORNING, NOON = w.window(), w.window(start="12:00", end="15:00")
WHOLE = {"end": "15:00", "capacity": 360}


@pytest.fixture
def dispatch(world):
    return Dispatch(world.database, world.clock, load(), world.rules)


@pytest.fixture
async def board(world):
    """Two crews who can, one who lacks the skill, one of another district; V1 is C1's at nine."""
    crews = [
        w.crew(shifts=[w.shift(**WHOLE)]),
        w.crew("C2", [w.shift(**WHOLE)]),
        w.crew("C3", [w.shift(**WHOLE)], ["tv"]),
        w.crew("C4", [w.shift(**WHOLE)], hub_id="H2"),
    ]
    hubs = [w.hub(), w.hub("H2", ["310104"])]
    await world.take(w.order("O1", visits=[w.visit_at("V1")]), crews=crews, hubs=hubs)
    return world


async def placing(world, crew_id="C1", window=NOON, command_id="c1", visit_id="V1"):
    (row,) = [r for r in await world.rows(visit) if r["visit_id"] == visit_id]
    return Placing(visit_id, crew_id, window, row["version"], command_id)


async def events(world):
    return [(r["actor"], r["what"]) for r in await world.rows(visit_event)]


async def refusal(dispatch, wish):
    with pytest.raises(BookingRefused) as refused:
        await dispatch.place(wish)
    return refused.value.facts["reason"].code


async def test_another_window_is_told_and_counts_for_nobody(board, dispatch):
    placed = await dispatch.place(await placing(board))
    assert placed["visits"][0]["window_start"] == NOON.start.isoformat()
    (row,) = await board.rows(visit)
    assert (row["crew_id"], row["changes"]) == ("C1", 0)
    assert await events(board) == [("dispatcher", "rescheduled")]
    assert "changed" in {n["kind"] for n in await board.rows(notice)}
    await board.ledger_is_sound()


async def test_another_crew_in_the_same_window_is_nothing_to_tell(board, dispatch):
    await dispatch.place(await placing(board, "C2", MORNING))
    (row,) = await board.rows(visit)
    assert (row["crew_id"], row["attention"]) == ("C2", False)
    assert await events(board) == [("dispatcher", "reassigned")]
    assert "changed" not in {n["kind"] for n in await board.rows(notice)}
    await board.ledger_is_sound()


async def test_the_same_command_again_changes_nothing(board, dispatch):
    wish = await placing(board)
    first = await dispatch.place(wish)
    assert await dispatch.place(wish) == first
    assert len(await events(board)) == 1
    other = w.order("O2", visits=[w.visit_at("V2")], consumer_id="tb_2")
    crews = [w.crew(shifts=[w.shift(**WHOLE)]), w.crew("C2", [w.shift(**WHOLE)])]
    await board.take(other, crews=crews)
    with pytest.raises(CommandReused):
        await dispatch.place(await placing(board, visit_id="V2"))


async def test_where_it_stands_already_nothing_is_written(board, dispatch):
    await dispatch.place(await placing(board, "C1", MORNING))
    assert await events(board) == []


async def test_a_visit_that_changed_since_the_board_was_read_stays(board, dispatch):
    seen = await placing(board)
    await board.scheduling.book(w.OWNER, "O1", NOON, "consumers")
    with pytest.raises(VisitChanged):
        await dispatch.place(replace(seen, window=MORNING))
    (row,) = await board.rows(visit)
    assert row["window_start"] == int(NOON.start.timestamp())


async def test_every_refusal_says_why(board, dispatch):
    wish = await placing(board)
    assert await refusal(dispatch, replace(wish, crew_id="C3")) == "no_skill:split_ac"
    assert await refusal(dispatch, replace(wish, crew_id="C4")) == "no_hub"
    night = w.window(start="18:00", end="21:00")
    assert await refusal(dispatch, replace(wish, window=night)) == "no_shift"
    past = w.window("2026-11-23")
    assert await refusal(dispatch, replace(wish, window=past)) == "past"
    with pytest.raises(CrewNotFound):
        await dispatch.place(replace(wish, crew_id="C9"))
    with pytest.raises(VisitNotFound):
        await dispatch.place(replace(wish, visit_id="V9"))
    assert await events(board) == []
    await board.ledger_is_sound()


async def test_a_full_window_is_full_for_dispatchers_too(board, dispatch):
    crews = [w.crew(shifts=[w.shift(**WHOLE)]), w.crew("C2", [w.shift(**WHOLE)])]
    others = [
        w.order(f"O{n}", visits=[w.visit_at(f"V{n}", NOON, crew_id="C2")], consumer_id=f"tb_{n}")
        for n in (2, 3)
    ]
    await board.take(*others, crews=crews)
    assert await refusal(dispatch, await placing(board, "C2", NOON)) == "full"


@pytest.mark.parametrize("status", ["en_route", "completed", "failed"])
async def test_a_visit_under_way_or_over_stays(board, dispatch, status):
    crews = [w.crew(shifts=[w.shift(**WHOLE)]), w.crew("C2", [w.shift(**WHOLE)])]
    await board.take(w.order("O1", visits=[w.visit_at("V1", status=status)]), crews=crews)
    code = await refusal(dispatch, await placing(board))
    assert code == ("visit_in_progress" if status == "en_route" else "visit_over")


async def test_an_installation_cannot_come_before_its_delivery(board, dispatch):
    crews = [w.crew(shifts=[w.shift(**WHOLE)]), w.crew("C2", [w.shift(**WHOLE)])]
    visits = [
        w.visit_at("V5", NOON, kind="delivery"),
        w.visit_at("V6", NOON, kind="installation", crew_id="C2"),
    ]
    await board.take(w.order("O5", visits=visits, consumer_id="tb_5"), crews=crews)
    early = await placing(board, "C2", MORNING, visit_id="V6")
    assert await refusal(dispatch, early) == "before_delivery"
    await dispatch.place(await placing(board, "C2", MORNING, "c2", "V5"))
    await dispatch.place(await placing(board, "C1", NOON, "c3", "V6"))
    await board.ledger_is_sound()


@pytest.mark.parametrize("_round", range(3))
async def test_two_dispatchers_at_once_place_it_once(board, dispatch, _round):
    first = await placing(board, "C2", MORNING, "c1")
    second = await placing(board, "C1", NOON, "c2")
    done = await asyncio.gather(
        dispatch.place(first), dispatch.place(second), return_exceptions=True
    )
    (lost,) = [one for one in done if isinstance(one, BotError)]
    assert isinstance(lost, (VisitChanged, WindowTaken))
    assert len(await events(board)) == 1
    await board.ledger_is_sound()
