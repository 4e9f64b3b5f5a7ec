"""Real processes of every role on one PostgreSQL and one Redis, with scripted engines."""

import asyncio
import hashlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

import jwt
from aiohttp import ClientSession, CookieJar, TCPConnector, WSMsgType

from bot.conversation.conversations import host_seconds
from bot.database import Database
from bot.desk.accounts import Accounts

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
PASSWORD = "Lange-Wege-9"
REDIS = shutil.which("redis-server")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@dataclass
class Process:
    """One started process; `url` is where its server listens."""

    role: str
    url: str
    popen: subprocess.Popen
    log: Path

    def ready(self):
        """Wait for its word; its log where it ended instead."""
        line = self.popen.stdout.readline()
        assert line.startswith("Ready: "), self.log.read_text()[-3000:]

    def end(self, number=signal.SIGTERM):
        self.popen.send_signal(number)
        return self.popen.wait(15)


@dataclass
class Cluster:
    """`folder` holds the logs, the journal of the engines, and what they wait for."""

    folder: Path
    database_url: str
    redis_port: int = field(default_factory=free_port)
    redis: subprocess.Popen | None = None
    processes: dict[str, Process] = field(default_factory=dict)
    engine_ports: list[int] = field(default_factory=lambda: [free_port(), free_port()])
    action_port: int = field(default_factory=free_port)

    def start(self, name, role, **settings):
        """Start a process; `ready` of it has to be waited for."""
        port = free_port()
        log = self.folder / f"{name}.log"
        with log.open("ab") as file:
            popen = subprocess.Popen(
                [sys.executable, "-m", "bot", "serve", "--role", role],
                cwd=ROOT,
                env=self._environment(port, settings),
                stdout=subprocess.PIPE,
                stderr=file,
                text=True,
            )
        self.processes[name] = Process(role, f"http://127.0.0.1:{port}", popen, log)
        return self.processes[name]

    def start_all(self):
        """Start two of each that may be many."""
        self._write_model()
        self.start_redis()
        self.start("actions", "actions", BOT_ACTION_PORT=str(self.action_port)).ready()
        for n, port in enumerate(self.engine_ports, 1):
            self.start(f"engine{n}", "engine", BOT_ENGINE_PORT=str(port))
        for role in ("gateway", "worker"):
            for n in (1, 2):
                self.start(f"{role}{n}", role)
        for process in list(self.processes.values())[1:]:
            process.ready()

    def start_redis(self):
        """Start a Redis of the cluster's own."""
        command = [REDIS, "--port", str(self.redis_port), "--save", "", "--bind", "127.0.0.1"]
        with (self.folder / "redis.log").open("ab") as log:
            self.redis = subprocess.Popen(command, stdout=log, cwd=self.folder)

    def stop(self):
        """End all that still run."""
        for process in self.processes.values():
            if process.popen.poll() is None:
                process.popen.send_signal(signal.SIGTERM)
        for process in self.processes.values():
            process.popen.wait(20)
            process.popen.stdout.close()
        if self.redis is not None:
            self.redis.kill()
            self.redis.wait(10)

    def url(self, name):
        return self.processes[name].url

    def journal(self):
        """What the engines did: (what, conversation, turn, text, process)."""
        path = self.folder / "journal"
        text = path.read_text() if path.exists() else ""
        return [tuple(json.loads(line)) for line in text.splitlines()]

    async def add_agent(self, login):
        database = Database(self.database_url)
        accounts = Accounts(database, host_seconds())
        await accounts.create(login, f"真名{login}", login, "agent", PASSWORD, 3)
        await database.close()

    def _environment(self, port, settings):
        kept = {name: value for name, value in os.environ.items() if not name.startswith("BOT_")}
        return {
            **kept,
            "BOT_PORT": str(port),
            "BOT_DATABASE_URL": self.database_url,
            "BOT_REDIS_URL": f"redis://127.0.0.1:{self.redis_port}/0",
            "BOT_VAR_DIR": str(self.folder / "var"),
            "BOT_MODELS_DIR": str(self.folder / "models"),
            "BOT_SESSION_SECRET": "s" * 32,
            "BOT_ENGINE_TOKEN": "t" * 32,
            "BOT_ENGINE_PYTHON": str(self.folder / "python"),
            "BOT_ENGINE_URLS": ",".join(f"http://127.0.0.1:{port}" for port in self.engine_ports),
            "BOT_ACTION_URL": f"http://127.0.0.1:{self.action_port}/webhook",
            "JOURNAL": str(self.folder / "journal"),
            **settings,
        }

    def _write_model(self):
        python = self.folder / "python"
        python.write_text(f'#!/bin/sh\nexec {sys.executable} {HERE / "engine.py"} "$@"\n')
        python.chmod(0o755)
        models = self.folder / "models"
        models.mkdir()
        (models / "m.tar.gz").write_bytes(b"model")
        digest = hashlib.sha256(b"model").hexdigest()
        manifest = {"model": "m.tar.gz", "sha256": digest, "fingerprint": "", "trained_at": ""}
        (models / "manifest.json").write_text(json.dumps({**manifest, "seconds": 0}))


class Person:
    """A client of one gateway, with a socket whose frames are kept."""

    def __init__(self, url, **headers):
        self.url = url
        # The certificate of a test is nobody's.
        self.http = ClientSession(
            headers=headers,
            cookie_jar=CookieJar(unsafe=True),
            connector=TCPConnector(ssl=False),
        )
        self.frames = []
        self._news = asyncio.Event()
        self._reading = None
        self.socket = None

    async def listen(self, path):
        self.socket = await self.http.ws_connect(self.url + path)
        self._reading = asyncio.create_task(self._read())

    async def _read(self):
        async for frame in self.socket:
            if frame.type is WSMsgType.TEXT:
                self.frames.append(json.loads(frame.data))
                self._news.set()

    async def expect(self, holds, seconds=20):
        """The first frame of which `holds` is true, once it is there."""
        try:
            async with asyncio.timeout(seconds):
                while True:
                    self._news.clear()
                    found = next((frame for frame in self.frames if holds(frame)), None)
                    if found is not None:
                        return found
                    await self._news.wait()
        except TimeoutError:
            raise AssertionError(f"not among {self.frames}") from None

    async def text(self, text, seconds=20):
        """The line with a text."""
        return await self.expect(
            lambda f: f["type"] == "message" and f["message"].get("text") == text, seconds
        )

    async def post(self, path, body, status=None):
        async with self.http.post(self.url + path, json=body) as answer:
            assert answer.status == (status or answer.status) < 300, await answer.text()
            return await answer.json(content_type=None) if answer.status != 204 else None

    async def close(self):
        if self._reading is not None:
            self._reading.cancel()
        await self.http.close()


async def consumer(url, token=None):
    """A consumer on the chat page of a gateway, listening; in a new session without a token."""
    if token is None:
        opening = Person(url)
        token = (await opening.post("/chat/sessions", {}))["token"]
        await opening.close()
    person = Person(url, Authorization=f"Bearer {token}")
    person.token = token
    person.sender = jwt.decode(token, options={"verify_signature": False})["sub"]
    await person.listen(f"/chat/events?token={token}&after_seq=0")
    return person


async def say(person, text, url=None):
    """A consumer's line, through another gateway where one is named."""
    async with person.http.post(
        f"{url or person.url}/chat/messages", json={"text": text, "message_id": uuid4().hex}
    ) as answer:
        assert answer.status == 202, await answer.text()


async def agent(url, login):
    """An agent signed in at a gateway, listening."""
    person = Person(url)
    await person.post("/desk/api/login", {"login": login, "password": PASSWORD})
    await person.listen("/desk/api/events")
    await person.expect(lambda frame: frame["type"] == "hello")
    return person
