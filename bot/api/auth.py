"""Who may call: holders of the token, or without one only this machine."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from aiohttp import web

from bot.api.calendars import FEED
from bot.api.events import PATH as EVENTS
from bot.api.problems import Handler
from bot.api.tokens import ApiTokens, Caller, scope_of
from bot.errors import Forbidden, SettingsError, Unauthorized
from bot.requests import check_origin, is_loopback

# The page and its calls are for consumers; sessions guard them.
# Events prove who sent them by their signature.
_OPEN = frozenset({EVENTS, "/healthz", "/readyz", "/", "/desk", "/embed.js", "/board"})
_OF_THE_CHAT = "/chat/"
# Agents have sessions of their own.
_OF_THE_DESK = "/desk/"
# Platforms prove each request in their own way; their channels check it.
_OF_PLATFORMS = "/channels/"
_OF_THE_PAGE = (_OF_THE_CHAT, _OF_THE_DESK, _OF_PLATFORMS, "/assets/")
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_NO_CONTENT = 204
_CALLER = web.RequestKey("caller", Caller)
ANYBODY = Caller("anybody on this machine")
_PREFLIGHT = {
    "Access-Control-Allow-Methods": "GET, POST",
    "Access-Control-Allow-Headers": "Authorization, Content-Type",
    "Access-Control-Max-Age": "600",
}


def require_token(tokens: ApiTokens) -> Any:
    """Return a middleware that lets in who has a token with the scope of the call.

    Without any token all are let in, for all. The handler finds who calls with `caller`.
    """

    @web.middleware
    async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
        if tokens and not _is_open(request):
            request[_CALLER] = _let_in(request, tokens)
        return await handler(request)

    return guard


def caller(request: web.Request) -> Caller:
    """Return who makes a call."""
    found: Caller = request.get(_CALLER, ANYBODY)
    return found


def _let_in(request: web.Request, tokens: ApiTokens) -> Caller:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    found = tokens.caller(token) if scheme == "Bearer" else None
    if found is None:
        raise Unauthorized
    resource = request.match_info.route.resource
    scope = scope_of(request.method, resource.canonical) if resource is not None else None
    if not found.may(scope):
        raise Forbidden(f"this token lacks the scope {scope}", scope=scope)
    return found


def check_scopes(app: web.Application, tokens: ApiTokens) -> None:
    """Raise SettingsError where a token has a scope that no call of the server asks for."""
    tokens.check_scopes(
        scope_of(route.method, route.resource.canonical)
        for route in app.router.routes()
        if route.resource is not None
    )


def same_site(sites: Collection[str] = ()) -> Any:
    """Return a middleware that refuses what a page of another site makes a browser send.

    Pages of `sites` (origins) embed the chat and may make its calls.
    """

    @web.middleware
    async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.method not in _SAFE:
            check_origin(request, sites if _is_chat(request) else ())
        return await handler(request)

    return guard


def embedding(sites: Collection[str]) -> Any:
    """Return a middleware that lets pages of `sites` read what the chat's calls answer."""

    @web.middleware
    async def share(request: web.Request, handler: Handler) -> web.StreamResponse:
        origin = request.headers.get("Origin")
        if origin is None or origin not in sites or not _is_chat(request):
            return await handler(request)
        readable = {"Access-Control-Allow-Origin": origin, "Vary": "Origin"}
        if request.method == "OPTIONS":
            return web.Response(status=_NO_CONTENT, headers={**_PREFLIGHT, **readable})
        answer = await handler(request)
        if not answer.prepared:
            answer.headers.update(readable)
        return answer

    return share


def _is_chat(request: web.Request) -> bool:
    return request.path.startswith(_OF_THE_CHAT)


def check_host(host: str, tokens: ApiTokens) -> None:
    """Raise SettingsError where the server would be open to others without a token."""
    if not tokens and not is_loopback(host):
        raise SettingsError(
            f"BOT_HOST={host} can be reached by others: set BOT_API_TOKEN or "
            "BOT_API_TOKENS_FILE, or listen on 127.0.0.1"
        )


def _is_open(request: web.Request) -> bool:
    if request.path in _OPEN or request.path.startswith(_OF_THE_PAGE):
        return True
    # The address of a feed carries a token of its own. What was matched counts, not what is
    # written: an escaped slash could make other calls look like a feed.
    resource = request.match_info.route.resource
    return resource is not None and resource.canonical.endswith(FEED)
