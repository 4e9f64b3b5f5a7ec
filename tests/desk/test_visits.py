"""An agent books, moves and cancels visits: with more rights than a consumer, never blindly."""

import asyncio
from datetime import timedelta

import pytest

from bot.errors import BotError
from bot.scheduling import Seen
from bot.scheduling.tables import visit_event
from tests.scheduling import world as w
from tests.scheduling.world import World as Orders

DAY = "2026-11-22"
MORNING, NOON = w.window(DAY), w.window(DAY, "12:00", "15:00")


@pytest.fixture
async def chat(world):
    """Wang's chat with the consumer of one order, for which a day has room."""
    orders = Orders(world.service.database, world.service.clock)
    shifts = [w.shift(DAY, end="15:00", capacity=360)]
    await orders.take(w.order(), crews=[w.crew(shifts=shifts)])
    name = await world.queue(consumer_id="tb_1001")
    await world.wang.post(f"/conversations/{name}/claim")
    return Chat(world, orders, name)


class Chat:
    """What an agent does with the order beside the chat."""

    def __init__(self, world, orders, name):
        self.world, self.orders, self.name = world, orders, name
        self.commands = 0

    async def card(self):
        _, body = await self.world.wang.get(f"/conversations/{self.name}/orders")
        return body["orders"][0]

    async def version(self):
        visit = (await self.card())["visit"]
        return visit["version"] if visit else None

    async def book(self, window, version, who=None):
        self.commands += 1
        return await (who or self.world.wang).post(
            f"/conversations/{self.name}/visit",
            order_no="O1",
            window={"start": window.start.isoformat(), "end": window.end.isoformat()},
            version=version,
            command_id=f"c{self.commands}",
        )

    async def cancel(self, version, **more):
        self.commands += 1
        more |= {"order_no": "O1", "version": version, "command_id": f"c{self.commands}"}
        return await self.world.wang.post(f"/conversations/{self.name}/visit/cancel", **more)

    async def events(self):
        return [(row["actor"], row["what"]) for row in await self.orders.rows(visit_event)]


async def test_an_agents_change_is_written_down_as_an_agents(chat):
    status, body = await chat.book(MORNING, None)
    assert (status, body["order"]["visit"]["start"]) == (200, MORNING.start.isoformat())
    status, _ = await chat.book(NOON, body["order"]["visit"]["version"])
    assert status == 200
    status, body = await chat.cancel(await chat.version(), reason="not_home")
    assert (status, body["order"]["visit"]) == (200, None)
    assert await chat.events() == [
        ("agent", "scheduled"),
        ("agent", "rescheduled"),
        ("agent", "cancelled"),
    ]


async def test_a_visit_that_changed_since_it_was_read_is_not_changed(chat):
    await chat.book(MORNING, None)
    seen = await chat.version()
    await chat.world.scheduling.book(w.OWNER, "O1", NOON, "consumers")
    for status, body in (await chat.book(MORNING, seen), await chat.cancel(seen)):
        assert (status, body["code"]) == (409, "visit_changed")
    assert (await chat.card())["visit"]["start"] == NOON.start.isoformat()


@pytest.mark.parametrize("_round", range(5))
async def test_a_bots_and_an_agents_booking_at_once_are_one(chat, _round):
    """Both saw no visit; one books, the other is told."""
    by_bot, (status, body) = await asyncio.gather(
        chat.world.scheduling.book(w.OWNER, "O1", MORNING, "bot", seen=Seen(None)),
        chat.book(NOON, None),
        return_exceptions=True,
    )
    start = (await chat.card())["visit"]["start"]
    if status == 200:
        assert isinstance(by_bot, BotError)
        assert start == NOON.start.isoformat()
    else:
        assert body["code"] == "visit_changed"
        assert start == by_bot.window.start.isoformat() == MORNING.start.isoformat()
    assert len(await chat.events()) == 1


async def test_beyond_a_consumers_limits_a_person_decides(chat):
    for window in (MORNING, NOON, MORNING, NOON, MORNING):
        status, _ = await chat.book(window, await chat.version())
        assert status == 200
    # Past the cut-off of the booked window; the other one is open for another hour.
    chat.world.service.clock.advance(
        MORNING.end - timedelta(minutes=30) - w.at("2026-11-20", "10:00")
    )
    refused = await chat.world.scheduling.change_refusal(w.OWNER, "O1", "move")
    assert refused.code == "too_late_to_change"
    _, body = await chat.world.wang.get(
        f"/conversations/{chat.name}/windows?order_no=O1&from={DAY}&days=1"
    )
    assert [window["start"] for window in body["windows"]] == [NOON.start.isoformat()]
    assert (await chat.book(NOON, await chat.version()))[0] == 200
    assert (await chat.cancel(await chat.version()))[0] == 200


async def test_a_visit_under_way_is_nobodys_to_change(chat):
    await chat.orders.take(
        w.order("O1", visits=[w.visit_at(where=MORNING, status="en_route")]),
        crews=[w.crew(shifts=[w.shift(DAY, end="15:00", capacity=360)])],
    )
    for status, body in (
        await chat.book(NOON, await chat.version()),
        await chat.cancel(await chat.version()),
    ):
        assert (status, body["code"]) == (409, "booking_refused")
    assert (await chat.card())["visit"]["status"] == "en_route"


async def test_only_the_owner_books(chat):
    status, body = await chat.book(MORNING, None, who=chat.world.li)
    assert (status, body["code"]) == (409, "conversation_taken")
    assert await chat.events() == []


async def test_an_unknown_reason_is_refused(chat):
    await chat.book(MORNING, None)
    status, _ = await chat.cancel(await chat.version(), reason="mood")
    assert status in {400, 422}


async def test_what_tells_who_it_is_is_masked_and_each_look_is_written_down(chat):
    card = await chat.card()
    hidden = ("李女士", "13912345678", "锦绣路1000弄")
    assert not [word for word in hidden if word in str(card)]
    told = []
    for field in ("name", "phone", "address"):
        path = f"/conversations/{chat.name}/reveal"
        _, body = await chat.world.li.post(path, order_no="O1", field=field)
        told.append(body["value"])
    assert [word in value for word, value in zip(hidden, told, strict=True)] == [True] * 3
    _, audit = await chat.world.boss.get(f"/supervisor/audit?agent_id={chat.world.li.id}")
    looks = [entry["detail"]["field"] for entry in audit["entries"] if entry["action"] == "reveal"]
    assert sorted(looks) == ["address", "name", "phone"]


async def test_an_order_that_the_chat_has_no_right_to_is_none(chat):
    path = f"/conversations/{chat.name}/reveal"
    await chat.orders.take(w.order("O9", consumer_id="tb_9"), crews=[w.crew(shifts=[])])
    for number in ("O9", "O404"):
        status, body = await chat.world.wang.post(path, order_no=number, field="phone")
        assert (status, body["code"]) == (404, "order_not_found")
