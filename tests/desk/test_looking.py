"""What other processes do reaches every page, by one look a process however many pages there are."""

import asyncio
from contextlib import AsyncExitStack

from sqlalchemy import event

from bot.conversation.states import Command
from bot.database import Database
from tests.conversation.service import LI, Service
from tests.desk.conftest import signed_in
from tests.desk.test_desk import told


async def another_process(world, stack):
    """A second process on the same database; it works on nothing by itself."""
    url = world.service.database.url.render_as_string(hide_password=False)
    database = Database(url)
    stack.push_async_callback(database.close)
    elsewhere = Service(database, clock=world.service.clock)
    elsewhere.build()
    return elsewhere


async def test_a_page_hears_what_another_process_did(world):
    async with AsyncExitStack() as stack:
        elsewhere = await another_process(world, stack)
        name = await world.queue()
        socket = await stack.enter_async_context(world.wang.client.ws_connect("/desk/api/events"))
        await socket.send_json({"type": "watch", "conversation_id": name, "after_seq": 0})
        await told(socket, lambda f: f["type"] == "snapshot" and f["list"] == "queued")
        await elsewhere.move(Command.CLAIM, LI, case=name)
        heard = await told(
            socket, lambda f: f["type"] == "conversation" and f["conversation"]["state"] == "human"
        )
        assert heard[-1]["lists"] == []
        await told(socket, lambda f: f["type"] == "message" and "已接入" in f["message"]["text"])
        await elsewhere.conversations.takeover.say(name, LI, "您好", "c1")
        await told(socket, lambda f: f["type"] == "message" and f["message"]["text"] == "您好")
        await elsewhere.move(Command.RELEASE, LI, case=name)
        await told(socket, lambda f: f["type"] == "conversation" and f["lists"] == ["queued"])


async def test_a_chat_that_the_page_did_not_show_comes_into_its_list(world):
    async with AsyncExitStack() as stack:
        elsewhere = await another_process(world, stack)
        await world.service.say("你好")
        name = await world.service.case()
        socket = await stack.enter_async_context(world.wang.client.ws_connect("/desk/api/events"))
        await told(socket, lambda f: f["type"] == "counts")
        # The first look knows nothing yet and tells everything.
        await told(socket, lambda f: f["type"] == "conversation")
        await elsewhere.move(Command.HAND_OVER, case=name, reason="request_human")
        heard = await told(
            socket, lambda f: f["type"] == "conversation" and f["lists"] == ["queued"]
        )
        assert heard[-1]["conversation"]["id"] == name


async def test_looking_costs_the_same_however_many_pages_there_are(world):
    name = await world.queue()
    engine = world.service.database._engine.sync_engine
    lookout, sockets = world.service.conversations._lookout, world.desk._sockets
    await lookout.stop()
    for task in world.desk._background:
        task.cancel()

    async def statements():
        asked = []

        def note(_connection, _cursor, statement, *_rest):
            # Lists and counts name the desk's tables; workers and sweepers do not.
            if "desk_" in statement:
                asked.append(statement)

        await asyncio.sleep(0.2)
        event.listen(engine, "before_cursor_execute", note)
        await lookout.look()
        await sockets.look()
        await asyncio.sleep(0.2)
        event.remove(engine, "before_cursor_execute", note)
        return len(asked)

    async with AsyncExitStack() as stack:
        counted = []
        for pages in (1, 7):
            while len(sockets._feeds) < pages:
                socket = await stack.enter_async_context(
                    world.wang.client.ws_connect("/desk/api/events")
                )
                await socket.send_json({"type": "watch", "conversation_id": name})
                await told(socket, lambda f: f["type"] == "message")
            await lookout.look()
            counted.append(await statements())
    assert counted == [1, 1]


async def test_who_signs_out_loses_the_socket(world):
    async with world.wang.client.ws_connect("/desk/api/events") as socket:
        await told(socket, lambda f: f["type"] == "counts")
        other = await signed_in(world.server, "li")
        async with other.client.ws_connect("/desk/api/events") as theirs:
            await world.wang.post("/logout")
            await world.desk._sockets.look()
            while not (await socket.receive()).type.name.startswith("CLOS"):
                pass
            assert socket.close_code == 4401
            assert not theirs.closed
        await other.client.close()
