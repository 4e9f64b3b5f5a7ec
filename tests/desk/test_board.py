"""Visits are put elsewhere on the board by whoever is signed in, and that is written down."""

import pytest

from tests.scheduling import world as w
from tests.scheduling.world import World as Orders

DAY = "2026-11-22"
MORNING, NOON = w.window(DAY), w.window(DAY, "12:00", "15:00")


@pytest.fixture
async def orders(world):
    orders = Orders(world.service.database, world.service.clock)
    shifts = [w.shift(DAY, end="15:00", capacity=360)]
    crews = [w.crew(shifts=shifts), w.crew("C2", shifts, ["tv"])]
    await orders.take(w.order(visits=[w.visit_at(where=MORNING)]), crews=crews)
    return orders


async def seen(person):
    _, board = await person.get(f"/board?date={DAY}")
    return board["crews"][0]["cells"][0]["visits"][0]


def place(person, version, crew_id="C1", window=NOON, command_id="c1"):
    span = {"start": window.start.isoformat(), "end": window.end.isoformat()}
    return person.post(
        "/board/visits/V1", crew_id=crew_id, window=span, version=version, command_id=command_id
    )


async def test_who_moves_a_visit_is_written_down(world, orders):
    visit = await seen(world.wang)
    status, body = await place(world.wang, visit["version"])
    assert (status, body["visits"][0]["window_start"]) == (200, NOON.start.isoformat())
    _, audit = await world.boss.get("/supervisor/audit")
    entry = next(e for e in audit["entries"] if e["action"] == "place_visit")
    assert (entry["actor"]["id"], entry["detail"]["visit_id"]) == (world.wang.id, "V1")


async def test_a_refusal_carries_its_reason(world, orders):
    visit = await seen(world.wang)
    status, body = await place(world.wang, visit["version"], "C2")
    assert (status, body["code"], body["reason"]["code"]) == (
        409,
        "booking_refused",
        "no_skill:split_ac",
    )
    status, body = await place(world.li, visit["version"] + 1)
    assert (status, body["code"], body["reason"]["code"]) == (409, "visit_changed", "visit_changed")
    _, audit = await world.boss.get("/supervisor/audit")
    assert "place_visit" not in [e["action"] for e in audit["entries"]]


async def test_nobody_moves_anything_without_signing_in(world, orders):
    visit = await seen(world.wang)
    await world.li.post("/logout")
    assert (await place(world.li, visit["version"]))[0] == 401
