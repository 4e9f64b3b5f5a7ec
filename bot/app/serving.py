"""One process from its start to its end."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass

from aiohttp import web

from bot.api import auth, tokens
from bot.api.health import Probe, holds
from bot.api.metrics import Metrics
from bot.app import parts, roles
from bot.app.engine import Running, connect, start_actions, start_child
from bot.app.roles import Role
from bot.app.web import make_small_web, make_web
from bot.data import Data, open_data
from bot.desk.accounts import Accounts
from bot.desk.service import demo_accounts
from bot.errors import SettingsError
from bot.log import get_logger
from bot.settings import Settings

log = get_logger(__name__)

_SHUTDOWN_SECONDS = 2.0
_POLL_SECONDS = 0.3


@dataclass(frozen=True)
class Started:
    """What a role came to: its server, when it is ready, and whose accounts the desk has."""

    app: web.Application
    probes: Mapping[str, Probe]
    accounts: Accounts | None = None


async def serve(
    settings: Settings,
    name: str,
    stop: asyncio.Event,
    announce: Callable[[str], None],
    announce_account: Callable[[str, str], None],
) -> None:
    """Serve in a role until `stop` is set. `announce` gets the address once it is ready.

    `announce_account` gets login and password of each account that the demonstration makes.

    Raises SettingsError where it cannot start.
    """
    auth.check_host(settings.host, tokens.load(settings))
    roles.check(name, settings)
    role = roles.ROLES[name]
    async with AsyncExitStack() as stack:
        started = await _start(settings, role, stack)
        url = await _listen(settings, started.app, stack)
        log.info("listening", url=url, role=name)
        # Two gateways would make the accounts at once, and none of them knows the passwords.
        if settings.demo and role.alone and started.accounts is not None:
            for login, password in await demo_accounts(started.accounts):
                announce_account(login, password)
        ready = asyncio.create_task(_announce_when_ready(started.probes, url, announce))
        stack.callback(ready.cancel)
        await stop.wait()
        log.info("stopping")


async def _start(settings: Settings, role: Role, stack: AsyncExitStack) -> Started:
    token = settings.engine_token or secrets.token_urlsafe(32)
    if not role.data:
        running = await start_child(settings, settings.action_url, token, stack)
        return _small(settings, {"engine": running.engine.ready}, running)
    data = await stack.enter_async_context(open_data(settings))
    endpoint = await start_actions(settings, data, token, stack) if role.actions else None
    if not (role.web or role.work):
        return _small(settings, parts.probes(role, data, None), None)
    if role.engine and endpoint is not None and not settings.engines:
        running = await start_child(settings, endpoint.url, token, stack)
    else:
        running = connect(settings, token, stack)
    return await _start_parts(settings, role, data, running, stack)


async def _start_parts(
    settings: Settings, role: Role, data: Data, running: Running, stack: AsyncExitStack
) -> Started:
    started = await parts.start(settings, role, data, running, stack)
    if role.web:
        return Started(make_web(started), started.probes, started.desk.accounts)
    app = make_small_web(settings, started.probes, started.metrics, started.conversations)
    return Started(app, started.probes)


def _small(settings: Settings, probes: Mapping[str, Probe], running: Running | None) -> Started:
    restarts = running.restarts if running is not None else lambda: 0
    return Started(make_small_web(settings, probes, Metrics(), restarts=restarts), probes)


async def _listen(settings: Settings, app: web.Application, stack: AsyncExitStack) -> str:
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=_SHUTDOWN_SECONDS)
    await runner.setup()
    stack.push_async_callback(runner.cleanup)
    try:
        await web.TCPSite(runner, settings.host, settings.port).start()
    except OSError as error:
        raise SettingsError(
            f"{settings.host}:{settings.port} cannot be listened on ({error.strerror}); "
            "choose another BOT_PORT or BOT_HOST"
        ) from error
    port = runner.addresses[0][1]
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    return f"http://{host}:{port}"


async def _announce_when_ready(
    probes: Mapping[str, Probe], url: str, announce: Callable[[str], None]
) -> None:
    while not all([await holds(name, probe) for name, probe in probes.items()]):
        await asyncio.sleep(_POLL_SECONDS)
    announce(url)
