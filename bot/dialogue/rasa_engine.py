"""The engine process as a DialogueEngine: a client of its two calls."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime
from typing import Any

import aiohttp

from bot.dialogue.engine import Turn, TurnResult, read_replies
from bot.errors import EngineFailed, EngineTimeout, EngineUnavailable
from bot.log import get_logger

log = get_logger(__name__)

_UNAVAILABLE = 503
_OK = 200
_READY_TIMEOUT = aiohttp.ClientTimeout(total=2)


class RasaEngine:
    """Calls the engine at `url()`, which is None while no engine runs.

    `timeout` bounds one call, in seconds; it is generous because an engine that is hung up
    on goes on with the turn all the same.
    """

    def __init__(self, url: Callable[[], str | None], token: str, timeout: float = 90) -> None:
        self._url = url
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._timeout = aiohttp.ClientTimeout(total=timeout, sock_connect=2)
        self._session: aiohttp.ClientSession | None = None

    async def close(self) -> None:
        """Close the connections; the next call opens new ones."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def turn(self, turn: Turn) -> TurnResult:
        """Run one turn of a dialogue."""
        answer = await self._post(
            "/turn",
            {
                "conversation_id": turn.conversation_id,
                "turn_id": turn.turn_id,
                "text": turn.text,
                "trusted": turn.trusted,
                "consumer_id": turn.consumer_id,
                "now": turn.now.isoformat(),
                "fresh": turn.fresh,
                "missed": [asdict(line) for line in turn.missed],
                "spoofable": turn.spoofable,
                "asked_order": turn.asked_order,
            },
        )
        replies, handover = read_replies(answer["replies"])
        return TurnResult(replies, handover, answer.get("nlu") or {})

    async def parse(self, text: str, now: datetime | None = None) -> dict[str, Any]:
        """Return Rasa's parse of one text, without a dialogue."""
        body = {"text": text} if now is None else {"text": text, "now": now.isoformat()}
        return await self._post("/parse", body)

    async def ready(self) -> bool:
        """Whether a turn would be answered now."""
        try:
            status, _ = await self._call("GET", "/readyz", timeout=_READY_TIMEOUT)
        except EngineUnavailable:
            return False
        return status == _OK

    async def _post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        status, text = await self._call("POST", path, json=body, timeout=self._timeout)
        if status == _UNAVAILABLE:
            raise EngineUnavailable
        if status != _OK:
            log.error("engine_answered_with_an_error", path=path, status=status, body=text[:500])
            raise EngineFailed
        try:
            answer: dict[str, Any] = json.loads(text)
        except ValueError as error:
            raise EngineFailed from error
        return answer

    async def _call(self, method: str, path: str, **request: Any) -> tuple[int, str]:
        base = self._url()
        if base is None:
            raise EngineUnavailable
        try:
            async with self._open().request(method, base + path, **request) as response:
                return response.status, await response.text()
        except aiohttp.ConnectionTimeoutError as error:
            raise EngineUnavailable from error
        except TimeoutError as error:
            raise EngineTimeout from error
        except (aiohttp.ClientError, OSError) as error:
            raise EngineUnavailable from error

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(headers=self._headers)
        return self._session
