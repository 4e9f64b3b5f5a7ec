"""What a role without calls of its own answers: how it is, to whom it may say so."""

from dataclasses import replace

import pytest
from aiohttp.test_utils import TestClient, TestServer

from bot.api.metrics import Metrics
from bot.app.web import make_small_web
from bot.settings import Settings


@pytest.fixture
async def client():
    async def ready():
        return True

    async def away():
        raise OSError

    settings = replace(Settings(), api_token="geheim")
    app = make_small_web(
        settings, {"engine": ready, "database": away}, Metrics(), restarts=lambda: 3
    )
    async with TestClient(TestServer(app)) as client:
        yield client


async def test_it_is_alive_and_says_what_is_missing(client):
    assert (await client.get("/healthz")).status == 200
    answer = await client.get("/readyz")
    assert answer.status == 503
    assert (await answer.json())["missing"] == ["database"]


async def test_its_metrics_need_the_token(client):
    assert (await client.get("/metrics")).status == 401
    answer = await client.get("/metrics", headers={"Authorization": "Bearer geheim"})
    text = await answer.text()
    assert "bot_engine_ready 1.0" in text
    assert "bot_engine_restarts 3.0" in text


async def test_it_has_no_other_calls(client):
    headers = {"Authorization": "Bearer geheim"}
    for path in ("/", "/api/v1/conversations/s1", "/desk"):
        assert (await client.get(path, headers=headers)).status == 404
