"""Times in a whole sentence: several mentions, wanted and refused ones apart.

Everything is resolved against one `now`, in its zone. A bare date is its whole day, a part of
day its usual hours, a clock time one hour; an end that is open is None. What is ambiguous lies
in the future (周六 is the next one); what is told as past (昨天, 28号买的) stays there. An hour
without a part of day is the next one at which a crew may come: 7点 is in the evening.

`docs/times.md` has the decisions.
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime

from bot.language.times.atoms import Context, find_atoms
from bot.language.times.day_rules import DAY_RULES
from bot.language.times.english_rules import ENGLISH_RULES
from bot.language.times.feast_rules import FEAST_RULES
from bot.language.times.groups import group
from bot.language.times.hour_rules import HOUR_RULES
from bot.language.times.mentions import read_mentions
from bot.language.times.polarity import rejections
from bot.language.times.relative_rules import RELATIVE_RULES
from bot.language.times.short_rules import SHORT_RULES
from bot.language.times.spelling import mend
from bot.language.times.values import Reader, TimeMention
from bot.language.times.week_rules import WEEK_RULES

__all__ = ["TimeMention", "find_times"]

_RULES = (
    *DAY_RULES, *SHORT_RULES, *RELATIVE_RULES, *WEEK_RULES, *FEAST_RULES, *HOUR_RULES,
    *ENGLISH_RULES
)  # fmt: skip
_HINT = re.compile(
    r"[\d天日号月周期拜点时年早晚午末夜晨昼昏节旦夕儿后前双班饭学假至黑朝圣五六庆秋端宵明腊阳晌初次隔翌]|[A-Za-z]{3}"
)


def find_times(text: str, now: datetime) -> list[TimeMention]:
    """Return the times told in `text` (normalised) in text order; never raises on any text.

    `now` has to be aware; results are in its zone.
    """
    meant = mend(text)
    if not _HINT.search(meant.text):
        return []
    groups = group(meant.text, find_atoms(meant.text, _RULES, Context(meant.text, now)))
    mentions = read_mentions(meant.text, groups, Reader(meant.text, now))
    today = now.replace(hour=0, minute=0, second=0, microsecond=0)
    refused = rejections(meant.text, mentions, today)
    return [
        replace(m, start=start, end=end, rejected=rejected)
        for m, rejected in zip(mentions, refused, strict=True)
        for start, end in [meant.span(m.start, m.end)]
    ]
