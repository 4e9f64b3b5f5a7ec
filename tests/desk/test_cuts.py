"""A desk socket that is cut at every frame, and several processes behind one desk."""

import asyncio
from contextlib import suppress
from dataclasses import replace
from itertools import count

from bot.conversation.states import Command
from bot.desk.accounts import Accounts
from bot.desk.desk import joining
from bot.errors import AgentFull
from tests.conversation.service import Service


class Screen:
    """What a page holds of one conversation, and drops as the API tells it to."""

    def __init__(self, name):
        self.name, self.lines, self.moves, self.twice = name, [], [], 0

    def take(self, frame):
        if frame.get("conversation_id") != self.name:
            return
        for kind, held, key in (("message", self.lines, "seq"), ("move", self.moves, "epoch")):
            if frame["type"] == kind:
                self.twice += any(frame[kind][key] == one[key] for one in held)
                held.append(frame[kind])

    async def watch(self, socket):
        await socket.send_json(
            {
                "type": "watch",
                "conversation_id": self.name,
                "after_seq": self.lines[-1]["seq"] if self.lines else 0,
                "after_epoch": self.moves[-1]["epoch"] if self.moves else 0,
            }
        )


async def test_a_socket_cut_at_every_frame_ends_with_what_the_api_tells(world):
    name = await world.queue()
    await world.wang.post(f"/conversations/{name}/claim")
    number = count()

    async def go_on():
        n = next(number)
        await world.wang.post(f"/conversations/{name}/messages", client_id=f"c{n}", text=f"答{n}")
        await world.service.say(f"问{n}")
        if n % 3 == 2:
            await world.wang.post(f"/conversations/{name}/transfer", to=world.li.id)
            await world.li.post(f"/conversations/{name}/transfer", to=world.wang.id)

    screen = Screen(name)
    for frames in range(1, 13):
        async with world.wang.client.ws_connect("/desk/api/events") as socket:
            await screen.watch(socket)
            going_on = asyncio.create_task(go_on())
            with suppress(TimeoutError):
                for _ in range(frames):
                    screen.take(await asyncio.wait_for(socket.receive_json(), 2))
            # Cut as a network does it: no closing frame.
            socket._response.connection.transport.abort()
        await going_on
    whole = (await world.wang.get(f"/conversations/{name}"))[1]
    async with world.wang.client.ws_connect("/desk/api/events") as socket:
        await screen.watch(socket)
        async with asyncio.timeout(10):
            while (len(screen.lines), len(screen.moves)) != (
                len(whole["messages"]),
                len(whole["moves"]),
            ):
                screen.take(await socket.receive_json())
    assert screen.lines == whole["messages"]
    assert screen.moves == whole["moves"]
    assert screen.twice == 0


async def test_who_takes_over_sees_all_of_a_long_chat(world):
    for n in range(250):
        await world.service.say(f"第{n}句，完。")
    name = await world.queue()
    await world.service.say("在吗")
    await world.wang.post(f"/conversations/{name}/claim")
    _, whole = await world.wang.get(f"/conversations/{name}")
    stored = [(line.seq, line.text) for line in await world.service.lines()]
    assert [(line["seq"], line["text"]) for line in whole["messages"]] == stored
    assert len(stored) > 500
    assert whole["conversation"]["reason"]["code"] == "request_human"
    assert [move["command"] for move in whole["moves"]] == ["hand_over", "claim"]


async def test_three_processes_and_thirty_chats_keep_to_max_chats(world):
    names = [await world.queue(f"s{n}") for n in range(30)]
    desks = []
    for _ in range(3):
        other = Service(world.service.database, clock=world.service.clock)
        other.build()
        accounts = Accounts(other.database, world.desk.accounts._seconds)
        desks.append(replace(world.desk.desk, conversations=other.conversations, accounts=accounts))
    wang = await desks[0].accounts.get(world.wang.id)

    async def claim(number):
        desk = desks[number % 3]
        try:
            await desk.move(
                wang,
                names[number],
                joining(wang, Command.CLAIM),
                desk.accounts.room(wang.id),
            )
        except AgentFull:
            return False
        return True

    assert sum(await asyncio.gather(*(claim(n) for n in range(30)))) == wang.max_chats == 3
    _, counted = await world.wang.get("/counts")
    assert (counted["mine"], counted["queued"]) == (3, 27)
