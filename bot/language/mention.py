"""One value found in a text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Mention:
    """An `entity` of the contract with its normalised `value`, at `text[start:end]`."""

    entity: str
    value: Any
    start: int
    end: int


def without_overlaps(mentions: list[Mention]) -> list[Mention]:
    """Return the mentions in text order; of two that overlap the longer one, then the earlier."""
    kept: list[Mention] = []
    for one in sorted(mentions, key=lambda m: (m.start - m.end, m.start)):
        if all(one.end <= other.start or other.end <= one.start for other in kept):
            kept.append(one)
    return sorted(kept, key=lambda m: m.start)
