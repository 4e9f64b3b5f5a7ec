"""The pieces a time is told in, before they are joined: days, parts of a day, clock times."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TypeAlias

from bot.language.times.days import Days


@dataclass(frozen=True)
class Part:
    """A part of a day in hours from its midnight; 中午以后 begins at `after`.

    An `open` one (下班后) goes on from there.
    """

    name: str
    first: int
    end: int
    after: int | None = None
    open: bool = False


@dataclass(frozen=True)
class Clock:
    """A clock time as told; `exact` where written on 24 hours; `until` ends a fused range."""

    hour: int
    minute: int = 0
    exact: bool = False
    until: Clock | None = None


@dataclass(frozen=True)
class Instant:
    """A time that needs no further reading: `length` from `at` on."""

    at: datetime
    length: timedelta = timedelta(hours=1)


Meaning: TypeAlias = Days | Part | Clock | Instant


@dataclass(frozen=True)
class Atom:
    """One piece at `text[start:end]`. A `weak` one counts only next to another piece."""

    start: int
    end: int
    meaning: Meaning
    weak: bool = False


@dataclass
class Context:
    """What a rule may look at besides its own match.

    `anchor` is the last day told before; `week` the Monday of a coming week that was named up to
    `week_end`, `weekday` (0 is Monday) what was told of it last: a bare weekday may lean on it.
    """

    text: str
    now: datetime
    anchor: date | None = None
    week: date | None = None
    week_end: int = 0
    weekday: int | None = None

    @property
    def today(self) -> date:
        """The calendar day of `now`."""
        return self.now.date()


Reading: TypeAlias = "Callable[[re.Match[str], Context], Meaning | list[Atom] | None]"


@dataclass(frozen=True)
class Rule:
    """A way to write a piece, and how to read it.

    The reader answers None where the text means something else, so that another rule may read
    it, and no atoms where it means a time that does not exist (2月30号).
    """

    pattern: re.Pattern[str]
    read: Reading
    weak: bool = False
    needs: frozenset[str] = frozenset()

    def hits(self, text: str, characters: set[str]) -> Iterator[re.Match[str]]:
        """Return the matches in `text`, which is of `characters`."""
        if self.needs and self.needs.isdisjoint(characters):
            return iter(())
        return self.pattern.finditer(text)


def rule(pattern: str, read: Reading, *, weak: bool = False, needs: str = "") -> Rule:
    """Return the rule for what `pattern` matches, which has one of the characters of `needs`."""
    return Rule(re.compile(pattern), read, weak, frozenset(needs))


@dataclass(frozen=True)
class Hit:
    """A rule's match, not yet read."""

    match: re.Match[str]
    rule: Rule


def find_atoms(text: str, rules: tuple[Rule, ...], context: Context) -> list[Atom]:
    """Return the pieces of `text` in order; where two overlap, the longer one.

    Reading goes from left to right, because a bare 2号 leans on the month told before it.
    """
    characters = set(text)
    hits = [Hit(match, rule) for rule in rules for match in rule.hits(text, characters)]
    hits.sort(key=lambda h: (h.match.start(), -h.match.end()))
    found: list[Atom] = []
    while hits:
        hit = _longest_of_first(hits)
        read = _atoms(hit, context)
        if read is not None:
            found.extend(read)
            hits = [h for h in hits if h.match.start() >= hit.match.end()]
        else:
            hits.remove(hit)
    return found


def _longest_of_first(hits: list[Hit]) -> Hit:
    """Return the first hit, or a longer one that begins inside it."""
    first = hits[0]
    rivals = [h for h in hits if h.match.start() < first.match.end()]
    return max(rivals, key=lambda h: (h.match.end() - h.match.start(), -h.match.start()))


def _atoms(hit: Hit, context: Context) -> list[Atom] | None:
    meaning = hit.rule.read(hit.match, context)
    if meaning is None:
        return None
    if isinstance(meaning, list):
        atoms = meaning
    else:
        atoms = [Atom(hit.match.start(), hit.match.end(), meaning, hit.rule.weak)]
    for atom in atoms:
        if isinstance(atom.meaning, Days):
            context.anchor = atom.meaning.first
    return atoms
