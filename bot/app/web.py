"""The HTTP server of a gateway, and the small one of the other roles."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from aiohttp import web

from bot.api import (
    auth,
    calendars,
    chat_links,
    conversations,
    dispatch,
    events,
    health,
    imports,
    openapi,
    orders,
    parse,
    throttle,
    tokens,
    webhooks,
)
from bot.api.health import Probe
from bot.api.merchants import keep_to_merchants
from bot.api.metrics import Metrics
from bot.api.problems import problems
from bot.app.parts import Parts
from bot.app.rules import photo_rules
from bot.channels import pages
from bot.channels.base import PlatformChannel
from bot.channels.identity import ShopIdentity
from bot.channels.rest import RestChannel
from bot.channels.sessions import Sessions, session_secret
from bot.channels.web import Door, WebChannel
from bot.conversation.conversations import Conversations
from bot.desk.views import ViewCalls
from bot.scheduling import Scheduling
from bot.settings import Settings

BODY_LIMIT = 64 * 1024


def make_web(parts: Parts) -> web.Application:
    """Return the HTTP server's application."""
    settings = parts.settings
    secret = session_secret(settings.session_secret, settings.var_dir)
    links = calendars.Links(secret)
    consumers = _consumers(parts.scheduling) if settings.demo else None
    door = Door(ShopIdentity(settings.shop_keys), consumers, settings.sites)
    photos = parts.conversations.photos(photo_rules(settings))
    chat = WebChannel(parts.conversations, photos, Sessions(secret), door, parts.limiter)
    rest = RestChannel(parts.conversations, settings.turn_timeout_seconds, parts.limiter)
    api_tokens = tokens.load(settings)
    middlewares = [
        auth.embedding(door.sites),
        problems,
        throttle.by_address(parts.limiter, settings.proxies),
        auth.require_token(api_tokens),
        throttle.by_caller(parts.limiter),
        keep_to_merchants(parts.providers.owners),
        auth.same_site(door.sites),
    ]
    app = web.Application(
        client_max_size=BODY_LIMIT,
        middlewares=middlewares,
    )
    app.add_routes(
        [
            *health.routes(
                parts.probes,
                parts.metrics,
                parts.conversations.counts,
                parts.conversations.sending,
                parts.restarts,
            ),
            *orders.routes(parts.scheduling, links),
            *chat_links.routes(parts.scheduling, _linking(parts.channels)),
            *dispatch.routes(parts.dispatch, links),
            *calendars.routes(parts.dispatch, links),
            *imports.routes(parts.providers.uploads),
            *events.routes(parts.providers.events),
            *webhooks.routes(parts.providers.webhooks),
            *conversations.routes(parts.conversations),
            *parse.routes(parts.engine),
            *openapi.routes(),
            *rest.routes(),
            *chat.routes(),
            *(route for channel in parts.channels for route in channel.routes()),
            *parts.desk.routes(),
            *ViewCalls(parts.desk.desk, photos, parts.dispatch).routes(),
            *pages.routes(),
        ]
    )

    auth.check_scopes(app, api_tokens)

    async def close_sockets(_app: web.Application) -> None:
        await chat.close()
        await parts.desk.close_sockets()

    app.on_shutdown.append(close_sockets)
    return app


def make_small_web(
    settings: Settings,
    probes: Mapping[str, Probe],
    metrics: Metrics,
    talks: Conversations | None = None,
    restarts: Callable[[], int] = lambda: 0,
) -> web.Application:
    """Return the server of a role that only says how it is; `probes` as for `health.routes`."""
    app = web.Application(middlewares=[problems, auth.require_token(tokens.load(settings))])
    counts = talks.counts if talks is not None else _no_conversations
    sending = talks.sending if talks is not None else _no_lines
    app.add_routes(health.routes(probes, metrics, counts, sending, restarts))
    return app


async def _no_conversations() -> tuple[dict[str, int], int]:
    return {}, 0


async def _no_lines() -> dict[str, int]:
    return {}


def _linking(channels: Sequence[object]) -> list[PlatformChannel[Any]]:
    """Return the channels of consumers: those of staff have no chats to lead to."""
    return [channel for channel in channels if isinstance(channel, PlatformChannel)]


def _consumers(scheduling: Scheduling) -> Callable[[], Awaitable[list[dict[str, Any]]]]:
    async def consumers() -> list[dict[str, Any]]:
        return [asdict(consumer) for consumer in await scheduling.consumers_for_demo()]

    return consumers
