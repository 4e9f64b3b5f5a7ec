"""Statements that charge a window by themselves, whatever was read before them."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import update

from bot.scheduling import Visit, ledger
from bot.scheduling.models import Crew
from bot.scheduling.tables import crew_window, hold, visit
from tests.scheduling import world as w

NEW = Visit("V9", "delivery", "scheduled", w.window(), Crew("C1", "", ""), 60, 0)


@pytest.fixture
async def window(world):
    """One window of 180 minutes; 105 of them are taken by V1 of O1, and O2 has no visit."""
    await world.take(w.order("O1", visits=[w.visit_at("V1")]), w.order("O2"))
    return (await world.rows(crew_window))[0]["cw_id"]


async def _sell(world, minutes):
    async with world.database.transaction() as tx:
        await tx.execute(update(crew_window).values(sellable_min=minutes))


@pytest.mark.parametrize(("minutes", "fits"), [(75, True), (76, False)])
async def test_each_takes_what_is_free_and_no_more(world, window, minutes, fits):
    taken = {
        "visit": lambda tx: ledger.add_visit(
            tx, "O2", 0, replace(NEW, cw_id=window, minutes=minutes), promised=False
        ),
        "hold": lambda tx: ledger.add_hold(tx, "O2", window, minutes, expires_at=9, token="t"),
        "more": lambda tx: ledger.has_room(tx, window, minutes),
    }
    before = await world.rows(visit), await world.rows(crew_window)
    for name, take in taken.items():
        async with world.database.transaction() as tx:
            savepoint = await tx.begin_nested()
            assert await take(tx) == fits, name
            await savepoint.rollback()
    assert (await world.rows(visit), await world.rows(crew_window)) == before


async def test_room_that_was_promised_is_there_where_nothing_more_is_sold(world, window):
    await _sell(world, 150)
    new = replace(NEW, cw_id=window)
    async with world.database.transaction() as tx:
        assert not await ledger.add_visit(tx, "O2", 0, new, promised=False)
        assert await ledger.add_visit(tx, "O2", 0, new, promised=True)
    await world.ledger_is_sound()
    assert [x["cw_id"] for x in await world.rows(visit)] == [window, window]


async def test_a_visit_moves_only_where_there_is_room_and_if_it_is_still_as_it_was_seen(world):
    crews = [w.crew(shifts=[w.shift(end="15:00", capacity=360)])]
    noon = w.window(start="12:00", end="15:00")
    orders = [
        w.order("O1", visits=[w.visit_at("V1")]),
        w.order("O2", visits=[w.visit_at("V2", noon)]),
    ]
    await world.take(*orders, crews=crews)
    target = max(row["cw_id"] for row in await world.rows(crew_window))
    moved = replace(NEW, visit_id="V1", cw_id=target, minutes=75, changes=1)
    before = await world.rows(visit)
    async with world.database.transaction() as tx:
        assert not await ledger.move_visit(tx, 0, replace(moved, minutes=76), promised=False)
        assert not await ledger.move_visit(tx, 7, moved, promised=False)
    assert await world.rows(visit) == before
    async with world.database.transaction() as tx:
        assert await ledger.move_visit(tx, 0, moved, promised=False)
    await world.ledger_is_sound()
    [row] = [x for x in await world.rows(visit) if x["visit_id"] == "V1"]
    assert (row["version"], row["changes"], row["window_start"]) == (
        1,
        1,
        int(noon.start.timestamp()),
    )
    assert await world.rows(hold) == []
