"""The connection that we open to DingTalk, over which a robot's messages come.

A ticket is asked for over HTTP, then frames come over a WebSocket: SYSTEM ones that keep the
connection up or end it, EVENT ones, and CALLBACK ones with the messages. Each is answered;
what is not comes again. A connection that went deaf is found by its heartbeat.
"""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any, Protocol
from urllib.parse import quote

from aiohttp import ClientError, ClientSession, ClientWebSocketResponse, ClientWSTimeout, WSMsgType

from bot.channels.calling import call_json
from bot.errors import BotError, RetryLater
from bot.log import get_logger

log = get_logger(__name__)

dumps = partial(json.dumps, ensure_ascii=False)

MESSAGES = "/v1.0/im/bot/messages/get"
_OPEN = "/v1.0/gateway/connections/open"
_HEARTBEAT = 20.0
_CONNECT_SECONDS = 15.0
_CLOSE_SECONDS = 5.0
_FIRST_PAUSE, _LONGEST_PAUSE = 1.0, 60.0
# A connection that held so long was a good one: the next pause is short again.
_GOOD_SECONDS = 60.0
_LARGEST_FRAME = 1024 * 1024
_OK, _NOT_FOUND = 200, 404


class Robot(Protocol):
    """What a connection needs to know of an account."""

    client_id: str
    client_secret: str
    base_url: str


class Stream:
    """Keeps a connection of one account. `tell` stores a message before it is acknowledged."""

    def __init__(
        self,
        http: ClientSession,
        robot: Robot,
        tell: Callable[[Mapping[str, Any]], Awaitable[None]],
    ) -> None:
        self._http = http
        self._robot = robot
        self._tell = tell

    async def run(self) -> None:
        """Connect, and again whenever the connection ends, until cancelled."""
        pause = _FIRST_PAUSE
        clock = asyncio.get_running_loop().time
        while True:
            began = clock()
            try:
                await self._connection()
            except (BotError, ClientError, OSError) as error:
                # Their sentences may hold the ticket.
                log.warning("dingtalk_stream_failed", reason=type(error).__name__)
            except Exception:
                log.exception("dingtalk_stream_failed")
            pause = _FIRST_PAUSE if clock() - began > _GOOD_SECONDS else pause
            await asyncio.sleep(random.uniform(pause / 2, pause))  # noqa: S311 - spreads the load
            pause = min(pause * 2, _LONGEST_PAUSE)

    async def _connection(self) -> None:
        async with asyncio.timeout(_CONNECT_SECONDS):
            url = await self._ticket()
            socket = await self._http.ws_connect(
                url,
                heartbeat=_HEARTBEAT,
                max_msg_size=_LARGEST_FRAME,
                timeout=ClientWSTimeout(ws_close=_CLOSE_SECONDS),
            )
        log.info("dingtalk_stream_open")
        async with socket:
            async for message in socket:
                if message.type is not WSMsgType.TEXT:
                    continue
                if not await self._take(socket, json.loads(message.data)):
                    return

    async def _ticket(self) -> str:
        url = self._robot.base_url.rstrip("/") + _OPEN
        body = {
            "clientId": self._robot.client_id,
            "clientSecret": self._robot.client_secret,
            "subscriptions": [{"type": "CALLBACK", "topic": MESSAGES}],
            "ua": "yuezhuang",
        }
        answer = await call_json(self._http, url, body, {"Accept": "application/json"})
        try:
            return f"{answer['endpoint']}?ticket={quote(str(answer['ticket']), safe='')}"
        except KeyError as error:
            raise RetryLater("DingTalk gives no ticket for a connection") from error

    async def _take(self, socket: ClientWebSocketResponse, frame: dict[str, Any]) -> bool:
        """Answer one frame; False where DingTalk ends the connection with it."""
        kind, headers = frame.get("type"), frame.get("headers") or {}
        topic = headers.get("topic")
        if kind == "SYSTEM":
            if topic == "disconnect":
                return False
            await _answer(socket, headers, _OK, str(frame.get("data", "")))
        elif kind == "CALLBACK" and topic == MESSAGES:
            # Stored first: what could not be stored is not answered, and comes again.
            await self._tell(_message(frame))
            await _answer(socket, headers, _OK, dumps({"response": None}))
        elif kind == "EVENT":
            await _answer(socket, headers, _OK, dumps({"status": "SUCCESS", "message": "OK"}))
        else:
            await _answer(socket, headers, _NOT_FOUND, "{}")
        return True


def _message(frame: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a frame's message, empty where it is none: coming again would not mend it."""
    try:
        found = json.loads(frame.get("data") or "{}")
    except (TypeError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


async def _answer(
    socket: ClientWebSocketResponse, headers: Mapping[str, Any], code: int, data: str
) -> None:
    told = {"contentType": "application/json", "messageId": headers.get("messageId")}
    message = "OK" if code == _OK else "not subscribed"
    await socket.send_str(dumps({"code": code, "headers": told, "message": message, "data": data}))
