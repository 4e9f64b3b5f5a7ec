"""A crew's day and the board, against documents whose figures are plain."""

from __future__ import annotations

import pytest

from bot.catalogue import load
from bot.errors import CrewNotFound, HubNotFound
from bot.scheduling.dispatch import Dispatch
from bot.scheduling.status import StatusUpdate
from tests.scheduling import world as w

NOON = w.window(start="12:00", end="15:00")


@pytest.fixture
def dispatch(world):
    return Dispatch(world.database, world.clock, load(), world.rules)


@pytest.fixture
async def busy(world):
    """Two crews; one has a visit in the morning, one at noon that failed, and one off the roster."""
    crews = [
        w.crew(shifts=[w.shift(end="15:00", capacity=360)]),
        w.crew("C2", [w.shift(capacity=200)], name="李师傅组"),
    ]
    await world.take(
        w.order("O1", visits=[w.visit_at("V1")]),
        w.order("O2", visits=[w.visit_at("V2", NOON)], consumer_id="tb_2"),
        w.order("O3", visits=[w.visit_at("V3", w.window(start="18:00", end="21:00"))]),
        w.order("O4", visits=[w.visit_at("V4", status="cancelled")]),
        crews=crews,
    )
    return world


async def test_a_crews_day(busy, dispatch):
    day = await dispatch.crew_day("C1", w.DAY)
    assert (day["crew_id"], day["name"], day["date"]) == ("C1", "王师傅组", "2026-11-26")
    assert [v["visit_id"] for v in day["visits"]] == ["V1", "V2", "V3"]
    first = day["visits"][0]
    assert first["consumer"] == {"name": "李女士", "phone": "13912345678"}
    assert first["address"]["text"].startswith("上海市浦东新区")
    assert first["items"] == [{"name": "家电", "category": "split_ac", "quantity": 1}]
    assert first["site"] == {"floor": 6, "elevator": True}
    assert (first["minutes"], first["window_start"]) == (105, "2026-11-26T09:00:00+08:00")
    assert (await dispatch.crew_day("C1"))["visits"] == []
    with pytest.raises(CrewNotFound):
        await dispatch.crew_day("C9")


async def test_the_board_counts_every_minute(busy, dispatch):
    await dispatch.report(StatusUpdate("V2", "failed", "c1", "crew", w.at("2026-11-26", "16:00")))
    await busy.scheduling.assent(w.OWNER, "O1", "c2")
    board = await dispatch.board(w.DAY, "H1")
    assert [(x["start"][11:16], x["end"][11:16]) for x in board["windows"]] == [
        ("09:00", "12:00"),
        ("12:00", "15:00"),
    ]
    first, second = board["crews"]
    assert [(c["capacity"], c["visits_minutes"], c["held"], c["free"]) for c in first["cells"]] == [
        (180, 105, 0, 75),
        (180, 0, 0, 180),
    ]
    (morning,), (noon,) = (cell["visits"] for cell in first["cells"])
    assert (morning["visit_id"], morning["assented"]) == ("V1", True)
    assert (noon["visit_id"], noon["failure"]["reason"]) == ("V2", "crew")
    assert [x["visit_id"] for x in first["off_roster"]] == ["V3"]
    assert [c["free"] for c in second["cells"]] == [200]
    assert [x["visit_id"] for x in board["follow_ups"]] == ["V2"]
    assert "phone" not in str(board)


async def test_an_order_that_is_booked_again_needs_no_call(busy, dispatch):
    await dispatch.report(StatusUpdate("V2", "failed", "c1", "crew", w.at("2026-11-26", "16:00")))
    await busy.scheduling.book(w.Caller("t", "tb_2"), "O2", NOON, "c2")
    assert (await dispatch.board(w.DAY))["follow_ups"] == []


async def test_a_hub_has_its_own_board(busy, dispatch):
    await busy.take(hubs=[w.hub("H2", ["310112"])], crews=[w.crew("C3", hub_id="H2")])
    assert [c["crew_id"] for c in (await dispatch.board(w.DAY, "H2"))["crews"]] == ["C3"]
    assert [c["crew_id"] for c in (await dispatch.board(w.DAY))["crews"]] == ["C1", "C2", "C3"]
    assert [h["hub_id"] for h in (await dispatch.board())["hubs"]] == ["H1", "H2"]
    with pytest.raises(HubNotFound):
        await dispatch.board(w.DAY, "H9")


async def test_an_assent_is_for_one_window(busy, dispatch):
    await busy.scheduling.assent(w.OWNER, "O1", "c1")
    await busy.scheduling.cancel(w.Caller("t", "tb_2"), "O2", "c0")
    await busy.scheduling.book(w.OWNER, "O1", NOON, "c2")
    visits = (await dispatch.crew_day("C1", w.DAY))["visits"]
    assert {v["visit_id"]: v["assented"] for v in visits if v["order_no"] == "O1"} == {"V1": False}
    assert (await busy.scheduling.assent(w.OWNER, "O1", "c3")).window == NOON
    assert await busy.scheduling.assent(w.OWNER, "O4", "c4") is None
