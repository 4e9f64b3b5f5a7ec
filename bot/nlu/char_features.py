"""What the character tagger sees of each character.

A segmenter's word borders are a hint here, not a grid: one Chinese entity in sixteen does not
begin and end on them, and a tagger of whole words cannot find those.
"""

from __future__ import annotations

import logging
import unicodedata
from typing import TYPE_CHECKING

import jieba

if TYPE_CHECKING:
    from collections.abc import Iterable

# jieba tells its loading at DEBUG to a handler of its own.
jieba.setLogLevel(logging.WARNING)

_WINDOW = 3
_EDGE = "·"

Span = tuple[int, int, str]


def features(text: str, known: Iterable[Span] = ()) -> list[list[str]]:
    """Return the features of each character of `text`, as `name=value` strings.

    `known` are spans (start, end, label) that a dictionary found.
    """
    words = _words(text)
    tags = positions(len(text), known)
    padded = _EDGE * _WINDOW + text + _EDGE * _WINDOW
    return [
        [
            "bias",
            *_around(padded, index + _WINDOW),
            f"class={_class(char)}",
            f"dict={tags[index]}",
            *words[index],
        ]
        for index, char in enumerate(text)
    ]


def positions(length: int, spans: Iterable[Span]) -> list[str]:
    """Return one tag a character: `B-`, `I-`, `E-` or `S-` and the label, or `O`.

    Of two overlapping spans the longer one counts.
    """
    tags = ["O"] * length
    for start, end, label in sorted(spans, key=lambda span: span[1] - span[0]):
        for index in range(start, end):
            tags[index] = f"{_place(index - start, end - start)}-{label}"
    return tags


def _around(padded: str, at: int) -> list[str]:
    return [
        f"{size}{shift:+d}={padded[at + shift : at + shift + size]}"
        for size in (1, 2, 3)
        for shift in range(-_WINDOW, _WINDOW + 2 - size)
    ]


def _words(text: str) -> list[list[str]]:
    tokens = jieba.lcut(text) if text else []
    rows: list[list[str]] = []
    for index, token in enumerate(tokens):
        before = tokens[index - 1] if index else _EDGE
        after = tokens[index + 1] if index + 1 < len(tokens) else _EDGE
        rows += [
            [f"word={token}", f"place={_place(i, len(token))}", f"w-={before}", f"w+={after}"]
            for i in range(len(token))
        ]
    return rows


def _place(index: int, length: int) -> str:
    if length == 1:
        return "S"
    return "B" if index == 0 else "E" if index == length - 1 else "I"


def _class(char: str) -> str:
    if char.isdigit():
        return "digit"
    if char.isascii():
        return "latin" if char.isalpha() else "mark"
    return "han" if unicodedata.category(char) == "Lo" else "mark"
