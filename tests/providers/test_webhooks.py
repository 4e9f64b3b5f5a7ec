"""Who asked for it is told of every change of a visit: signed, in order, again until it is taken."""

from __future__ import annotations

import asyncio
import json

import pytest
from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer
from sqlalchemy import delete, select

from bot.catalogue import load
from bot.channels.crypto.standard_webhooks import verify
from bot.errors import DeliveryNotFound, WebhookNotFound
from bot.providers.delivering import Deliveries
from bot.providers.party import Party
from bot.providers.tables import delivery, outlet
from bot.providers.webhooks import KIND, Webhooks, WebhookTeller
from bot.scheduling import Dispatch
from bot.scheduling.availability import Search
from bot.scheduling.booking import Booking, Command
from bot.scheduling.status import StatusUpdate
from tests.scheduling import world as w

OWNER = Party("erp")
NOON = w.window(start="12:00", end="15:00")
TRIES = 3


class Receiver:
    """A server of somebody else: notes what it takes, and answers as the test says."""

    def __init__(self):
        self.taken = []
        self.answers = []
        self.secret = ""
        self.seconds = 0.0

    async def answer(self, request):
        body = await request.read()
        name = verify(request.headers, body, [self.secret], self.seconds)
        status = self.answers.pop(0) if self.answers else 200
        if status == 200:
            self.taken.append((name, json.loads(body)))
        return web.Response(status=status, text="thanks")


class Setting:
    def __init__(self, world, http, receiver, url):
        self.world, self.receiver, self.url = world, receiver, url
        self.now = 1_000_000.0
        self._http = http
        self.webhooks = Webhooks(world.database, lambda: self.now)

    async def add(self, types=None, owner=OWNER):
        made = await self.webhooks.add(owner, self.url, types)
        self.receiver.secret = made["secret"]
        return made["id"]

    def deliveries(self):
        tellers = {KIND: WebhookTeller(self._http, lambda: self.now)}
        return Deliveries(self.world.database, lambda: self.now, tellers, TRIES)

    async def deliver(self):
        self.receiver.seconds = self.now
        while await self.deliveries().deliver():
            pass

    async def book(self, order_no="O1", window=None, command="b1", owner=w.OWNER):
        return await self.world.scheduling.book(owner, order_no, window or w.window(), command)

    async def log(self, webhook_id):
        return [(x["status"], x["attempts"]) for x in await self.webhooks.log(OWNER, webhook_id)]


@pytest.fixture
async def setting(world):
    async with world.database.transaction() as tx:
        await tx.execute(delete(outlet))
    shifts = [w.shift(end="15:00", capacity=600)]
    await world.take(w.order(), crews=[w.crew(shifts=shifts)])
    receiver = Receiver()
    app = web.Application()
    app.router.add_post("/hook", receiver.answer)
    async with TestServer(app) as server, ClientSession() as http:
        yield Setting(world, http, receiver, str(server.make_url("/hook")))


async def test_each_change_of_a_visit_is_told_in_its_order(setting):
    await setting.add()
    visit = await setting.book()
    await setting.book(window=NOON, command="b2")
    await setting.world.scheduling.cancel(w.OWNER, "O1", "c1", "weather")
    await setting.deliver()
    told = [body for _, body in setting.receiver.taken]
    assert [x["type"] for x in told] == ["visit.booked", "visit.moved", "visit.cancelled"]
    data = told[1]["data"]
    assert (data["order_no"], data["visit_id"], data["actor"]) == ("O1", visit.visit_id, "consumer")
    assert data["before"]["window_start"] == w.window().start.isoformat()
    assert data["after"]["window_start"] == NOON.start.isoformat()
    assert told[2]["data"]["reason"] == "weather"
    sequences = [x["data"]["sequence"] for x in told]
    assert sequences == sorted(set(sequences))
    assert told[0]["timestamp"] == w.NOW.isoformat()


async def test_a_crews_report_is_told(setting):
    await setting.add(["visit.en_route", "visit.failed"])
    visit = await setting.book()
    world = setting.world
    dispatch = Dispatch(world.database, world.clock, load(), world.rules)
    later = {"next_contact_at": w.at("2026-11-27", "10:00")}
    for status, more in (("en_route", {}), ("failed", {"reason": "unreachable", **later})):
        await dispatch.report(StatusUpdate(visit.visit_id, status, status, **more))
    await setting.deliver()
    assert [x["type"] for _, x in setting.receiver.taken] == ["visit.en_route", "visit.failed"]


async def test_what_came_to_nothing_is_not_told(setting):
    webhook = await setting.add()
    await setting.book()
    with pytest.raises(ZeroDivisionError):
        async with setting.world.database.transaction() as tx:
            search = Search(tx, load(), setting.world.rules, setting.world.clock.now())
            await Booking(tx, search).cancel("O1", Command("c1"))
            _ = 1 / 0
    await setting.deliver()
    assert len(await setting.log(webhook)) == 1


async def test_a_receiver_that_fails_is_tried_again_and_later_changes_of_the_visit_wait(setting):
    webhook = await setting.add()
    await setting.book()
    await setting.book(window=NOON, command="b2")
    setting.receiver.answers = [500]
    await setting.deliver()
    assert setting.receiver.taken == []
    assert await setting.log(webhook) == [("waiting", 0), ("waiting", 1)]
    setting.now += 10
    await setting.deliver()
    assert [x["type"] for _, x in setting.receiver.taken] == ["visit.booked", "visit.moved"]
    assert await setting.log(webhook) == [("sent", 1), ("sent", 2)]


async def test_another_visit_does_not_wait(setting):
    await setting.add()
    await setting.world.take(w.order("O2", consumer_id="tb_2"), crews=[])
    await setting.book()
    await setting.book("O2", command="b2", owner=w.Caller("t2", "tb_2"))
    setting.receiver.answers = [500]
    await setting.deliver()
    assert len(setting.receiver.taken) == 1


async def test_after_so_many_tries_it_is_dead_and_can_be_sent_again(setting):
    webhook = await setting.add()
    await setting.book()
    setting.receiver.answers = [503, 404, 302]
    for _ in range(5):
        await setting.deliver()
        setting.now += 3600
    (entry,) = await setting.webhooks.log(OWNER, webhook)
    assert (entry["status"], entry["attempts"]) == ("dead", TRIES)
    assert "302" in entry["error"]
    await setting.webhooks.again(OWNER, webhook, entry["id"])
    await setting.deliver()
    ((name, _),) = setting.receiver.taken
    assert await setting.log(webhook) == [("sent", 1)]
    await setting.webhooks.again(OWNER, webhook, entry["id"])
    await setting.deliver()
    assert [x for x, _ in setting.receiver.taken] == [name, name]


async def test_a_fault_of_ours_is_not_tried_for_ever_either(setting, monkeypatch):
    webhook = await setting.add()
    await setting.book()

    async def broken(*_):
        raise ZeroDivisionError

    monkeypatch.setattr(WebhookTeller, "tell", broken)
    for _ in range(5):
        await setting.deliver()
        setting.now += 3600
    assert await setting.log(webhook) == [("dead", TRIES)]


async def test_two_processes_tell_it_once_and_one_that_died_is_replaced(setting):
    webhook = await setting.add()
    await setting.book()
    setting.receiver.seconds = setting.now
    await asyncio.gather(*(setting.deliveries().deliver() for _ in range(4)))
    assert len(setting.receiver.taken) == 1
    await setting.book(window=NOON, command="b2")
    await setting.deliveries()._claim()
    await setting.deliver()
    assert len(setting.receiver.taken) == 1
    setting.now += 61
    await setting.deliver()
    assert len(setting.receiver.taken) == 2
    assert await setting.log(webhook) == [("sent", 2), ("sent", 1)]


async def test_a_caller_of_some_merchants_is_told_of_theirs_only(setting):
    other = Party("别家店", frozenset({"别家店"}))
    webhook = await setting.add(owner=other)
    await setting.book()
    await setting.world.take(w.order("O2", consumer_id="tb_2") | {"merchant": "别家店"}, crews=[])
    await setting.book("O2", command="b2", owner=w.Caller("t2", "tb_2"))
    await setting.deliver()
    assert [x["data"]["order_no"] for _, x in setting.receiver.taken] == ["O2"]
    assert [x["status"] for x in await setting.webhooks.log(other, webhook)] == ["sent"]


async def test_nobody_touches_the_webhooks_of_others(setting):
    webhook, other = await setting.add(), Party("other")
    await setting.book()
    await setting.deliver()
    (entry,) = await setting.webhooks.log(OWNER, webhook)
    assert await setting.webhooks.all(other) == []
    for call in (setting.webhooks.log, setting.webhooks.remove):
        with pytest.raises(WebhookNotFound):
            await call(other, webhook)
    with pytest.raises(DeliveryNotFound):
        await setting.webhooks.again(other, webhook, entry["id"])


async def test_a_removed_webhook_is_told_nothing_more(setting):
    webhook = await setting.add()
    await setting.book()
    await setting.webhooks.remove(OWNER, webhook)
    await setting.deliver()
    async with setting.world.database.reading() as tx:
        assert (await tx.execute(select(delivery))).all() == []
    assert setting.receiver.taken == []
