"""The desk's WebSocket: lists and watched conversations as they change.

A socket keeps no backlog of events. It keeps which conversations changed, and reads them when
it sends: a slow page gets fewer and newer rows, and misses no line.
"""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from typing import Any

from aiohttp import WSCloseCode, WSMsgType, web
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.conversation.records import Author, Event, Looked, Placed, ReadUpTo, StateChanged, Typing
from bot.desk import encode, rows
from bot.desk.accounts import Account
from bot.desk.base import API, Calls, dumps, token
from bot.desk.desk import Desk
from bot.errors import BotError, MalformedRequest
from bot.ratelimit import Frames
from bot.requests import check_origin

_PING_SECONDS = 20.0
_GATHER_SECONDS = 0.03
_MAX_FRAME = 4096
_MOST_CHANGED = 500
_MOST_WATCHED = 50
_SIGNED_OUT = 4401
_LISTS = frozenset({"queued", "mine", "bot"})


class SocketCalls(Calls):
    """Opens sockets, and tells each what changed."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._feeds: set[Feed] = set()

    def routes(self) -> list[web.RouteDef]:
        """Return the call."""
        return [web.get(f"{API}/events", self._open)]

    def heard(self, conversation_id: str, event: Event) -> None:
        """Tell every socket that something happened in a conversation."""
        for feed in self._feeds:
            feed.heard(conversation_id, event)

    async def shown(self, tx: AsyncConnection) -> set[str]:
        """Return the conversations that pages show, or would show if this process knew of them."""
        if not self._feeds:
            return set()
        return (await rows.on_lists(tx)).union(*(feed.shown for feed in self._feeds))

    async def look(self) -> None:
        """Close the sockets of sessions that have ended, all in one read."""
        feeds = set(self._feeds)
        if not feeds:
            return
        found = await self.desk.accounts.of_tokens({feed.session for feed in feeds})
        for feed in feeds:
            account = found.get(feed.session)
            if account is None:
                await feed.socket.close(code=_SIGNED_OUT, message=b"signed out")
            else:
                feed.account_is(account)

    async def close(self) -> None:
        """Close every socket; pages connect again by themselves."""
        for feed in set(self._feeds):
            await feed.socket.close(code=1001, message=b"going away")

    async def _open(self, request: web.Request) -> web.WebSocketResponse:
        check_origin(request)
        account = await self.account(request)
        socket = web.WebSocketResponse(heartbeat=_PING_SECONDS, max_msg_size=_MAX_FRAME)
        if not socket.can_prepare(request):
            raise MalformedRequest("this call opens a WebSocket")
        await socket.prepare(request)
        feed = Feed(self.desk, account, token(request), socket)
        self._feeds.add(feed)
        telling = asyncio.create_task(feed.run())
        try:
            await feed.listen()
        finally:
            self._feeds.discard(feed)
            telling.cancel()
            with suppress(asyncio.CancelledError, ConnectionError):
                await telling
        return socket


class Feed:
    """What one socket is told."""

    def __init__(
        self, desk: Desk, account: Account, session: str, socket: web.WebSocketResponse
    ) -> None:
        self.socket = socket
        self._desk = desk
        self.session = session
        self._account = account
        self._lists = {"queued", "mine"}
        self._unsent = set(self._lists)
        self._shown: dict[str, tuple[str, ...]] = {}
        # By list: the conversations that the page shows in it.
        self._listed: dict[str, set[str]] = {}
        self._listing = False
        self._telling: set[str] = set()
        # By watched conversation: the last line and the last move that were told.
        self._watched: dict[str, tuple[int, int]] = {}
        self._changed: set[str] = set()
        self._typing: dict[str, bool] = {}
        self._counts: dict[str, int] = {}
        self._recount = True
        self._woken = asyncio.Event()

    def heard(self, conversation_id: str, event: Event) -> None:
        """Note that a conversation changed; too many at once are told as whole lists.

        A line in a conversation that the page neither watches nor shows costs nothing.
        """
        if isinstance(event, Placed) or self._is_own(event):
            return
        if isinstance(event, Typing):
            if conversation_id in self._watched:
                self._typing[conversation_id] = event.on
                self._woken.set()
            return
        moved = isinstance(event, StateChanged) or (isinstance(event, Looked) and event.moved)
        self._recount |= moved
        if not (moved or self._concerns(conversation_id)):
            return
        if len(self._changed) < _MOST_CHANGED:
            self._changed.add(conversation_id)
        else:
            self._unsent |= self._lists
            self._changed |= set(self._watched)
        self._woken.set()

    @property
    def shown(self) -> set[str]:
        """The conversations that the page shows."""
        return set(self._watched).union(*self._listed.values())

    def account_is(self, account: Account) -> None:
        """Take the account as it is now."""
        self._recount |= account.max_chats != self._account.max_chats
        self._account = account

    @staticmethod
    def _is_own(event: Event) -> bool:
        """Whether an event tells what an agent or the bot writes or reads, which the desk knows."""
        return isinstance(event, (Typing, ReadUpTo)) and event.by is not Author.CONSUMER

    def _concerns(self, conversation_id: str) -> bool:
        # While a list is read, or a conversation, it is not known yet what the page shows.
        if self._listing or self._unsent or "bot" in self._lists:
            return True
        concerned = (self._watched, self._telling, *self._listed.values())
        return any(conversation_id in names for names in concerned)

    async def listen(self) -> None:
        """Take what the page sends until it closes."""
        budget = Frames()
        async for frame in self.socket:
            if not budget.take():
                await self.socket.close(code=WSCloseCode.POLICY_VIOLATION, message=b"too much")
                return
            if frame.type is not WSMsgType.TEXT:
                continue
            try:
                await self._take(json.loads(frame.data))
            except MalformedRequest as error:
                await self._tell("problem", code=error.code, detail=error.detail)
            except (ValueError, RecursionError):
                await self._tell("problem", code="malformed_request", detail="not JSON")

    async def run(self) -> None:
        """Tell what there is, then what happens."""
        at = self._desk.encoder.at(self._desk.clock.now())
        await self._tell("hello", agent=encode.agent(self._account), at=at)
        while not self.socket.closed:
            await self._tell_all()
            await self._woken.wait()
            # What happens together is told together.
            await asyncio.sleep(_GATHER_SECONDS)

    async def _take(self, frame: Any) -> None:
        kind = frame.get("type") if isinstance(frame, dict) else None
        if kind == "heartbeat":
            await self._desk.accounts.seen(self._account.id)
        elif kind == "lists":
            self._take_lists(frame.get("lists"))
        elif kind == "watch":
            self._watch(frame)
        elif kind == "unwatch":
            self._watched.pop(str(frame.get("conversation_id")), None)
        else:
            raise MalformedRequest("type: one of heartbeat, lists, watch, unwatch")

    def _take_lists(self, names: Any) -> None:
        if not isinstance(names, list) or not all(name in _LISTS for name in names):
            raise MalformedRequest(f"lists: some of {', '.join(sorted(_LISTS))}")
        self._lists = set(names)
        self._unsent = set(names)
        self._woken.set()

    def _watch(self, frame: dict[str, Any]) -> None:
        name = frame.get("conversation_id")
        seq, epoch = frame.get("after_seq", 0), frame.get("after_epoch", 0)
        if not isinstance(name, str) or not all(type(n) is int and n >= 0 for n in (seq, epoch)):
            raise MalformedRequest("watch: conversation_id, after_seq and after_epoch from 0")
        if len(self._watched) >= _MOST_WATCHED and name not in self._watched:
            raise MalformedRequest(f"watch: at most {_MOST_WATCHED} at a time")
        self._watched[name] = (seq, epoch)
        self._changed.add(name)
        self._woken.set()

    async def _tell_all(self) -> None:
        self._woken.clear()
        unsent, self._unsent = self._unsent & self._lists, set()
        changed, self._changed = self._changed, set()
        typing, self._typing = self._typing, {}
        self._listing = bool(unsent)
        for name in sorted(unsent):
            await self._tell_list(name)
        self._listing = False
        self._telling = changed
        for name in changed:
            with suppress(BotError):
                await self._tell_conversation(name)
        self._telling = set()
        for name, on in typing.items():
            await self._tell("typing", conversation_id=name, on=on)
        if self._recount or unsent:
            await self._tell_counts()

    async def _tell_counts(self) -> None:
        self._recount = False
        counts = await self._desk.counts(self._account)
        if counts != self._counts:
            self._counts = counts
            await self._tell("counts", **counts)

    async def _tell_list(self, name: str) -> None:
        listed = await self._desk.listed(self._account, name)
        self._listed[name] = {row["id"] for row in listed}
        shown = tuple(dumps(row) for row in listed)
        if self._shown.get(name) != shown:
            self._shown[name] = shown
            await self._tell("snapshot", list=name, conversations=listed)

    async def _tell_conversation(self, conversation_id: str) -> None:
        row = await self._desk.row(self._account, conversation_id)
        lists = self._lists_of(row)
        await self._tell("conversation", conversation=row, lists=lists)
        for name in self._lists:
            listed = self._listed.setdefault(name, set())
            (listed.add if name in lists else listed.discard)(conversation_id)
        told = self._watched.get(conversation_id)
        if told is None:
            return
        seq, epoch = told
        if row["last_seq"] <= seq and row["epoch"] <= epoch:
            return
        async with self._desk.database.reading() as tx:
            said = await rows.lines(tx, conversation_id, seq) if row["last_seq"] > seq else []
            moved = await rows.moves(tx, conversation_id, epoch) if row["epoch"] > epoch else []
        for move in moved:
            encoded = self._desk.encoder.move(move)
            await self._tell("move", conversation_id=conversation_id, move=encoded)
            epoch = move.epoch
        for line in said:
            shown = self._desk.encoder.line(line)
            await self._tell("message", conversation_id=conversation_id, message=shown)
            seq = line.message.seq
        # The page may have stopped watching, or asked for more, meanwhile.
        if self._watched.get(conversation_id) == told:
            self._watched[conversation_id] = (seq, epoch)

    def _lists_of(self, row: dict[str, Any]) -> list[str]:
        agent = row["agent"] or {}
        name = {"queued": "queued", "bot": "bot"}.get(row["state"])
        if agent.get("id") == self._account.id:
            name = "mine"
        return [name] if name in self._lists else []

    async def _tell(self, kind: str, **rest: Any) -> None:
        await self.socket.send_str(dumps({"type": kind, **rest}))
