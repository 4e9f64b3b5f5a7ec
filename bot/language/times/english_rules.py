"""Dates as foreigners in China write them: Nov 28, 28 November 2026, tomorrow, Saturday.

`dateparser` reads these right, and only these go to it: of Chinese it knows few forms and reads
some of them wrongly.
"""

from __future__ import annotations

import re
from string import ascii_letters

from bot.language.times.atoms import Context, Meaning, Rule, rule
from bot.language.times.days import one_day

_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?"
    r"|sep(?:t(?:ember)?)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.?"
)
_DAY = r"(?:3[01]|[12]\d|0?[1-9])(?:st|nd|rd|th)?"
_WORD = r"today|tomorrow|(?:mon|tues|wednes|thurs|fri|satur|sun)day"


def _english(match: re.Match[str], context: Context) -> Meaning | None:
    # Loading it takes a tenth of a second, and few texts are English.
    import dateparser  # noqa: PLC0415

    found = dateparser.parse(
        match.group(),
        languages=["en"],
        settings={
            "RELATIVE_BASE": context.now.replace(tzinfo=None),
            "PREFER_DATES_FROM": "future",
            "TIMEZONE": "UTC",
            "REQUIRE_PARTS": [],
        },
    )
    return one_day(found.date()) if found else None


ENGLISH_RULES: tuple[Rule, ...] = (
    rule(
        rf"(?i)(?<![A-Za-z\d])(?:{_MONTH}\s*{_DAY}|{_DAY}\s*{_MONTH})(?:,?\s*20\d\d)?(?![A-Za-z\d])",
        _english,
        needs=ascii_letters,
    ),
    rule(rf"(?i)(?<![A-Za-z])(?:{_WORD})(?![A-Za-z])", _english, needs=ascii_letters),
)
