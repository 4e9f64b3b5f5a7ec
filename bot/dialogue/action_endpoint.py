"""The custom actions behind Rasa's webhook protocol, on a listener of their own.

The same calls as `rasa_sdk.endpoint`, without its server: the actions run in this process,
beside the services they use.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web
from rasa_sdk.executor import ActionExecutor
from rasa_sdk.interfaces import (
    ActionExecutionRejection,
    ActionMissingDomainException,
    ActionNotFoundException,
)

from bot.errors import SettingsError
from bot.log import get_logger

log = get_logger(__name__)

# A tracker grows with its dialogue; this is a listener for one caller on the same machine.
_BODY_LIMIT = 64 * 1024 * 1024
_EXECUTOR = web.AppKey("executor", ActionExecutor)
# The statuses by which Rasa tells these apart.
_REFUSALS: dict[type[Exception], int] = {
    ActionExecutionRejection: 400,
    ActionNotFoundException: 404,
    ActionMissingDomainException: 449,
}


def load_actions(package: str = "actions") -> ActionExecutor:
    """Return an executor of every action in the package.

    Raises SettingsError where it cannot be imported; the reason is in the log.
    """
    executor = ActionExecutor()
    try:
        executor.register_package(package)
    except SystemExit as error:
        raise SettingsError(f"the package {package!r} could not be imported; see above") from error
    return executor


def make_app(executor: ActionExecutor, token: str) -> web.Application:
    """Return the application that serves `POST /webhook` to callers with the token."""
    app = web.Application(client_max_size=_BODY_LIMIT, middlewares=[_guard(token)])
    app[_EXECUTOR] = executor
    app.router.add_post("/webhook", _webhook)
    return app


class ActionEndpoint:
    """A running listener; `url` is what the engine calls."""

    def __init__(
        self, executor: ActionExecutor, token: str, port: int = 0, host: str = "127.0.0.1"
    ) -> None:
        self._runner = web.AppRunner(make_app(executor, token), access_log=None)
        self._host = host
        self._port = port
        self.url = ""

    async def start(self) -> None:
        """Listen; port 0 takes a free one. Raises SettingsError where that is not possible."""
        await self._runner.setup()
        try:
            await web.TCPSite(self._runner, self._host, self._port).start()
        except OSError as error:
            raise SettingsError(
                f"{self._host}:{self._port} cannot be listened on ({error.strerror}); "
                "choose another BOT_ACTION_PORT or BOT_ACTION_HOST"
            ) from error
        host, port = self._runner.addresses[0][:2]
        self.url = f"http://{f'[{host}]' if ':' in host else host}:{port}/webhook"

    async def stop(self) -> None:
        """Stop listening; calls under way are given a moment to end."""
        await self._runner.cleanup()


Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def _guard(token: str) -> Any:
    expected = f"Bearer {token}".encode()

    @web.middleware
    async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
        sent = request.headers.get("Authorization", "").encode(errors="surrogateescape")
        if not hmac.compare_digest(sent, expected):
            return web.json_response({"error": "unauthorized"}, status=401)
        return await handler(request)

    return guard


async def _webhook(request: web.Request) -> web.Response:
    try:
        call = json.loads(await request.read())
    except ValueError:
        call = None
    if not isinstance(call, dict):
        return web.json_response({"error": "Invalid body request"}, status=400)
    return await _run(request.app[_EXECUTOR], call)


async def _run(executor: ActionExecutor, call: dict[str, Any]) -> web.Response:
    try:
        result = await executor.run(call)
    except tuple(_REFUSALS) as refusal:
        return _refusal(refusal)
    except Exception as error:  # the engine turns a 500 into an apology
        log.exception("action_failed", action=call.get("next_action"))
        return web.json_response({"error": type(error).__name__}, status=500)
    return web.json_response(result.model_dump() if result else None)


def _refusal(refusal: Any) -> web.Response:
    body = {"error": refusal.message, "action_name": refusal.action_name}
    return web.json_response(body, status=_REFUSALS[type(refusal)])
