"""Facts of orders as signed webhooks: once each, in the order in which they happened."""

from __future__ import annotations

import asyncio
import itertools
import json
from datetime import timedelta

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from sqlalchemy import delete, update

from bot.api import events as calls
from bot.api.problems import problems
from bot.catalogue import load
from bot.channels.crypto.standard_webhooks import headers, new_secret
from bot.errors import BookingRefused
from bot.providers.config import Source
from bot.providers.event_types import TYPES
from bot.providers.events import Events
from bot.providers.tables import event as table
from bot.providers.tables import event_clock
from bot.scheduling import Dispatch
from bot.scheduling.notice_tables import notice
from bot.scheduling.status import StatusUpdate
from bot.scheduling.tables import visit_event
from bot.settings import ROOT
from tests.scheduling import world as w

OLD, NEW, HAIER = new_secret(), new_secret(), new_secret()
SOURCES = [
    Source(name="wms", secrets=[OLD, NEW]),
    Source(name="haier", secrets=[HAIER], merchants=["海尔官方旗舰店"]),
]
NOON = w.window(start="12:00", end="15:00")
STEP = {"at": "2026-11-23T08:00:00+08:00", "code": "arrived_hub", "text": "已到达浦东服务网点"}


class Sender:
    """Sends events to the call, signed, each with an id of its own unless it is told one."""

    def __init__(self, client, world):
        self.client, self.world, self.now = client, world, 1_000_000.0
        self._ids = itertools.count()

    def events(self):
        return Events(self.world.database, self.world.feed, SOURCES, lambda: self.now)

    async def send(self, kind, data, minutes=0, name=None, secret=NEW, **change):
        at = (w.NOW + timedelta(minutes=minutes)).isoformat()
        body = json.dumps({"type": kind, "timestamp": at, "data": data}).encode()
        signed = headers([secret], name or f"evt_{next(self._ids)}", self.now, body) | change
        answer = await self.client.post(calls.PATH, data=body, headers=signed)
        found = await answer.json(content_type=None)
        return found["state"] if answer.status == 200 else (answer.status, found)

    async def order(self, order_no="O1"):
        return await self.world.scheduling.api_order(order_no)


@pytest.fixture
async def sender(world):
    async with world.database.transaction() as tx:
        await tx.execute(delete(table))
        await tx.execute(delete(event_clock))
    await world.take(crews=[w.crew(shifts=[w.shift(end="15:00", capacity=600)])])
    found = Sender(None, world)
    app = web.Application(middlewares=[problems])
    app.add_routes(calls.routes(found.events()))
    async with TestClient(TestServer(app)) as client:
        found.client = client
        yield found


async def test_an_order_is_created_and_updated_whatever_comes_first(sender):
    assert await sender.send("order.updated", w.order(address={"floor": 9}), minutes=5) == "applied"
    assert await sender.send("order.created", w.order()) == "stale"
    assert (await sender.order())["address"]["floor"] == 9
    assert await sender.send("order.updated", w.order(address={"floor": 3}), minutes=6) == "applied"
    assert (await sender.order())["address"]["floor"] == 3


async def test_the_same_event_again_changes_nothing(sender):
    assert await sender.send("order.created", w.order(), name="e1") == "applied"
    later = w.order(address={"floor": 9})
    assert await sender.send("order.updated", later, minutes=9, name="e1") == "applied"
    assert (await sender.order())["address"]["floor"] == 6
    found = await asyncio.gather(
        *(sender.send("tracking.added", _steps(), name="e2") for _ in range(4))
    )
    assert found == ["applied"] * 4
    assert len((await sender.order())["tracking"]) == 1


def _steps(*steps):
    return {"order_no": "O1", "steps": list(steps) or [STEP]}


async def test_steps_are_added_and_none_twice(sender):
    await sender.send("order.created", w.order(tracking=[STEP]))
    earlier = STEP | {"at": "2026-11-22T08:00:00+08:00", "code": "shipped", "text": "已发货"}
    assert await sender.send("tracking.added", _steps(STEP, earlier), minutes=1) == "applied"
    assert [x["code"] for x in (await sender.order())["tracking"]] == ["shipped", "arrived_hub"]


async def test_what_comes_before_its_order_waits_for_it(sender):
    assert await sender.send("tracking.added", _steps(), minutes=2) == "waiting"
    closed = {"order_no": "O1"}
    assert await sender.send("order.closed", closed, minutes=3, name="c") == "waiting"
    assert await sender.send("order.created", w.order(visits=[w.visit_at()])) == "applied"
    order = await sender.order()
    assert (len(order["tracking"]), order["closed"]) == (1, True)
    assert order["visits"][0]["status"] == "cancelled"
    assert await sender.send("order.closed", closed, minutes=3, name="c") == "applied"


async def test_what_waits_is_taken_when_an_import_brings_the_order_or_given_up(sender):
    await sender.send("tracking.added", _steps(), minutes=2)
    await sender.send("order.closed", {"order_no": "never"}, name="n")
    await sender.world.take(w.order(), crews=[])
    await sender.events().sweep()
    assert len((await sender.order())["tracking"]) == 1
    sender.now += 8 * 24 * 3600
    await sender.events().sweep()
    assert await sender.send("order.closed", {"order_no": "never"}, name="n") == "dropped"


async def test_goods_that_arrive_open_the_windows_after_them(sender):
    await sender.send("order.created", w.order(goods_expected_at="2026-12-30T10:00:00+08:00"))
    assert (await sender.world.scheduling.availability("O1")).reason.code == "goods_not_arrived"
    arrived = {"order_no": "O1", "at": "2026-11-24T09:00:00+08:00"}
    assert await sender.send("goods.arrived", arrived, minutes=1) == "applied"
    assert (await sender.world.scheduling.availability("O1")).windows


async def test_a_closed_order_keeps_no_visit_and_takes_none(sender):
    await sender.send("order.created", w.order(visits=[w.visit_at()]))
    assert await sender.send("order.closed", {"order_no": "O1"}, minutes=1) == "applied"
    assert (await sender.order())["visits"][0]["status"] == "cancelled"
    assert (await sender.world.ledger())[("C1", w.window().start)][2] == 0
    assert (await sender.world.scheduling.availability("O1")).reason.code == "order_closed"
    with pytest.raises(BookingRefused) as refused:
        await sender.world.scheduling.book(w.OWNER, "O1", NOON, "b1")
    assert refused.value.facts["reason"].code == "order_closed"
    assert [x["reason"] for x in await sender.world.rows(visit_event)][-1:] == ["order_closed"]
    kinds = {row["kind"] for row in await sender.world.rows(notice) if row["order_no"] == "O1"}
    assert "cancelled" in kinds
    await sender.world.ledger_is_sound()


async def test_a_hold_of_a_closed_order_is_released(sender):
    await sender.send("order.created", w.order())
    await sender.world.scheduling.hold(w.OWNER, "O1", NOON)
    await sender.send("order.closed", {"order_no": "O1"}, minutes=1)
    assert (await sender.world.ledger())[("C1", NOON.start)][2] == 0


async def test_a_visit_under_way_of_a_closed_order_is_left_to_a_person(sender):
    await sender.send("order.created", w.order(visits=[w.visit_at()]))
    world = sender.world
    dispatch = Dispatch(world.database, world.clock, load(), world.rules)
    await dispatch.report(StatusUpdate("V1", "en_route", "r1"))
    await sender.send("order.closed", {"order_no": "O1"}, minutes=1)
    (order,) = await world.scheduling.orders(w.OWNER)
    assert [(v.status, v.attention) for v in order.visits] == [("en_route", True)]


async def test_a_visit_is_changed_elsewhere_and_only_its_newest_word_counts(sender):
    await sender.send("order.created", w.order())
    say = {"order_no": "O1", "visit": w.visit_at()}
    assert await sender.send("visit.changed", say, minutes=1) == "applied"
    moved = {"order_no": "O1", "visit": w.visit_at(where=NOON)}
    assert await sender.send("visit.changed", moved, minutes=3) == "applied"
    assert await sender.send("visit.changed", say, minutes=2) == "stale"
    (visit,) = (await sender.order())["visits"]
    assert visit["window_start"] == NOON.start.isoformat()
    told = [row["kind"] for row in await sender.world.rows(notice) if row["kind"] == "changed"]
    assert told == ["changed"]
    await sender.world.ledger_is_sound()


async def test_another_visit_of_the_order_stays_as_it_is(sender):
    first = w.visit_at("V1", status="completed", kind="delivery")
    await sender.send("order.created", w.order(visits=[first]))
    second = w.visit_at("V2", NOON, kind="installation")
    say = {"order_no": "O1", "visit": second}
    assert await sender.send("visit.changed", say, minutes=1) == "applied"
    visits = (await sender.order())["visits"]
    assert [(v["visit_id"], v["status"]) for v in visits] == [
        ("V1", "completed"),
        ("V2", "scheduled"),
    ]


@pytest.mark.parametrize(
    ("kind", "data", "path"),
    [
        ("order.eaten", {}, "$.type"),
        ("order.created", w.order() | {"items": []}, "$.data.items"),
        ("order.created", w.order(address={"adcode": "990000"}), "$.data.address.adcode"),
        ("order.created", w.order(visits=[w.visit_at(crew_id="NO")]), "$.data.visits[0].crew_id"),
        ("tracking.added", {"order_no": "O1", "steps": []}, "$.data.steps"),
        ("tracking.added", _steps(STEP | {"at": "2026-11-23"}), "$.data.steps[0].at"),
        ("goods.arrived", {"order_no": "O1"}, "$.data.at"),
        (
            "visit.changed",
            {"order_no": "K", "visit": w.visit_at(crew_id="NO")},
            "$.data.visit.crew_id",
        ),
        ("order.closed", {"order_no": ""}, "$.data.order_no"),
        ("order.closed", {"order_no": "O1", "why": 1}, "$.data.why"),
    ],
)
async def test_faults_are_named_and_the_id_may_be_used_again(sender, kind, data, path):
    await sender.send("order.created", w.order("K"))
    status, body = await sender.send(kind, data, name="again")
    assert (status, body["code"]) == (422, "import_rejected")
    assert path in [fault["path"] for fault in body["faults"]]
    assert await sender.send("order.created", w.order("O9"), name="again") == "applied"


async def test_only_what_is_signed_of_late_is_taken(sender):
    for change in (
        {"secret": new_secret()},
        {"webhook-timestamp": "1000301"},
        {"webhook-signature": ""},
        {"webhook-id": "other"},
    ):
        status, body = await sender.send("order.created", w.order(), **change)
        assert (status, body["code"]) == (401, "not_signed")
    assert await sender.send("order.created", w.order(), secret=OLD) == "applied"


async def test_one_source_does_not_use_up_the_ids_of_another(sender):
    assert await sender.send("order.created", w.order(), name="e1") == "applied"
    changed = w.order(address={"floor": 9})
    found = await sender.send("order.updated", changed, 1, name="e1", secret=HAIER)
    assert found == "applied"
    assert (await sender.order())["address"]["floor"] == 9


async def test_a_source_for_some_merchants_touches_the_orders_of_no_other(sender):
    await sender.send("order.created", w.order() | {"merchant": "别家店"})
    for kind, data in (("order.updated", w.order()), ("tracking.added", _steps())):
        status, body = await sender.send(kind, data, minutes=1, secret=HAIER)
        assert (status, body["code"]) == (404, "order_not_found")
    foreign = w.order("O2") | {"merchant": "别家店"}
    status, body = await sender.send("order.created", foreign, secret=HAIER)
    assert (status, body["faults"][0]["path"]) == (422, "$.data.merchant")
    assert (
        await sender.send("tracking.added", _steps() | {"order_no": "O3"}, secret=HAIER)
        == "waiting"
    )
    await sender.send("order.created", w.order("O3") | {"merchant": "别家店"}, minutes=2)
    assert (await sender.order("O3"))["tracking"] == []


async def test_what_waited_for_a_source_that_is_gone_is_dropped(sender):
    await sender.send("tracking.added", _steps(), name="e1")
    async with sender.world.database.transaction() as tx:
        await tx.execute(update(table).values(source="gone"))
    await sender.send("order.created", w.order())
    assert (await sender.order())["tracking"] == []


@pytest.mark.parametrize("name", TYPES)
def test_every_type_is_documented(name):
    page = (ROOT / "docs" / "connect.md").read_text(encoding="utf-8")
    assert f"`{name}`" in page
