"""The engine's client: every answer becomes replies or one of three errors."""

import asyncio
from datetime import datetime

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.dialogue.engine import Button, Reply, Turn
from bot.dialogue.rasa_engine import RasaEngine
from bot.errors import EngineFailed, EngineTimeout, EngineUnavailable

NOW = datetime.fromisoformat("2026-11-20T10:00:00+08:00")
TURN = Turn("c1", "t1", "你好", trusted=False, consumer_id=None, now=NOW)


class Fake:
    """An engine whose next answer a test chooses."""

    def __init__(self):
        self.requests = []
        self.answer = lambda: web.json_response({"replies": [], "nlu": {}})

    async def handle(self, request):
        assert request.headers["Authorization"] == "Bearer secret"
        self.requests.append(
            (request.path, await request.json() if request.can_read_body else None)
        )
        answer = self.answer()
        return await answer if asyncio.iscoroutine(answer) else answer


@pytest.fixture
async def fake():
    fake = Fake()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", fake.handle)
    async with TestServer(app) as server:
        fake.url = str(server.make_url("")).rstrip("/")
        yield fake


@pytest.fixture
async def engine(fake):
    engine = RasaEngine(lambda: fake.url, "secret", timeout=1)
    yield engine
    await engine.close()


async def test_a_turn(fake, engine):
    fake.answer = lambda: web.json_response(
        {
            "replies": [
                {"text": "选一个", "buttons": [{"title": "好", "payload": "/affirm"}]},
                {"custom": {"handover": "complain"}},
                {"custom": {"card": 1, "handover": None}},
            ],
            "nlu": {"intent": {"name": "complain"}},
        }
    )
    result = await engine.turn(TURN)
    assert result.replies == (
        Reply("选一个", (Button("好", "/affirm"),)),
        Reply(custom={"card": 1}),
    )
    assert (result.handover, result.nlu["intent"]["name"]) == ("complain", "complain")
    assert fake.requests == [
        (
            "/turn",
            {
                "conversation_id": "c1",
                "turn_id": "t1",
                "text": "你好",
                "trusted": False,
                "consumer_id": None,
                "now": "2026-11-20T10:00:00+08:00",
                "fresh": False,
                "missed": [],
                "spoofable": False,
                "asked_order": None,
            },
        )
    ]


async def test_a_parse(fake, engine):
    fake.answer = lambda: web.json_response({"text": "明天"})
    assert await engine.parse("明天", NOW) == {"text": "明天"}
    assert await engine.parse("明天") == {"text": "明天"}
    assert [body for _, body in fake.requests] == [
        {"text": "明天", "now": "2026-11-20T10:00:00+08:00"},
        {"text": "明天"},
    ]


async def test_loading_is_unavailable(fake, engine):
    fake.answer = lambda: web.Response(status=503)
    assert not await engine.ready()
    with pytest.raises(EngineUnavailable):
        await engine.turn(TURN)


async def test_an_error_is_a_failure_not_an_outage(fake, engine):
    fake.answer = lambda: web.Response(status=500, text="Traceback")
    with pytest.raises(EngineFailed):
        await engine.turn(TURN)


async def test_nonsense_is_a_failure(fake, engine):
    fake.answer = lambda: web.Response(text="<html>")
    with pytest.raises(EngineFailed):
        await engine.turn(TURN)


async def test_slowness_is_a_timeout(fake):
    engine = RasaEngine(lambda: fake.url, "secret", timeout=0.05)
    fake.answer = lambda: asyncio.sleep(0.5, web.Response())
    with pytest.raises(EngineTimeout):
        await engine.turn(TURN)
    await engine.close()


@pytest.mark.parametrize("url", [None, "http://127.0.0.1:9"])
async def test_nothing_that_listens_is_unavailable(url):
    engine = RasaEngine(lambda: url, "secret")
    with pytest.raises(EngineUnavailable):
        await engine.turn(TURN)
    assert not await engine.ready()
    await engine.close()
