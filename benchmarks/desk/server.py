"""`python -m benchmarks.desk.server DATABASE CHATS AGENTS`: the server that is measured.

All chats are in the hands of agents. Prints one line of JSON: the port, the consumers' tokens,
the agents' logins, who has which chat. Then it serves until it is ended.
"""

from __future__ import annotations

import asyncio
import json
import resource
import sys
import tempfile
from pathlib import Path

from aiohttp import web

from bot.api.problems import problems
from bot.catalogue import load
from bot.channels.identity import ShopIdentity
from bot.channels.sessions import Sessions
from bot.channels.web import Door, WebChannel
from bot.clock import SystemClock
from bot.conversation.conversations import Conversations
from bot.conversation.moves import Move
from bot.conversation.photos import PhotoRules
from bot.conversation.records import Actor, Agent
from bot.conversation.states import Command
from bot.database import Database
from bot.desk.service import DeskService
from bot.dialogue.scripted_engine import ScriptedEngine
from bot.scheduling import Scheduling
from bot.settings import BookingRules

PASSWORD = "for measuring only"
_AT_ONCE = 50


async def main(url: str, chats: int, agents: int) -> None:
    """Fill the database, then serve."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    database, clock, engine = Database(url), SystemClock(), ScriptedEngine()
    await database.migrate()
    talks = Conversations(database, clock, engine)
    await talks.start()
    scheduling = Scheduling(database, clock, load(), BookingRules())
    desk = DeskService(database, clock, talks, scheduling, engine)
    sessions = Sessions("secret")
    people = [await _agent(desk, number, chats) for number in range(agents)]
    made = [
        chat
        for first in range(0, chats, _AT_ONCE)
        for chat in await asyncio.gather(
            *(
                _chat(talks, sessions, people[number % agents])
                for number in range(first, min(first + _AT_ONCE, chats))
            )
        )
    ]
    photos = talks.photos(PhotoRules(Path(tempfile.gettempdir()), 1, 1))
    channel = WebChannel(talks, photos, sessions, Door(ShopIdentity(())))
    app = web.Application(middlewares=[problems])
    app.add_routes([*channel.routes(), *desk.routes()])
    for person in people:
        await desk.accounts.seen(person.id, "online")
    await desk.start()
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, backlog=4096)
    await site.start()
    port = runner.addresses[0][1]
    logins = [person.alias for person in people]
    print(json.dumps({"port": port, "logins": logins, "chats": made}), flush=True)
    while True:  # as the pages' heartbeats would
        for person in people:
            await desk.accounts.seen(person.id)
        await asyncio.sleep(15)


async def _agent(desk: DeskService, number: int, chats: int) -> Agent:
    login = f"agent{number}"
    made = await desk.accounts.create(login, login, login, "agent", PASSWORD, chats)
    return Agent(str(made), login)


async def _chat(talks: Conversations, sessions: Sessions, agent: Agent) -> dict[str, str]:
    token, session = sessions.open(None)
    name = await talks.open("web", session.sender, None)
    await talks.takeover.move(name, Move(Command.BARGE_IN, Actor("agent", agent), agent))
    return {"token": token, "id": name, "login": agent.alias}


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
