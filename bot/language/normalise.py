"""Clean a consumer's text, and find a span of the cleaned text in what was really sent.

What is cleaned: writing (NFKC, Simplified, nothing invisible, no blank after each character) and
words typed by their sound.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from functools import cache

from opencc import OpenCC

from bot.language.homophones import repaired

_INVISIBLE = frozenset(
    "\u200b\u200c\u200d\u200e\u200f\u2060\ufeff\u00ad\u202a\u202c\u202d\ufe0f\u20e3"
)
_ONE = r"[\u4e00-\u9fff]"
_SPACED = re.compile(
    rf"(?<!\S)(?:\d{{1,2}}\s+)?{_ONE}(?:\s+(?:{_ONE}|\d{{1,2}})){{2,}}(?![^\s,。!?，！？])"
)

_Spans = list[tuple[int, int]]


@dataclass(frozen=True)
class Normalised:
    """`text` is what the grammars and the classifiers read; `original` is what came."""

    text: str
    original: str
    _origins: tuple[tuple[int, int], ...] = field(default=(), repr=False)

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Return where `text[start:end]` stands in `original`; bounds are clamped."""
        size = len(self.text)
        start, end = max(0, min(start, size)), max(0, min(end, size))
        if not self._origins:
            return start, end
        if start >= end:
            at = self._origins[start][0] if start < size else len(self.original)
            return at, at
        return self._origins[start][0], self._origins[end - 1][1]


def normalise(text: str) -> Normalised:
    """Return `text` in NFKC and Simplified Chinese, nothing invisible, typing slips put right."""
    plain = unicodedata.is_normalized("NFKC", text) and _INVISIBLE.isdisjoint(text)
    if plain and not _SPACED.search(text):
        return Normalised(repaired(_simplified(text)), text)
    pieces: list[str] = []
    origins: list[tuple[int, int]] = []
    for start, end in _clusters(text):
        visible = "".join(c for c in text[start:end] if c not in _INVISIBLE)
        piece = unicodedata.normalize("NFKC", visible)
        pieces.append(piece)
        origins.extend([(start, end)] * len(piece))
    clean, spans = _closed_up("".join(pieces), origins)
    return Normalised(repaired(_simplified(clean)), text, tuple(spans))


def _closed_up(text: str, origins: _Spans) -> tuple[str, _Spans]:
    """Take the blanks out of what was written with one after each character (冰 箱 到 了)."""
    dropped = {
        index
        for run in _SPACED.finditer(text)
        for index in range(run.start(), run.end())
        if text[index].isspace()
    }
    kept = [index for index in range(len(text)) if index not in dropped]
    return "".join(text[index] for index in kept), [origins[index] for index in kept]


def _clusters(text: str) -> list[tuple[int, int]]:
    """Return spans of one base character with the marks that combine with it."""
    starts = [i for i, char in enumerate(text) if i == 0 or not unicodedata.combining(char)]
    return list(zip(starts, [*starts[1:], len(text)], strict=True))


@cache
def _converter() -> OpenCC:
    return OpenCC("t2s")


def _simplified(text: str) -> str:
    if text.isascii():
        return text
    whole = str(_converter().convert(text))
    if len(whole) == len(text):
        return whole
    # A phrase rule changed the length; spans need one character for one character.
    return "".join(_one_for_one(char) for char in text)


def _one_for_one(char: str) -> str:
    simple = str(_converter().convert(char))
    return simple if len(simple) == 1 else char
