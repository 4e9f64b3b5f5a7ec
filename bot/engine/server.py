"""The engine's two calls over HTTP, for the application on the same machine."""

from __future__ import annotations

import asyncio
import hmac
import json
import os
import signal
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from aiohttp import web

from bot.engine.turn import Turn, filled, instant
from bot.errors import BotError, EngineUnavailable, MalformedRequest
from bot.log import get_logger

if TYPE_CHECKING:
    from bot.engine.agent import EngineAgent
    from bot.engine.turns import Turns

log = get_logger(__name__)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

_BODY_LIMIT = 256 * 1024
_WATCH_SECONDS = 1.0


class EngineServer:
    """Answers `GET /readyz`, `POST /parse` and `POST /turn`.

    It listens while the model loads, so that readiness can be asked for; until then calls
    get 503. `loaded` is called once, with the agent and its turns.
    """

    def __init__(self, model: str, token: str) -> None:
        self._model = model
        self._token = token
        self._agent: EngineAgent | None = None
        self._turns: Turns | None = None

    def loaded(self, agent: EngineAgent, turns: Turns) -> None:
        """Begin to answer."""
        self._agent, self._turns = agent, turns

    def app(self) -> web.Application:
        """Return the application."""
        guards = [_problems, _guard(self._token)]
        app = web.Application(client_max_size=_BODY_LIMIT, middlewares=guards)
        app.router.add_get("/readyz", self._ready)
        app.router.add_post("/parse", self._parse)
        app.router.add_post("/turn", self._turn)
        return app

    async def _ready(self, _request: web.Request) -> web.Response:
        if self._turns is None:
            raise EngineUnavailable("the model is loading")
        return web.json_response({"model": self._model})

    async def _parse(self, request: web.Request) -> web.Response:
        body = await _json(request)
        text = filled(body, "text")
        now = instant(body["now"]) if body.get("now") is not None else None
        if self._agent is None:
            raise EngineUnavailable("the model is loading")
        return _answer(await self._agent.understand(text, now))

    async def _turn(self, request: web.Request) -> web.Response:
        turn = Turn.read(await _json(request))
        if self._turns is None:
            raise EngineUnavailable("the model is loading")
        return _answer(await self._turns.run(turn))


async def serve(
    app: web.Application, host: str, port: int, load: Callable[[], None], parent: int
) -> None:
    """Listen, load in the background, and return when told to stop.

    Stops on SIGTERM or SIGINT, when the process `parent` is no longer the one that this one
    belongs to, and with load's error where loading fails. Turns under way are finished first.
    """
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=4.0)
    await runner.setup()
    await web.TCPSite(runner, host, port).start()
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    loading = asyncio.create_task(asyncio.to_thread(load))
    waiting = {asyncio.create_task(stop.wait()), asyncio.create_task(_orphaned(parent))}
    try:
        await asyncio.wait({loading, *waiting}, return_when=asyncio.FIRST_COMPLETED)
        if loading.done():
            loading.result()
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in waiting:
            task.cancel()
        await runner.cleanup()
        if not loading.done():
            # A thread in the middle of an import cannot be interrupted, and nothing waits for it.
            os._exit(0)


async def _orphaned(parent: int) -> None:
    # Told, not looked up here: the parent may have ended while this process was starting.
    while os.getppid() == parent:
        await asyncio.sleep(_WATCH_SECONDS)


@web.middleware
async def _problems(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except web.HTTPException:
        raise
    except BotError as error:
        return _problem(error.status, error.code, error.detail)
    except Exception as error:
        log.exception("engine_call_failed", path=request.path)
        return _problem(500, "error", type(error).__name__)


def _guard(token: str) -> Any:
    expected = f"Bearer {token}".encode()

    @web.middleware
    async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
        sent = request.headers.get("Authorization", "").encode(errors="surrogateescape")
        if token and not hmac.compare_digest(sent, expected):
            return _problem(401, "unauthorized", "send the engine's token")
        return await handler(request)

    return guard


def _problem(status: int, code: str, detail: str) -> web.Response:
    body = {"type": "about:blank", "status": status, "code": code, "detail": detail}
    return web.json_response(body, status=status, content_type="application/problem+json")


def _answer(body: dict[str, Any]) -> web.Response:
    return web.json_response(body, dumps=lambda value: json.dumps(value, ensure_ascii=False))


async def _json(request: web.Request) -> dict[str, Any]:
    try:
        body = json.loads(await request.read())
    except ValueError as error:
        raise MalformedRequest("the body is no JSON") from error
    if not isinstance(body, dict):
        raise MalformedRequest("the body is no JSON object")
    return body
