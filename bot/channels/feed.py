"""What one socket of the chat page is told: lines, who answers, the place in the queue, marks."""

from __future__ import annotations

import json
from functools import partial
from typing import Any

from aiohttp import web

from bot.channels.base import shown
from bot.conversation.conversations import Conversations
from bot.conversation.events import Subscription
from bot.conversation.records import (
    Author,
    ConversationView,
    Message,
    MessageAdded,
    Place,
    Placed,
    ReadUpTo,
    Typing,
    Visibility,
)
from bot.conversation.states import State

dumps = partial(json.dumps, ensure_ascii=False)


class Feed:
    """What one socket is told, from `seq` on. A socket that is slow is told in larger steps."""

    def __init__(
        self,
        conversations: Conversations,
        conversation_id: str,
        seq: int,
        socket: web.WebSocketResponse,
    ) -> None:
        self._conversations = conversations
        self._id = conversation_id
        self._seq = seq
        self._socket = socket
        self._state: dict[str, Any] | None = None
        self._read = 0
        self._place: Place | None = None

    async def run(self) -> None:
        """Tell what was missed, then what happens, from one case to the next."""
        # A database driver may swallow the cancellation that ends this otherwise.
        while not self._socket.closed:
            # Subscribed first, read second: what happens in between is in both, never in neither.
            with self._conversations.subscribe(self._id) as subscription:
                await self._follow(subscription)

    async def _follow(self, subscription: Subscription) -> None:
        """Tell about one case until the sender begins another."""
        same = await self._catch_up()
        while same and not self._socket.closed:
            event = await subscription.get()
            if isinstance(event, Typing):
                if event.by is not Author.CONSUMER:
                    await self._frame({"type": "typing", "on": event.on})
            elif isinstance(event, ReadUpTo):
                if event.by is Author.AGENT:
                    await self._tell_read(event.seq)
            elif isinstance(event, Placed):
                await self._tell_place(event.place)
            elif isinstance(event, MessageAdded) and self._follows(event.message):
                await self._tell_line(event.message)
            else:
                same = await self._catch_up()

    def _follows(self, line: Message) -> bool:
        """Whether nothing was said between what was told last and a line of this case.

        Then the line need not be read: most are told in this way.
        """
        return line.conversation_id == self._id and line.seq <= self._seq + 1

    async def _tell_line(self, line: Message) -> None:
        if line.seq <= self._seq:
            return
        if line.visibility is Visibility.PUBLIC:
            await self._frame({"type": "message", "message": encode(line)})
        self._seq = line.seq

    async def _catch_up(self) -> bool:
        """Tell what is new; False where it belongs to another case than the one listened to."""
        for line in await self._conversations.after(self._id, self._seq):
            await self._tell_line(line)
        view = await self._conversations.newest_case(self._id)
        await self._tell_state(view)
        await self._tell_read(view.read_seq)
        before, self._id = self._id, view.conversation_id
        return before == self._id

    async def _tell_state(self, view: ConversationView) -> None:
        state = {"state": view.state, "reason": view.reason, "agent": view.agent}
        if state != self._state:
            self._state = state
            self._place = None
            await self._frame({"type": "state", **state})
        if view.state is State.QUEUED and self._place is None:
            await self._tell_place(await self._conversations.place(view.conversation_id))

    async def _tell_read(self, seq: int) -> None:
        if seq > self._read:
            self._read = seq
            await self._frame({"type": "read", "seq": seq})

    async def _tell_place(self, place: Place | None) -> None:
        """Tell a place that differs from the one told before, while it is waited."""
        waits = self._state is not None and self._state["state"] == State.QUEUED
        if place is None or place == self._place or not waits:
            return
        self._place = place
        opens = place.opens.strftime("%H:%M") if place.opens else None
        told = {"position": place.position, "minutes": place.minutes, "opens": opens}
        await self._frame({"type": "queue", **told})

    async def _frame(self, frame: dict[str, Any]) -> None:
        await self._socket.send_str(dumps(frame))


def encode(message: Message) -> dict[str, Any]:
    """Return a message as the page knows it."""
    return {
        "id": message.id,
        "seq": message.seq,
        "at": message.at.isoformat(),
        "from": message.author,
        "text": message.text or "",
        **({"agent": message.agent.alias} if message.agent else {}),
        **shown(message),
    }
