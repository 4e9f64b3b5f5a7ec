"""Annotated entities against jieba's word borders."""

from __future__ import annotations

import logging
from functools import cache
from typing import TYPE_CHECKING

import jieba

from bot.nlu.texts import normalised, on_normalised

if TYPE_CHECKING:
    from pathlib import Path

    from bot.engine.lint_files import Example

# An address is many words, and the tagger of characters needs no borders for it.
_ANY_BORDER = frozenset({"address"})


def crossing(example: Example, dictionary: Path) -> list[tuple[str, str]]:
    """Return (entity's words, the word cut by it) for each entity that is not whole words."""
    if not example.entities:
        return []
    plain = normalised(example.text)
    words = list(_cutter(dictionary).tokenize(plain.text))
    found = []
    for entity in example.entities:
        begin, finish = on_normalised(plain, entity.start, entity.end)
        for word, start, end in words:
            cut = start < begin < end or start < finish < end
            if cut and entity.name not in _ANY_BORDER:
                found.append((plain.text[begin:finish], word))
    return found


@cache
def _cutter(dictionary: Path) -> jieba.Tokenizer:
    """Return a segmenter of its own: jieba's global one would keep this project's words."""
    jieba.setLogLevel(logging.WARNING)
    cutter = jieba.Tokenizer()
    for path in sorted(dictionary.glob("*")):
        if path.is_file():
            cutter.load_userdict(str(path))
    return cutter
