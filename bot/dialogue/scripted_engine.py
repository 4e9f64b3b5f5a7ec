"""A DialogueEngine that answers from a script: for tests and for work on a channel."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from bot.dialogue.engine import Reply, Turn, TurnResult
from bot.errors import EngineUnavailable

Answer = TurnResult | Exception | str
Script = Callable[[Turn], Answer] | Mapping[str, Answer]


class ScriptedEngine:
    """Answers each text as the script says; without a script it echoes.

    Keeps the promise of an engine about a repeated `turn_id`. `turns` holds every turn that
    was asked for, repeats included; `acted` only those that were worked on. `available`
    False makes every call raise EngineUnavailable. A `gate` that is not set holds turns back.
    """

    def __init__(self, script: Script | None = None) -> None:
        self._script: Script = script or {}
        self._answered: dict[tuple[str, str], TurnResult] = {}
        self.turns: list[Turn] = []
        self.acted: list[Turn] = []
        self.available = True
        self.gate = asyncio.Event()
        self.gate.set()

    async def turn(self, turn: Turn) -> TurnResult:
        """Answer one turn; raises what the script holds where that is an error."""
        self.turns.append(turn)
        await self.gate.wait()
        if not self.available:
            raise EngineUnavailable
        key = (turn.conversation_id, turn.turn_id)
        if key not in self._answered:
            self.acted.append(turn)
            self._answered[key] = _result(self._answer(turn))
        return self._answered[key]

    async def parse(self, text: str, now: datetime | None = None) -> dict[str, Any]:
        """Return a parse without meaning, in Rasa's shape."""
        del now
        if not self.available:
            raise EngineUnavailable
        intent = {"name": "nlu_fallback", "confidence": 0.0}
        return {"text": text, "intent": intent, "entities": [], "intent_ranking": [intent]}

    async def ready(self) -> bool:
        """Whether `available` is set."""
        return self.available

    @property
    def texts(self) -> Sequence[str]:
        """The texts that were worked on, in order."""
        return [turn.text for turn in self.acted]

    def _answer(self, turn: Turn) -> Answer:
        if callable(self._script):
            return self._script(turn)
        return self._script.get(turn.text, f"echo: {turn.text}")


def _result(answer: Answer) -> TurnResult:
    if isinstance(answer, Exception):
        raise answer
    if isinstance(answer, str):
        return TurnResult((Reply(answer),))
    return answer
