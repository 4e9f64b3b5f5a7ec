"""Webhooks on changes of visits: made, listed, removed, and the log of what was sent."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Annotated, Any, Literal, Protocol

from aiohttp import web
from pydantic import Field

from bot.api import parameters
from bot.api.answers import answer
from bot.api.parties import party_of
from bot.errors import DeliveryNotFound, WebhookNotFound
from bot.providers.party import Party
from bot.requests import Address, Body, read

_NUMBER = re.compile(r"\d{1,15}", re.ASCII)
_CREATED, _ACCEPTED, _NO_CONTENT = 201, 202, 204
ChangeType = Literal[
    "visit.booked",
    "visit.moved",
    "visit.reassigned",
    "visit.flagged",
    "visit.cancelled",
    "visit.en_route",
    "visit.in_progress",
    "visit.completed",
    "visit.failed",
    "visit.rated",
]


class NewWebhook(Body):
    """The body of `POST /api/v1/webhooks`; without `types` all changes are told."""

    url: Address
    types: Annotated[list[ChangeType], Field(min_length=1)] | None = None


class Webhooks(Protocol):
    """The part of the providers that these calls need."""

    async def add(self, owner: Party, url: str, types: Sequence[str] | None) -> dict[str, Any]:
        """Make a webhook."""

    async def all(self, owner: Party) -> list[dict[str, Any]]:
        """Return the caller's webhooks."""

    async def remove(self, owner: Party, webhook_id: str) -> None:
        """Remove a webhook."""

    async def log(self, owner: Party, webhook_id: str) -> list[dict[str, Any]]:
        """Return the last deliveries."""

    async def again(self, owner: Party, webhook_id: str, delivery_id: int) -> dict[str, Any]:
        """Let a delivery be made once more."""


def routes(webhooks: Webhooks) -> list[web.RouteDef]:
    """Return the calls."""

    async def add(request: web.Request) -> web.Response:
        body = await read(request, NewWebhook)
        return answer(await webhooks.add(party_of(request), body.url, body.types), _CREATED)

    async def listed(request: web.Request) -> web.Response:
        return answer({"webhooks": await webhooks.all(party_of(request))})

    async def remove(request: web.Request) -> web.Response:
        await webhooks.remove(party_of(request), _name(request))
        return web.Response(status=_NO_CONTENT)

    async def log(request: web.Request) -> web.Response:
        return answer({"deliveries": await webhooks.log(party_of(request), _name(request))})

    async def again(request: web.Request) -> web.Response:
        number = request.match_info["delivery_id"]
        if not _NUMBER.fullmatch(number):
            raise DeliveryNotFound(delivery_id=number[:15])
        found = await webhooks.again(party_of(request), _name(request), int(number))
        return answer(found, _ACCEPTED)

    one = "/api/v1/webhooks/{webhook_id}"
    return [
        web.post("/api/v1/webhooks", add),
        web.get("/api/v1/webhooks", listed),
        web.delete(one, remove),
        web.get(f"{one}/deliveries", log),
        web.post(f"{one}/deliveries/{{delivery_id}}", again),
    ]


def _name(request: web.Request) -> str:
    return parameters.name(request, "webhook_id", WebhookNotFound)
