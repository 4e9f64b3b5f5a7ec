"""Health, metrics, parsing, conversations and the description of it all."""

import re
from typing import get_args

from bot.api.dispatch import Replacement, Report
from bot.api.webhooks import ChangeType, NewWebhook
from bot.channels.rest import Metadata, RestMessage
from bot.channels.web import NewMessage, NewRating, NewSession
from bot.dialogue.engine import Button, Reply, TurnResult
from bot.providers.changes import TYPES
from bot.requests import MAX_NAME, MAX_TEXT
from bot.scheduling.status import FAILURES
from tests.api.service import is_problem


async def test_alive_and_ready(server):
    assert (await server.client.get("/healthz")).status == 200
    assert (await server.client.get("/readyz")).status == 200


async def test_not_ready_and_what_is_missing(server):
    server.service.engine.available = False
    answer = await server.client.get("/readyz")
    body = await answer.json()
    assert is_problem(answer, body, 503)
    assert body["missing"] == ["engine"]
    assert (await server.client.get("/healthz")).status == 200


async def test_a_database_that_is_gone_is_not_ready(server, monkeypatch):
    async def away():
        raise OSError("gone")

    monkeypatch.setattr(server.service.database, "ping", away)
    assert (await (await server.client.get("/readyz")).json())["missing"] == ["database"]


async def test_metrics(server):
    await server.say("你好")
    text = await (await server.client.get("/metrics")).text()
    assert 'bot_conversations{state="bot"} 1.0' in text
    assert "bot_inbox_waiting 0.0" in text
    assert "bot_engine_ready 1.0" in text
    assert 'bot_outbox{status="dead"} 0.0' in text
    assert 'bot_outbox{status="waiting"} 0.0' in text
    assert 'bot_turns_total{outcome="answered"}' in text


async def test_a_parse(client):
    answer = await client.post("/model/parse", json={"text": "/restart"})
    body = await answer.json()
    assert body.keys() == {"text", "intent", "entities", "intent_ranking"}


async def test_a_parse_without_an_engine(server):
    server.service.engine.available = False
    answer = await server.client.post("/model/parse", json={"text": "你好"})
    assert is_problem(answer, await answer.json(), 503)
    assert answer.headers["Retry-After"]


async def test_a_fault_of_ours_says_nothing_of_itself(server, monkeypatch):
    async def broken(_):
        raise KeyError("13812345678")

    monkeypatch.setattr(server.orders, "api_order", broken)
    answer = await server.client.get("/api/v1/orders/1")
    body = await answer.json()
    assert is_problem(answer, body, 500)
    assert "138" not in str(body)


async def test_a_conversation(server):
    offer = Reply("选一个", (Button("好", "/affirm"),), {"card": 1})
    server.service.engine._script = {"转": TurnResult((offer,), "request_human")}
    await server.say("转", sender="张 三/1")
    answer = await server.client.get("/api/v1/conversations/%E5%BC%A0%20%E4%B8%89%2F1")
    body = await answer.json()
    assert {key: body[key] for key in ("sender", "state", "reason", "agent")} == {
        "sender": "张 三/1",
        "state": "queued",
        "reason": "request_human",
        "agent": None,
    }
    consumer, bot, _place = body["messages"]
    assert (consumer["from"], consumer["text"]) == ("consumer", "转")
    assert consumer["at"] == "2026-11-20T10:00:00+08:00"
    assert (bot["from"], bot["text"], bot["custom"]) == ("bot", "选一个", {"card": 1})
    assert bot["buttons"][0]["payload"].startswith("btn_")


async def test_the_description_names_every_call(server):
    document = await (await server.client.get("/api/openapi.json")).json()
    assert document["openapi"].startswith("3.1")
    described = {
        (method.upper(), path) for path, calls in document["paths"].items() for method in calls
    }
    served = {
        (route.method, route.resource.canonical)
        for route in server.client.app.router.routes()
        if route.method != "HEAD"
        # The desk's own page alone talks to these; docs/desk-api.md has them.
        and not route.resource.canonical.startswith("/desk/api/")
    }
    assert served - described == {
        ("GET", "/"),
        ("GET", "/board"),
        ("GET", "/desk"),
        ("GET", "/embed.js"),
        ("GET", "/assets/{name}"),
    }
    assert not described - served


async def test_the_description_has_the_bodies_as_they_are_read(server):
    document = await (await server.client.get("/api/openapi.json")).json()
    schemas = document["components"]["schemas"]
    rest = schemas["RestMessage"]["properties"]
    assert rest.keys() == RestMessage.model_fields.keys()
    assert rest["metadata"]["properties"].keys() == Metadata.model_fields.keys()
    assert schemas["NewSession"]["properties"].keys() == NewSession.model_fields.keys()
    assert schemas["NewMessage"]["properties"].keys() == NewMessage.model_fields.keys()
    assert schemas["NewRating"]["properties"].keys() == NewRating.model_fields.keys()
    assert schemas["Report"]["properties"].keys() == Report.model_fields.keys()
    assert schemas["Replacement"]["properties"].keys() == Replacement.model_fields.keys()
    assert schemas["NewWebhook"]["properties"].keys() == NewWebhook.model_fields.keys()
    assert schemas["ChangeType"]["enum"] == list(get_args(ChangeType))
    assert set(TYPES.values()) == set(get_args(ChangeType))
    assert schemas["Report"]["properties"]["reason"]["enum"] == list(FAILURES)
    assert (rest["message"]["maxLength"], rest["sender"]["maxLength"]) == (MAX_TEXT, MAX_NAME)


async def test_the_description_refers_only_to_what_is_in_it(server):
    document = await (await server.client.get("/api/openapi.json")).json()
    for reference in re.findall(r"'\$ref': '#/([^']+)'", str(document)):
        part = document
        for step in reference.split("/"):
            part = part[step]
