"""A channel between a fake platform and a running service of conversations."""

from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from aiohttp import ClientSession, web
from aiohttp.test_utils import TestClient, TestServer
from sqlalchemy import select

from bot.api.problems import problems
from bot.channels.base import Kit, PlatformChannel
from bot.channels.tokens import Tokens
from bot.conversation.claiming import Rhythm
from bot.conversation.conversations import host_seconds
from bot.conversation.delivery_tables import outbox, recipient
from bot.conversation.photos import PhotoRules
from bot.conversation.sender import Tries
from bot.conversation.states import Command
from bot.platforms import Service as Standing
from bot.platforms import running as sending
from tests.channels.simulators.platform import USER, Platform
from tests.channels.soon import until
from tests.conversation.service import WANG, Service, running, sqlite

ACCOUNT = "main"


@dataclass
class Outcomes:
    """An observer that remembers."""

    outcomes: list[str] = field(default_factory=list)

    def sent(self, channel: str, outcome: str) -> None:
        self.outcomes.append(outcome)


@dataclass
class World:
    """What a test of a channel looks at, and whom it plays."""

    service: Service
    channel: PlatformChannel
    platform: Platform
    client: TestClient
    observer: Outcomes
    kit: Kit
    folder: Path

    async def rows(self):
        """What is in the outbox, in order."""
        async with self.service.database.reading() as tx:
            return (await tx.execute(select(outbox).order_by(outbox.c.seq))).all()

    async def recipients(self):
        async with self.service.database.reading() as tx:
            return (await tx.execute(select(recipient))).all()

    async def statuses(self):
        return [row.status for row in await self.rows()]

    async def sent(self, lines: int) -> None:
        """Wait until so many lines were sent, and none waits."""

        async def all_sent():
            return await self.statuses() == ["sent"] * lines

        await until(all_sent)

    async def turns(self, number: int) -> None:
        """Wait until the engine was asked so many times: lines that wait together are one turn."""

        async def asked():
            return len(self.service.engine.turns) == number

        await until(asked)

    async def case(self, user: str = USER) -> str:
        return await self.service.case(self.sender(user))

    async def move(self, command: Command, user: str = USER) -> None:
        """Have the agent 小王 move the consumer's conversation."""
        await self.service.move(command, WANG, case=await self.case(user))

    async def agent_says(self, words: str, client_id: str, user: str = USER) -> None:
        takeover = self.service.conversations.takeover
        await takeover.say(await self.case(user), WANG, words, client_id)

    async def lines(self, user: str = USER) -> list[tuple[str, str]]:
        """The transcript: who said what."""
        view = await self.service.conversations.transcript(self.sender(user))
        return [(str(line.author), line.text) for line in view.messages]

    def sender(self, user: str = USER) -> str:
        return f"{ACCOUNT}:{self.platform.sender(user)}"

    def settings(self) -> Standing:
        """What the sender stands on."""
        talks = self.service.conversations
        photos = talks.photos(PhotoRules(self.folder / "photos", 1_000_000, 20))
        return Standing(
            self.service.database,
            self.service.clock,
            talks,
            photos,
            self.service.staffing,
            self.observer,
        )

    def sending(self):
        """What sends and fetches for the channel, as long as the block runs."""
        return sending(
            [self.channel],
            self.settings(),
            rhythm=Rhythm(lease=10, poll=0.02),
            tries=Tries(base=0.001, cap=0.01, most=4),
        )


@asynccontextmanager
async def connected(folder, channel_class, platform, opened=None):
    """The platform and its channel, running; the account is called `main`."""
    await platform.start()
    try:
        async with (
            opened or sqlite(folder) as database,
            running(database) as service,
            standing(folder, service, channel_class, platform) as world,
            world.sending(),
        ):
            yield world
    finally:
        await platform.stop()


@asynccontextmanager
async def standing(folder, service, channel_class, platform):
    """The channel over a service, with its address open, and nothing sent yet."""
    async with ClientSession() as http:
        kit = Kit(service.conversations, http, Tokens(service.database, host_seconds()))
        account = channel_class.account_model.model_validate(platform.account())
        channel = channel_class(kit, {ACCOUNT: account})
        app = web.Application(middlewares=[problems])
        app.add_routes(channel.routes())
        server = TestServer(app)
        # As ours is: what stands in an address may be a secret.
        await server.start_server(access_log=None)
        async with TestClient(server) as client:
            platform.client = client
            yield World(service, channel, platform, client, Outcomes(), kit, folder)
