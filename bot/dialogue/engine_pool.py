"""Several engines as one: each conversation has its own, and another while that one is away."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from time import monotonic
from typing import Any, TypeVar

from bot.dialogue.engine import DialogueEngine, Turn, TurnResult
from bot.errors import EngineTimeout, EngineUnavailable
from bot.log import get_logger

log = get_logger(__name__)

T = TypeVar("T")

_REST_SECONDS = 5.0


class EnginePool:
    """Asks the engine that a conversation belongs to, the next one where that is away.

    The order of engines is each conversation's own (rendezvous hashing): while one is away its
    conversations spread over the others, and all the rest stay where their dialogues are in
    memory. An engine that was away is asked last for `rest` seconds. Only EngineUnavailable
    leads on: an engine that took too long is still working on the turn. Without any engine
    every call raises EngineUnavailable.
    """

    def __init__(
        self,
        engines: Mapping[str, DialogueEngine],
        rest: float = _REST_SECONDS,
        seconds: Callable[[], float] = monotonic,
    ) -> None:
        self._engines = dict(engines)
        self._rest = rest
        self._seconds = seconds
        self._away_until: dict[str, float] = {}

    async def turn(self, turn: Turn) -> TurnResult:
        """Run one turn of a dialogue."""
        return await self._ask(turn.conversation_id, lambda engine: engine.turn(turn))

    async def parse(self, text: str, now: datetime | None = None) -> dict[str, Any]:
        """Return Rasa's parse of one text, without a dialogue."""
        return await self._ask(text, lambda engine: engine.parse(text, now))

    async def ready(self) -> bool:
        """Whether one of the engines would answer a turn now."""
        return any(await asyncio.gather(*(engine.ready() for engine in self._engines.values())))

    def order(self, key: str) -> list[str]:
        """Return the engines' names in the order in which they are asked for `key`."""
        now = self._seconds()
        return sorted(
            self._engines,
            key=lambda name: (self._away_until.get(name, 0.0) > now, _weight(name, key)),
        )

    async def _ask(self, key: str, call: Callable[[DialogueEngine], Awaitable[T]]) -> T:
        for name in self.order(key):
            try:
                answer = await call(self._engines[name])
            except EngineTimeout:
                raise
            except EngineUnavailable:
                if self._away_until.get(name, 0.0) <= self._seconds():
                    log.warning("engine_away", engine=name)
                self._away_until[name] = self._seconds() + self._rest
            else:
                self._away_until.pop(name, None)
                return answer
        raise EngineUnavailable


def _weight(name: str, key: str) -> bytes:
    return hashlib.sha256(f"{name}\x00{key}".encode()).digest()
