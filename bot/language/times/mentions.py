"""Groups to mentions: ranges and lists."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime, timedelta

from bot.language.times.bounds import bounded, merge_bounds
from bot.language.times.groups import Group
from bot.language.times.values import Reader, TimeMention, Value

_TO = re.compile(
    r"^\s*(?:左右|多?钟|多|整)?(?:开始|一直|以后|之后|起)?(?:到|至|-|~|—|–|－|～|直到|一直到)+\s*$"
)
_WAITED = re.compile(r"^\s*(?:就|一直)*[等拖忙放]了?到\s*$")
_SINCE = re.compile(r"[从自]\s*$")
_BETWEEN = re.compile(r"^\s*(?:之间|期间|这段时间|中间)")
_WITHIN = re.compile(r"^(?:之内|以内|内)")
_LISTED = re.compile(r"^\s*(?:、|或者?|还是|和)\s*$")
_GOES_ON_TO = re.compile(r"^\s*(?:以后|之后|过后|后|起|开始)[,，]?(?:到|至|直到)?\s*$")
_SHARED = re.compile(r"^\s*(?:、|和|跟|与)?\s*$")
_TWO = 2


def read_mentions(text: str, groups: list[Group], reader: Reader) -> list[TimeMention]:
    """Return the mentions of `groups` in text order, none of them rejected yet."""
    mentions: list[TimeMention] = []
    groups = _lend_days(text, _share(text, groups))
    index = 0
    while index < len(groups):
        one = _inherit(text, groups[index - 1], groups[index]) if index else groups[index]
        other = groups[index + 1] if index + 1 < len(groups) else None
        if other and _is_range(text, one, other):
            mentions.extend(_ranges(text, one, other, reader))
            index += 2
        else:
            stop = other.start if other else len(text)
            mentions.extend(_mentions(text[:stop], one, reader))
            index += 1
    merged = merge_bounds(text, mentions)
    return [replace(m, dated=_dated(groups, m)) for m in merged]


def _dated(groups: list[Group], mention: TimeMention) -> bool:
    return any(one.days or one.instant for one in groups if one.start < mention.end)


def _share(text: str, groups: list[Group]) -> list[Group]:
    """Let both days of 周六周日上午 and of 周六或周日的上午 have the part of day told last."""
    shared = list(groups)
    for i in range(len(groups) - 2, -1, -1):
        one, other = shared[i], shared[i + 1]
        bare = one.days and one.days.single and not (one.part or one.clock or one.days.open)
        if not (bare and other.days and other.part and not other.clock):
            continue
        gap = text[one.end : other.start]
        joined = text[other.days_end : other.end].startswith("的")
        if _SHARED.match(gap) or (joined and _LISTED.match(gap)):
            shared[i] = replace(one, part=other.part)
    return shared


def _lend_days(text: str, groups: list[Group]) -> list[Group]:
    """Let both ends of 两点到四点，周六下午 be on the day told last."""
    lent = list(groups)
    for i in range(len(groups) - 1):
        one, other = lent[i], lent[i + 1]
        if other.late and not one.days and _TO.match(text[one.end : other.start]):
            lent[i] = replace(one, days=other.days, part=one.part or other.part)
    return lent


def _inherit(text: str, last: Group, one: Group) -> Group:
    """Let 八点 in 周六晚上七点或八点 be in the evening too."""
    if not (one.clock and last.clock and last.part) or one.part or one.days:
        return one
    later = one.clock.hour >= last.clock.hour and not one.clock.exact
    gap = text[last.end : one.start]
    listed = not gap or _LISTED.match(gap) or _GOES_ON_TO.match(gap)
    return replace(one, part=last.part) if later and listed else one


def _is_range(text: str, one: Group, other: Group) -> bool:
    gap = text[one.end : other.start]
    waited = _SINCE.search(text[: one.start]) and _WAITED.match(gap)
    return bool(_TO.match(gap) or waited) and not (one.instant or other.instant)


def _ranges(text: str, one: Group, other: Group, reader: Reader) -> list[TimeMention]:
    """Read hours over several days: on both of 周末9点到12点, over all of 工作日9点到18点."""
    mention = _range(text, one, other, reader)
    days = one.days
    if days is None or days.single or other.days or not mention.latest:
        return [mention]
    last = timedelta(days=days.count - 1)
    if days.count == _TWO and (one.part or one.clock) and one.days_end > one.start:
        return [
            replace(mention, end=one.days_end),
            replace(
                mention,
                start=one.days_end,
                earliest=_plus(mention.earliest, last),
                latest=mention.latest + last,
            ),
        ]
    return [replace(mention, latest=mention.latest + last)]


def _plus(moment: datetime | None, length: timedelta) -> datetime | None:
    return moment + length if moment else None


def _range(text: str, one: Group, other: Group, reader: Reader) -> TimeMention:
    start = reader.read(one)
    told = reader.day
    stop = reader.read_end(other, one, start)
    reader.day = told
    latest = stop.earliest if other.clock else stop.latest
    if other.clock and other.clock.until:
        latest = stop.latest
    if latest <= start.earliest:
        latest = max(stop.latest, start.latest)
    between = _BETWEEN.match(text[other.end :])
    end = other.end + (between.end() if between else 0)
    return TimeMention(one.start, end, start.earliest, latest)


def _mentions(text: str, one: Group, reader: Reader) -> list[TimeMention]:
    open_ended = bounded(text, one, reader)
    if open_ended:
        return [open_ended]
    value = reader.read(one)
    within = _WITHIN.match(text[one.end :]) if one.days else None
    end = one.end + (within.end() if within else 0)
    if one.days and one.days.count == _TWO and (one.part or one.clock):
        return _each_day(one, value, end)
    return [TimeMention(one.start, end, value.earliest, value.latest)]


def _each_day(one: Group, value: Value, end: int) -> list[TimeMention]:
    """Read 周末下午 as two afternoons, each with its own piece of the text."""
    day, split = timedelta(days=1), min(one.days_end, end - 1)
    return [
        TimeMention(one.start, split, value.earliest, value.latest - day),
        TimeMention(split, end, value.earliest + day, value.latest),
    ]
