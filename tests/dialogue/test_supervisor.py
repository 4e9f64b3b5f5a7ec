"""The engine process: started, watched, restarted, and never left behind."""

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

import aiohttp
import pytest

from bot.dialogue.supervisor import EngineSupervisor, Patience
from bot.errors import SettingsError

FAKE = Path(__file__).parent / "fake_engine.py"
QUICK = Patience(start=20, poll_loading=0.05, poll_ready=0.05, misses=2, first_delay=0.01, stop=5)


@pytest.fixture
def pids(tmp_path):
    """The processes that were started, oldest first: engine, its child, engine, its child…"""
    path = tmp_path / "pids"
    path.touch()
    return lambda: [int(pid) for pid in path.read_text().split()]


@pytest.fixture
async def supervisor(tmp_path):
    def command(port):
        return [sys.executable, str(FAKE), str(port), str(tmp_path / "pids")]

    supervisor = EngineSupervisor(command, "secret", QUICK)
    await supervisor.start()
    yield supervisor
    await supervisor.stop()


async def ready(supervisor):
    async with asyncio.timeout(20):
        await supervisor.ready.wait()


async def call(supervisor, path):
    try:
        async with aiohttp.ClientSession() as session:
            await session.get(f"{supervisor.url()}{path}")
    except aiohttp.ClientError:
        pass


async def restarted(supervisor):
    async with asyncio.timeout(20):
        while not supervisor.restarts:
            await asyncio.sleep(0.01)
    await ready(supervisor)


async def test_an_engine_that_dies_is_started_again(supervisor, pids):
    await ready(supervisor)
    first = supervisor.pid
    await call(supervisor, "/die")
    await restarted(supervisor)
    assert supervisor.pid != first
    assert gone(first)


async def test_an_engine_that_no_longer_answers_is_replaced(supervisor, pids):
    await ready(supervisor)
    first = supervisor.pid
    await call(supervisor, "/deaf")
    await restarted(supervisor)
    assert supervisor.pid != first


async def test_what_the_engine_started_ends_with_it(supervisor, pids):
    await ready(supervisor)
    await call(supervisor, "/die")
    await restarted(supervisor)
    await supervisor.stop()
    assert len(pids()) == 4
    assert soon(lambda: all(gone(pid) for pid in pids()))
    assert supervisor.url() is None


async def test_an_engine_that_cannot_be_started_is_said_at_once():
    supervisor = EngineSupervisor(lambda _: ["/no/such/python"], "secret", QUICK)
    with pytest.raises(SettingsError, match="BOT_ENGINE_PYTHON"):
        await supervisor.start()


async def test_stopping_does_not_wait_for_the_next_try(tmp_path):
    slow = Patience(first_delay=1000)
    supervisor = EngineSupervisor(lambda _: [sys.executable, "-c", ""], "secret", slow)
    await supervisor.start()
    async with asyncio.timeout(20):
        while not supervisor.restarts:
            await asyncio.sleep(0.01)
        await supervisor.stop()


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's help is Linux's")
def test_the_engine_dies_with_a_server_that_is_killed(tmp_path, pids):
    program = f"""
import asyncio
from bot.dialogue.supervisor import EngineSupervisor
async def main():
    command = lambda port: [{sys.executable!r}, {str(FAKE)!r}, str(port), {str(tmp_path / "pids")!r}]
    supervisor = EngineSupervisor(command, "secret")
    await supervisor.start()
    await supervisor.ready.wait()
    print("ready", flush=True)
    await asyncio.Event().wait()
asyncio.run(main())
"""
    server = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE)
    assert b"ready\n" in iter(server.stdout.readline, b"")
    server.send_signal(signal.SIGKILL)
    server.wait()
    engine, sleeper = pids()
    assert soon(lambda: gone(engine))
    os.kill(sleeper, signal.SIGKILL)


def gone(pid):
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except FileNotFoundError:
        return True
    return state == "Z"


def soon(condition):
    for _ in range(500):
        if condition():
            return True
        signal.sigtimedwait([], 0.01)
    return False
