"""What a turn is told. Imports nothing slow: it is read while Rasa still loads."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.errors import MalformedRequest

_COMMAND = "/"
_HARMLESS = "／"


@dataclass(frozen=True)
class Turn:
    """One message. `now` is ISO with an offset; only a `trusted` text may be a command.

    `fresh`: others answered since the last turn; `missed` is who said what meanwhile.
    `spoofable`: anybody may have sent it; `asked_order`: the order whose notice it answers.
    """

    conversation_id: str
    turn_id: str
    text: str
    trusted: bool
    consumer_id: str | None
    now: str
    fresh: bool = False
    missed: tuple[tuple[str, str], ...] = ()
    spoofable: bool = False
    asked_order: str | None = None

    @classmethod
    def read(cls, body: dict[str, Any]) -> Turn:
        """Return the turn that a call describes. Raises MalformedRequest."""
        return cls(
            conversation_id=filled(body, "conversation_id"),
            turn_id=filled(body, "turn_id"),
            text=filled(body, "text"),
            # Anything but a plain true leaves the text untrusted.
            trusted=body.get("trusted") is True,
            consumer_id=body.get("consumer_id"),
            now=instant(body.get("now")),
            fresh=body.get("fresh") is True,
            missed=_missed(body.get("missed") or []),
            spoofable=bool(body.get("spoofable")),
            asked_order=body.get("asked_order"),
        )


def _missed(rows: Any) -> tuple[tuple[str, str], ...]:
    try:
        return tuple((str(row["by"]), str(row["text"])) for row in rows)
    except (KeyError, TypeError) as error:
        raise MalformedRequest('missed: a list of {"by", "text"}') from error


def filled(body: dict[str, Any], name: str) -> str:
    """Return the string called `name`. Raises MalformedRequest where it is missing or blank."""
    value = body.get(name)
    if not isinstance(value, str) or not value.strip():
        raise MalformedRequest(f"{name} is missing or blank")
    return value


def instant(value: Any) -> str:
    """Return `value`, an ISO instant with an offset. Raises MalformedRequest where it is none."""
    try:
        aware = datetime.fromisoformat(value).tzinfo is not None
    except (TypeError, ValueError):
        aware = False
    if not aware:
        raise MalformedRequest(f"now={value!r}; write e.g. 2026-11-20T10:00:00+08:00")
    return str(value)


def harmless(text: str) -> str:
    """Return `text` such that Rasa cannot take it for a command, of the same length.

    Rasa looks for "/" after any white space; so do we.
    """
    at = len(text) - len(text.lstrip())
    return text[:at] + _HARMLESS + text[at + 1 :] if text[at : at + 1] == _COMMAND else text


def understood(parse: dict[str, Any], text: str) -> dict[str, Any]:
    """Return the public part of Rasa's parse of `text`, with the text as it was sent."""
    kept = {key: parse[key] for key in ("intent", "entities", "intent_ranking") if key in parse}
    return {"text": text.strip(), **kept}
