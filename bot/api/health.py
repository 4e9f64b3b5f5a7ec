"""Alive, ready, and how busy."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from aiohttp import web

from bot.api.answers import answer
from bot.api.metrics import Counts, Metrics, Sending
from bot.api.problems import problem
from bot.log import get_logger

log = get_logger(__name__)

Probe = Callable[[], Awaitable[bool]]

_UNAVAILABLE = 503
_TEXT = "text/plain; version=0.0.4; charset=utf-8"


def routes(
    probes: Mapping[str, Probe],
    metrics: Metrics,
    counts: Counts,
    sending: Sending,
    restarts: Callable[[], int],
) -> list[web.RouteDef]:
    """Return the calls. `probes` say, by name, whether a part is ready."""

    async def healthz(_request: web.Request) -> web.Response:
        return answer({"status": "ok"})

    async def readyz(_request: web.Request) -> web.Response:
        missing = [name for name, probe in probes.items() if not await holds(name, probe)]
        if not missing:
            return answer({"status": "ready"})
        detail = f"not ready yet: {', '.join(missing)}"
        response = problem(_UNAVAILABLE, "not_ready", detail, missing=missing)
        response.headers["Retry-After"] = "1"
        return response

    async def render(_request: web.Request) -> web.Response:
        ready = "engine" in probes and await holds("engine", probes["engine"])
        body = metrics.render(await counts(), await sending(), ready=ready, restarts=restarts())
        return web.Response(body=body, headers={"Content-Type": _TEXT})

    return [
        web.get("/healthz", healthz),
        web.get("/readyz", readyz),
        web.get("/metrics", render),
    ]


async def holds(name: str, probe: Probe) -> bool:
    """Whether a part is ready; one that cannot even be asked is not."""
    try:
        return await probe()
    except Exception:
        log.exception("probe_failed", part=name)
        return False
