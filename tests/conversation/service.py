"""A running service of conversations around the scripted engine, for tests here and above."""

import asyncio
import atexit
import os
import shutil
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any
from uuid import uuid4

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import create_async_engine

from bot.clock import FixedClock
from bot.conversation.conversations import Conversations
from bot.conversation.moves import Move
from bot.conversation.records import Actor, Agent, Incoming, Looked, Message
from bot.conversation.states import Command
from bot.conversation.tables import message
from bot.conversation.turns import Limits
from bot.conversation.waiting import Staffing
from bot.conversation.workers import Pace
from bot.database import Database
from bot.dialogue.fallback import Fallback
from bot.dialogue.scripted_engine import ScriptedEngine

NOW = datetime.fromisoformat("2026-11-20T10:00:00+08:00")
POSTGRES = os.environ.get("BOT_TEST_POSTGRES_URL", "")
WANG, LI = Agent("w1", "小王"), Agent("l1", "小李")
GETTING = {Command.CLAIM, Command.BARGE_IN, Command.TRANSFER}
URGENT = {"漏气了": "report_hazard", "转人工": "request_human"}


@dataclass
class Service:
    """One running service and what a test wants to do with it."""

    database: Database
    engine: ScriptedEngine = field(default_factory=ScriptedEngine)
    clock: FixedClock = field(default_factory=lambda: FixedClock(NOW))
    limits: Limits = field(default_factory=lambda: Limits(5, 1, 0.01))
    staffing: Staffing = field(default_factory=Staffing)
    spoofable: frozenset[str] = frozenset()
    conversations: Conversations | None = None

    def build(self) -> Conversations:
        self.conversations = Conversations(
            self.database,
            self.clock,
            self.engine,
            Fallback(detect=URGENT.get),
            limits=self.limits,
            pace=Pace(lease=1, poll=0.05, retry=0.01, attempts=2, sweep=0.02, look=0.05),
            staffing=self.staffing,
            spoofable=self.spoofable,
        )
        return self.conversations

    async def restart(self) -> Conversations:
        await self.conversations.stop()
        await self.build().start()
        return self.conversations

    async def say(self, words: str, message_id: str | None = None, **more: Any) -> list[Message]:
        sender = more.pop("sender", "s1")
        incoming = Incoming("rest", sender, words, message_id, hurried=True, **more)
        receipt = await self.conversations.receive(incoming)
        return await self.conversations.replies(receipt, 5)

    async def case(self, sender: str = "s1") -> str:
        """The id of a sender's present case."""
        return (await self.conversations.transcript(sender)).conversation_id

    async def move(self, command: Command, who: Agent | None = None, **more: Any):
        """Move the present case, as `who` where that is given."""
        name = more.pop("case", None) or await self.case()
        actor = Actor("agent", who) if who else Actor("system")
        wish = Move(command, actor, who if command in GETTING else None, **more)
        return await self.conversations.takeover.move(name, wish)

    async def lines(self) -> list[Any]:
        async with self.database.reading() as tx:
            return list(await tx.execute(select(message).order_by(message.c.seq)))


@asynccontextmanager
async def running(database: Database):
    """A started service, stopped at the end."""
    service = Service(database)
    await service.build().start()
    try:
        yield service
    finally:
        await service.conversations.stop()


@cache
def migrated_file() -> Path:
    """An empty SQLite database, migrated once: migrating takes longer than a test."""
    path = Path(mkdtemp()) / "migrated.db"
    asyncio.run(_migrate(f"sqlite:///{path}"))
    return path


async def _migrate(url: str) -> None:
    database = Database(url)
    await database.migrate()
    await database.close()


@asynccontextmanager
async def sqlite(folder: Path):
    """A database of this test's own."""
    file = await asyncio.to_thread(migrated_file)
    database = Database(f"sqlite:///{shutil.copy(file, folder)}")
    yield database
    await database.close()


@cache
def template() -> str:
    """The name of a migrated PostgreSQL database, which others are copied from."""
    name = f"test_template_{uuid4().hex}"
    asyncio.run(_make_template(name))
    atexit.register(lambda: asyncio.run(_execute(f"DROP DATABASE {name} WITH (FORCE)")))
    return name


async def _make_template(name: str) -> None:
    await _execute(f"CREATE DATABASE {name}")
    await _migrate(_beside(name))


@asynccontextmanager
async def postgresql():
    """A database of this test's own beside the one that the setting names."""
    name = f"test_{uuid4().hex}"
    await _execute(f"CREATE DATABASE {name} TEMPLATE {await asyncio.to_thread(template)}")
    database = Database(_beside(name))
    yield database
    await database.close()
    await _execute(f"DROP DATABASE {name} WITH (FORCE)")


def _beside(name: str) -> str:
    return Database(POSTGRES).url.set(database=name).render_as_string(hide_password=False)


async def _execute(statement: str) -> None:
    engine = create_async_engine(Database(POSTGRES).url, isolation_level="AUTOCOMMIT")
    async with engine.connect() as connection:
        await connection.execute(text(statement))
    await engine.dispose()


async def heard(subscription, seconds=5):
    """The next event that says what happened, not only that somebody should look."""
    async with asyncio.timeout(seconds):
        while isinstance(event := await subscription.get(), Looked):
            pass
    return event
