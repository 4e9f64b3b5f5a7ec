"""What the desk's groups of calls share: who calls, and answers."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from aiohttp import web

from bot.desk.accounts import Account
from bot.desk.desk import Desk
from bot.errors import NotSignedIn

dumps = partial(json.dumps, ensure_ascii=False)

API = "/desk/api"
COOKIE = "desk_session"
NO_CONTENT = 204
CREATED = 201

Call = Callable[[web.Request, Account], Awaitable[web.StreamResponse]]


class Calls:
    """One group of calls; each learns who makes it."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk

    def signed_in(self, call: Call) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        """Return a handler that refuses who is not signed in."""

        async def handler(request: web.Request) -> web.StreamResponse:
            return await call(request, await self.account(request))

        return handler

    async def account(self, request: web.Request) -> Account:
        """Return who makes a call. Raises NotSignedIn."""
        return await self.desk.accounts.of_token(token(request))

    def post(self, path: str, call: Call) -> web.RouteDef:
        """Return a route of the desk's API."""
        return web.post(API + path, self.signed_in(call))

    def get(self, path: str, call: Call) -> web.RouteDef:
        """Return a route of the desk's API."""
        return web.get(API + path, self.signed_in(call), allow_head=False)


def token(request: web.Request) -> str:
    """Return the session's token. Raises NotSignedIn."""
    sent = request.cookies.get(COOKIE)
    if not sent:
        raise NotSignedIn
    return sent


def name_of(request: web.Request) -> str:
    """Return the conversation that a call is about."""
    return request.match_info["id"]


def answer(body: Any, status: int = 200) -> web.Response:
    """Return JSON that nobody keeps."""
    headers = {"Cache-Control": "no-store"}
    return web.json_response(body, status=status, dumps=dumps, headers=headers)


def nothing() -> web.Response:
    """Return an answer without a body."""
    return web.Response(status=NO_CONTENT)
