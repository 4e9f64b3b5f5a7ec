"""A channel between a fake platform and a running service of conversations."""

from contextlib import asynccontextmanager
from dataclasses import dataclass

from aiohttp import ClientSession, web
from aiohttp.test_utils import TestClient, TestServer
from sqlalchemy import select

from bot.api.problems import problems
from bot.channels.base import Kit, PlatformChannel
from bot.channels.tokens import Tokens
from bot.conversation.conversations import host_seconds
from bot.conversation.delivery_tables import outbox
from tests.channels.simulators.platform import Platform
from tests.conversation.service import Service, running, sqlite


@dataclass
class World:
    """What a test of a channel looks at."""

    service: Service
    channel: PlatformChannel
    platform: Platform
    client: TestClient

    async def rows(self):
        """What is in the outbox, in order."""
        async with self.service.database.reading() as tx:
            return (await tx.execute(select(outbox).order_by(outbox.c.seq))).all()


@asynccontextmanager
async def connected(folder, channel_class, platform):
    """The platform and its channel, running; the account is called `main`."""
    await platform.start()
    try:
        async with (
            sqlite(folder) as database,
            running(database) as service,
            ClientSession() as http,
        ):
            kit = Kit(service.conversations, http, Tokens(database, host_seconds()))
            account = channel_class.account_model.model_validate(platform.account())
            channel = channel_class(kit, {"main": account})
            app = web.Application(middlewares=[problems])
            app.add_routes(channel.routes())
            async with TestClient(TestServer(app)) as client:
                platform.client = client
                await channel.start()
                try:
                    yield World(service, channel, platform, client)
                finally:
                    await channel.stop()
    finally:
        await platform.stop()
