"""Staff on messengers put together: what channels tell, what is done, what is sent."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from time import monotonic
from typing import Any

from bot.channels.staff import Card, Heard, StaffChannel
from bot.conversation.records import Event, StateChanged
from bot.database import Database
from bot.desk.desk import Desk
from bot.scheduling import Dispatch
from bot.staff import inbox, outbox
from bot.staff.agents import AgentDesk
from bot.staff.alerts import Alerts
from bot.staff.bindings import Bindings
from bot.staff.reception import Reception
from bot.staff.worker import Loops, Sender, Worker

_WORKERS = 3
_SENDERS = 3
_LOOK_SECONDS = 0.1
# After that, whoever waited for an answer is taken to be gone.
_GRACE_SECONDS = 5.0
_FORGET_SECONDS = 60.0


class StaffService:
    """Hears staff at once, and between `start` and `stop` answers and alerts it.

    Implements `bot.channels.staff.Staff`. `seconds()` is the host's clock.
    """

    def __init__(
        self, database: Database, desk: Desk, dispatch: Dispatch, seconds: Callable[[], float]
    ) -> None:
        self.bindings = Bindings(database, seconds)
        self._database = database
        self._seconds = seconds
        self._desk = desk
        agents = AgentDesk(desk)
        reception = Reception(self.bindings, desk.accounts, agents, dispatch, desk.clock)
        self._worker = Worker(database, reception.answer, seconds)
        self._channels: dict[str, StaffChannel[Any]] = {}
        self._sender = Sender(database, self._channels, seconds)
        self._alerts = Alerts(
            database, self._channels, self.bindings, desk.accounts, agents, seconds
        )
        self._listening = desk.conversations.listen(self._moved)
        self._loops = Loops()
        self._forget_at = 0.0

    def add(self, channels: Sequence[StaffChannel[Any]]) -> None:
        """Serve channels, from the next start on."""
        self._channels.update({one.name: one for one in channels})

    async def accept(self, heard: Heard) -> None:
        """Store an event; once this returns it is not lost, and answered later. Once each."""
        async with self._database.transaction() as tx:
            await inbox.accept(tx, heard, self._seconds())
        self._loops.wake()

    async def answer(self, heard: Heard, seconds: float) -> Card | None:
        """Store an event and return its answer, None where that takes longer than `seconds`."""
        deadline = monotonic() + seconds
        async with self._database.transaction() as tx:
            now = self._seconds()
            await inbox.accept(tx, heard, now, now + seconds + _GRACE_SECONDS)
        self._loops.wake()
        while (found := await self._found(heard)) is None and monotonic() < deadline:
            await asyncio.sleep(_LOOK_SECONDS)
        if found is None:
            async with self._database.transaction() as tx:
                if await inbox.give_up(tx, heard):
                    return None
            found = await self._found(heard)
        return None if found is None else outbox.from_json(found)

    async def _found(self, heard: Heard) -> Any:
        async with self._database.reading() as tx:
            return await inbox.answer(tx, heard)

    async def start(self) -> None:
        """Begin to answer and to alert."""
        self._listening.__enter__()
        for number in range(_WORKERS):
            self._loops.start(self._work, f"staff-worker-{number}")
        for number in range(_SENDERS):
            self._loops.start(self._sender.send_one, f"staff-sender-{number}")
        self._loops.start(self._alert, "staff-alerts")
        self._loops.start(self._forget, "staff-forget")
        for channel in self._channels.values():
            await channel.start()

    async def stop(self) -> None:
        """Stop; what is not done yet is done after the next start."""
        self._listening.__exit__(None, None, None)
        for channel in self._channels.values():
            await channel.stop()
        await self._loops.stop()

    async def _work(self) -> bool:
        worked = await self._worker.work_one()
        if worked:
            self._loops.wake()
        return worked

    async def _alert(self) -> bool:
        if await self._alerts.settle():
            self._loops.wake()
        return False

    async def _forget(self) -> bool:
        now = self._seconds()
        if now >= self._forget_at:
            self._forget_at = now + _FORGET_SECONDS
            async with self._database.transaction() as tx:
                await inbox.forget(tx, now)
                await outbox.forget(tx, now)
        return False

    def _moved(self, _conversation_id: str, event: Event) -> None:
        if isinstance(event, StateChanged):
            self._loops.wake()
