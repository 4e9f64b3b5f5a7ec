"""Texts made to fit a platform: cut where a reader would, buttons as numbered lines."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path

import yaml

_FILE = Path(__file__).resolve().parents[2] / "data" / "texts" / "channels.yml"
# Where a text is cut, best first.
_ENDS = ("\n\n", "\n", "。", "！", "？", "；", "，", " ")


@cache
def texts() -> dict[str, str]:
    """Return what the channels say by themselves."""
    found: dict[str, str] = yaml.safe_load(_FILE.read_text(encoding="utf-8"))
    return found


def numbered(text: str, titles: Sequence[str]) -> str:
    """Return a text with its choices as numbered lines, for platforms without buttons."""
    lines = [f"{number}. {title}" for number, title in enumerate(titles, 1)]
    return "\n".join([*([text] if text else []), *lines, texts()["choose"]])


def split(text: str, most_bytes: int) -> list[str]:
    """Return a text in pieces of at most so many bytes of UTF-8, no letter cut in two."""
    return _split(text, lambda rest: len(rest.encode()[:most_bytes].decode(errors="ignore")))


def split_letters(text: str, most: int) -> list[str]:
    """Return a text in pieces of at most so many letters."""
    return _split(text, lambda _: most)


def _split(text: str, fitting: Callable[[str], int]) -> list[str]:
    pieces = []
    rest = text
    while len(rest) > (fits := fitting(rest)):
        at = _cut(rest[:fits])
        pieces.append(rest[:at].rstrip())
        rest = rest[at:].lstrip()
    return [piece for piece in (*pieces, rest) if piece]


def _cut(text: str) -> int:
    """Return where to cut: after the last end of a thought in the second half, else at the end."""
    for end in _ENDS:
        at = text.rfind(end, len(text) // 2)
        if at >= 0:
            return at + len(end)
    return len(text)
