"""The token guards everything but health and what consumers use; without one, only loopback."""

import asyncio

import pytest

from bot.api.auth import check_host
from bot.api.tokens import ApiTokens, load
from bot.app.serving import serve
from bot.errors import SettingsError
from bot.settings import Settings
from tests.api.service import ORDER_NO, is_problem, serving

GUARDED = [
    ("GET", f"/api/v1/orders/{ORDER_NO}"),
    ("GET", f"/api/v1/orders/{ORDER_NO}/availability"),
    ("GET", "/api/v1/conversations/s1"),
    ("GET", "/api/openapi.json"),
    ("GET", "/metrics"),
    ("GET", "/nothing"),
    ("POST", "/webhooks/rest/webhook"),
    ("POST", "/model/parse"),
]


@pytest.fixture
async def server(tmp_path):
    async with serving(tmp_path, api_token="gehēim") as server:
        yield server


@pytest.mark.parametrize(("method", "path"), GUARDED)
@pytest.mark.parametrize("token", [None, "", "Bearer", "Bearer gehe", "Basic gehēim", "gehēim"])
async def test_without_the_token_nothing_is_said(client, method, path, token):
    headers = {} if token is None else {"Authorization": token}
    answer = await client.request(method, path, headers=headers, json={})
    assert is_problem(answer, await answer.json(), 401)
    assert answer.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize(("method", "path"), GUARDED)
async def test_with_the_token_it_is(client, method, path):
    headers = {"Authorization": "Bearer gehēim"}
    assert (await client.request(method, path, headers=headers, json={})).status != 401


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/"])
async def test_what_is_open(client, path):
    assert (await client.get(path)).status == 200


async def test_platforms_prove_their_calls_in_their_own_way(client):
    assert (await client.post("/channels/webhook/shop", data=b"{}")).status == 404


async def test_the_page_needs_only_its_session(client):
    answer = await client.post("/chat/sessions", json={})
    assert answer.status == 201


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "bot.example"])
def test_others_are_not_served_without_a_token(host):
    with pytest.raises(SettingsError, match="BOT_API_TOKEN"):
        check_host(host, ApiTokens())
    check_host(host, load(Settings(api_token="secret")))


@pytest.mark.parametrize("host", ["127.0.0.1", "127.1.2.3", "::1", "localhost"])
def test_this_machine_is_served_without_a_token(host):
    check_host(host, ApiTokens())


async def test_the_server_does_not_start_open_to_others():
    with pytest.raises(SettingsError, match="BOT_API_TOKEN"):
        await serve(Settings(host="0.0.0.0"), "all", asyncio.Event(), print, print)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://["}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site", "Origin": "https://a.example"}, 403),
        ({"Sec-Fetch-Site": "same-origin", "Origin": "https://behind.proxy"}, 400),
        ({}, 400),
    ],
)
async def test_pages_of_other_sites_cannot_speak(tmp_path, headers, status):
    async with serving(tmp_path) as server:
        answer = await server.client.post("/webhooks/rest/webhook", data=b"{}", headers=headers)
        assert is_problem(answer, await answer.json(), status)
