"""The parts of a process that opens the database: built for its role, and started in order."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any

from bot.api.metrics import Metrics
from bot.app import rules
from bot.app.engine import Running
from bot.app.roles import Role
from bot.channels import registry
from bot.channels.base import PlatformChannel
from bot.channels.staff import StaffChannel
from bot.conversation.conversations import Conversations, host_seconds
from bot.conversation.notices import NoticeTeller
from bot.data import Data
from bot.desk.service import DeskService
from bot.dialogue.engine import DialogueEngine
from bot.platforms import Service, connections, staff_connections
from bot.providers.service import Providers
from bot.ratelimit import RateLimiter
from bot.scheduling.telephones import Telephones
from bot.scheduling.upkeep import Upkeep
from bot.settings import Settings
from bot.staff.service import StaffService
from bot.wakeups import Wakeups
from bot.wakeups import make as make_wakeups


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


async def start(
    settings: Settings, role: Role, data: Data, running: Running, stack: AsyncExitStack
) -> Parts:
    """Start what a gateway or a worker is made of, until the stack is closed.

    Both are built of the same parts: a gateway leaves out what works in the background, a
    worker what shows pages how it goes on.
    """
    metrics = Metrics()
    wakeups = make_wakeups(settings.redis_url, str(data.database.url.database))
    await wakeups.start()
    stack.push_async_callback(wakeups.stop)
    talks = Conversations(
        data.database,
        data.clock,
        running.engine,
        observer=metrics,
        limits=rules.limits(settings),
        staffing=rules.staffing(settings),
        spoofable=registry.spoofable(settings.channels_file),
        wakeups=wakeups,
    )
    await talks.start(work=role.work, watch=role.web)
    stack.push_async_callback(talks.stop)
    if role.work:
        photos = talks.photos(rules.photo_rules(settings))
        upkeep = Upkeep(data.scheduling, also=[photos.erase_old, talks.forget_events])
        await upkeep.start()
        stack.push_async_callback(upkeep.stop)
    channels = await _connect(settings, role, data, talks, metrics, wakeups, stack)
    desk = DeskService(data.database, data.clock, talks, data.scheduling, running.engine)
    await desk.start(work=role.work, watch=role.web)
    stack.push_async_callback(desk.stop)
    staff = StaffService(data.database, desk.desk, data.dispatch, metrics, host_seconds(), wakeups)
    staff_channels = await stack.enter_async_context(
        staff_connections(settings.channels_file, data.database, talks, staff, work=role.work)
    )
    providers = Providers(data.database, data.feed, settings, host_seconds())
    if role.work:
        await providers.start()
        stack.push_async_callback(providers.stop)
    return Parts(
        settings,
        data.scheduling,
        data.dispatch,
        running.engine,
        talks,
        desk,
        providers,
        metrics,
        probes(role, data, running.engine),
        running.restarts,
        data.limiter,
        [*channels, *staff_channels],
    )


def probes(
    role: Role, data: Data, engine: DialogueEngine | None
) -> Mapping[str, Callable[[], Awaitable[bool]]]:
    """Return what has to hold for a process to be ready.

    A gateway takes messages in without an engine: they are answered later.
    """

    async def database_answers() -> bool:
        await data.database.ping()
        return True

    if engine is None or not role.work:
        return {"database": database_answers}
    return {"database": database_answers, "engine": engine.ready}


async def _connect(
    settings: Settings,
    role: Role,
    data: Data,
    talks: Conversations,
    metrics: Metrics,
    wakeups: Wakeups,
    stack: AsyncExitStack,
) -> Sequence[PlatformChannel[Any]]:
    """Connect the channels; a worker begins to tell notices in them."""
    service = Service(
        data.database,
        data.clock,
        talks,
        talks.photos(rules.photo_rules(settings)),
        rules.staffing(settings),
        metrics,
        Telephones(data.database),
        data.limiter,
        wakeups,
    )
    channels = await stack.enter_async_context(
        connections(settings.channels_file, service, work=role.work)
    )
    if role.work:
        telephone = next(filter(None, (channel.by_telephone() for channel in channels)), None)
        teller = NoticeTeller(
            data.database, data.clock, settings.booking, talks.publish, telephone=telephone
        )
        await teller.start()
        stack.push_async_callback(teller.stop)
    return channels
