"""Where all is put together: built, started in order, closed in reverse."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any

from aiohttp import web

import actions.context
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
from bot.api.merchants import keep_to_merchants
from bot.api.metrics import Metrics
from bot.api.problems import problems
from bot.channels import pages, registry
from bot.channels.base import PlatformChannel
from bot.channels.identity import ShopIdentity
from bot.channels.rest import RestChannel
from bot.channels.sessions import Sessions, session_secret
from bot.channels.staff import StaffChannel
from bot.channels.web import Door, WebChannel
from bot.conversation.conversations import Conversations, host_seconds
from bot.conversation.notices import NoticeTeller
from bot.conversation.photos import PhotoRules
from bot.conversation.turns import Limits
from bot.conversation.waiting import Staffing
from bot.data import Data, open_data
from bot.desk.service import DeskService, demo_accounts
from bot.desk.views import ViewCalls
from bot.dialogue.action_endpoint import ActionEndpoint, load_actions
from bot.dialogue.engine import DialogueEngine
from bot.dialogue.rasa_engine import RasaEngine
from bot.dialogue.supervisor import EngineSupervisor, Patience, engine_command
from bot.errors import SettingsError
from bot.log import get_logger
from bot.platforms import Service, connections, staff_connections
from bot.providers.service import Providers
from bot.ratelimit import RateLimiter
from bot.scheduling import Scheduling
from bot.scheduling.telephones import Telephones
from bot.scheduling.upkeep import Upkeep
from bot.settings import Settings
from bot.staff.service import StaffService

log = get_logger(__name__)

BODY_LIMIT = 64 * 1024
_MEGABYTE = 1024 * 1024
_SHUTDOWN_SECONDS = 2.0
_ENGINE_MARGIN = 5.0
_POLL_SECONDS = 0.3


@dataclass(frozen=True)
class Parts:
    """What the HTTP server needs of the rest."""

    settings: Settings
    scheduling: Any
    dispatch: Any
    engine: DialogueEngine
    conversations: Conversations
    desk: DeskService
    providers: Providers
    metrics: Metrics
    probes: Mapping[str, Callable[[], Awaitable[bool]]]
    restarts: Callable[[], int]
    limiter: RateLimiter
    channels: Sequence[PlatformChannel[Any] | StaffChannel[Any]] = ()


async def serve(
    settings: Settings,
    role: str,
    stop: asyncio.Event,
    announce: Callable[[str], None],
    announce_account: Callable[[str, str], None],
) -> None:
    """Serve until `stop` is set. `announce` gets the address once messages are answered.

    `announce_account` gets login and password of each account that the demonstration makes.

    Raises SettingsError where it cannot start.
    """
    auth.check_host(settings.host, tokens.load(settings))
    _check_role(settings, role)
    async with AsyncExitStack() as stack:
        parts = await _start(settings, stack)
        url = await _listen(settings, make_web(parts), stack)
        log.info("listening", url=url)
        if settings.demo:
            for login, password in await demo_accounts(parts.desk.accounts):
                announce_account(login, password)
        ready = asyncio.create_task(_announce_when_ready(parts.engine, url, announce))
        stack.callback(ready.cancel)
        await stop.wait()
        log.info("stopping")


async def _start(settings: Settings, stack: AsyncExitStack) -> Parts:
    data = await stack.enter_async_context(open_data(settings))
    actions.context.configure(data.scheduling, data.clock)
    engine, restarts = await _start_engine(settings, stack)
    metrics = Metrics()
    talks = Conversations(
        data.database,
        data.clock,
        engine,
        observer=metrics,
        limits=_limits(settings),
        staffing=_staffing(settings),
        spoofable=registry.spoofable(settings.channels_file),
    )
    await talks.start()
    stack.push_async_callback(talks.stop)
    photos = talks.photos(_photo_rules(settings))
    upkeep = Upkeep(data.scheduling, also=[photos.erase_old, talks.forget_events])
    await upkeep.start()
    stack.push_async_callback(upkeep.stop)
    channels = await _start_channels(settings, data, talks, metrics, stack)

    async def database_answers() -> bool:
        await data.database.ping()
        return True

    desk = DeskService(data.database, data.clock, talks, data.scheduling, engine)
    await desk.start()
    stack.push_async_callback(desk.stop)
    staff = StaffService(data.database, desk.desk, data.dispatch, metrics, host_seconds())
    staff_channels = await stack.enter_async_context(
        staff_connections(settings.channels_file, data.database, talks, staff)
    )
    providers = Providers(data.database, data.feed, settings, host_seconds())
    await providers.start()
    stack.push_async_callback(providers.stop)
    probes = {"database": database_answers, "engine": engine.ready}
    return Parts(
        settings,
        data.scheduling,
        data.dispatch,
        engine,
        talks,
        desk,
        providers,
        metrics,
        probes,
        restarts,
        data.limiter,
        [*channels, *staff_channels],
    )


async def _start_channels(
    settings: Settings, data: Data, talks: Conversations, metrics: Metrics, stack: AsyncExitStack
) -> Sequence[PlatformChannel[Any]]:
    """Connect the channels, and begin to tell notices in them."""
    service = Service(
        data.database,
        data.clock,
        talks,
        talks.photos(_photo_rules(settings)),
        _staffing(settings),
        metrics,
        Telephones(data.database),
        data.limiter,
    )
    channels = await stack.enter_async_context(connections(settings.channels_file, service))
    telephone = next(filter(None, (channel.by_telephone() for channel in channels)), None)
    teller = NoticeTeller(
        data.database, data.clock, settings.booking, talks.publish, telephone=telephone
    )
    await teller.start()
    stack.push_async_callback(teller.stop)
    return channels


def _limits(settings: Settings) -> Limits:
    return Limits(
        settings.engine_timeout_seconds + _ENGINE_MARGIN,
        settings.engine_wait_seconds,
        burst=settings.burst_seconds,
    )


def _photo_rules(settings: Settings) -> PhotoRules:
    largest = settings.photo_max_mb * _MEGABYTE
    lasts = timedelta(days=settings.photo_days)
    return PhotoRules(settings.var_dir / "photos", largest, settings.photo_daily, lasts)


def _staffing(settings: Settings) -> Staffing:
    return Staffing(settings.staffed_hours, timedelta(minutes=settings.queue_minutes))


async def _start_engine(
    settings: Settings, stack: AsyncExitStack
) -> tuple[RasaEngine, Callable[[], int]]:
    token = settings.engine_token or secrets.token_urlsafe(32)
    endpoint = ActionEndpoint(load_actions(), token, settings.action_port)
    await endpoint.start()
    stack.push_async_callback(endpoint.stop)
    log.info("actions_listen", url=endpoint.url)
    if settings.engine_url:
        base = settings.engine_url.rstrip("/")
        engine = RasaEngine(lambda: base, token, settings.engine_timeout_seconds)
        stack.push_async_callback(engine.close)
        return engine, lambda: 0
    patience = Patience(start=settings.engine_start_seconds)
    supervisor = EngineSupervisor(engine_command(settings, endpoint.url), token, patience)
    await supervisor.start()
    stack.push_async_callback(supervisor.stop)
    engine = RasaEngine(supervisor.url, token, settings.engine_timeout_seconds)
    stack.push_async_callback(engine.close)
    return engine, lambda: supervisor.restarts


def make_web(parts: Parts) -> web.Application:
    """Return the HTTP server's application."""
    settings = parts.settings
    secret = session_secret(settings.session_secret, settings.var_dir)
    links = calendars.Links(secret)
    consumers = _consumers(parts.scheduling) if settings.demo else None
    door = Door(ShopIdentity(settings.shop_keys), consumers, settings.sites)
    photos = parts.conversations.photos(_photo_rules(settings))
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


def _linking(channels: Sequence[object]) -> list[PlatformChannel[Any]]:
    """Return the channels of consumers: those of staff have no chats to lead to."""
    return [channel for channel in channels if isinstance(channel, PlatformChannel)]


def _consumers(scheduling: Scheduling) -> Callable[[], Awaitable[list[dict[str, Any]]]]:
    async def consumers() -> list[dict[str, Any]]:
        return [asdict(consumer) for consumer in await scheduling.consumers_for_demo()]

    return consumers


async def _listen(settings: Settings, app: web.Application, stack: AsyncExitStack) -> str:
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=_SHUTDOWN_SECONDS)
    await runner.setup()
    stack.push_async_callback(runner.cleanup)
    try:
        await web.TCPSite(runner, settings.host, settings.port).start()
    except OSError as error:
        raise SettingsError(
            f"{settings.host}:{settings.port} cannot be listened on ({error.strerror}); "
            "choose another BOT_PORT or BOT_HOST"
        ) from error
    port = runner.addresses[0][1]
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    return f"http://{host}:{port}"


async def _announce_when_ready(
    engine: DialogueEngine, url: str, announce: Callable[[str], None]
) -> None:
    while not await engine.ready():
        await asyncio.sleep(_POLL_SECONDS)
    announce(url)


def _check_role(settings: Settings, role: str) -> None:
    if role == "gateway" and not settings.engine_url:
        raise SettingsError("the role gateway needs BOT_ENGINE_URL, where the engine listens")
    if settings.engine_url and not settings.engine_token:
        raise SettingsError("BOT_ENGINE_URL needs BOT_ENGINE_TOKEN, the engine's own")
