"""One text as the intent classifier reads it: values become kinds of values.

"改到周六下午三点" and "改到下周二" ask for the same; what differs is for the grammars. With every
value replaced by a sign of its kind, one example teaches about all of them, and a long number
no longer drowns the few words beside it. What kinds there are is told apart from the words.
Cries (快快快快, 啊啊啊啊) are read as if they were said twice.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING

from bot.clock import BUSINESS_ZONE
from bot.language.appliances import find_appliances
from bot.language.codes import find_codes
from bot.language.floors import find_floor_and_lift
from bot.language.options import find_option, find_place
from bot.language.times import find_times

if TYPE_CHECKING:
    from collections.abc import Iterator

# Which instant a time means does not matter here, only that it is one.
_ANY_NOW = datetime(2026, 11, 24, 10, tzinfo=BUSINESS_ZONE)

KINDS = (
    "order_no",
    "phone",
    "phone_tail",
    "option",
    "floor",
    "elevator",
    "appliance",
    "brand",
    "time",
    "refused_time",
)
# For n-grams a value becomes a sign that no consumer types; floors and lifts keep their words.
_SIGNS = {
    "order_no": "①",
    "phone": "②",
    "phone_tail": "③",
    "time": "④",
    "refused_time": "④",
    "appliance": "⑤",
    "brand": "⑥",
}
# A sentence encoder has to be given words that it knows.
_WORDS = {
    "order_no": "",
    "phone": "",
    "time": "明天",
    "refused_time": "明天",
    "appliance": "冰箱",
}

_CRY = re.compile(r"([^\d\s])\1{2,}")


@dataclass(frozen=True)
class Reading:
    """`signs` is for n-grams, `words` for the encoder, `kinds` says which of KINDS occur."""

    signs: str
    words: str
    kinds: tuple[bool, ...]


@lru_cache(maxsize=8192)
def read(text: str) -> Reading:
    """Return how the normalised `text` reads."""
    spans = sorted(_spans(text), reverse=True)
    found = {kind for _, _, kind in spans}
    return Reading(
        signs=_CRY.sub(r"\1\1", _replaced(text, spans, _SIGNS)),
        words=_CRY.sub(r"\1\1", _replaced(text, spans, _WORDS)),
        kinds=tuple(kind in found for kind in KINDS),
    )


def _spans(text: str) -> Iterator[tuple[int, int, str]]:
    for find in (find_codes, find_option, find_floor_and_lift, find_appliances):
        for mention in find(text):
            yield mention.start, mention.end, mention.entity
    for place in find_place(text):
        yield place.start, place.end, "option"
    for time in find_times(text, _ANY_NOW):
        yield time.start, time.end, "refused_time" if time.rejected else "time"


def _replaced(text: str, spans: list[tuple[int, int, str]], by: dict[str, str]) -> str:
    """Return `text` with spans, last one first, replaced; of two that overlap the later one."""
    left = len(text) + 1
    for start, end, kind in spans:
        if kind in by and end <= left:
            text = text[:start] + by[kind] + text[end:]
            left = start
    return text
