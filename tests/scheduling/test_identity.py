"""Whose order it is: one door, alike for absent and foreign."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.errors import IdentityLocked, IdentityNotProven, OrderNotFound
from bot.ratelimit import RateLimiter
from bot.scheduling import Caller, Scheduling
from bot.settings import RateLimits
from tests.scheduling import world as w

STRANGER = Caller("talk-9")


@pytest.fixture(autouse=True)
async def two_orders(world):
    await world.take(w.order("O1"), w.order("O2"), w.order("O3", consumer_id="tb_2"))


async def test_a_vouched_consumer_sees_their_orders_only(scheduling):
    assert [x.order_no for x in await scheduling.orders(w.OWNER)] == ["O1", "O2"]
    assert await scheduling.orders(STRANGER) == []


@pytest.mark.parametrize(
    "call",
    [
        lambda s, who, no: s.order(who, no),
        lambda s, who, no: s.offer(who, no),
        lambda s, who, no: s.fees(who, no),
        lambda s, who, no: s.change_refusal(who, no, "book"),
        lambda s, who, no: s.book(who, no, w.window(), "c1"),
        lambda s, who, no: s.cancel(who, no, "c1"),
        lambda s, who, no: s.describe_site(who, no, {"floor": 1}, "c1"),
    ],
    ids=["order", "offer", "fees", "change_refusal", "book", "cancel", "describe_site"],
)
async def test_absent_and_foreign_are_refused_alike(scheduling, call):
    answers = []
    for number in ("O3", "XX"):
        with pytest.raises(OrderNotFound) as refused:
            await call(scheduling, w.OWNER, number)
        answers.append(str(refused.value).replace(number, "?"))
    assert answers[0] == answers[1]


async def test_a_proof_gives_that_order_to_that_conversation_only(scheduling):
    assert (await scheduling.prove(STRANGER, "O1", "5678")).order_no == "O1"
    assert (await scheduling.prove(STRANGER, "O1", "5678")).order_no == "O1"
    assert [x.order_no for x in await scheduling.orders(STRANGER)] == ["O1"]
    with pytest.raises(OrderNotFound):
        await scheduling.order(STRANGER, "O2")
    assert await scheduling.orders(Caller("talk-10")) == []


@pytest.mark.parametrize("number", ["O1", "XX"])
async def test_three_wrong_tries_lock_the_conversation(scheduling, number):
    for left in (2, 1):
        with pytest.raises(IdentityNotProven) as refused:
            await scheduling.prove(STRANGER, number, "0000")
        assert refused.value.facts == {"tries_left": left}
    for tail in ("0000", "5678"):
        with pytest.raises(IdentityLocked):
            await scheduling.prove(STRANGER, "O1", tail)
    assert await scheduling.orders(STRANGER) == []
    assert await scheduling.prove(Caller("talk-11"), "O1", "5678")


@pytest.mark.parametrize("tail", ["", "678", "45678", "13912345678", "５６７８"])
async def test_only_the_last_four_digits_prove(scheduling, tail):
    with pytest.raises(IdentityNotProven):
        await scheduling.prove(STRANGER, "O1", tail)


async def test_who_was_asked_about_an_order_answers_for_that_one_only(scheduling):
    asked = Caller("talk-9", asked="O1")
    assert [x.order_no for x in await scheduling.orders(asked)] == ["O1"]
    with pytest.raises(OrderNotFound):
        await scheduling.order(asked, "O2")
    assert await scheduling.orders(STRANGER) == []


async def test_a_proof_counts_as_long_as_it_has_to_and_is_renewed(scheduling, world):
    before = int(world.clock.now().timestamp())
    await scheduling.prove(STRANGER, "O1", "5678")
    recent, later = (
        Caller("talk-9", proven_since=before),
        Caller("talk-9", proven_since=before + 60),
    )
    assert [x.order_no for x in await scheduling.orders(recent)] == ["O1"]
    assert await scheduling.orders(later) == []
    world.clock.advance(timedelta(minutes=2))
    await scheduling.prove(STRANGER, "O1", "5678")
    assert [x.order_no for x in await scheduling.orders(later)] == ["O1"]


async def test_an_order_is_not_guessed_from_many_conversations(world):
    limiter = RateLimiter(RateLimits(limit_identity="4/hour"))
    scheduling = Scheduling(world.database, world.clock, world.catalogue, world.rules, limiter)
    for number in range(4):
        with pytest.raises(IdentityNotProven):
            await scheduling.prove(Caller(f"guess-{number}"), "O1", f"000{number}")
    for order_no in ("O1", "O1"):
        with pytest.raises(IdentityLocked):
            await scheduling.prove(Caller("guess-9"), order_no, "5678")
    assert (await scheduling.prove(Caller("guess-9"), "O2", "5678")).order_no == "O2"
