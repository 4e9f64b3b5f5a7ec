"""Open ends: 周五之前, 最晚周五, 周三以后, 过了周五; and two of them as one time."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime, timedelta

from bot.language.times.groups import Group
from bot.language.times.values import Reader, TimeMention, Value

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
_BOUNDS = re.compile(r"^[,，、\s]*(?:到|和|且|并且)?$")
_WHOLE = {"月底", "月末", "年底", "年末"}
_WEEKENDS = ("周末", "星期末", "礼拜末", "双休日", "双休")


def bounded(text: str, one: Group, reader: Reader) -> TimeMention | None:
    """Return `one` as a time with an open end, None where both of its ends are told."""
    rest = text[one.end :]
    return _from_above(text, one, rest, reader) or _from_below(text, one, rest, reader)


def merge_bounds(text: str, mentions: list[TimeMention]) -> list[TimeMention]:
    """Join 9点以后，12点以前 into one time with both ends."""
    merged: list[TimeMention] = []
    for one in mentions:
        last = merged[-1] if merged else None
        if last and _bound(text, last, one):
            merged[-1] = replace(last, end=one.end, latest=one.latest)
        else:
            merged.append(one)
    return merged


def _bound(text: str, last: TimeMention, one: TimeMention) -> bool:
    return bool(
        last.latest is None
        and one.earliest is None
        and last.earliest
        and one.latest
        and last.earliest < one.latest
        and _BOUNDS.match(text[last.end : one.start])
    )


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
