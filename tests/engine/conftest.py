"""One engine for all tests of the process, and actions that do what a test tells them."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tests.engine.process import TOKEN, engine, trained_model


class Actions:
    """The custom actions' side of Rasa's webhook, scripted by action name.

    `answers[name]` is a function of the call that returns (status, body); without one an
    action says its own name.
    """

    def __init__(self):
        self.calls = []
        self.answers = {}
        self.connections = set()
        actions = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                call = json.loads(body)
                actions.connections.add(self.client_address)
                actions.calls.append({**call, "token": self.headers.get("Authorization")})
                status, answer = actions.answer(call)
                data = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/webhook"

    def answer(self, call):
        name = call["next_action"]
        if name in self.answers:
            return self.answers[name](call)
        return 200, {"events": [], "responses": [{"text": name}]}

    def names(self):
        return [call["next_action"] for call in self.calls]


@pytest.fixture(scope="session")
def action_server():
    actions = Actions()
    thread = threading.Thread(target=actions.server.serve_forever, daemon=True)
    thread.start()
    yield actions
    actions.server.shutdown()


@pytest.fixture
def actions(action_server):
    action_server.calls.clear()
    action_server.answers.clear()
    return action_server


@pytest.fixture(scope="session")
def model():
    return trained_model()


@pytest.fixture(scope="session")
def running(model, action_server, tmp_path_factory):
    folder = tmp_path_factory.mktemp("engine")
    with engine(model, action_server.url, folder / "t.db", folder / "log") as started:
        started.wait_ready()
        yield started


@pytest.fixture
def token():
    return TOKEN
