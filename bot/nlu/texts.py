"""What every component needs of a message: its normalised text, and when it was said."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING

from bot.clock import BUSINESS_ZONE, SystemClock
from bot.language.normalise import Normalised, normalise

if TYPE_CHECKING:
    from rasa.shared.nlu.training_data.message import Message

_clock = SystemClock()


@lru_cache(maxsize=4096)
def normalised(text: str) -> Normalised:
    """Return `text` normalised; each of the pipeline's components asks for the same text."""
    return normalise(text)


def said_at(message: Message) -> datetime:
    """Return the instant of the message's metadata key `now`, else the present one; aware.

    Raises ValueError where `now` is no ISO instant with an offset.
    """
    stated = (message.get("metadata") or {}).get("now")
    if not stated:
        return _clock.now()
    instant = datetime.fromisoformat(stated)
    if instant.tzinfo is None:
        raise ValueError(f"now={stated!r} has no offset; write e.g. 2026-11-20T10:00:00+08:00")
    return instant.astimezone(BUSINESS_ZONE)


def on_normalised(plain: Normalised, start: int, end: int) -> tuple[int, int]:
    """Return the span of the normalised text that a span of the original text became.

    (0, 0) where nothing of it is left.
    """
    inside = [
        index for index in range(len(plain.text)) if start <= plain.span(index, index + 1)[0] < end
    ]
    return (inside[0], inside[-1] + 1) if inside else (0, 0)
