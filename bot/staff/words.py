"""What staff writes or presses, as wishes. The words stand in `data/texts/staff.yml`."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any

from bot.conversation import texts
from bot.language.times import find_times

_MENTION = re.compile(r"^(?:@\S+\s+)+")


@dataclass(frozen=True)
class Wish:
    """One wish: `verb` is a key of `verbs`, or `day`; `about` is what it concerns.

    `reason` and `contact` are keys of the tables of those names, for a visit that failed.
    """

    verb: str
    about: str = ""
    reason: str | None = None
    contact: str | None = None
    day: date | None = None


def said(*path: str, **values: object) -> str:
    """Return a sentence of `staff.yml`, filled in."""
    found: Any = texts.table("staff")
    for name in path:
        found = found[name]
    return str(found).format(**values)


def table(name: str) -> Mapping[str, Any]:
    """Return one table of `staff.yml`."""
    found: Mapping[str, Any] = texts.table("staff")[name]
    return found


def words(verb: str, *about: str) -> str:
    """Return what a button has to say so that `read` finds the wish in it."""
    return " ".join((str(table("verbs")[verb][0]), *about))


def read(text: str, now: datetime) -> Wish | None:
    """Return what a text wishes, None where it is not understood."""
    plain = _MENTION.sub("", unicodedata.normalize("NFKC", text)).strip()
    for phrase, verb in _phrases():
        if plain == phrase:
            return Wish(verb)
        if plain.startswith(phrase) and plain[len(phrase)].isspace():
            return _about(verb, plain[len(phrase) :].strip())
    return _day(plain, now)


def _about(verb: str, about: str) -> Wish:
    if verb != "failed":
        return Wish(verb, about)
    about, contact = _last(about, "contacts")
    about, reason = _last(about, "reasons")
    return Wish(verb, about, reason, contact)


def _last(about: str, name: str) -> tuple[str, str | None]:
    """Split the label of a table off the end."""
    for code, label in table(name).items():
        if about.endswith(f" {label}"):
            return about[: -len(label)].rstrip(), code
    return about, None


def _day(plain: str, now: datetime) -> Wish | None:
    dated = [time for time in find_times(plain, now) if time.dated and not time.rejected]
    if len(dated) != 1 or dated[0].earliest is None:
        return None
    return Wish("tasks", day=dated[0].earliest.date())


@cache
def _phrases() -> tuple[tuple[str, str], ...]:
    pairs = [(str(phrase), verb) for verb, found in table("verbs").items() for phrase in found]
    # The longer first: 接入下一位 begins with 接入.
    return tuple(sorted(pairs, key=lambda pair: -len(pair[0])))
