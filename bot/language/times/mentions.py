"""Groups to mentions: ranges, open ends, lists."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.language.times.groups import Group
from bot.language.times.values import Reader, Value

_TO = re.compile(
    r"^\s*(?:左右|多?钟|多|整)?(?:开始|一直|以后|之后|起)?(?:到|至|-|~|—|–|－|～|直到|一直到)+\s*$"
)
_WAITED = re.compile(r"^\s*(?:就|一直)*[等拖忙放]了?到\s*$")
_SINCE = re.compile(r"[从自]\s*$")
_BETWEEN = re.compile(r"^\s*(?:之间|期间|这段时间|中间)")
_PAST_IT = re.compile(r"(?<!都)(?<!已经)(?<!早就)过[了完]$")
_AFTER = re.compile(
    r"^\s*(?:(?:回来|回家|到家|回去|忙完|完工|交房|入住)?(?:以后|之后)|过后|往后|开始|起(?![来床码重火不])|后(?![天面边来续期台院晚日儿]))"
)
_EVENT = (
    r"(?:是?(?:[我他她老孩宝]?[爸妈婆公人子宝女]{0,2}的?)"
    r"(?:生日|婚礼|寿宴|结婚|开业|入住|乔迁|搬家|开学))?"
)
_BEFORE = re.compile(rf"^\s*(?:钟)?{_EVENT}(?:以前|之前|前(?![后面边天往台院两几置期三]))")
_INCLUDED = re.compile(r"^\s*(?:为止|截止)")
_LEAD = r"(?:也|就|得|要|只能|是|到|约|在|不能超过|不要超过|不超过|\s){0,3}$"
_LATEST = re.compile(
    r"(?:最晚|最迟|至迟|不[晚迟]于|(?:别|不要|不能)晚于|不超过|(?:别|不要|不能)超过|截止|截至|赶在)"
    + _LEAD
)
_EARLIEST = re.compile(r"(?:最早|最快|不早于|(?:别|不要|不能)早于)" + _LEAD)
# Said between day and hour: 周六最晚十点.
_LATEST_WORD = re.compile(r"最晚|最迟|不晚于")
_EARLIEST_WORD = re.compile(r"最早|不早于")
_UNTIL = re.compile(r"(?:截止|一直)?到$")
_WITHIN = re.compile(r"^(?:之内|以内|内)")
_LISTED = re.compile(r"^\s*(?:、|或者?|还是|和)\s*$")
_GOES_ON_TO = re.compile(r"^\s*(?:以后|之后|过后|后|起|开始)[,，]?(?:到|至|直到)?\s*$")
_SHARED = re.compile(r"^\s*(?:、|和|跟|与)?\s*$")
_BOUNDS = re.compile(r"^[,，、\s]*(?:到|和|且|并且)?$")
_WHOLE = {"月底", "月末", "年底", "年末"}
_WEEKENDS = ("周末", "星期末", "礼拜末", "双休日", "双休")
_TWO = 2


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
    merged = _merge_bounds(text, mentions)
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
    rest = text[one.end :]
    bounded = _from_above(text, one, rest, reader) or _from_below(text, one, rest, reader)
    if bounded:
        return [bounded]
    value = reader.read(one)
    within = _WITHIN.match(rest) if one.days else None
    end = one.end + (within.end() if within else 0)
    if one.days and one.days.count == _TWO and (one.part or one.clock):
        return _each_day(one, value, end)
    return [TimeMention(one.start, end, value.earliest, value.latest)]


def _from_above(text: str, one: Group, rest: str, reader: Reader) -> TimeMention | None:
    """Read what ends the time: 周五之前, 到周五为止, 最晚周五."""
    before, included = _BEFORE.match(rest), _INCLUDED.match(rest)
    lead = (_UNTIL if included else _LATEST).search(text[: one.start])
    start = lead.start() if lead else one.start
    lead = lead or _LATEST_WORD.search(text, one.start, one.end)
    if before:
        value = reader.read(one, before=True)
        return TimeMention(start, one.end + before.end(), None, _upper(text, one, value))
    if not (lead or included):
        return None
    value = reader.read(one, before=True)
    end = one.end + (included.end() if included else 0)
    return TimeMention(start, end, None, value.earliest if one.clock else value.latest)


def _from_below(text: str, one: Group, rest: str, reader: Reader) -> TimeMention | None:
    """Read what begins the time: 周三以后, 周三起, 最早周五; 过了周五 leaves the day out."""
    after, lead = _AFTER.match(rest), _EARLIEST.search(text[: one.start])
    beyond = _PAST_IT.search(text[: one.start])
    inside = _EARLIEST_WORD.search(text, one.start, one.end)
    if not (after or lead or inside or beyond or _goes_on(one)):
        return None
    start = min((m.start() for m in (lead, beyond) if m), default=one.start)
    end = one.end + (after.end() if after else 0)
    value = reader.read(one)
    over = (beyond and not after) or (after and text[one.start : one.end].endswith(_WEEKENDS))
    passed = over and not (one.clock or one.part or one.instant)
    return TimeMention(start, end, value.latest if passed else _lower(one, value), None)


def _goes_on(one: Group) -> bool:
    """Return whether what was told last is open by itself: 国庆后, 下班后."""
    if one.clock or one.instant:
        return False
    return bool(one.part.open if one.part else one.days and one.days.open)


def _upper(text: str, one: Group, value: Value) -> datetime:
    """Return the instant that 之前 bounds: a day's begin, but a month's end after 月底."""
    told = text[one.start : one.end]
    if not one.part and not one.clock and told[-2:] in _WHOLE:
        return value.latest
    return _lower(one, value)


def _lower(one: Group, value: Value) -> datetime:
    if one.part and one.part.after is not None and not one.clock:
        return value.earliest + timedelta(hours=one.part.after - one.part.first)
    return value.earliest


def _each_day(one: Group, value: Value, end: int) -> list[TimeMention]:
    """Read 周末下午 as two afternoons, each with its own piece of the text."""
    day, split = timedelta(days=1), min(one.days_end, end - 1)
    return [
        TimeMention(one.start, split, value.earliest, value.latest - day),
        TimeMention(split, end, value.earliest + day, value.latest),
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
