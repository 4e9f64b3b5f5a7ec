"""Seeing what other processes wrote: one look for all who listen in this one."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select

from bot.background import repeat
from bot.conversation.events import EventBus
from bot.conversation.records import Event, Looked, MessageAdded, StateChanged
from bot.conversation.tables import conversation
from bot.database import Database

_AT_ONCE = 500


@dataclass
class _Known:
    """How far those who listen to a conversation have been told."""

    seq: int
    epoch: int
    current: bool


class Lookout:
    """Tells who listens to a conversation that another process wrote in it.

    Every `pause` seconds all conversations that are listened to are looked at in a few reads,
    however many sockets there are: each socket looking by itself costs the database more than
    the messages do. What this process said itself is not told again.
    """

    def __init__(self, database: Database, bus: EventBus, pause: float) -> None:
        self._database = database
        self._bus = bus
        self._pause = pause
        self._known: dict[str, _Known] = {}
        self._listening = bus.listen(self._heard)
        self._looking: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to look."""
        self._listening.__enter__()
        looking = repeat(self.look, self._pause, "looking_failed")
        self._looking = asyncio.create_task(looking, name="lookout")

    async def stop(self) -> None:
        """Stop looking."""
        if self._looking is not None:
            self._listening.__exit__(None, None, None)
            self._looking.cancel()
            await asyncio.gather(self._looking, return_exceptions=True)
            self._looking = None

    async def look(self) -> int:
        """Look once; return of how many conversations there was something to tell.

        One that nobody looked at before counts: its listener may have come a moment too late.
        """
        names = self._bus.subscribed()
        known, self._known = self._known, {}
        told = 0
        for first in range(0, len(names), _AT_ONCE):
            some = names[first : first + _AT_ONCE]
            for name, now in (await self._read(some)).items():
                self._known[name] = now
                if known.get(name) != now:
                    self._bus.publish(name, Looked())
                    told += 1
        return told

    async def _read(self, names: Sequence[str]) -> dict[str, _Known]:
        c = conversation.c
        async with self._database.reading() as tx:
            found = await tx.execute(
                select(c.id, c.last_seq, c.epoch, c.current).where(c.id.in_(names))
            )
            return {row.id: _Known(row.last_seq, row.epoch, row.current) for row in found}

    def _heard(self, conversation_id: str, event: Event) -> None:
        known = self._known.get(conversation_id)
        if known is None:
            return
        if isinstance(event, MessageAdded):
            known.seq = max(known.seq, event.message.seq)
        elif isinstance(event, StateChanged):
            known.epoch = max(known.epoch, event.epoch)
