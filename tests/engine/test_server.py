"""The engine's HTTP side, with what loads slowly left out."""

import asyncio

import pytest

from bot.engine.server import EngineServer
from bot.errors import EngineUnavailable

TURN = {
    "conversation_id": "c1",
    "turn_id": "t1",
    "text": "你好",
    "trusted": False,
    "consumer_id": "tb_1",
    "now": "2026-11-20T10:00:00+08:00",
}
HEADERS = {"Authorization": "Bearer secret"}


class Agent:
    async def understand(self, text, now=None):
        return {"text": text, "now": now, "intent": {"name": "greet"}, "entities": []}


class Turns:
    def __init__(self):
        self.seen = []
        self.error = None

    async def run(self, turn):
        if self.error:
            raise self.error
        self.seen.append(turn)
        return {"replies": [{"text": "您好"}], "nlu": {}}


@pytest.fixture
def server():
    return EngineServer("m.tar.gz", "secret")


@pytest.fixture
def turns(server):
    turns = Turns()
    server.loaded(Agent(), turns)
    return turns


@pytest.fixture
async def client(server, aiohttp_client):
    return await aiohttp_client(server.app(), headers=HEADERS)


async def test_while_loading_it_is_not_ready_and_says_so(client):
    for call in (client.get("/readyz"), client.post("/parse", json={"text": "x"})):
        answer = await call
        assert answer.status == 503
        assert (await answer.json())["code"] == "engine_unavailable"
    assert (await client.post("/turn", json=TURN)).status == 503


async def test_once_loaded_it_is_ready(client, turns):
    answer = await client.get("/readyz")
    assert answer.status == 200
    assert await answer.json() == {"model": "m.tar.gz"}


@pytest.mark.parametrize("sent", ["", "Bearer", "Bearer wrong", "secret", "Bearer sécret"])
async def test_every_call_needs_the_token(client, turns, sent):
    for call in (
        client.get("/readyz", headers={"Authorization": sent}),
        client.post("/parse", json={"text": "x"}, headers={"Authorization": sent}),
        client.post("/turn", json=TURN, headers={"Authorization": sent}),
    ):
        assert (await call).status == 401
    assert turns.seen == []


async def test_a_turn_is_handed_over_and_its_answer_returned(client, turns):
    answer = await client.post("/turn", json=TURN)
    assert answer.status == 200
    assert (await answer.json())["replies"] == [{"text": "您好"}]
    assert turns.seen[0].consumer_id == "tb_1"


async def test_chinese_is_sent_as_it_is(client, turns):
    assert "您好" in (await (await client.post("/turn", json=TURN)).read()).decode()


@pytest.mark.parametrize("path", ["/turn", "/parse"])
@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'"x"', b"{}", b'{"text": " "}', b"\xff"])
async def test_a_malformed_call_is_refused(client, turns, path, body):
    answer = await client.post(path, data=body)
    assert answer.status == 400
    assert answer.content_type == "application/problem+json"
    assert (await answer.json())["code"] == "malformed_request"


async def test_parse_passes_the_time_on_and_refuses_one_without_offset(client, turns):
    body = {"text": "明天", "now": "2026-11-20T10:00:00+08:00"}
    assert (await (await client.post("/parse", json=body)).json())["now"] == body["now"]
    bad = await client.post("/parse", json={**body, "now": "2026-11-20"})
    assert bad.status == 400


async def test_an_error_of_ours_keeps_its_status_and_another_is_500(client, turns):
    turns.error = EngineUnavailable("the database is away")
    assert (await client.post("/turn", json=TURN)).status == 503
    turns.error = RuntimeError("secret detail")
    answer = await client.post("/turn", json=TURN)
    assert answer.status == 500
    assert "secret detail" not in await answer.text()


async def test_a_body_beyond_the_limit_is_refused(client, turns):
    answer = await client.post("/parse", json={"text": "长" * 300_000})
    assert answer.status == 413


async def test_turns_of_several_conversations_are_taken_at_once(client, turns):
    calls = [client.post("/turn", json={**TURN, "conversation_id": str(n)}) for n in range(5)]
    assert [answer.status for answer in await asyncio.gather(*calls)] == [200] * 5
