"""Who calls, and whether they call too often."""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import IPv4Network, IPv6Network, ip_address
from typing import Any, Final

from aiohttp import web

from bot.api.auth import ANYBODY, caller
from bot.api.problems import Handler
from bot.errors import TooManyRequests, Unauthorized
from bot.log import get_logger
from bot.ratelimit import RateLimiter
from bot.requests import is_loopback

log = get_logger(__name__)

_FORWARDED: Final = "X-Forwarded-For"
# By the paths of their routes: what has a limit of its own beside that of all calls.
_BY_ADDRESS: Final = {
    ("POST", "/chat/sessions"): "limit_sessions",
    ("GET", "/chat/events"): "limit_sockets",
    ("GET", "/desk/api/events"): "limit_sockets",
    ("POST", "/desk/api/login"): "limit_login",
}
_API: Final = ("/api/", "/webhooks/", "/model/", "/metrics")
_IMPORTS: Final = "/api/v1/import"
# Probes must not fail because others call; platforms prove each request, from few addresses.
_UNCOUNTED: Final = ("/healthz", "/readyz", "/channels/", "/assets/")
# What an address may be at most: an IPv6 one with a zone is shorter.
_LONGEST: Final = 64

Network = IPv4Network | IPv6Network


def address_of(request: web.Request, proxies: Sequence[Network]) -> str:
    """Return the address that a call comes from.

    Of what proxies wrote only the words of trusted ones are taken, from the last one back:
    what stands before them anybody may have written.
    """
    address = request.remote or ""
    said = ",".join(request.headers.getall(_FORWARDED, [])).split(",")
    for hop in reversed([part.strip() for part in said if part.strip()]):
        if not _trusted(address, proxies):
            break
        address = hop[:_LONGEST]
    return address


def by_address(limiter: RateLimiter, proxies: Sequence[Network]) -> Any:
    """Return a middleware that refuses an address that calls too often.

    Stands before the check of tokens, so that guessing one is limited too.
    """
    warned = False

    @web.middleware
    async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
        nonlocal warned
        if request.path.startswith(_UNCOUNTED):
            return await handler(request)
        if not (proxies or warned) and _FORWARDED in request.headers:
            warned = True
            log.warning("forwarded_for_ignored", mend="set BOT_TRUSTED_PROXIES")
        address = address_of(request, proxies)
        if not is_loopback(address):
            own = _BY_ADDRESS.get((request.method, _route(request)))
            if own is not None:
                await limiter.check(own, address)
            if _has_token(request):
                return await _unless_guessing(limiter, address, request, handler)
            await limiter.check("limit_address", address)
        return await handler(request)

    return guard


def by_caller(limiter: RateLimiter) -> Any:
    """Return a middleware that refuses a token that calls too often; after the check of tokens."""

    @web.middleware
    async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
        who = caller(request)
        if who is not ANYBODY:
            await limiter.check("limit_calls", who.name)
            if request.method != "GET" and request.path.startswith(_IMPORTS):
                await limiter.check("limit_imports", who.name)
        return await handler(request)

    return guard


async def _unless_guessing(
    limiter: RateLimiter, address: str, request: web.Request, handler: Handler
) -> web.StreamResponse:
    """Callers with tokens have limits of their own; wrong tokens count by address."""
    wait = await limiter.test("limit_address", "refused", address)
    if wait:
        raise TooManyRequests(retry_after=int(wait))
    try:
        return await handler(request)
    except Unauthorized:
        await limiter.check("limit_address", "refused", address)
        raise


def _has_token(request: web.Request) -> bool:
    return "Authorization" in request.headers and request.path.startswith(_API)


def _route(request: web.Request) -> str:
    resource = request.match_info.route.resource
    return resource.canonical if resource is not None else ""


def _trusted(address: str, proxies: Sequence[Network]) -> bool:
    try:
        found = ip_address(address)
    except ValueError:
        return False
    return any(found in network for network in proxies)
