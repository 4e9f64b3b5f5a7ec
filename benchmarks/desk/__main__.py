"""`python -m benchmarks.desk [PAGE]`: how long a line takes from one side to the other.

The server has a process of its own, and this one is the load: it opens consumers' sockets and
agents' pages, then sends so many lines a second both ways through HTTP, and times each until the
other side's socket tells it. Also: the server's memory for a socket, and its processor time
while nothing is said. With PAGE the table goes between that page's marks.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import resource
import statistics
import sys
import tempfile
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from time import perf_counter

import aiohttp

from benchmarks import page
from benchmarks.desk.server import PASSWORD

_WATCHED = 50
TO_AGENT, TO_CONSUMER = "consumer → agent", "agent → consumer"
_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE_KB = os.sysconf("SC_PAGESIZE") / 1024


@dataclass
class Run:
    """One server, and what was seen of it."""

    pid: int
    base: str
    http: aiohttp.ClientSession
    sent: dict[str, float] = field(default_factory=dict)
    took: dict[str, list[float]] = field(default_factory=lambda: {TO_AGENT: [], TO_CONSUMER: []})
    refused: int = 0
    tasks: set[asyncio.Task] = field(default_factory=set)

    def memory(self) -> float:
        """Resident memory of the server in kB."""
        return int(Path(f"/proc/{self.pid}/statm").read_text().split()[1]) * _PAGE_KB

    def processor(self) -> float:
        """Processor seconds that the server has taken."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICKS

    def told(self, text: str) -> None:
        """Note that a line arrived at the other side."""
        begun = self.sent.pop(text, None)
        if begun is not None:
            self.took[text.rpartition(" ")[0]].append(perf_counter() - begun)

    def follow(self, socket: aiohttp.ClientWebSocketResponse, author: str) -> None:
        """Take what a socket tells of the lines of the other side."""
        task = asyncio.create_task(self._follow(socket, author))
        self.tasks.add(task)

    async def _follow(self, socket: aiohttp.ClientWebSocketResponse, author: str) -> None:
        async for frame in socket:
            told = json.loads(frame.data)
            if told["type"] == "message" and told["message"]["from"] == author:
                self.told(told["message"]["text"])

    async def post(self, path: str, body: dict, session: aiohttp.ClientSession, **more) -> None:
        """Send one line, timed from here."""
        self.sent[body["text"]] = perf_counter()
        async with session.post(self.base + path, json=body, **more) as answer:
            if answer.status >= 300:
                self.refused += 1
                print(answer.status, await answer.text(), file=sys.stderr)
                self.sent.pop(body["text"], None)


async def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.desk")
    parser.add_argument("--sockets", type=int, default=2000, help="consumers' sockets")
    parser.add_argument("--agents", type=int, default=40, help="agents' pages")
    parser.add_argument("--rate", type=int, default=200, help="lines a second, both ways together")
    parser.add_argument("--seconds", type=int, default=30)
    parser.add_argument("--database", help="a URL; a new SQLite file without it")
    parser.add_argument("page", nargs="?", type=Path, help="where the table goes, too")
    options = parser.parse_args()
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    with tempfile.TemporaryDirectory() as folder:
        url = options.database or f"sqlite:///{folder}/desk.db"
        words = [url, str(options.sockets), str(options.agents)]
        server = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "benchmarks.desk.server",
            *words,
            stdout=asyncio.subprocess.PIPE,
            limit=2**24,
        )
        try:
            world = json.loads(await server.stdout.readline())
            await _measure(options, server.pid, world)
        finally:
            server.terminate()
            await server.wait()


async def _measure(options: argparse.Namespace, pid: int, world: dict) -> None:
    async with AsyncExitStack() as stack:
        http = await stack.enter_async_context(_client())
        run = Run(pid, f"http://127.0.0.1:{world['port']}", http)
        before = run.memory()
        for chat in world["chats"]:
            path = f"/chat/events?token={chat['token']}"
            socket = await stack.enter_async_context(http.ws_connect(run.base + path))
            run.follow(socket, "agent")
        await asyncio.sleep(3)
        a_socket = (run.memory() - before) / len(world["chats"])
        idle = await _idle(run, 15)
        agents = {login: await _agent(run, stack, login, world) for login in world["logins"]}
        await asyncio.sleep(3)
        idle_with_pages = await _idle(run, 15)
        busy = run.processor()
        begun = perf_counter()
        await _talk(run, options, world["chats"], agents)
        share = (run.processor() - busy) / (perf_counter() - begun)
        text = _table(options, run, (a_socket, idle, idle_with_pages, share))
        print(text)
        if options.page:
            page.replace(options.page, "desk", text)
        for task in run.tasks:
            task.cancel()


def _client() -> aiohttp.ClientSession:
    jar = aiohttp.CookieJar(unsafe=True)
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=0),
        cookie_jar=jar,
        timeout=aiohttp.ClientTimeout(total=60),
    )


async def _idle(run: Run, seconds: float) -> float:
    """The share of one core that the server takes while nothing is said."""
    before = run.processor()
    await asyncio.sleep(seconds)
    return (run.processor() - before) / seconds


async def _agent(run: Run, stack: AsyncExitStack, login: str, world: dict) -> aiohttp.ClientSession:
    session = await stack.enter_async_context(_client())
    body = {"login": login, "password": PASSWORD}
    async with session.post(f"{run.base}/desk/api/login", json=body) as answer:
        answer.raise_for_status()
    socket = await stack.enter_async_context(session.ws_connect(f"{run.base}/desk/api/events"))
    run.follow(socket, "consumer")
    mine = [chat["id"] for chat in world["chats"] if chat["login"] == login]
    for name in mine[:_WATCHED]:
        await socket.send_json({"type": "watch", "conversation_id": name})
    return session


async def _talk(run: Run, options: argparse.Namespace, chats: list, agents: dict) -> None:
    begun = perf_counter()
    under_way = set()
    for number in count():
        due = begun + number / options.rate
        if due - begun >= options.seconds:
            break
        await asyncio.sleep(max(due - perf_counter(), 0))
        chat = chats[(number // 2 * 7) % len(chats)]
        line = _consumers if number % 2 else _agents
        task = asyncio.create_task(line(run, number, chat, agents))
        under_way.add(task)
        task.add_done_callback(under_way.discard)
    await asyncio.gather(*under_way)
    for _ in range(100):
        if not run.sent:
            break
        await asyncio.sleep(0.1)


async def _consumers(run: Run, number: int, chat: dict, _agents: dict) -> None:
    headers = {"Authorization": f"Bearer {chat['token']}"}
    body = {"text": f"{TO_AGENT} {number}", "message_id": f"m{number}"}
    await run.post("/chat/messages", body, run.http, headers=headers)


async def _agents(run: Run, number: int, chat: dict, agents: dict) -> None:
    body = {"text": f"{TO_CONSUMER} {number}", "client_id": f"c{number}"}
    path = f"/desk/api/conversations/{chat['id']}/messages"
    await run.post(path, body, agents[chat["login"]])


def _table(options: argparse.Namespace, run: Run, found: tuple[float, ...]) -> str:
    a_socket, idle, idle_with_pages, busy = found
    told = sum(map(len, run.took.values()))
    lines = [
        f"{options.sockets:,} consumers' sockets, {options.agents} agents' pages, "
        f"{options.rate} lines a second for {options.seconds} seconds; {os.cpu_count()} cores, "
        f"Python {platform.python_version()}, "
        f"{'PostgreSQL' if options.database else 'SQLite'}.",
        "",
        "| | p50 | p95 | p99 | lines |",
        "|---|---|---|---|---|",
        *(_row(side, took) for side, took in run.took.items()),
        "",
        f"Told {told}, not told {len(run.sent)}, refused {run.refused}. "
        f"Memory of the server for one consumer's socket: {a_socket:.0f} kB. "
        f"The server's share of one core: idle {idle:.0%}, "
        f"with pages {idle_with_pages:.0%}, under this load {busy:.0%}.",
    ]
    return "\n".join(lines)


def _row(side: str, took: list[float]) -> str:
    cuts = statistics.quantiles(took, n=100) if len(took) > 1 else [0.0] * 99
    times = " | ".join(f"{cuts[at - 1] * 1000:.0f} ms" for at in (50, 95, 99))
    return f"| {side} | {times} | {len(took)} |"


if __name__ == "__main__":
    asyncio.run(main())
