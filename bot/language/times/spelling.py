"""Slips in words for times that are no question of sound, mended without moving a character.

What is typed by its sound (明填, 星其六) is put right before, in `bot.language.homophones`, where
it is no word by itself. Here are characters that look alike (周未, 周曰), and those that make
a word only beside a number or a weekday (九点办, 下州三). Dictated text that stands apart
character by character (周 六 上 午) is drawn together; `Spelling` finds the way back.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_NUMBER = r"(?<=[\d一二两三四五六七八九十])"
_MENDED: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern), right)
    for pattern, right in (
        (r"(?<=[今明后])夭", "天"),
        (r"(?<=[周期拜])曰", "日"),
        (r"周未(?![完到])", "周末"),
        (r"(?<=[上下这本])[州洲](?=[一二三四五六日末])", "周"),
        (rf"{_NUMBER}点办(?![理事公法证手完])", "点半"),
        (r"俩(?=点)", "两"),
        (r"(?<=\d:\d\d)一(?=[0-2]?\d:)", "-"),
    )
)
_SUSPICIOUS = re.compile(r"[夭曰未州洲办俩]|\d一\d")
_APART = re.compile(r"(?<!\S)(?:[^\s] ){2,}[^\s](?!\S)")


@dataclass(frozen=True)
class Spelling:
    """The mended `text`; `origins` says where its characters stood, None if where they stand."""

    text: str
    origins: tuple[int, ...] | None = None

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Return where `text[start:end]` stood before."""
        if self.origins is None:
            return start, end
        return self.origins[start], self.origins[end - 1] + 1


def mend(text: str) -> Spelling:
    """Return `text` as it was meant."""
    kept = _drawn_together(text) if " " in text else None
    if kept is not None:
        text = "".join(text[i] for i in kept)
    if _SUSPICIOUS.search(text):
        for pattern, right in _MENDED:
            text = pattern.sub(right, text)
    return Spelling(text, kept)


def _drawn_together(text: str) -> tuple[int, ...] | None:
    """Return the places that stay when runs of single characters lose their blanks."""
    lost = {
        at
        for run in _APART.finditer(text)
        for at in range(run.start(), run.end())
        if text[at] == " "
    }
    return tuple(i for i in range(len(text)) if i not in lost) if lost else None
