"""A real engine process on the trained model, for tests that talk to it over HTTP.

with engine(action_url, tracker) as running:
    running.post("/turn", {...})
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PYTHON = Path(os.environ.get("BOT_ENGINE_PYTHON", ROOT / ".venv-rasa" / "bin" / "python"))
TOKEN = "test-token"
NOW = "2026-11-24T10:00:00+08:00"


def trained_model(folder: Path = ROOT / "models") -> Path:
    """The archive for the files as they are; trained first where it is out of date."""
    command = [str(PYTHON), "-m", "bot.engine.train", "--models", str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-4000:]
    return folder / json.loads((folder / "manifest.json").read_text())["model"]


@dataclass
class Running:
    process: subprocess.Popen
    url: str
    log: Path

    def call(self, method, path, body=None, token=TOKEN, timeout=30):
        """Return status and decoded answer."""
        request = urllib.request.Request(
            self.url + path,
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
        )
        try:
            with urllib.request.urlopen(request, timeout=timeout) as answer:
                return answer.status, json.loads(answer.read())
        except urllib.error.HTTPError as error:
            return error.code, json.loads(error.read())

    def post(self, path, body, **more):
        status, answer = self.call("POST", path, body, **more)
        assert status == 200, answer
        return answer

    def turn(
        self, conversation_id, turn_id, text, *, trusted=False, consumer_id=None, now=NOW, **more
    ):
        return self.post(
            "/turn",
            {
                "conversation_id": conversation_id,
                "turn_id": turn_id,
                "text": text,
                "trusted": trusted,
                "consumer_id": consumer_id,
                "now": now,
                **more,
            },
        )

    def parse(self, text, now=NOW):
        return self.post("/parse", {"text": text, "now": now})

    def ready(self):
        with contextlib.suppress(OSError):
            return self.call("GET", "/readyz")[0] == 200
        return False

    def wait_listening(self, seconds=60):
        """Return the first status that readiness answers with."""
        deadline = time.monotonic() + seconds
        while True:
            with contextlib.suppress(OSError):
                return self.call("GET", "/readyz")[0]
            assert self.process.poll() is None, self.log.read_text()[-4000:]
            assert time.monotonic() < deadline
            time.sleep(0.1)

    def wait_ready(self, seconds=120):
        deadline = time.monotonic() + seconds
        while not self.ready():
            assert self.process.poll() is None, self.log.read_text()[-4000:]
            assert time.monotonic() < deadline, self.log.read_text()[-4000:]
            time.sleep(0.1)


@contextlib.contextmanager
def engine(model: Path, action_url: str, tracker: Path | str, log: Path, *options: str):
    """Start an engine and end it; it may still be loading when this yields."""
    port = free_port()
    command = [PYTHON, "-m", "bot.engine", "--model", model, "--port", port]
    command += ["--action-url", action_url, "--tracker", tracker, *options]
    with log.open("w") as output:
        process = subprocess.Popen(
            [str(part) for part in command],
            cwd=ROOT,
            env={**os.environ, "BOT_ENGINE_TOKEN": TOKEN},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        yield Running(process, f"http://127.0.0.1:{port}", log)
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
