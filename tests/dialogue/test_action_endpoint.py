"""Rasa's webhook protocol around the actions: results, rejections, failures, strangers."""

import pytest
from aiohttp.test_utils import TestClient, TestServer
from rasa_sdk import Action
from rasa_sdk.executor import ActionExecutor
from rasa_sdk.interfaces import ActionExecutionRejection

from bot.dialogue.action_endpoint import ActionEndpoint, load_actions, make_app
from bot.errors import SettingsError

HEADERS = {"Authorization": "Bearer secret"}


class Greet(Action):
    def name(self):
        return "greet"

    async def run(self, dispatcher, tracker, domain):
        dispatcher.utter_message(text=f"你好{tracker.sender_id}")
        return [{"event": "slot", "name": "a", "value": 1}]


class Rejects(Greet):
    def name(self):
        return "rejects"

    async def run(self, dispatcher, tracker, domain):
        raise ActionExecutionRejection("rejects")


class Fails(Greet):
    def name(self):
        return "fails"

    async def run(self, dispatcher, tracker, domain):
        raise KeyError("13812345678")


@pytest.fixture
async def client():
    executor = ActionExecutor()
    for action in (Greet(), Rejects(), Fails()):
        executor.register_action(action)
    async with TestClient(TestServer(make_app(executor, "secret")), headers=HEADERS) as client:
        yield client


def call(action, **more):
    tracker = {"sender_id": "s1", "slots": {}, "latest_message": {}, "events": []}
    return {"next_action": action, "tracker": tracker, "domain": {}, **more}


async def test_a_result(client):
    answer = await client.post("/webhook", json=call("greet"))
    body = await answer.json()
    assert answer.status == 200
    assert body["responses"][0]["text"] == "你好s1"
    assert body["events"][0]["name"] == "a"


@pytest.mark.parametrize(("action", "status"), [("rejects", 400), ("unknown", 404), ("fails", 500)])
async def test_refusals(client, action, status):
    answer = await client.post("/webhook", json=call(action))
    body = await answer.json()
    assert answer.status == status
    assert "13812345678" not in str(body)
    assert body.get("action_name") == (action if status < 500 else None)


async def test_a_missing_domain_is_asked_for(client):
    answer = await client.post("/webhook", json=call("greet", domain=None))
    assert answer.status == 449


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"\xff"])
async def test_nonsense(client, body):
    assert (await client.post("/webhook", data=body)).status == 400


@pytest.mark.parametrize("token", ["", "Bearer", "Bearer other", "Bearer \xff"])
async def test_strangers_are_refused(client, token):
    answer = await client.post("/webhook", json=call("greet"), headers={"Authorization": token})
    assert answer.status == 401


async def test_it_listens_on_loopback_only():
    endpoint = ActionEndpoint(ActionExecutor(), "secret")
    await endpoint.start()
    assert endpoint.url.startswith("http://127.0.0.1:")
    assert endpoint.url.endswith("/webhook")
    await endpoint.stop()


def test_a_package_that_cannot_be_imported_is_said():
    with pytest.raises(SettingsError, match="no_such_package"):
        load_actions("no_such_package")


def test_our_actions_are_registered():
    assert "action_track" in load_actions().actions
