"""Join neighbouring pieces into what is said as one: 周六 + 上午 + 十点 → one group."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from bot.language.times.atoms import Atom, Clock, Instant, Part
from bot.language.times.days import Days
from bot.language.times.polarity import refuses

_JOIN = re.compile(
    r"^(?:\s|的话|的|那天|当天|这天|那个|这个|大概|大约|差不多|约|在|就|呢|是|嘛|吧|呃|嗯|啊|哈|呀|哦|好了|从|一般|得|只能|最好|必须|最晚|最迟|不晚于|最早|不早于|T)*$"
)
_COMMA = re.compile(r"^\s*[,、，]?\s*(?:就|在|大概|的)?$")
_TOLD_LATER = re.compile(r"^\s*(?:的)?[,、]?\s*(?:在|就)?\s*$")
_BRACKET = re.compile(r"^\s*[(（,，]?\s*(?:也就是|就是|是|都)?\s*$")
_CLOSE = re.compile(r"^\s*[)）]")
_WEEKDAY = re.compile(r"周|星期|[礼下]?拜|^\(")
_LONGEST_GAP = 6


@dataclass(frozen=True)
class Group:
    """The pieces of one mention at `text[start:end]`; a missing piece is None.

    `days_end` is where the piece that tells the days ends; `late` ones are told after the hour.
    """

    start: int
    end: int
    days: Days | None = None
    part: Part | None = None
    clock: Clock | None = None
    instant: Instant | None = None
    days_end: int = 0
    late: bool = False


def group(text: str, atoms: list[Atom]) -> list[Group]:
    """Return the groups of `atoms` in text order; weak pieces without a neighbour are dropped."""
    groups: list[Group] = []
    for index, atom in enumerate(atoms):
        following = atoms[index + 1] if index + 1 < len(atoms) else None
        joined = _join(text, groups[-1], atom, following) if groups else None
        if joined:
            groups[-1] = joined
        elif not atom.weak or _leads(atoms, index):
            groups.append(_single(atom))
    return groups


def _single(atom: Atom) -> Group:
    empty = Group(atom.start, atom.end)
    return _with(empty, atom)


def _with(base: Group, atom: Atom) -> Group:
    meaning, end = atom.meaning, max(base.end, atom.end)
    if isinstance(meaning, Days):
        return replace(base, days=meaning, end=end, days_end=atom.end)
    if isinstance(meaning, Part):
        return replace(base, part=meaning, end=end)
    if isinstance(meaning, Clock):
        return replace(base, clock=meaning, end=end)
    return replace(base, instant=meaning, end=end)


def _leads(atoms: list[Atom], index: int) -> bool:
    """Return whether a weak part stands right before a clock time: 晚7点."""
    following = atoms[index + 1] if index + 1 < len(atoms) else None
    return (
        following is not None
        and following.start == atoms[index].end
        and isinstance(following.meaning, Clock)
    )


def _join(text: str, base: Group, atom: Atom, following: Atom | None) -> Group | None:
    gap = text[base.end : atom.start]
    if len(gap) > _LONGEST_GAP or base.instant or isinstance(atom.meaning, Instant):
        return None
    if isinstance(atom.meaning, Days):
        if not base.days:
            return _join_late_days(base, atom, gap, following)
        return _join_days(text, base, atom, gap)
    if base.late and base.days_end == base.end and _completes(base, atom, gap):
        return _with(base, atom)
    taken = base.clock or (base.part and isinstance(atom.meaning, Part))
    if taken or not _joins(text, base, atom, gap):
        return None
    return _with(base, atom)


def _joins(text: str, base: Group, atom: Atom, gap: str) -> bool:
    """Return whether a part or clock time behind `gap` belongs to `base`."""
    if atom.weak:
        return not gap and base.days_end == base.end
    if _JOIN.match(gap):
        return True
    apart = refuses(text, atom.end) or refuses(text, base.end)
    return bool(_COMMA.match(gap) and base.days and not apart)


def _join_days(text: str, base: Group, atom: Atom, gap: str) -> Group | None:
    """Join days told twice: 28号周六, 28号（六）."""
    assert base.days  # noqa: S101 - the caller's case
    assert isinstance(atom.meaning, Days)  # noqa: S101
    told = text[base.start : base.days_end], text[atom.start : atom.end]
    days = _same_day(base.days, atom.meaning, told)
    if not days or base.part or base.clock or not _BRACKET.match(gap):
        return None
    close = _CLOSE.match(text[atom.end :])
    end = atom.end + (close.end() if close and gap.strip() in {"(", "（"} else 0)
    return replace(base, days=days, end=end, days_end=end)


def _join_late_days(base: Group, atom: Atom, gap: str, following: Atom | None) -> Group | None:
    """Join days told after their time (下午三点，周六), unless they have one of their own."""
    if not _TOLD_LATER.match(gap) or not (base.clock or (base.part and gap.strip())):
        return None
    joined = replace(_with(base, atom), late=True)
    own = following if following and following.start == atom.end and not following.weak else None
    if own and not isinstance(own.meaning, Days | Instant) and not _completes(joined, own):
        return None
    return joined


def _completes(base: Group, atom: Atom, gap: str = "") -> bool:
    """Return whether a part of day behind late days adds to `base`: 三点，明天下午."""
    part = atom.meaning
    return isinstance(part, Part) and not gap and base.part in {None, part}


def _same_day(one: Days, other: Days, told: tuple[str, str]) -> Days | None:
    """Return the day that both tell; 12月8号（周二） is the 8th although a Tuesday is nearer."""
    if one == other:
        return one
    named = [bool(_WEEKDAY.search(text)) for text in told]
    agree = one.single and other.single and one.first.weekday() == other.first.weekday()
    if not agree or named[0] == named[1]:
        return None
    return other if named[0] else one
