"""A running desk on each database there is, with two agents and a supervisor."""

from dataclasses import dataclass
from typing import Any

import pytest
from aiohttp import CookieJar, web
from aiohttp.test_utils import TestClient, TestServer

from bot.api.problems import problems
from bot.catalogue import load
from bot.conversation.photos import PhotoRules
from bot.desk.service import DeskService
from bot.desk.views import ViewCalls
from bot.dialogue.engine import Reply, TurnResult
from bot.scheduling import Dispatch, Scheduling
from bot.settings import BookingRules
from tests.conversation.service import POSTGRES, Service, postgresql, running, sqlite
from tests.scheduling import world as w

PASSWORD = "correct horse"


@dataclass
class Person:
    """One signed-in agent."""

    client: TestClient
    id: str

    async def post(self, path: str, **body: Any):
        answer = await self.client.post(f"/desk/api{path}", json=body)
        return answer.status, await answer.json(content_type=None)

    async def get(self, path: str):
        answer = await self.client.get(f"/desk/api{path}")
        return answer.status, await answer.json(content_type=None)


@dataclass
class World:
    """The desk, the conversations behind it, and who works there."""

    service: Service
    desk: DeskService
    scheduling: Scheduling
    server: TestServer
    wang: Person
    li: Person
    boss: Person

    async def queue(self, sender="s1", reason="request_human", **more):
        self.service.engine._script = {"转": TurnResult((Reply("好的"),), reason)}
        await self.service.say("转", sender=sender, **more)
        return await self.service.case(sender)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
async def world(request, tmp_path):
    if request.param == "postgresql" and not POSTGRES:
        pytest.skip("BOT_TEST_POSTGRES_URL is not set")
    opened = sqlite(tmp_path) if request.param == "sqlite" else postgresql()
    async with opened as database, running(database) as service:
        scheduling = Scheduling(database, service.clock, load(), BookingRules())
        desk = DeskService(
            database, service.clock, service.conversations, scheduling, service.engine
        )
        app = web.Application(middlewares=[problems])
        photos = service.conversations.photos(PhotoRules(tmp_path / "photos", 2**20, 20))
        dispatch = Dispatch(database, service.clock, load(), BookingRules())
        app.add_routes([*desk.routes(), *ViewCalls(desk.desk, photos, dispatch).routes()])
        async with TestServer(app) as server:
            people = []
            for login, role in (("wang", "agent"), ("li", "agent"), ("boss", "supervisor")):
                await desk.accounts.create(login, f"真名{login}", login, role, PASSWORD, 3)
                people.append(await signed_in(server, login))
            await desk.start()
            yield World(service, desk, scheduling, server, *people)
            await desk.stop()
            for person in people:
                await person.client.close()


async def signed_in(server: TestServer, login: str) -> Person:
    client = TestClient(server, cookie_jar=CookieJar(unsafe=True))
    answer = await client.post("/desk/api/login", json={"login": login, "password": PASSWORD})
    assert answer.status == 200
    return Person(client, (await answer.json())["agent"]["id"])


__all__ = ["Person", "World", "w"]
