"""The channels that are connected, with what sends and fetches for them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import ClientSession, DummyCookieJar

from bot.channels import registry, wording
from bot.channels.base import Kit, PlatformChannel, Strangers, Telephones
from bot.channels.staff import StaffChannel
from bot.channels.tokens import Tokens
from bot.clock import Clock
from bot.conversation.attachments import Attachments
from bot.conversation.conversations import Conversations, host_seconds
from bot.conversation.photos import Photos
from bot.conversation.sender import Sender, SendObserver
from bot.conversation.waiting import Staffing
from bot.database import Database
from bot.ratelimit import RateLimiter
from bot.settings import RateLimits
from bot.staff.service import StaffService
from bot.wakeups import Wakeups


@dataclass(frozen=True)
class Service:
    """What channels stand on: the conversations, and what those stand on."""

    database: Database
    clock: Clock
    conversations: Conversations
    photos: Photos
    staffing: Staffing
    observer: SendObserver
    telephones: Telephones = field(default_factory=Strangers)
    limiter: RateLimiter = field(default_factory=lambda: RateLimiter(RateLimits()))
    wakeups: Wakeups = field(default_factory=Wakeups)


@asynccontextmanager
async def connections(
    path: str, service: Service, *, work: bool = True
) -> AsyncIterator[Sequence[PlatformChannel[Any]]]:
    """Connect the channels of a file, and send and fetch for them until the block ends.

    Without `work` they only take in what platforms tell. Raises SettingsError.
    """
    async with _kit(service) as kit:
        channels = registry.connected(path, kit)
        async with running(channels if work else (), service):
            yield channels


@asynccontextmanager
async def staff_connections(
    path: str,
    database: Database,
    conversations: Conversations,
    staff: StaffService,
    *,
    work: bool = True,
) -> AsyncIterator[Sequence[StaffChannel[Any]]]:
    """Connect the channels of a file that reach staff, and serve them until the block ends.

    Without `work` they only take in what platforms tell. Raises SettingsError.
    """
    async with ClientSession(cookie_jar=DummyCookieJar()) as http:
        kit = Kit(conversations, http, Tokens(database, host_seconds()))
        channels = registry.for_staff(path, kit, staff)
        if not (channels and work):
            yield channels
            return
        await staff.start(channels)
        try:
            yield channels
        finally:
            await staff.stop()


@asynccontextmanager
async def _kit(service: Service) -> AsyncIterator[Kit]:
    async with ClientSession(cookie_jar=DummyCookieJar()) as http:
        yield Kit(
            service.conversations,
            http,
            Tokens(service.database, host_seconds()),
            service.telephones,
            service.limiter,
            service.wakeups,
        )


@asynccontextmanager
async def running(
    channels: Sequence[PlatformChannel[Any]], service: Service, **pace: Any
) -> AsyncIterator[None]:
    """Send and fetch for channels until the block ends; `pace` is the senders'."""
    if not channels:
        yield
        return
    pictures = Attachments(
        service.database,
        service.photos,
        {channel.name: channel for channel in channels},
        service.conversations.receive,
        (wording.texts()["shown_image"], wording.texts()["image"]),
        host_seconds(),
    )
    async with AsyncExitStack() as stack:
        senders = [_sender(channel, service, pace) for channel in channels]
        for sender in senders:
            stack.enter_context(service.conversations.listen(sender.wake_for))
        parts: list[Any] = [*senders, pictures, *channels]
        for part in parts:
            await part.start()
            stack.push_async_callback(part.stop)
        yield


def _sender(channel: PlatformChannel[Any], service: Service, pace: Mapping[str, Any]) -> Sender:
    return Sender(
        service.database,
        service.clock,
        channel,
        service.staffing,
        service.conversations.publish,
        service.observer,
        host_seconds(),
        **pace,
    )
