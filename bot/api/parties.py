"""Who calls, as the providers' side knows them."""

from __future__ import annotations

from aiohttp import web

from bot.api.auth import caller
from bot.providers.party import Party


def party_of(request: web.Request) -> Party:
    """Return who makes a call, and whose orders are open to them."""
    found = caller(request)
    return Party(found.name, found.merchants)
