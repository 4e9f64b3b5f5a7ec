"""Named tokens: each opens the calls of its scopes, and no other."""

import pytest

from bot.api.tokens import load, scope_of
from bot.errors import SettingsError
from bot.settings import Settings
from tests.api.service import ORDER_NO, is_problem, serving

READER, CHATTER = "r" * 32, "c" * 32
FILE = f"""
- {{name: shop page, token: "env:READER_TOKEN", scopes: [orders:read], merchants: [海尔官方旗舰店]}}
- {{name: chat, token: {CHATTER}, scopes: [webhook:write, conversations:read]}}
"""
CALLS = {
    ("GET", f"/api/v1/orders/{ORDER_NO}"): "orders:read",
    ("POST", "/webhooks/rest/webhook"): "webhook:write",
    ("GET", "/api/v1/conversations/s1"): "conversations:read",
    ("POST", "/model/parse"): "parse:read",
    ("GET", "/metrics"): "metrics:read",
    ("POST", "/api/v1/visits/V1/status"): "visits:write",
    ("GET", "/api/v1/board"): "board:read",
}


@pytest.fixture
def tokens_file(tmp_path, monkeypatch):
    monkeypatch.setenv("READER_TOKEN", READER)
    path = tmp_path / "tokens.yml"
    path.write_text(FILE)
    return str(path)


@pytest.fixture
async def server(tmp_path, tokens_file):
    async with serving(tmp_path, api_tokens_file=tokens_file, api_token="all of it") as server:
        yield server


@pytest.mark.parametrize(
    ("token", "scopes"),
    [
        (READER, {"orders:read"}),
        (CHATTER, {"webhook:write", "conversations:read"}),
        ("all of it", set(CALLS.values())),
    ],
)
async def test_a_token_opens_its_scopes_only(client, token, scopes):
    for (method, path), scope in CALLS.items():
        headers = {"Authorization": f"Bearer {token}"}
        answer = await client.request(method, path, headers=headers, json={})
        if scope in scopes:
            assert answer.status not in {401, 403}, path
        else:
            body = await answer.json()
            assert is_problem(answer, body, 403)
            assert body["scope"] == scope


@pytest.mark.parametrize(("method", "path"), CALLS)
async def test_an_unknown_token_opens_nothing(client, method, path):
    headers = {"Authorization": f"Bearer {'x' * 32}"}
    assert (await client.request(method, path, headers=headers, json={})).status == 401


def test_a_token_knows_its_merchants(tokens_file):
    tokens = load(Settings(api_tokens_file=tokens_file))
    assert tokens.caller(READER).merchants == {"海尔官方旗舰店"}
    assert tokens.caller(CHATTER).merchants is None
    assert tokens.caller("") is None


def test_imports_are_read_and_written_under_one_name():
    assert scope_of("POST", "/api/v1/import") == "import:write"
    assert scope_of("GET", "/api/v1/imports/{id}") == "import:read"


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        ("- {name: a, token: short-secret, scopes: [orders:read]}", "0.token"),
        (f"- {{name: a, token: {READER}, scopes: []}}", "0.scopes"),
        (f"- {{token: {READER}, scopes: [orders:read]}}", "0.name"),
        ("- {name: a, token: env:NOT_SET, scopes: [orders:read]}", "NOT_SET"),
        ("{", "cannot be read"),
    ],
)
def test_a_fault_in_the_file_is_named_without_a_secret(tmp_path, content, fault):
    path = tmp_path / "tokens.yml"
    path.write_text(content)
    with pytest.raises(SettingsError, match="BOT_API_TOKENS_FILE") as error:
        load(Settings(api_tokens_file=str(path)))
    assert fault in str(error.value)
    assert "short-secret" not in str(error.value)
    assert READER not in str(error.value)


async def test_a_scope_that_no_call_has_stops_the_start(tmp_path):
    path = tmp_path / "tokens.yml"
    path.write_text(f"- {{name: a, token: {READER}, scopes: [order:read]}}")
    with pytest.raises(SettingsError, match="order:read"):
        async with serving(tmp_path, api_tokens_file=str(path)):
            pass
