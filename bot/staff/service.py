"""Staff on messengers put together: what channels tell, what is done, what is sent."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from time import monotonic
from typing import Any

from bot.background import repeat
from bot.channels.staff import Card, Heard, StaffChannel
from bot.conversation.sender import SendObserver
from bot.database import Database
from bot.desk.desk import Desk
from bot.scheduling import Dispatch
from bot.staff import inbox, outbox
from bot.staff.agents import AgentDesk
from bot.staff.alerts import Alerts
from bot.staff.bindings import Bindings
from bot.staff.reception import Reception
from bot.staff.worker import Sender, Worker
from bot.wakeups import Wakeups

_HEARD = "staff"
_LOOK_SECONDS = 0.1
# After that, whoever waited for an answer is taken to be gone.
_GRACE_SECONDS = 5.0
_FORGET_SECONDS = 60.0


class StaffService:
    """Hears staff at once, and between `start` and `stop` answers and alerts it.

    Implements `bot.channels.staff.Staff`. `seconds()` is the host's clock.
    """

    def __init__(
        self,
        database: Database,
        desk: Desk,
        dispatch: Dispatch,
        observer: SendObserver,
        seconds: Callable[[], float],
        wakeups: Wakeups | None = None,
    ) -> None:
        self.bindings = Bindings(database, seconds)
        self._database = database
        self._desk = desk
        self._observer = observer
        self._seconds = seconds
        self._agents = AgentDesk(desk)
        self._reception = Reception(
            self.bindings, desk.accounts, self._agents, dispatch, desk.clock
        )
        self._worker = Worker(database, self._reception.answer, self._put, seconds)
        self._wakeups = wakeups or Wakeups()
        self._wakeups.hear(_HEARD, lambda _: self._worker.wake())
        self._sender: Sender | None = None
        self._alerts: Alerts | None = None
        self._parts = AsyncExitStack()

    async def accept(self, heard: Heard) -> None:
        """Store an event; once this returns it is not lost, and answered later. Once each."""
        async with self._database.transaction() as tx:
            await inbox.accept(tx, heard, self._seconds())
        self._wake()

    async def answer(self, heard: Heard, seconds: float) -> Card | None:
        """Store an event and return its answer, None where that takes longer than `seconds`."""
        deadline = monotonic() + seconds
        async with self._database.transaction() as tx:
            now = self._seconds()
            await inbox.accept(tx, heard, now, now + seconds + _GRACE_SECONDS)
        self._wake()
        while (found := await self._found(heard)) is None and monotonic() < deadline:
            await asyncio.sleep(_LOOK_SECONDS)
        if found is None:
            async with self._database.transaction() as tx:
                if await inbox.give_up(tx, heard):
                    return None
            found = await self._found(heard)
        return None if found is None else outbox.from_json(found)

    async def start(self, channels: Sequence[StaffChannel[Any]]) -> None:
        """Begin to answer and to alert over channels."""
        by_name = {channel.name: channel for channel in channels}
        self._sender = Sender(self._database, by_name, self._observer, self._seconds)
        self._alerts = Alerts(
            self._database,
            by_name,
            self.bindings,
            self._desk.accounts,
            self._agents,
            self._put,
            self._seconds,
        )
        self._parts.enter_context(self._desk.conversations.listen(self._alerts.heard))
        parts: list[Any] = [self._sender, self._alerts, self._worker, *channels]
        for part in parts:
            await part.start()
            self._parts.push_async_callback(part.stop)
        forgetting = repeat(self._forget, _FORGET_SECONDS, "staff_forgetting_failed")
        self._parts.callback(asyncio.create_task(forgetting, name="staff-forget").cancel)

    async def stop(self) -> None:
        """Stop; what is not done yet is done after the next start."""
        await self._parts.aclose()

    def _wake(self) -> None:
        self._worker.wake()
        self._wakeups.tell(_HEARD, None)

    async def _forget(self) -> None:
        async with self._database.transaction() as tx:
            await inbox.forget(tx, self._seconds())
            await outbox.forget(tx, self._seconds())

    async def _found(self, heard: Heard) -> Any:
        async with self._database.reading() as tx:
            return await inbox.answer(tx, heard)

    def _put(self) -> None:
        if self._sender is not None:
            self._sender.wake()
