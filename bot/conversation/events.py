"""Who listens to a conversation in this process hears at once what happened in it.

An event is a hint, not the record: a listener who falls behind loses events and reads the
messages after the last `seq` it has.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager

from bot.conversation.records import Event

_BACKLOG = 200


class Subscription:
    """The events of one conversation, from the moment of subscribing on."""

    def __init__(self) -> None:
        self._queue: asyncio.Queue[Event] = asyncio.Queue(_BACKLOG)

    def put(self, event: Event) -> None:
        """Add an event; a full backlog drops it, for its reader has to catch up anyway."""
        if not self._queue.full():
            self._queue.put_nowait(event)

    async def get(self) -> Event:
        """Return the next event, waiting for it."""
        return await self._queue.get()

    async def __aiter__(self) -> AsyncIterator[Event]:
        while True:
            yield await self.get()


Listener = Callable[[str, Event], None]


class EventBus:
    """Subscriptions by conversation, and listeners who hear of every one."""

    def __init__(self) -> None:
        self._subscriptions: dict[str, set[Subscription]] = defaultdict(set)
        self._listeners: set[Listener] = set()

    @contextmanager
    def listen(self, listener: Listener) -> Iterator[None]:
        """Call `listener` with every event of every conversation as long as the block runs."""
        self._listeners.add(listener)
        try:
            yield
        finally:
            self._listeners.discard(listener)

    def subscribed(self) -> list[str]:
        """Return the conversations that somebody listens to."""
        return list(self._subscriptions)

    @contextmanager
    def subscribe(self, conversation_id: str) -> Iterator[Subscription]:
        """Listen to a conversation as long as the block runs."""
        subscription = Subscription()
        self._subscriptions[conversation_id].add(subscription)
        try:
            yield subscription
        finally:
            listeners = self._subscriptions[conversation_id]
            listeners.discard(subscription)
            if not listeners:
                del self._subscriptions[conversation_id]

    def publish(self, conversation_id: str, event: Event) -> None:
        """Tell everyone who listens."""
        for subscription in self._subscriptions.get(conversation_id, ()):
            subscription.put(event)
        for listener in tuple(self._listeners):
            listener(conversation_id, event)
