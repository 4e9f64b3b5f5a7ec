"""The engine process as a child of ours: started, watched, restarted, never orphaned."""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import os
import signal
import socket
import sys
from asyncio.subprocess import Process
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import aiohttp

from bot.engine import model_file
from bot.errors import SettingsError
from bot.log import get_logger
from bot.settings import ROOT, Settings

log = get_logger(__name__)

Command = Callable[[int], Sequence[str]]

_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None
_PR_SET_PDEATHSIG = 1
_OK = 200
_STDERR = 2


@dataclass(frozen=True)
class Patience:
    """How long the supervisor waits, in seconds, and how often it forgives."""

    start: float = 180
    poll_loading: float = 0.25
    poll_ready: float = 5
    misses: int = 3
    first_delay: float = 1
    longest_delay: float = 30
    stop: float = 5


@dataclass(frozen=True)
class Address:
    """Where an engine listens; port 0 is any free one."""

    host: str = "127.0.0.1"
    port: int = 0

    @property
    def near(self) -> str:
        """The host by which an engine that listens on it is reached from this machine."""
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host)  # noqa: S104
        return f"[{host}]" if ":" in host else host


def engine_command(settings: Settings, action_url: str) -> Command:
    """Return what starts the engine on a port, with the model of the day."""

    def command(port: int) -> Sequence[str]:
        model = model_file.current(settings.models_dir)
        arguments = ["--model", str(model), "--port", str(port), "--action-url", action_url]
        arguments += ["--host", settings.engine_host, "--parent", str(os.getpid())]
        return [str(settings.engine_python), "-m", "bot.engine", *arguments]

    return command


class EngineSupervisor:
    """Keeps one engine running. `command(port)` says how to start it.

    `url()` is where the engine listens, None while none runs; `restarts` counts the engines
    that ended by themselves or were ended because they no longer answered.
    """

    def __init__(
        self,
        command: Command,
        token: str,
        patience: Patience | None = None,
        address: Address | None = None,
    ) -> None:
        self._command = command
        self._address = address or Address()
        self._token = token
        self._patience = patience or Patience()
        self._port: int | None = None
        self._task: asyncio.Task[None] | None = None
        self._stopping = asyncio.Event()
        self.ready = asyncio.Event()
        self.restarts = 0
        self.pid: int | None = None

    def url(self) -> str | None:
        """Return where the engine listens, or None."""
        return None if self._port is None else f"http://{self._address.near}:{self._port}"

    async def start(self) -> None:
        """Start the engine and return at once; `ready` is set when it answers.

        Raises SettingsError where the engine cannot be started at all.
        """
        process = await self._spawn()
        self._task = asyncio.create_task(self._keep(process), name="engine-supervisor")

    async def stop(self) -> None:
        """End the engine and everything it started."""
        self._stopping.set()
        if self._task is not None:
            await self._task
            self._task = None

    async def _keep(self, process: Process) -> None:
        delay = self._patience.first_delay
        while True:
            if await self._watch(process):
                delay = self._patience.first_delay
            await self._end(process)
            if self._stopping.is_set():
                return
            log.warning("engine_restarts", code=process.returncode, in_seconds=delay)
            self.restarts += 1
            restarted = await self._spawn_after(delay)
            if restarted is None:
                return
            process = restarted
            delay = min(delay * 2, self._patience.longest_delay)

    async def _spawn_after(self, delay: float) -> Process | None:
        while not await self._stopped_within(delay):
            try:
                return await self._spawn()
            except SettingsError as error:
                log.error("engine_cannot_start", detail=error.detail)  # noqa: TRY400 - known
                delay = self._patience.longest_delay
        return None

    async def _spawn(self) -> Process:
        port = self._address.port or _free_port()
        command = self._command(port)
        try:
            process = await asyncio.create_subprocess_exec(
                *command,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=_STDERR,
                cwd=ROOT,
                env={**os.environ, "BOT_ENGINE_TOKEN": self._token},
                process_group=0,
                preexec_fn=_die_with_parent,
            )
        except OSError as error:
            raise SettingsError(f"the engine does not start: {error}; see BOT_ENGINE_PYTHON") from (
                error
            )
        self._port, self.pid = port, process.pid
        log.info("engine_started", pid=process.pid, port=port)
        return process

    async def _watch(self, process: Process) -> bool:
        """Return, once the engine ended or must be ended, whether it ever was ready."""
        exited = asyncio.create_task(process.wait())
        stopping = asyncio.create_task(self._stopping.wait())
        health = asyncio.create_task(self._health())
        try:
            await asyncio.wait({exited, stopping, health}, return_when=asyncio.FIRST_COMPLETED)
            return self.ready.is_set()
        finally:
            self.ready.clear()
            for task in (exited, stopping, health):
                task.cancel()

    async def _health(self) -> None:
        """Return when the engine is to be given up."""
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=2)) as session:
            try:
                async with asyncio.timeout(self._patience.start):
                    while not await self._answers(session):
                        await asyncio.sleep(self._patience.poll_loading)
            except TimeoutError:
                log.error("engine_did_not_get_ready", seconds=self._patience.start)  # noqa: TRY400
                return
            self.ready.set()
            log.info("engine_ready", pid=self.pid)
            await self._watch_ready(session)

    async def _watch_ready(self, session: aiohttp.ClientSession) -> None:
        misses = 0
        while misses < self._patience.misses:
            await asyncio.sleep(self._patience.poll_ready)
            misses = 0 if await self._answers(session) else misses + 1
        log.error("engine_no_longer_answers", pid=self.pid)

    async def _answers(self, session: aiohttp.ClientSession) -> bool:
        headers = {"Authorization": f"Bearer {self._token}"}
        try:
            async with session.get(f"{self.url()}/readyz", headers=headers) as response:
                return response.status == _OK
        except (aiohttp.ClientError, OSError, TimeoutError):
            return False

    async def _end(self, process: Process) -> None:
        self._port = None
        if process.returncode is None:
            _signal_group(process.pid, signal.SIGTERM)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._patience.stop):
                    await process.wait()
        _signal_group(process.pid, signal.SIGKILL)
        await process.wait()
        self.pid = None

    async def _stopped_within(self, seconds: float) -> bool:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._stopping.wait()
        return self._stopping.is_set()


def _signal_group(group: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)


def _die_with_parent() -> None:
    # Runs in the child: where we are killed without a chance to stop it, the kernel does.
    if _LIBC is not None:
        _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
