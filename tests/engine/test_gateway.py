"""Our REST channel in a real `rasa run`: guarded, repeats harmless, turns brought to their end."""

import contextlib
import http.client
import json
import subprocess
import threading
import time
from urllib.parse import urlsplit

import pytest
import yaml

from tests.engine.process import PYTHON, ROOT, Running
from tests.system import free_port

TOKEN = "t" * 32
OFFER = {"title": "转人工", "payload": "/request_human"}
PATH = "/webhooks/rest/webhook"

pytestmark = pytest.mark.engine


@pytest.fixture(scope="module")
def rasa(tmp_path_factory, model, action_server):
    """`rasa run` with our channel as its only credential."""
    folder = tmp_path_factory.mktemp("rasa")
    (folder / "credentials.yml").write_text(
        yaml.safe_dump({"bot.engine.gateway.GatewayInput": {"token": TOKEN}})
    )
    (folder / "endpoints.yml").write_text(
        yaml.safe_dump({"action_endpoint": {"url": action_server.url}})
    )
    port = free_port()
    command = [
        *(str(PYTHON), "-m", "rasa", "run", "--interface", "127.0.0.1", "--port", str(port)),
        *("--model", str(model), "--credentials", str(folder / "credentials.yml")),
        *("--endpoints", str(folder / "endpoints.yml")),
    ]
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log)
        try:
            running = Running(process, f"http://127.0.0.1:{port}", folder / "log")
            deadline = time.monotonic() + 300
            while time.monotonic() < deadline:
                with contextlib.suppress(OSError):
                    if running.call("GET", "/webhooks/rest/")[0] == 200:
                        break
                time.sleep(0.5)
            yield running
        finally:
            # Stopping takes Sanic longer than it has anything to lose.
            process.kill()
            process.wait()


def say(rasa, text, sender="s1", token=TOKEN, **more):
    return rasa.call("POST", PATH, {"sender": sender, "message": text, **more}, token=token)


def test_without_the_token_nothing_is_said(rasa):
    assert say(rasa, "你好", token="wrong")[0] == 401
    assert say(rasa, "你好", token="")[0] == 401


@pytest.mark.parametrize(
    "body", [{}, {"sender": "s"}, {"message": "x"}, {"sender": 1, "message": "x"}]
)
def test_a_body_that_is_none_is_named(rasa, body):
    assert rasa.call("POST", PATH, body, token=TOKEN)[0] == 400


def test_a_repeated_message_is_answered_as_the_first_time_and_acted_on_once(rasa, actions):
    before = len(actions.calls)
    status, first = say(rasa, "我的订单到哪了", "s2", message_id="m1")
    acted = len(actions.calls) - before
    assert (status, acted > 0, len(first) > 0) == (200, True, True)
    answers = []
    repeats = [
        threading.Thread(
            target=lambda: answers.append(say(rasa, "我的订单到哪了", "s2", message_id="m1"))
        )
        for _ in range(4)
    ]
    for thread in repeats:
        thread.start()
    for thread in repeats:
        thread.join()
    assert answers == [(200, first)] * 4
    assert len(actions.calls) - before == acted
    assert say(rasa, "我的订单到哪了", "s2", message_id="m2")[0] == 200
    assert len(actions.calls) - before > acted


def test_a_caller_who_hangs_up_stops_nothing(rasa, actions):
    entered, go_on = threading.Event(), threading.Event()
    name = "action_track"

    def slow(call):
        entered.set()
        go_on.wait(20)
        return 200, {"events": [], "responses": [{"text": "在路上"}]}

    actions.answers[name] = slow
    parts = urlsplit(rasa.url)
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=20)
    body = {"sender": "s3", "message": "我的订单到哪了", "message_id": "m1"}
    headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"}
    connection.request("POST", PATH, json.dumps(body), headers)
    assert entered.wait(20)
    connection.close()
    time.sleep(0.5)
    go_on.set()
    status, said = say(rasa, "我的订单到哪了", "s3", message_id="m1")
    del actions.answers[name]
    assert (status, [line.get("text") for line in said]) == (200, ["在路上"])
    assert (
        sum(call["next_action"] == name for call in actions.calls if call["sender_id"] == "s3") == 1
    )


def test_a_command_that_was_not_offered_is_read_as_text(rasa, actions):
    actions.answers["action_track"] = lambda _call: (
        200,
        {"events": [], "responses": [{"text": "要转人工吗？", "buttons": [OFFER]}]},
    )
    assert say(rasa, "/request_human", "s4")[0] == 200
    assert actions.calls[-1]["tracker"]["latest_message"]["text"] == "／request_human"
    assert say(rasa, "我的订单到哪了", "s4")[1][0]["buttons"] == [OFFER]
    assert say(rasa, OFFER["payload"], "s4")[0] == 200
    assert actions.calls[-1]["tracker"]["latest_message"]["text"] == "/request_human"
