"""Documents over HTTP: in pieces, resumed, repeated, refused; each whole or not at all."""

from __future__ import annotations

import asyncio
import json

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from sqlalchemy import delete, select, update

from bot.api import auth, imports
from bot.api.problems import problems
from bot.api.tokens import ApiTokens, Caller, _hash
from bot.providers.party import Party
from bot.providers.tables import chunk, part, upload
from bot.providers.upload_worker import UploadWorker
from bot.providers.uploads import Uploads
from bot.scheduling.tables import hub, orders, visit
from tests.scheduling import world as w

TOKENS = ApiTokens(
    (
        (_hash("all"), Caller("all")),
        (_hash("other"), Caller("other")),
        (_hash("haier"), Caller("haier", None, frozenset({"海尔官方旗舰店"}))),
    )
)
MOST = 3 * 1024 * 1024
LEASE = 130.0


class Server:
    """The calls over one database, and a worker that the test lets work."""

    def __init__(self, client, world):
        self.client = client
        self.world = world
        self.now = 1_000_000.0

    def worker(self):
        return UploadWorker(self.world.database, self.world.feed, lambda: self.now)

    async def bring(self, body, key="k1", where=None, token="all", **headers):
        data = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
        sent = {"Authorization": f"Bearer {token}", "Idempotency-Key": key, **headers}
        if where is not None:
            start, total = where
            sent["Content-Range"] = f"bytes {start}-{start + len(data) - 1}/{total}"
        answer = await self.client.post("/api/v1/import", data=data, headers=sent)
        return answer.status, await answer.json(content_type=None)

    async def status(self, upload_id, token="all"):
        headers = {"Authorization": f"Bearer {token}"}
        answer = await self.client.get(f"/api/v1/imports/{upload_id}", headers=headers)
        return answer.status, await answer.json(content_type=None)

    async def rows(self, table):
        async with self.world.database.reading() as tx:
            return (await tx.execute(select(table))).all()


@pytest.fixture
async def server(world):
    async with world.database.transaction() as tx:
        await tx.execute(delete(upload))
    found = Server(None, world)
    uploads = Uploads(world.database, lambda: found.now, MOST)
    app = web.Application(middlewares=[problems, auth.require_token(TOKENS)])
    app.add_routes(imports.routes(uploads))
    async with TestClient(TestServer(app)) as client:
        found.client = client
        yield found


def _document(count=3, **more):
    numbered = [w.order(f"O{n}", consumer_id=f"u{n}") for n in range(count)]
    return w.document(*numbered) | more


async def test_a_document_in_one_call_is_taken_and_reported(server):
    status, body = await server.bring(_document())
    assert (status, body["state"], body["total"]) == (202, "waiting", body["received"])
    assert await server.worker().work()
    status, body = await server.status(body["id"])
    assert (status, body["state"], body["objects"]) == (200, "taken", 5)
    assert body["counts"] == {"hubs": 1, "crews": 1, "orders": 3, "merchants": 0}
    assert len(await server.rows(orders)) == 3
    assert await server.rows(chunk) == await server.rows(part) == []


@pytest.mark.parametrize("size", [700, 100_000])
async def test_a_document_in_pieces_is_taken_whatever_is_sent_twice(server, size):
    data = json.dumps(_document(1200 if size > 1000 else 3), ensure_ascii=False).encode()
    for at in range(0, len(data), size):
        _, body = await server.bring(data[at : at + size], where=(at, len(data)))
        again = max(0, at - 50)
        _, same = await server.bring(data[again : at + size], where=(again, len(data)))
        assert same == body
    assert (body["state"], body["received"]) == ("waiting", len(data))
    await server.worker().work()
    assert (await server.status(body["id"]))[1]["state"] == "taken"
    assert len(await server.rows(orders)) == (1200 if size > 1000 else 3)


async def test_a_gap_is_refused_and_says_where_to_go_on(server):
    data = json.dumps(_document()).encode()
    await server.bring(data[:100], where=(0, len(data)))
    status, body = await server.bring(data[200:], where=(200, len(data)))
    assert (status, body["code"], body["received"]) == (409, "import_conflict", 100)
    status, body = await server.bring(data[100:], where=(100, len(data)))
    assert (status, body["state"]) == (202, "waiting")


async def test_what_came_before_a_connection_broke_is_kept(server, world):
    uploads = Uploads(world.database, lambda: server.now, MOST)
    data = json.dumps(_document(3000), ensure_ascii=False).encode()

    async def broken():
        yield data[: 1024 * 1024 + 10]
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        where = imports.Range(0, len(data), len(data))
        await uploads.receive(Party("all"), "k1", broken(), where)
    status, body = await server.bring(data[1000:1010], where=(1000, len(data)))
    assert (status, body["state"], body["received"]) == (202, "receiving", 1024 * 1024)
    rest = data[1024 * 1024 :]
    _, body = await server.bring(rest, where=(1024 * 1024, len(data)))
    await server.worker().work()
    assert (await server.status(body["id"]))[1]["state"] == "taken"


async def test_the_same_key_again_is_the_same_document_taken_once(server):
    _, first = await server.bring(_document())
    await server.worker().work()
    _, second = await server.bring(_document(4))
    assert (second["id"], second["state"]) == (first["id"], "taken")
    assert not await server.worker().work()
    assert len(await server.rows(orders)) == 3


async def test_a_key_with_another_length_is_refused(server):
    data = json.dumps(_document()).encode()
    await server.bring(data[:100], where=(0, len(data)))
    status, body = await server.bring(data[:100], where=(0, len(data) + 1))
    assert (status, body["code"], body["total"]) == (409, "import_conflict", len(data))


async def test_two_workers_take_a_document_once(server):
    booked = [w.order(f"O{n}", visits=[w.visit_at(f"V{n}")]) for n in range(2)]
    _, body = await server.bring(w.document(*booked))
    done = await asyncio.gather(*(server.worker().work() for _ in range(4)))
    assert sum(done) == 1
    assert (await server.status(body["id"]))[1]["warning_count"] == 1
    await server.world.ledger_is_sound()


async def test_what_a_worker_that_died_had_begun_is_taken_by_the_next(server):
    _, body = await server.bring(_document())
    async with server.world.database.transaction() as tx:
        await tx.execute(update(upload).values(state="working", lease_until=server.now + 120))
        await tx.execute(part.insert().values(upload_id=body["id"], rank=0, first=7, body="{"))
    assert not await server.worker().work()
    server.now += LEASE
    assert await server.worker().work()
    assert (await server.status(body["id"]))[1]["state"] == "taken"


async def test_every_fault_is_named_with_its_number_in_the_whole(server):
    document = _document(1201)
    document["orders"][700]["items"] = []
    document["orders"][1200]["address"]["adcode"] = "31"
    _, body = await server.bring(document)
    await server.worker().work()
    status, body = await server.status(body["id"])
    assert (status, body["state"]) == (200, "refused")
    assert (body["problem"]["status"], body["problem"]["code"]) == (422, "import_rejected")
    paths = [fault["path"] for fault in body["problem"]["faults"]]
    assert paths == ["$.orders[700].items", "$.orders[1200].address.adcode"]
    assert await server.rows(orders) == await server.rows(hub) == []
    status, again = await server.bring(document)
    assert (status, again["faults"]) == (422, body["problem"]["faults"])


async def test_what_only_the_database_knows_refuses_all_of_it_too(server):
    document = _document(1201)
    document["orders"][1200]["visits"] = [w.visit_at(crew_id="NO")]
    document["orders"][3]["order_no"] = "O1100"
    _, body = await server.bring(document)
    await server.worker().work()
    _, body = await server.status(body["id"])
    paths = [fault["path"] for fault in body["problem"]["faults"]]
    assert paths == ["$.orders[1100].order_no", "$.orders[1200].visits[0].crew_id"]
    assert await server.rows(orders) == []


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'{"hubs": [7]}', "{中}".encode("gb18030")])
async def test_what_is_no_document_is_refused(server, body):
    _, found = await server.bring(body)
    await server.worker().work()
    _, found = await server.status(found["id"])
    assert [fault["path"][0] for fault in found["problem"]["faults"]] == ["$"]


async def test_the_order_of_the_lists_does_not_matter(server):
    document = _document()
    document["orders"][0]["visits"] = [w.visit_at()]
    turned = {name: document[name] for name in ("orders", "crews", "hubs")}
    _, body = await server.bring(turned)
    await server.worker().work()
    assert (await server.status(body["id"]))[1]["state"] == "taken"
    assert len(await server.rows(visit)) == 1


async def test_who_may_bring_some_merchants_orders_brings_those_only(server):
    document = _document()
    document["orders"][1]["merchant"] = "别家店"
    _, body = await server.bring(document, token="haier")
    await server.worker().work()
    _, body = await server.status(body["id"], token="haier")
    paths = [fault["path"] for fault in body["problem"]["faults"]]
    assert paths == ["$.hubs[0]", "$.crews[0]", "$.orders[1].merchant"]
    _, body = await server.bring({"orders": _document()["orders"]}, "k2", token="haier")
    await server.worker().work()
    assert (await server.status(body["id"], token="haier"))[1]["state"] == "taken"


async def test_a_merchant_cannot_take_over_an_order_of_another(server):
    foreign = w.order("O1") | {"merchant": "别家店"}
    await server.world.take(foreign)
    _, body = await server.bring({"orders": [w.order("O1")]}, token="haier")
    await server.worker().work()
    _, body = await server.status(body["id"], token="haier")
    assert [fault["path"] for fault in body["problem"]["faults"]] == ["$.orders[0].order_no"]


async def test_a_merchant_cannot_change_the_phone_of_who_buys_from_others_too(server):
    await server.world.take(w.order("O1") | {"merchant": "别家店"})
    same, other = w.order("O2"), w.order("O3")
    other["consumer"] = other["consumer"] | {"phone": "13800001111"}
    _, body = await server.bring({"orders": [same, other]}, token="haier")
    await server.worker().work()
    _, body = await server.status(body["id"], token="haier")
    paths = [fault["path"] for fault in body["problem"]["faults"]]
    assert paths == ["$.orders[1].consumer.phone"]


async def test_nobody_sees_what_others_bring(server):
    _, mine = await server.bring(_document())
    _, theirs = await server.bring(_document(), token="other")
    assert mine["id"] != theirs["id"]
    status, body = await server.status(mine["id"], token="other")
    assert (status, body["code"]) == (404, "import_not_found")


async def test_who_waits_gets_the_report_at_once(server):
    worker = server.worker()
    await worker.start()
    status, body = await server.bring(_document(), Prefer="wait=30")
    await worker.stop()
    assert (status, body["state"]) == (200, "taken")


@pytest.mark.parametrize(
    ("where", "size", "status", "code"),
    [
        ((0, MOST + 1), 10, 413, "too_large"),
        (None, MOST + 1, 413, "too_large"),
        ((0, 5), 10, 400, "malformed_request"),
    ],
)
async def test_too_much_is_refused(server, where, size, status, code):
    found, body = await server.bring(b" " * size, where=where)
    assert (found, body["code"]) == (status, code)


@pytest.mark.parametrize(
    "headers",
    [
        {"Idempotency-Key": ""},
        {"Idempotency-Key": "键"},
        {"Content-Range": "bytes 5-2/10"},
        {"Content-Range": "bytes 0-10/10"},
        {"Content-Range": "lines 0-1/10"},
    ],
)
async def test_headers_that_say_nothing_are_named(server, headers):
    status, body = await server.bring(b"{}", **headers)
    assert (status, body["header"]) == (400, next(iter(headers)))


async def test_old_uploads_are_forgotten(server):
    await server.bring(_document())
    server.now += 31 * 24 * 3600
    _, new = await server.bring(_document(), "k2")
    await server.worker()._forget_old()
    assert [row.id for row in await server.rows(upload)] == [new["id"]]
    assert {row.upload_id for row in await server.rows(chunk)} == {new["id"]}
