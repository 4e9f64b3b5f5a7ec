"""Goods that came damaged: nothing is booked until new ones are due, then they come anew."""

from __future__ import annotations

import pytest

from bot.catalogue import load
from bot.errors import OrderNotFound, WindowTaken
from bot.scheduling.dispatch import Dispatch
from bot.scheduling.notice_tables import notice
from bot.scheduling.status import StatusUpdate
from tests.scheduling import world as w

FRIDAY, SATURDAY = w.window("2026-11-27"), w.window("2026-11-28")
FIRST_DUE = "2026-11-23T18:00:00+08:00"
NEW_DUE = w.at("2026-11-27", "15:00")


@pytest.fixture
def dispatch(world):
    return Dispatch(world.database, world.clock, load(), world.rules)


def _order(*visits, **more):
    return w.order(visits=visits or [w.visit_at()], goods_expected_at=FIRST_DUE, **more)


@pytest.fixture
async def damaged(world, dispatch):
    """An order whose goods were damaged on arrival; crews work on each of three days."""
    await _take(world, _order())
    await _report_damaged(dispatch)
    return world


async def _take(world, *orders):
    shifts = [w.shift(f"2026-11-{day}", capacity=400) for day in (26, 27, 28)]
    return await world.take(*orders, crews=[w.crew(shifts=shifts)])


async def _report_damaged(dispatch, visit_id="V1"):
    later = w.at("2026-11-27", "10:00")
    await dispatch.report(StatusUpdate(visit_id, "failed", "c1", "damaged", later))


async def _visits(world):
    (order,) = await world.scheduling.orders(w.OWNER)
    return [(v.kind, v.status) for v in order.visits]


async def test_until_new_goods_are_due_nothing_can_be_booked(damaged):
    found = await damaged.scheduling.availability("O1")
    assert (found.windows, found.reason.code) == ((), "goods_not_arrived")
    with pytest.raises(WindowTaken):
        await damaged.scheduling.book(w.OWNER, "O1", FRIDAY, "c2")


async def test_new_goods_open_the_days_after_they_are_due_and_their_consumer_is_told(
    damaged, dispatch
):
    order = await dispatch.goods_replaced("O1", NEW_DUE)
    assert order["goods_expected_at"] == "2026-11-27T15:00:00+08:00"
    found = await damaged.scheduling.availability("O1")
    assert found.windows == (SATURDAY,)
    booked = await damaged.scheduling.book(w.OWNER, "O1", SATURDAY, "c2")
    assert (booked.kind, booked.changes) == ("delivery_and_installation", 0)
    told = [row["kind"] for row in await damaged.rows(notice)]
    assert told.count("replaced") == 1
    await damaged.ledger_is_sound()


async def test_said_again_it_changes_nothing(damaged, dispatch):
    first = await dispatch.goods_replaced("O1", NEW_DUE)
    assert await dispatch.goods_replaced("O1", w.at("2026-11-28", "15:00")) == first
    assert await _visits(damaged) == [
        ("delivery_and_installation", "failed"),
        ("delivery_and_installation", "unscheduled"),
    ]


async def test_an_order_that_waits_for_no_goods_stays_as_it_is(world, dispatch):
    await _take(world, _order())
    before = await world.scheduling.api_order("O1")
    assert await dispatch.goods_replaced("O1", NEW_DUE) == before
    with pytest.raises(OrderNotFound):
        await dispatch.goods_replaced("O9", NEW_DUE)


async def test_an_import_that_is_repeated_brings_no_new_goods_one_with_another_day_does(damaged):
    repeated = _order(w.visit_at(status="failed"))
    await _take(damaged, repeated)
    assert (await damaged.scheduling.availability("O1")).reason.code == "goods_not_arrived"
    await _take(damaged, {**repeated, "goods_expected_at": NEW_DUE.isoformat()})
    assert (await damaged.scheduling.availability("O1")).windows == (SATURDAY,)


async def test_a_delivery_that_was_damaged_comes_before_its_booked_installation(world, dispatch):
    delivery = w.visit_at("V1", kind="delivery")
    installation = w.visit_at("V2", FRIDAY, kind="installation")
    await _take(world, _order(delivery, installation))
    await _report_damaged(dispatch)
    assert [v.attention for v in (await _one(world)).visits] == [False, True]
    await dispatch.goods_replaced("O1", w.at("2026-11-26", "15:00"))
    assert (await world.scheduling.book(w.OWNER, "O1", FRIDAY, "c2")).kind == "delivery"
    visits = {v.kind: v for v in (await _one(world)).visits if v.status == "scheduled"}
    assert visits["delivery"].window == FRIDAY
    # The same crew may stay for it; it is no longer flagged either way.
    assert visits["installation"].window >= FRIDAY
    assert visits["installation"].attention is False


async def test_an_installation_that_found_damage_waits_for_a_new_delivery(world, dispatch):
    delivery = w.visit_at("V1", w.window("2026-11-23"), kind="delivery", status="completed")
    await _take(world, _order(delivery, w.visit_at("V2", kind="installation")))
    await _report_damaged(dispatch, "V2")
    await dispatch.goods_replaced("O1", w.at("2026-11-26", "15:00"))
    assert (await world.scheduling.book(w.OWNER, "O1", FRIDAY, "c2")).kind == "delivery"


async def _one(world):
    (order,) = await world.scheduling.orders(w.OWNER)
    return order
