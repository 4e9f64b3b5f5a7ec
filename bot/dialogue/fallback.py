"""What the bot says when the engine cannot: from the same responses as the dialogue's."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from bot.dialogue.engine import Reply, TurnResult
from bot.language.urgent import detect

ENGINE_FAILURE = "engine_failure"
_DOMAIN = Path(__file__).resolve().parents[2] / "domain.yml"
_SAID = {
    "report_hazard": "utter_hazard",
    "request_human": "utter_handover",
    None: "utter_engine_failure",
}


@cache
def _responses(domain: Path) -> dict[str, list[dict[str, Any]]]:
    read: dict[str, Any] = yaml.safe_load(domain.read_text(encoding="utf-8"))
    responses: dict[str, list[dict[str, Any]]] = read["responses"]
    return responses


class Fallback:
    """Answers without an engine. Every answer of it hands the conversation to a person."""

    def __init__(
        self, domain: Path = _DOMAIN, detect: Callable[[str], str | None] = detect
    ) -> None:
        self._responses = _responses(domain)
        self._detect = detect

    def urgent(self, text: str) -> str | None:
        """Return why the text must not wait for an engine: danger, or the wish for a person."""
        return self._detect(text)

    def answer(self, text: str) -> TurnResult:
        """Return the apology, or what has to be said at once where the text is urgent."""
        urgent = self._detect(text)
        return TurnResult((self._reply(_SAID[urgent]),), urgent or ENGINE_FAILURE)

    def say(self, response: str) -> Reply:
        """Return a response of the domain that takes no values, such as `utter_queue_cancelled`."""
        return self._reply(response)

    def _reply(self, response: str) -> Reply:
        return Reply(str(self._responses[response][0]["text"]))
