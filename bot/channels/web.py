"""The chat page: sessions, messages, and a socket that tells what happens."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any

from aiohttp import web
from pydantic import StringConstraints

from bot.channels.base import Channel, shown
from bot.channels.identity import ShopIdentity
from bot.channels.sessions import Session, Sessions
from bot.conversation.conversations import Conversations
from bot.conversation.events import Subscription
from bot.conversation.photos import Photos
from bot.conversation.records import ConversationView, Incoming, Message, Typing
from bot.errors import MalformedRequest, NotFound, Unauthorized
from bot.requests import Body, Name, Text, check, check_origin, read, read_bytes

dumps = partial(json.dumps, ensure_ascii=False)

Consumers = Callable[[], Awaitable[Sequence[dict[str, Any]]]]

_HEARTBEAT = 20.0
_MAX_FRAME = 4096
_SEQ_DIGITS = 9
_MAX_IDENTITY = 4096
_CREATED = 201
_ACCEPTED = 202


Identity = Annotated[str, StringConstraints(min_length=1, max_length=_MAX_IDENTITY)]


class NewSession(Body):
    """The body of `POST /chat/sessions`: the shop's signed `identity`, or nothing.

    `consumer_id` is for demonstrations only.
    """

    identity: Identity | None = None
    consumer_id: Name | None = None


class NewMessage(Body):
    """The body of `POST /chat/messages`."""

    text: Text
    message_id: Name


class PhotoQuery(Body):
    """The query of `POST /chat/photos`, whose body is the photo."""

    message_id: Name


@dataclass(frozen=True)
class Door:
    """Who may come in: the shop's identities, whom a demonstration plays, which sites embed.

    `consumers` lists who may be played, None outside demo mode. `sites` are origins.
    """

    shop: ShopIdentity
    consumers: Consumers | None = None
    sites: frozenset[str] = frozenset()


class WebChannel(Channel):
    """Serves the chat page and the widget."""

    name = "web"

    def __init__(
        self, conversations: Conversations, photos: Photos, sessions: Sessions, door: Door
    ) -> None:
        super().__init__(conversations)
        self._photos = photos
        self._sessions = sessions
        self._door = door
        self._sockets: set[web.WebSocketResponse] = set()

    def routes(self) -> list[web.RouteDef]:
        """Return the calls of the page."""
        return [
            web.get("/chat/consumers", self._list_consumers),
            web.post("/chat/sessions", self._open_session),
            web.post("/chat/messages", self._take_message),
            web.post("/chat/photos", self._take_photo),
            web.get("/chat/photos/{id}", self._show_photo),
            web.get("/chat/events", self._events),
        ]

    async def close(self) -> None:
        """Close every socket; pages connect again by themselves."""
        for socket in set(self._sockets):
            await socket.close(code=1001, message=b"going away")

    async def _list_consumers(self, _request: web.Request) -> web.Response:
        return web.json_response(list(await self._played()), dumps=dumps)

    async def _played(self) -> Sequence[dict[str, Any]]:
        if self._door.consumers is None:
            raise NotFound("there are no consumers to play; set BOT_DEMO=true for a demonstration")
        return await self._door.consumers()

    async def _open_session(self, request: web.Request) -> web.Response:
        body = await read(request, NewSession)
        if body.identity is not None:
            token, session = self._sessions.open_vouched(self._door.shop.consumer(body.identity))
        else:
            await self._check_played(body.consumer_id)
            token, session = self._sessions.open(body.consumer_id)
        answer = {"token": token, "sender": session.sender}
        return web.json_response(answer, status=_CREATED)

    async def _check_played(self, consumer_id: str | None) -> None:
        if consumer_id is None:
            return
        if consumer_id not in {row["consumer_id"] for row in await self._played()}:
            raise NotFound("this consumer is not one of the demonstration's")

    async def _take_message(self, request: web.Request) -> web.Response:
        session = self._sessions.read(_bearer(request))
        body = await read(request, NewMessage)
        receipt = await self._receive(
            session.sender, body.text, body.message_id, session.consumer_id
        )
        return web.json_response({"id": receipt.id, "seq": receipt.seq}, status=_ACCEPTED)

    async def _take_photo(self, request: web.Request) -> web.Response:
        session = self._sessions.read(_bearer(request))
        message_id = check(PhotoQuery, dict(request.query)).message_id
        data = await read_bytes(request, self._photos.rules.max_bytes)
        incoming = Incoming(
            self.name, session.sender, self._photos.rules.words, message_id, session.consumer_id
        )
        receipt = await self._photos.receive(incoming, data)
        return web.json_response({"id": receipt.id, "seq": receipt.seq}, status=_ACCEPTED)

    async def _show_photo(self, request: web.Request) -> web.StreamResponse:
        session = self._sessions.read(_bearer(request))
        photo = await self._photos.find(request.match_info["id"], (self.name, session.sender))
        return web.FileResponse(photo.path, headers=photo.headers)

    async def _events(self, request: web.Request) -> web.WebSocketResponse:
        check_origin(request, self._door.sites)
        session = self._sessions.read(request.query.get("token", ""))
        after_seq = _after_seq(request)
        socket = web.WebSocketResponse(heartbeat=_HEARTBEAT, max_msg_size=_MAX_FRAME)
        if not socket.can_prepare(request):
            raise MalformedRequest("this call opens a WebSocket")
        await socket.prepare(request)
        self._sockets.add(socket)
        try:
            await self._tell(socket, session, after_seq)
        finally:
            self._sockets.discard(socket)
        return socket

    async def _tell(self, socket: web.WebSocketResponse, session: Session, seq: int) -> None:
        conversation_id = await self._conversations.open(
            self.name, session.sender, session.consumer_id
        )
        feed = Feed(self._conversations, conversation_id, seq, socket)
        telling = asyncio.create_task(feed.run())
        try:
            async for _ in socket:
                pass
        finally:
            telling.cancel()
            with suppress(asyncio.CancelledError, ConnectionError):
                await telling


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
                await self._frame({"type": "typing", "on": event.on})
            else:
                same = await self._catch_up()

    async def _catch_up(self) -> bool:
        """Tell what is new; False where it belongs to another case than the one listened to."""
        for message in await self._conversations.after(self._id, self._seq):
            await self._frame({"type": "message", "message": encode(message)})
            self._seq = message.seq
        view = await self._conversations.newest_case(self._id)
        await self._tell_state(view)
        before, self._id = self._id, view.conversation_id
        return before == self._id

    async def _tell_state(self, view: ConversationView) -> None:
        state = {"state": view.state, "reason": view.reason, "agent": view.agent}
        if state != self._state:
            self._state = state
            await self._frame({"type": "state", **state})

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
        **shown(message),
    }


def _bearer(request: web.Request) -> str:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise Unauthorized("send `Authorization: Bearer` with the session's token")
    return token.strip()


def _after_seq(request: web.Request) -> int:
    text = request.query.get("after_seq", "0")
    if not (text.isascii() and text.isdigit() and len(text) <= _SEQ_DIGITS):
        raise MalformedRequest("after_seq: must be an integer from 0")
    return int(text)
