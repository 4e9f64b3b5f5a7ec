"""A token that is for some merchants reaches their orders, and nothing that shows others'."""

from __future__ import annotations

from typing import Any, Protocol

from aiohttp import web

from bot.api import parameters
from bot.api.parties import party_of
from bot.api.problems import Handler
from bot.errors import Forbidden, OrderNotFound, VisitNotFound
from bot.providers.party import Party

# What is the caller's own, and what is nobody's.
_OWN = ("/api/v1/import", "/api/v1/webhooks", "/model/parse", "/metrics", "/api/openapi.json")


class Owners(Protocol):
    """The part of scheduling that the guard needs. Both return None for what is not known."""

    async def of_order(self, order_no: str) -> str | None:
        """Return the merchant of an order."""

    async def of_visit(self, visit_id: str) -> str | None:
        """Return the merchant of a visit's order."""


def keep_to_merchants(owners: Owners) -> Any:
    """Return a middleware that hides other merchants' orders from tokens that are for some.

    Calls that name neither an order nor a visit are refused to them, new ones included, unless
    they concern what is the caller's own.
    """

    @web.middleware
    async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
        party = party_of(request)
        if party.merchants is not None:
            await _check(request, party, owners)
        return await handler(request)

    return guard


async def _check(request: web.Request, party: Party, owners: Owners) -> None:
    resource = request.match_info.route.resource
    named = request.match_info
    if "order_no" in named:
        number = parameters.name(request, "order_no", OrderNotFound)
        if not _theirs(party, await owners.of_order(number)):
            raise OrderNotFound(order_no=number)
    elif "visit_id" in named:
        visit = parameters.name(request, "visit_id", VisitNotFound)
        if not _theirs(party, await owners.of_visit(visit)):
            raise VisitNotFound(visit_id=visit)
    elif resource is not None and not resource.canonical.startswith(_OWN):
        raise Forbidden("a token that is for some merchants cannot make this call")


def _theirs(party: Party, merchant: str | None) -> bool:
    return merchant is not None and party.may_see(merchant)
