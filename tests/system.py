"""The whole system as a child process, for tests that use it as its users do."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
START_SECONDS = 120


@dataclass(frozen=True)
class System:
    """Where the running system is, and its files."""

    url: str
    var_dir: Path
    pid: int

    @property
    def accounts(self) -> dict[str, str]:
        """Passwords of the demonstration's agents by login, as they were announced."""
        said = (self.var_dir / "serve.out").read_text()
        return dict(re.findall(r"^Desk account: (\S+) / (\S+)", said, re.MULTILINE))

    def get(self, path: str) -> dict:
        with urllib.request.urlopen(f"{self.url}{path}", timeout=60) as answer:
            return json.load(answer)

    def post(self, path: str, body: dict) -> dict | list:
        request = urllib.request.Request(
            f"{self.url}{path}",
            data=json.dumps(body).encode(),
            headers={"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)

    def kill_engine(self) -> None:
        """End the engine as a crash would."""
        subprocess.run(["pkill", "-9", "-f", f"bot.engine .*--parent {self.pid}"], check=True)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def command(*words: str) -> list[str]:
    return [sys.executable, "-m", "bot", *words]


@contextmanager
def serving(var_dir: Path, document: dict, **settings: str) -> Iterator[System]:
    """Import `document` into a new database under `var_dir` and serve it until the block ends."""
    port = free_port()
    environment = {
        **os.environ,
        "BOT_VAR_DIR": str(var_dir),
        "BOT_PORT": str(port),
        **{f"BOT_{name.upper()}": value for name, value in settings.items()},
    }
    environment.pop("BOT_DATABASE_URL", None)
    subprocess.run(
        command("import", "-"),
        input=json.dumps(document, ensure_ascii=False).encode(),
        env=environment,
        cwd=ROOT,
        check=True,
        stdout=subprocess.DEVNULL,
    )
    with (var_dir / "serve.log").open("w") as log, (var_dir / "serve.out").open("w") as out:
        process = subprocess.Popen(
            command("serve"), env=environment, cwd=ROOT, stderr=log, stdout=out
        )
        try:
            system = System(f"http://127.0.0.1:{port}", var_dir, process.pid)
            _await_ready(system, process, var_dir / "serve.log")
            yield system
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=30)


def _await_ready(system: System, process: subprocess.Popen, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            system.get("/readyz")
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.3)
        else:
            return
    raise RuntimeError(f"the system did not become ready:\n{log.read_text()[-3000:]}")
