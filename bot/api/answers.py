"""JSON answers, with Chinese as Chinese."""

from __future__ import annotations

import json
from functools import partial
from typing import Any

from aiohttp import web

_dumps = partial(json.dumps, ensure_ascii=False)


def answer(body: Any, status: int = 200) -> web.Response:
    """Return `body` as JSON in UTF-8."""
    return web.json_response(body, status=status, dumps=_dumps)
