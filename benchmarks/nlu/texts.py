"""The texts that are measured: the dev set, and the dev set as other people would type it."""

from __future__ import annotations

import json
import random
import re
from collections import defaultdict
from collections.abc import Callable
from functools import cache
from typing import Any

import jieba
from opencc import OpenCC
from pypinyin import lazy_pinyin

from bot.settings import ROOT

Row = dict[str, Any]

_NLU = ROOT / "tests" / "nlu"
_HAN = re.compile(r"[\u4e00-\u9fff]{2,}")
_MARKS = re.compile(r"[\W_]+")
# What recognisers write down of hesitation.
_FILLERS = ("嗯", "呃", "那个", "就是", "这个", "啊", "就是说")
_SHARE = 0.3
# A character is common from this frequency on; so many of a sound come into question.
_OFTEN = 500
_NEAREST = 5


# Cached: nobody may change them.
@cache
def rows(name: str, most: int | None = None) -> list[Row]:
    """Return the labelled rows of the test set `name`, the first `most` of them."""
    if name == "garbage":
        lines = (_NLU / "garbage.txt").read_text(encoding="utf-8").splitlines()
        return [{"text": line, "intent": "out_of_scope", "entities": []} for line in lines][:most]
    dev = (_NLU / "dev.jsonl").read_text(encoding="utf-8").splitlines()
    change = _CHANGES[name]
    found = [json.loads(line) for line in dev][:most]
    return [
        {**row, "text": change(row["text"], random.Random(index))}
        for index, row in enumerate(found)
    ]


def mistyped(text: str, chance: random.Random) -> str:
    """Return the text with same-sounding wrong characters: one word at least, else three in ten.

    Any word of two characters and more can be hit, by characters that are common on their own;
    nothing is taken from the words that bot.language.homophones puts right.
    """
    words = jieba.lcut(text)
    can = [index for index, word in enumerate(words) if _HAN.fullmatch(word)]
    if not can:
        return text
    hit = {index for index in can if chance.random() < _SHARE} or {chance.choice(can)}
    return "".join(_misheard(w, chance) if i in hit else w for i, w in enumerate(words))


def spoken(text: str, chance: random.Random) -> str:
    """Return the text as a speech recogniser writes it: no marks, no blanks, fillers."""
    words = jieba.lcut(_MARKS.sub("", text))
    for _ in range(1 + len(words) // 8):
        words.insert(chance.randrange(len(words) + 1), chance.choice(_FILLERS))
    return "".join(words)


def traditional(text: str, _chance: random.Random) -> str:
    """Return the text in Traditional characters."""
    return str(_converter().convert(text))


@cache
def _converter() -> OpenCC:
    return OpenCC("s2t")


_CHANGES: dict[str, Callable[[str, random.Random], str]] = {
    "dev": lambda text, _: text,
    "typos": mistyped,
    "traditional": traditional,
    "speech": spoken,
}


def _misheard(word: str, chance: random.Random) -> str:
    """Return the word with one character replaced, where one has a common one of its sound."""
    can = [(at, others) for at in range(len(word)) if (others := _same_sound(word, at))]
    if not can:
        return word
    at, others = chance.choice(can)
    return word[:at] + chance.choice(others) + word[at + 1 :]


def _same_sound(word: str, at: int) -> list[str]:
    alike = _by_sound()[lazy_pinyin(word)[at]][:_NEAREST]
    return [char for char in alike if char != word[at]]


@cache
def _by_sound() -> dict[str, list[str]]:
    """Return the common characters of each sound, the most frequent first."""
    jieba.initialize()
    freq = jieba.dt.FREQ
    found = defaultdict(list)
    for char in sorted((c for c in freq if len(c) == 1), key=lambda c: (-freq[c], c)):
        if freq[char] >= _OFTEN and "\u4e00" <= char <= "\u9fff":
            found[lazy_pinyin(char)[0]].append(char)
    return found
