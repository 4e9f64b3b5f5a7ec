"""How alike two short Chinese texts are, and where to look for those that are alike.

MinHash with banding, as in Leskovec, Rajaraman and Ullman, Mining of Massive Datasets, ch. 3:
texts whose features overlap share a band with a probability that rises steeply with it, so a
look-up by equality finds them, however many texts there are.
"""

from __future__ import annotations

import re
from functools import lru_cache
from hashlib import blake2b
from zlib import crc32

from bot.language.normalise import normalise

# The least Dice coefficient of two texts of one group.
ALIKE = 0.6
_BANDS, _ROWS = 12, 2
_MASK = (1 << 32) - 1
# Any odd numbers do, as long as they never change: bands are stored.
_MIX = [
    (0x9E3779B1 * (2 * n + 1) & _MASK | 1, 0x85EBCA77 * (n + 1) & _MASK)
    for n in range(_BANDS * _ROWS)
]
_SKIPPED = re.compile(r"[\W_]+|[啊呀哦噢呢吧嘛呗哈哎唉诶喂嗯额]+")
_DIGITS = re.compile(r"\d+")


@lru_cache(maxsize=4096)
def bare(text: str) -> str:
    """Return what of a text makes a difference: simplified, lower case, no particles, no digits."""
    plain = normalise(text).text.lower()
    return _DIGITS.sub("0", _SKIPPED.sub("", plain)) or plain.strip()


def key(text: str) -> str:
    """Return what texts have in common that differ in nothing that matters; 32 characters."""
    return blake2b(bare(text).encode(), digest_size=16).hexdigest()


@lru_cache(maxsize=4096)
def features(text: str) -> frozenset[str]:
    """Return the characters and pairs of characters of a text."""
    said = bare(text)
    return frozenset({*said, *(said[at : at + 2] for at in range(len(said) - 1))})


def likeness(one: str, other: str) -> float:
    """Return the Dice coefficient of two texts' features, 0 to 1."""
    a, b = features(one), features(other)
    return 2 * len(a & b) / (len(a) + len(b)) if a or b else 1.0


def bands(text: str) -> list[int]:
    """Return the bands of a text: numbers of 63 bits."""
    hashes = [crc32(feature.encode()) for feature in features(text)] or [0]
    least = [min(_mixed(h, a, b) for h in hashes) for a, b in _MIX]
    found = []
    for band in range(_BANDS):
        rows = ",".join(map(str, least[band * _ROWS : (band + 1) * _ROWS]))
        digest = blake2b(f"{band}:{rows}".encode(), digest_size=8).digest()
        found.append(int.from_bytes(digest) >> 1)
    return found


def _mixed(value: int, factor: int, added: int) -> int:
    # Multiplying alone keeps the order of small values alike in every function.
    value = (value ^ (value >> 15)) * factor + added & _MASK
    return value ^ (value >> 13)
