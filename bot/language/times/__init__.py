"""Times in a whole sentence: several mentions, wanted and refused ones apart.

Everything is resolved against one `now`, in its zone. A bare date is its whole day, a part of
day its usual hours, a clock time one hour; an end that is open is None. What is ambiguous lies
in the future (周六 is the next one); what is told as past (昨天, 28号买的) stays there.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.language.times.atoms import Context, find_atoms
from bot.language.times.day_rules import DAY_RULES
from bot.language.times.groups import Group, group
from bot.language.times.hour_rules import HOUR_RULES
from bot.language.times.polarity import rejections
from bot.language.times.values import Reader, Value

_RULES = (*DAY_RULES, *HOUR_RULES)
_HINT = re.compile(r"[\d天日号月周期拜点时年早晚午末夜晨昼昏节旦夕儿后双]")
_TO = re.compile(r"^\s*(?:开始)?(?:到|至|-|~|—|–|－|～|直到|一直到)+\s*$")
_BETWEEN = re.compile(r"^\s*(?:之间|期间|这段时间)")
_AFTER = re.compile(
    r"^\s*(?:以后|之后|过后|往后|开始|起(?![来床码重火])|后(?![天面边来续期台院晚日儿]))"
)
_BEFORE = re.compile(r"^\s*(?:钟)?(?:以前|之前|前(?![后面边天往台院两几置期三])|为止)")
_LATEST = re.compile(r"(?:最晚|最迟|不晚于|不超过|截止到?|赶在)$")
_WITHIN = re.compile(r"^(?:之内|以内|内)")
_LIST = re.compile(r"^\s*(?:、|或者?|还是|和)\s*$")
_BOUNDS = re.compile(r"^[,，、\s]*(?:到|和|且|并且)?$")
_WHOLE = {"月底", "月末", "年底"}
_NOON_PART, _NOON = "中午", 12


@dataclass(frozen=True)
class TimeMention:
    """A time at `text[start:end]`: from `earliest` up to, not including, `latest`.

    None is an open end. `rejected` is a time that the consumer does not want. `dated` tells
    whether a day was told, or only hours ("下午那个") that may mean another day than the next.
    """

    start: int
    end: int
    earliest: datetime | None
    latest: datetime | None
    rejected: bool = False
    dated: bool = True

    @property
    def value(self) -> dict[str, str | None]:
        """The contract's `{"from": ISO or None, "to": ISO or None}`."""
        return {
            "from": self.earliest.isoformat() if self.earliest else None,
            "to": self.latest.isoformat() if self.latest else None,
        }


def find_times(text: str, now: datetime) -> list[TimeMention]:
    """Return the times told in `text` (normalised) in text order; never raises on any text.

    `now` has to be aware; results are in its zone.
    """
    if not _HINT.search(text):
        return []
    groups = group(text, find_atoms(text, _RULES, Context(text, now)))
    mentions = _merge_bounds(text, _read(text, groups, Reader(text, now)))
    refused = rejections(text, [(m.start, m.end) for m in mentions])
    return [
        replace(m, rejected=rejected, dated=_dated(groups, m))
        for m, rejected in zip(mentions, refused, strict=True)
    ]


def _dated(groups: list[Group], mention: TimeMention) -> bool:
    return any(one.days or one.instant for one in groups if one.start < mention.end)


def _read(text: str, groups: list[Group], reader: Reader) -> list[TimeMention]:
    mentions: list[TimeMention] = []
    index = 0
    while index < len(groups):
        one = _inherit(text, groups[index - 1], groups[index]) if index else groups[index]
        other = groups[index + 1] if index + 1 < len(groups) else None
        if other and _is_range(text, one, other):
            mentions.append(_range(text, one, other, reader))
            index += 2
        else:
            stop = other.start if other else len(text)
            mentions.extend(_mentions(text[:stop], one, reader))
            index += 1
    return mentions


def _inherit(text: str, last: Group, one: Group) -> Group:
    """Let 八点 in 周六晚上七点或八点 be in the evening too."""
    if not (one.clock and last.clock and last.part) or one.part or one.days:
        return one
    later = one.clock.hour >= last.clock.hour and not one.clock.exact
    listed = _LIST.match(text[last.end : one.start])
    return replace(one, part=last.part) if later and listed else one


def _is_range(text: str, one: Group, other: Group) -> bool:
    return bool(_TO.match(text[one.end : other.start])) and not (one.instant or other.instant)


def _range(text: str, one: Group, other: Group, reader: Reader) -> TimeMention:
    start = reader.read(one)
    stop = reader.read_end(other, one, start)
    latest = stop.earliest if other.clock else stop.latest
    if other.clock and other.clock.until:
        latest = stop.latest
    if latest <= start.earliest:
        latest = max(stop.latest, start.latest)
    between = _BETWEEN.match(text[other.end :])
    end = other.end + (between.end() if between else 0)
    return TimeMention(one.start, end, start.earliest, latest)


def _mentions(text: str, one: Group, reader: Reader) -> list[TimeMention]:
    rest = text[one.end :]
    before, after = _BEFORE.match(rest), _AFTER.match(rest)
    last = _LATEST.search(text[: one.start])
    value = reader.read(one, before=bool(before or last))
    if before:
        return [TimeMention(one.start, one.end + before.end(), None, _upper(text, one, value))]
    if after:
        return [TimeMention(one.start, one.end + after.end(), _lower(one, value), None)]
    if last:
        latest = value.earliest if one.clock else value.latest
        return [TimeMention(last.start(), one.end, None, latest)]
    within = _WITHIN.match(rest) if one.days else None
    end = one.end + (within.end() if within else 0)
    if one.days and one.days.count == 2 and (one.part or one.clock):  # noqa: PLR2004
        return _each_day(one, value, end)
    return [TimeMention(one.start, end, value.earliest, value.latest)]


def _upper(text: str, one: Group, value: Value) -> datetime:
    """Return the instant that 之前 bounds: a day's begin, but a month's end after 月底."""
    told = text[one.start : one.end]
    if not one.part and not one.clock and told[-2:] in _WHOLE:
        return value.latest
    return _lower(one, value)


def _lower(one: Group, value: Value) -> datetime:
    if one.part and one.part.name == _NOON_PART and not one.clock:
        return value.earliest + timedelta(hours=1)
    return value.earliest


def _each_day(one: Group, value: Value, end: int) -> list[TimeMention]:
    """Read 周末下午 as two afternoons, each with its own piece of the text."""
    day = timedelta(days=1)
    return [
        TimeMention(one.start, one.days_end, value.earliest, value.latest - day),
        TimeMention(one.days_end, end, value.earliest + day, value.latest),
    ]


def _merge_bounds(text: str, mentions: list[TimeMention]) -> list[TimeMention]:
    """Join 9点以后，12点以前 into one time with both ends."""
    merged: list[TimeMention] = []
    for one in mentions:
        last = merged[-1] if merged else None
        if last and _bounds(text, last, one):
            merged[-1] = replace(last, end=one.end, latest=one.latest)
        else:
            merged.append(one)
    return merged


def _bounds(text: str, last: TimeMention, one: TimeMention) -> bool:
    return bool(
        last.latest is None
        and one.earliest is None
        and last.earliest
        and one.latest
        and last.earliest < one.latest
        and _BOUNDS.match(text[last.end : one.start])
    )
