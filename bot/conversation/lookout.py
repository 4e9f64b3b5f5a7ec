"""Seeing what other processes wrote: one look for all who listen in this one."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.background import repeat
from bot.conversation.events import EventBus
from bot.conversation.records import (
    Author,
    Event,
    Looked,
    MessageAdded,
    Place,
    Placed,
    ReadUpTo,
    StateChanged,
)
from bot.conversation.tables import conversation
from bot.database import Database

_AT_ONCE = 500

Places = Callable[[AsyncConnection], Awaitable[dict[str, Place]]]
Shown = Callable[[AsyncConnection], Awaitable[Collection[str]]]


@dataclass
class _Known:
    """How far those who listen to a conversation have been told."""

    seq: int
    epoch: int
    current: bool
    consumer_read: int
    agent_read: int


class Lookout:
    """Tells who listens to a conversation that another process wrote in it.

    Every `pause` seconds all conversations that are listened to are looked at in a few reads,
    however many sockets there are: each socket looking by itself costs the database more than
    the messages do. What this process said itself is not told again. Those who wait for a person
    hear in the same way when their place has changed, which others' moves do to them.
    """

    def __init__(self, database: Database, bus: EventBus, places: Places, pause: float) -> None:
        self._database = database
        self._bus = bus
        self._places = places
        self._pause = pause
        self._known: dict[str, _Known] = {}
        self._placed: dict[str, Place] = {}
        self._shown: list[Shown] = []
        self._listening = bus.listen(self._heard)
        self._looking: asyncio.Task[None] | None = None

    def also(self, shown: Shown) -> None:
        """Look too at the conversations that `shown` names each time: those of pages' lists."""
        self._shown.append(shown)

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
        subscribed = self._bus.subscribed()
        names = list({*subscribed, *await self._on_pages()})
        known, self._known = self._known, {}
        told = 0
        for first in range(0, len(names), _AT_ONCE):
            some = names[first : first + _AT_ONCE]
            for name, now in (await self._read(some)).items():
                self._known[name] = now
                before = known.get(name)
                if before != now:
                    self._bus.publish(name, Looked(_moved(before, now)))
                    told += 1
        await self._tell_places(subscribed)
        return told

    async def _on_pages(self) -> set[str]:
        async with self._database.reading() as tx:
            return set().union(*[await shown(tx) for shown in self._shown])

    async def _tell_places(self, names: Sequence[str]) -> None:
        before = self._placed
        listening = set(names)
        async with self._database.reading() as tx:
            places = await self._places(tx) if listening else {}
        self._placed = {name: place for name, place in places.items() if name in listening}
        for name, place in self._placed.items():
            if before.get(name) != place:
                self._bus.publish(name, Placed(place))

    async def _read(self, names: Sequence[str]) -> dict[str, _Known]:
        c = conversation.c
        async with self._database.reading() as tx:
            found = await tx.execute(
                select(
                    c.id, c.last_seq, c.epoch, c.current, c.consumer_read_seq, c.agent_read_seq
                ).where(c.id.in_(names))
            )
            return {row.id: _Known(*row[1:]) for row in found}

    def _heard(self, conversation_id: str, event: Event) -> None:
        known = self._known.get(conversation_id)
        if known is None:
            return
        if isinstance(event, MessageAdded):
            known.seq = max(known.seq, event.message.seq)
        elif isinstance(event, StateChanged):
            known.epoch = max(known.epoch, event.epoch)
        elif isinstance(event, ReadUpTo) and event.by is Author.CONSUMER:
            known.consumer_read = max(known.consumer_read, event.seq)
        elif isinstance(event, ReadUpTo):
            known.agent_read = max(known.agent_read, event.seq)
        elif isinstance(event, Looked):
            known.seq = max(known.seq, event.seq)
            known.epoch = max(known.epoch, event.epoch)


def _moved(before: _Known | None, now: _Known) -> bool:
    return before is None or (before.epoch, before.current) != (now.epoch, now.current)
