"""An agent who works for some merchants sees their consumers, and their orders, only."""

from __future__ import annotations

import argparse

import pytest

from bot.desk.command import add_parser
from tests.desk.conftest import PASSWORD, signed_in
from tests.scheduling import world as w

HAIER, OTHER = "海尔官方旗舰店", "别家店"


@pytest.fixture
async def bound(world):
    """An agent who works for one merchant."""
    more = {"merchants": [HAIER]}
    await world.desk.accounts.create("zhao", "赵", "小赵", "agent", PASSWORD, 3, **more)
    person = await signed_in(world.server, "zhao")
    yield person
    await person.client.close()


async def _orders(world, *orders):
    shifts = [w.shift(day, end="15:00", capacity=600) for day in ("2026-11-22", "2026-11-23")]
    document = w.document(*orders, crews=[w.crew(shifts=shifts)])
    await world.scheduling.import_document(document)


async def _get(person, path):
    answer = await person.client.get(f"/desk/api{path}")
    return answer.status, await answer.json()


async def _post(person, path, **body):
    answer = await person.client.post(f"/desk/api{path}", json=body)
    return answer.status, await answer.json()


async def _queued(person):
    _, body = await _get(person, "/conversations?list=queued")
    return {row["id"] for row in body["conversations"]}


@pytest.fixture
async def cases(world):
    """Who waits: one of each merchant, one of both, and one whose order nobody knows."""
    await _orders(
        world,
        w.order("A1", consumer_id="a"),
        w.order("B1", consumer_id="b") | {"merchant": OTHER},
        w.order("C1", consumer_id="c"),
        w.order("C2", consumer_id="c") | {"merchant": OTHER},
    )
    found = {}
    for name, consumer in (("b", "b"), ("a", "a"), ("c", "c"), ("nobody", None)):
        found[name] = await world.queue(name, consumer_id=consumer)
    return found


async def test_the_queue_shows_their_own_and_those_without_an_order(world, bound, cases):
    assert await _queued(bound) == {cases["a"], cases["c"], cases["nobody"]}
    assert await _queued(world.wang) == set(cases.values())
    _, counts = await _get(bound, "/counts")
    assert counts["queued"] == 3


async def test_the_next_one_is_the_first_of_their_own(bound, cases):
    status, body = await _post(bound, "/claim-next")
    assert (status, body["conversation"]["id"]) == (200, cases["a"])


@pytest.mark.parametrize("call", ["claim", "barge-in"])
async def test_what_they_may_not_see_they_cannot_take(world, bound, cases, call):
    status, body = await _get(bound, f"/conversations/{cases['b']}")
    assert (status, body["code"]) == (404, "conversation_not_found")
    status, body = await _post(bound, f"/conversations/{cases['b']}/{call}")
    assert (status, body["code"]) == (404, "conversation_not_found")
    status, _ = await _get(world.wang, f"/conversations/{cases['b']}")
    assert status == 200


async def test_beside_a_chat_stand_the_orders_of_their_merchants_only(world, bound, cases):
    status, body = await _get(bound, f"/conversations/{cases['c']}/orders")
    assert [order["order_no"] for order in body["orders"]] == ["C1"]
    _, body = await _get(world.wang, f"/conversations/{cases['c']}/orders")
    assert {order["order_no"] for order in body["orders"]} == {"C1", "C2"}
    status, body = await _post(
        bound, f"/conversations/{cases['c']}/reveal", order_no="C2", field="phone"
    )
    assert (status, body["code"]) == (404, "order_not_found")


async def test_an_order_of_another_merchant_cannot_be_booked_from_a_shared_chat(bound, cases):
    status, body = await _post(bound, f"/conversations/{cases['c']}/claim")
    assert status == 200
    window = {"start": "2026-11-22T09:00:00+08:00", "end": "2026-11-22T12:00:00+08:00"}
    visit = f"/conversations/{cases['c']}/visit"
    more = {"window": window, "version": None}
    status, body = await _post(bound, visit, order_no="C2", command_id="c1", **more)
    assert (status, body["code"]) == (404, "order_not_found")
    status, body = await _post(bound, visit, order_no="C1", command_id="c2", **more)
    assert (status, body["order"]["order_no"]) == (200, "C1")
    facts = {"order_no": "C2", "facts": {"floor": 3}, "command_id": "c3"}
    status, body = await _post(bound, f"/conversations/{cases['c']}/site", **facts)
    assert (status, body["code"]) == (404, "order_not_found")


async def test_what_a_colleague_passes_on_is_kept(world, bound, cases):
    await _post(world.wang, f"/conversations/{cases['b']}/claim")
    status, _ = await _post(world.wang, f"/conversations/{cases['b']}/transfer", to=bound.id)
    assert status == 200
    status, body = await _get(bound, f"/conversations/{cases['b']}")
    assert (status, body["conversation"]["agent"]["id"]) == (200, bound.id)


async def test_the_board_shows_everybody_and_is_not_theirs(bound, world):
    status, body = await _get(bound, "/board")
    assert (status, body["code"]) == (403, "forbidden")
    assert (await _get(world.wang, "/board"))[0] == 200


def test_the_command_takes_merchants():
    parser = argparse.ArgumentParser()
    add_parser(parser.add_subparsers())
    words = ["agent", "add", "x", "--name", "x", "--alias", "x", "--merchant", HAIER]
    assert parser.parse_args([*words, "--merchant", OTHER]).merchant == [HAIER, OTHER]
    assert parser.parse_args(words[:-2]).merchant is None


async def test_a_supervisor_of_a_merchant_sees_whom_they_missed_and_what_was_done_to_theirs_only(
    world, cases
):
    more = {"merchants": [HAIER]}
    await world.desk.accounts.create("qian", "钱", "小钱", "supervisor", PASSWORD, 3, **more)
    person = await signed_in(world.server, "qian")
    for name in ("a", "b"):
        await world.service.say("不等了", sender=name, consumer_id=name)
    _, body = await person.get("/supervisor/missed")
    assert [one["conversation"]["id"] for one in body["missed"]] == [cases["a"]]
    _, body = await person.get("/supervisor/audit")
    about = {entry["conversation_id"] for entry in body["entries"]}
    assert cases["a"] in about
    assert cases["b"] not in about
    _, body = await world.boss.get("/supervisor/missed")
    assert len(body["missed"]) == 2
    await person.client.close()
