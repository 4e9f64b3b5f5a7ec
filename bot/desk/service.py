"""The desk put together: its calls, its sockets, and what goes on in the background."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

import yaml
from aiohttp import web

from bot.background import repeat
from bot.clock import Clock
from bot.conversation.conversations import Conversations, host_seconds
from bot.database import Database
from bot.desk.accounts import Accounts
from bot.desk.calls import ListCalls, MoveCalls, SessionCalls, SpeechCalls
from bot.desk.cards import Orders
from bot.desk.desk import Desk
from bot.desk.encode import Encoder
from bot.desk.order_calls import OrderCalls
from bot.desk.quality_calls import QualityCalls
from bot.desk.sockets import SocketCalls
from bot.desk.supervisor import SupervisorCalls
from bot.desk.undelivered import UndeliveredCalls
from bot.dialogue.engine import DialogueEngine
from bot.quality.grouping import group_new
from bot.scheduling import Scheduling
from bot.settings import ROOT

_LOOK_SECONDS = 5.0
_GROUP_SECONDS = 30.0
_DEMO = ROOT / "data" / "demo" / "accounts.yml"


class DeskService:
    """Serves the desk; between `start` and `stop` it looks for agents who are gone."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        conversations: Conversations,
        scheduling: Scheduling,
        engine: DialogueEngine,
    ) -> None:
        self.accounts = Accounts(database, host_seconds())
        zone = clock.now().tzinfo
        if zone is None:
            raise ValueError("a clock tells aware times")
        self.desk = Desk(
            database,
            clock,
            conversations,
            scheduling,
            engine,
            self.accounts,
            Orders(scheduling),
            Encoder(zone),
        )
        self._sockets = SocketCalls(self.desk)
        self._listening = conversations.listen(self._sockets.heard)
        conversations.look_at(self._sockets.shown)
        self._background: list[asyncio.Task[None]] = []

    def routes(self) -> list[web.RouteDef]:
        """Return the desk's calls."""
        groups = (
            SessionCalls,
            ListCalls,
            MoveCalls,
            SpeechCalls,
            OrderCalls,
            SupervisorCalls,
            UndeliveredCalls,
            QualityCalls,
        )
        return [
            *(route for group in groups for route in group(self.desk).routes()),
            *self._sockets.routes(),
        ]

    async def start(self, *, work: bool = True, watch: bool = True) -> None:
        """Begin to look for agents who are gone (`work`), and to serve pages (`watch`)."""
        self._listening.__enter__()
        if watch:
            looking = repeat(self._sockets.look, _LOOK_SECONDS, "desk_looking_failed")
            self._begin(looking, "desk-sessions")
        if work:
            database = self.desk.database
            grouping = repeat(lambda: group_new(database), _GROUP_SECONDS, "grouping_failed")
            self._begin(self.desk.release_forever(), "desk-presence")
            self._begin(grouping, "quality-grouping")

    def _begin(self, work: Coroutine[Any, Any, None], name: str) -> None:
        self._background.append(asyncio.create_task(work, name=name))

    async def stop(self) -> None:
        """Close the sockets and stop."""
        await self.close_sockets()
        self._listening.__exit__(None, None, None)
        for task in self._background:
            task.cancel()
        await asyncio.gather(*self._background, return_exceptions=True)

    async def close_sockets(self) -> None:
        """Close every socket; pages connect again by themselves."""
        await self._sockets.close()


async def demo_accounts(accounts: Accounts, file: Path = _DEMO) -> list[tuple[str, str]]:
    """Make the demonstration's accounts where there is none; return logins and passwords."""
    if await accounts.any():
        return []
    made: list[tuple[str, str]] = []
    text = await asyncio.to_thread(file.read_text, encoding="utf-8")
    for row in yaml.safe_load(text):
        password = secrets.token_urlsafe(9)
        await accounts.create(**row, password=password)
        made.append((row["login"], password))
    return made
