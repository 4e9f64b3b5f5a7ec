"""Listens to Taobao's messages: connects, confirms what was taken, connects again."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from aiohttp import ClientError, ClientSession, ClientWebSocketResponse, ClientWSTimeout, WSMsgType

from bot.background import repeat
from bot.channels.crypto.top import sign_connection
from bot.errors import BotError, TmallDisconnected
from bot.log import get_logger
from bot.providers.tmall.account import TmallAccount
from bot.providers.tmall.frames import KIND, Frame, Kind, Type, decode, encode

log = get_logger(__name__)

# Takes a message, its values by name; it is confirmed when no error is raised.
Handler = Callable[[Mapping[str, Any]], Awaitable[None]]

_PULL_SECONDS = 5.0
_RECONNECT_SECONDS = 3.0
_HEARTBEAT_SECONDS = 30.0
_OPEN_SECONDS = 15.0


class Consumer:
    """One account's connection. Several processes share the messages of a group between them."""

    def __init__(
        self,
        http: ClientSession,
        account: TmallAccount,
        handle: Handler,
        seconds: Callable[[], float],
        *,
        pull_seconds: float = _PULL_SECONDS,
        reconnect_seconds: float = _RECONNECT_SECONDS,
    ) -> None:
        self._http = http
        self._account = account
        self._handle = handle
        self._seconds = seconds
        self._pull_seconds = pull_seconds
        self._reconnect_seconds = reconnect_seconds
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin to listen."""
        again = repeat(self._listen, self._reconnect_seconds, "tmall_disconnected")
        self._task = asyncio.create_task(again)

    async def stop(self) -> None:
        """End; what is not confirmed comes again."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _listen(self) -> None:
        """Listen until the connection breaks. Raises TmallDisconnected."""
        try:
            async with self._http.ws_connect(
                self._account.messages,
                heartbeat=_HEARTBEAT_SECONDS,
                timeout=ClientWSTimeout(ws_close=_OPEN_SECONDS),
            ) as socket:
                async with asyncio.timeout(_OPEN_SECONDS):
                    token = await self._connect(socket)
                await self._converse(socket, token)
        except (ClientError, OSError, TimeoutError) as error:
            raise TmallDisconnected(why=type(error).__name__) from error

    async def _connect(self, socket: ClientWebSocketResponse) -> str:
        account, now = self._account, str(int(self._seconds() * 1000))
        signature = sign_connection(account.app_key, account.app_secret, account.group, now)
        values = {
            "app_key": account.app_key,
            "group_name": account.group,
            "timestamp": now,
            "sign": signature,
            "sdk": "yuezhuang",
        }
        await socket.send_bytes(encode(Frame(Type.CONNECT, values)))
        answer = decode(await socket.receive_bytes())
        if answer.type is not Type.CONNECT_ACK or answer.status or not answer.token:
            raise TmallDisconnected(why=f"refused: {answer.status} {answer.phrase or ''}")
        log.info("tmall_connected", account=account.name)
        return answer.token

    async def _converse(self, socket: ClientWebSocketResponse, token: str) -> None:
        pull = encode(Frame(Type.SEND, {KIND: Kind.PULL}, token))

        async def ask() -> None:
            while True:
                await socket.send_bytes(pull)
                await asyncio.sleep(self._pull_seconds)

        asking = asyncio.create_task(ask())
        try:
            async for message in socket:
                if message.type is WSMsgType.BINARY:
                    await self._take(socket, token, decode(message.data))
        finally:
            asking.cancel()
            await asyncio.gather(asking, return_exceptions=True)
        raise TmallDisconnected(why="closed")

    async def _take(self, socket: ClientWebSocketResponse, token: str, frame: Frame) -> None:
        name = frame.values.get("id")
        if frame.type is not Type.SEND or "topic" not in frame.values or name is None:
            return
        try:
            await self._handle(frame.values)
        except BotError as error:  # it comes again
            log.warning("tmall_message_failed", topic=frame.values["topic"], code=error.code)
            return
        except Exception:  # a fault of ours must not end the connection
            log.exception("tmall_message_failed", topic=frame.values["topic"])
            return
        confirm = Frame(Type.SEND, {KIND: Kind.CONFIRM, "id": name}, token)
        await socket.send_bytes(encode(confirm))
