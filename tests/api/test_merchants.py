"""A token for some merchants reaches their orders only, and no call that shows others'."""

import pytest

from tests.api.service import is_problem, serving
from tests.scheduling import world as w

TOKEN = "t" * 40
HEADERS = {"Authorization": f"Bearer {TOKEN}"}
ALL = {"Authorization": "Bearer all"}
MINE, THEIRS = "M1", "F1"
TOKENS = f"""
- name: haier
  token: {TOKEN}
  scopes: [orders:read, orders:write, visits:write, crews:read, board:read, conversations:read,
           webhook:write, webhooks:read, import:read, parse:read, metrics:read]
  merchants: [海尔官方旗舰店]
"""


@pytest.fixture
async def client(tmp_path):
    file = tmp_path / "tokens.yml"
    file.write_text(TOKENS, encoding="utf-8")
    async with serving(tmp_path, api_token="all", api_tokens_file=str(file)) as server:
        world = w.World(server.service.database)
        foreign = w.order(THEIRS, visits=[w.visit_at("VF")]) | {"merchant": "别家店"}
        await world.take(w.order(MINE, visits=[w.visit_at("VM")]), foreign)
        server.orders.api_order = world.scheduling.api_order
        server.orders.availability = world.scheduling.availability
        yield server.client


ORDER_CALLS = [
    ("GET", "/api/v1/orders/{}"),
    ("GET", "/api/v1/orders/{}/availability"),
    ("GET", "/api/v1/orders/{}/history"),
    ("POST", "/api/v1/orders/{}/replacement"),
]


@pytest.mark.parametrize(("method", "path"), ORDER_CALLS)
async def test_orders_of_others_are_as_if_they_were_not(client, method, path):
    body = {"goods_expected_at": "2026-11-25T10:00:00+08:00"}
    for number in (THEIRS, "none"):
        answer = await client.request(method, path.format(number), headers=HEADERS, json=body)
        found = await answer.json()
        assert is_problem(answer, found, 404)
        assert found["code"] == "order_not_found"
    for headers, number in ((HEADERS, MINE), (ALL, THEIRS)):
        answer = await client.request(method, path.format(number), headers=headers, json=body)
        assert answer.status == 200


async def test_visits_of_others_are_as_if_they_were_not(client):
    body = {"status": "en_route", "command_id": "c1"}
    for visit in ("VF", "none"):
        answer = await client.post(f"/api/v1/visits/{visit}/status", headers=HEADERS, json=body)
        assert is_problem(answer, await answer.json(), 404)
    answer = await client.post("/api/v1/visits/VM/status", headers=HEADERS, json=body)
    assert answer.status == 200


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/v1/crews/C1/visits"),
        ("GET", "/api/v1/board"),
        ("GET", "/api/v1/conversations/s1"),
        ("POST", "/webhooks/rest/webhook"),
    ],
)
async def test_what_shows_others_is_refused(client, method, path):
    answer = await client.request(method, path, headers=HEADERS, json={})
    assert is_problem(answer, await answer.json(), 403)
    assert (await client.request(method, path, headers=ALL, json={})).status != 403


@pytest.mark.parametrize("path", ["/api/v1/webhooks", "/metrics", "/api/openapi.json", "/healthz"])
async def test_what_is_their_own_or_nobodys_is_open(client, path):
    assert (await client.get(path, headers=HEADERS)).status == 200
