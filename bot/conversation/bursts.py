"""Short lines that belong together: which wait for more, and which become one turn."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

from sqlalchemy import Row

from bot.conversation.texts import bare, table
from bot.conversation.transcript import BUTTON_PREFIX
from bot.language.urgent import detect

# A longer line is a thought of its own; longer bursts than this become two turns.
_SHORT = 10
_MOST_LINES = 6
_MOST_CHARACTERS = 400
_VALUE = re.compile(r"[\d\W]*\d[\d\W]*")
_MARKS = "。？！!?；;，,、…～~"


def unfinished(text: str) -> bool:
    """Whether more is likely to follow a line at once."""
    line = text.strip()
    if len(line) >= _SHORT or stands_alone(line) or detect(line) is not None:
        return False
    words = table("bursts")
    return not line.endswith(tuple(words["endings"])) and not any(
        word in line for word in words["questions"]
    )


def stands_alone(text: str) -> bool:
    """Whether a line is a button, a bare value or a plain yes or no: never joined with others."""
    line = text.strip()
    return (
        line.startswith((BUTTON_PREFIX, "/"))
        or _VALUE.fullmatch(line) is not None
        or bare(line).lower() in _alone()
    )


def first_turn(rows: Sequence[Row[Any]]) -> list[Row[Any]]:
    """Return the rows, of those that wait in order, that are worked on as one."""
    taken: list[Row[Any]] = []
    length = 0
    for row in rows:
        length += len(row.text)
        if taken and (stands_alone(row.text) or length > _MOST_CHARACTERS):
            break
        taken.append(row)
        if stands_alone(row.text) or len(taken) == _MOST_LINES:
            break
    return taken


def joined(texts: Iterable[str]) -> str:
    """Return several lines as one text."""
    said = ""
    for text in texts:
        line = text.strip()
        said += line if not said or said.endswith(tuple(_MARKS)) else f"，{line}"
    return said


@cache
def _alone() -> frozenset[str]:
    return frozenset(bare(str(phrase)).lower() for phrase in table("bursts")["alone"])
