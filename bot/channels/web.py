"""The chat page: sessions, messages, and a socket that tells what happens."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Annotated, Any

from aiohttp import WSCloseCode, web
from pydantic import Field, StringConstraints

from bot.channels.base import Channel
from bot.channels.feed import Feed, dumps
from bot.channels.identity import ShopIdentity
from bot.channels.sessions import Session, Sessions
from bot.conversation.conversations import Conversations
from bot.conversation.photos import Photos
from bot.conversation.records import Author, Incoming, Opinion, Typing
from bot.errors import MalformedRequest, NotFound, Unauthorized
from bot.ratelimit import Frames, RateLimiter
from bot.requests import Body, Name, Text, check, check_origin, read, read_bytes

Consumers = Callable[[], Awaitable[Sequence[dict[str, Any]]]]

_HEARTBEAT = 20.0
_MAX_FRAME = 4096
_SEQ_DIGITS = 9
_MAX_IDENTITY = 4096
_CREATED = 201
_ACCEPTED = 202
_NO_CONTENT = 204


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


class NewRating(Body):
    """The body of `POST /chat/ratings`: the pressed star's payload, and what is added to it."""

    stars: Name
    message_id: Name
    resolved: bool | None = None
    reason: Text | None = None


class ReadSoFar(Body):
    """The body of `POST /chat/read`."""

    seq: Annotated[int, Field(ge=0, lt=10**_SEQ_DIGITS)]


class TypingNow(Body):
    """The body of `POST /chat/typing`."""

    on: bool


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
        self,
        conversations: Conversations,
        photos: Photos,
        sessions: Sessions,
        door: Door,
        limiter: RateLimiter,
    ) -> None:
        super().__init__(conversations)
        self._limiter = limiter
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
            web.post("/chat/ratings", self._take_rating),
            web.post("/chat/read", self._take_read),
            web.post("/chat/typing", self._take_typing),
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
        await self._limiter.check("limit_sender", self.name, session.sender)
        receipt = await self._receive(
            session.sender, body.text, body.message_id, session.consumer_id
        )
        return web.json_response({"id": receipt.id, "seq": receipt.seq}, status=_ACCEPTED)

    async def _take_rating(self, request: web.Request) -> web.Response:
        session = self._sessions.read(_bearer(request))
        body = await read(request, NewRating)
        await self._limiter.check("limit_sender", self.name, session.sender)
        incoming = Incoming(
            self.name,
            session.sender,
            body.stars,
            body.message_id,
            session.consumer_id,
            opinion=Opinion(body.resolved, body.reason),
        )
        receipt = await self._conversations.receive(incoming)
        return web.json_response({"id": receipt.id, "seq": receipt.seq}, status=_ACCEPTED)

    async def _take_read(self, request: web.Request) -> web.Response:
        session = self._sessions.read(_bearer(request))
        body = await read(request, ReadSoFar)
        await self._conversations.read_up_to(await self._case(session), body.seq)
        return web.Response(status=_NO_CONTENT)

    async def _take_typing(self, request: web.Request) -> web.Response:
        session = self._sessions.read(_bearer(request))
        body = await read(request, TypingNow)
        typing = Typing(on=body.on, by=Author.CONSUMER)
        self._conversations.publish(await self._case(session), typing)
        return web.Response(status=_NO_CONTENT)

    async def _case(self, session: Session) -> str:
        return await self._conversations.open(self.name, session.sender, session.consumer_id)

    async def _take_photo(self, request: web.Request) -> web.Response:
        session = self._sessions.read(_bearer(request))
        message_id = check(PhotoQuery, dict(request.query)).message_id
        await self._limiter.check("limit_photos", self.name, session.sender)
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
        feed = Feed(self._conversations, await self._case(session), seq, socket)
        telling = asyncio.create_task(feed.run())
        try:
            # The page says nothing here: what comes in is a fault, or meant as one.
            budget = Frames()
            async for _ in socket:
                if not budget.take():
                    await socket.close(code=WSCloseCode.POLICY_VIOLATION, message=b"too much")
        finally:
            telling.cancel()
            with suppress(asyncio.CancelledError, ConnectionError):
                await telling


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
