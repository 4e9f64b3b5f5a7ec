"""Sparse features of a short Chinese text, TF-IDF weighted: character n-grams, words, sounds.

Sounds stand for what was typed by its sound: 开发飘 has no character of 发票, and all of its sound.

The same few lines serve training and use, so that a trained model needs numpy alone.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import jieba
import numpy as np

from bot.language.homophones import sounds

if TYPE_CHECKING:
    import numpy.typing as npt

_LONGEST = 4
_SYLLABLES = (2, 3)
_EDGE = "\x02"


def terms(text: str) -> Counter[str]:
    """Return how often each term of the text occurs.

    Terms are n-grams of 1 to 4 characters, words, and n-grams of 2 and 3 syllables.

    Edges count as a character, so that "能装" alone differs from "能装" inside a sentence.
    Digits are all alike.
    """
    plain = "".join("0" if char.isdigit() else char for char in text.lower() if not char.isspace())
    edged = f"{_EDGE}{plain}{_EDGE}"
    grams = Counter(
        edged[start : start + size]
        for size in range(1, _LONGEST + 1)
        for start in range(len(edged) - size + 1)
    )
    del grams[_EDGE]
    grams.update(f"w:{word}" for word in jieba.cut(plain))
    heard = sounds(edged)
    grams.update(
        f"s:{' '.join(heard[start : start + size])}"
        for size in _SYLLABLES
        for start in range(len(heard) - size + 1)
    )
    return grams


@dataclass(frozen=True)
class Vocabulary:
    """The terms seen in training: column and inverse document frequency of each."""

    columns: dict[str, int]
    weights: npt.NDArray[np.float32]

    @classmethod
    def of(cls, texts: list[str], rarest: int = 2) -> Vocabulary:
        """Return the vocabulary of the terms that occur in at least `rarest` texts."""
        seen: Counter[str] = Counter()
        for text in texts:
            seen.update(terms(text).keys())
        kept = sorted(term for term, count in seen.items() if count >= rarest)
        weights = [math.log((1 + len(texts)) / (1 + seen[term])) + 1 for term in kept]
        return cls({t: i for i, t in enumerate(kept)}, np.array(weights, dtype=np.float32))

    def row(self, text: str) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.float32]]:
        """Return the columns that `text` fills, and their values: a vector of length 1."""
        counts = {self.columns[t]: n for t, n in terms(text).items() if t in self.columns}
        at = np.fromiter(counts.keys(), dtype=np.intp, count=len(counts))
        many = np.fromiter(counts.values(), dtype=np.float32, count=len(counts))
        values = (1 + np.log(many)) * self.weights[at] if counts else many
        length = float(np.linalg.norm(values))
        return at, values / length if length else values
