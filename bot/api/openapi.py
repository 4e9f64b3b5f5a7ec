"""The machine-readable description of every call, from `openapi.yml` beside this file."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import yaml
from aiohttp import web

from bot.api.answers import answer

_FILE = Path(__file__).with_name("openapi.yml")


@cache
def document() -> dict[str, Any]:
    """Return the OpenAPI 3.1 document."""
    loaded: dict[str, Any] = yaml.safe_load(_FILE.read_text(encoding="utf-8"))
    return loaded


def routes() -> list[web.RouteDef]:
    """Return the call."""

    async def openapi(_request: web.Request) -> web.Response:
        return answer(document())

    return [web.get("/api/openapi.json", openapi)]
