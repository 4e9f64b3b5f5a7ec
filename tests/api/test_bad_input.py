"""Nothing a client sends makes the server fail, and every refusal says what is wrong."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.api.service import is_problem

POSTS = ["/webhooks/rest/webhook", "/model/parse", "/chat/sessions"]
GOOD = {"sender": "s1", "message": "你好"}

BAD = [
    ({}, "sender"),
    ({"sender": "s1"}, "message"),
    ({**GOOD, "sender": ""}, "sender"),
    ({**GOOD, "sender": 5}, "sender"),
    ({**GOOD, "sender": None}, "sender"),
    ({**GOOD, "sender": "x" * 201}, "sender"),
    ({**GOOD, "sender": "a\x00b"}, "sender"),
    ({**GOOD, "sender": "\ud800"}, "sender"),
    ({**GOOD, "message": ""}, "message"),
    ({**GOOD, "message": " \n\t"}, "message"),
    ({**GOOD, "message": ["你好"]}, "message"),
    ({**GOOD, "message": "好" * 2001}, "message"),
    ({**GOOD, "message": "\udfff"}, "message"),
    ({**GOOD, "message_id": 7}, "message_id"),
    ({**GOOD, "message_id": ""}, "message_id"),
    ({**GOOD, "metadata": "tb_1001"}, "metadata"),
    ({**GOOD, "metadata": {"consumer_id": 1001}}, "metadata.consumer_id"),
    ({**GOOD, "metadata": {"consumer": "tb_1001"}}, "metadata.consumer"),
    ({**GOOD, "mesage_id": "m1"}, "mesage_id"),
    ({**GOOD, "stream": True}, "stream"),
]


@pytest.mark.parametrize(("body", "field"), BAD, ids=[str(n) for n in range(len(BAD))])
async def test_a_fault_is_named_with_its_field(server, body, field):
    answer = await server.client.post("/webhooks/rest/webhook", json=body)
    problem = await answer.json()
    assert is_problem(answer, problem, 400)
    assert field in [error["field"] for error in problem["errors"]]
    assert field in problem["detail"]
    assert not server.service.engine.turns


RAW = [b"", b"{", b"[]", b"null", b'"a"', b"\xff\xfe", b"{'a': 1}", b"[" * 60_000, b"1" * 60_000]


@pytest.mark.parametrize("path", POSTS)
@pytest.mark.parametrize("raw", RAW, ids=[str(n) for n in range(len(RAW))])
async def test_what_is_no_json_object(client, path, raw):
    answer = await client.post(path, data=raw)
    assert is_problem(answer, await answer.json(), 400)


@pytest.mark.parametrize("path", POSTS)
async def test_a_body_that_is_too_large(client, path):
    answer = await client.post(path, data=json.dumps({**GOOD, "message": "a" * 1_000_000}))
    body = await answer.json()
    assert is_problem(answer, body, 413)
    assert "65536" in body["detail"]


async def test_a_body_that_is_not_what_its_encoding_says(client):
    answer = await client.post(POSTS[0], data=b"plain", headers={"Content-Encoding": "gzip"})
    assert is_problem(answer, await answer.json(), 400)


@pytest.mark.parametrize("now", ["tomorrow", "2026-11-20", "2026-11-20T10:00:00", "", 5])
async def test_an_instant_that_is_none(client, now):
    answer = await client.post("/model/parse", json={"text": "明天", "now": now})
    body = await answer.json()
    assert is_problem(answer, body, 400)
    assert "now" in body["detail"]


@pytest.mark.parametrize("path", ["/", "/api", "/nothing", "/api/v1/orders", "/webhooks/rest/x"])
async def test_a_path_where_there_is_nothing(client, path):
    if path == "/":
        path = "/assets/../../../etc/passwd"
    answer = await client.get(path)
    assert is_problem(answer, await answer.json(), 404)


async def test_a_method_that_a_path_does_not_take(client):
    answer = await client.get("/webhooks/rest/webhook")
    assert is_problem(answer, await answer.json(), 405)
    assert answer.headers["Allow"] == "POST"


@pytest.mark.parametrize("sender", ["nobody", "%00", "x" * 500, "%ED%A0%80"])
async def test_a_conversation_that_is_not_there(client, sender):
    answer = await client.get(f"/api/v1/conversations/{sender}")
    assert is_problem(answer, await answer.json(), 404)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(), max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3)
    ),
    max_leaves=6,
)
FIELDS = st.sampled_from(
    ["sender", "message", "message_id", "metadata", "text", "now", "consumer_id"]
)


@settings(
    max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(path=st.sampled_from(POSTS), body=st.dictionaries(FIELDS, JSON, max_size=6) | JSON)
async def test_no_body_makes_the_server_fail(server, path, body):
    answer = await server.client.post(path, data=json.dumps(body))
    assert answer.status < 500
    if answer.status >= 400:
        assert is_problem(answer, await answer.json(), answer.status)
