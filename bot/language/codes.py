"""Order numbers, phone numbers and the last four digits of a phone."""

from __future__ import annotations

import re

from bot.language.mention import Mention, without_overlaps
from bot.language.numbers import to_digits
from bot.language.tails import find_tails, tail

_HAN_DIGIT = "零〇一幺二两三四五六七八九"
_RUN = re.compile(r"(?<![A-Za-z0-9])(?<!\d\.)\d+(?:(?:[ \-]{1,2}|[,、._)])\d+)*(?![A-Za-z])")
_GROUP = re.compile(r"\d+")
_DATE = re.compile(r"(?:19|20)\d\d-\d{1,2}-\d{1,2}(?!\d)")
_DAY = re.compile(r"20\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])")
_PHONE = re.compile(r"1[3-9]\d{9}")
# A number spoken digit by digit: a phone, or what the words before it call an order.
_SPOKEN = re.compile(rf"[{_HAN_DIGIT}](?:[ \-,、.]?[{_HAN_DIGIT}]){{7,23}}")
# A shop's or a household's line with its area code is no order.
_LINE = re.compile(r"(?:400|800)\d{7}|0\d{9,11}")
_TAIL_BESIDE = re.compile(
    r"(?<![\d.\-:/A-Za-z])(?P<tail>\d{4})(?![\d.\-:/A-Za-z年款元块瓦米弄号室])"
)
_ORDER_WORD = re.compile(r"(?:订单|单号|编号|单子|运单|号码)\D{0,6}$")
_LONG, _SHORT, _LONGEST = 10, 8, 24
_PHONE_SIZE = 11
_COUNTRY = re.compile(r"(?:00)?86(?=1[3-9]\d{9}$)")
# Separators other than blanks and dashes also divide lists: the groups must look like one number.
_LOOSE = frozenset(",、._)")
_LEAST_LOOSE = 15
_PHONE_GROUPS = ([3, 4, 4], [3, 8])


def find_codes(text: str) -> list[Mention]:
    """Return the `order_no`, `phone` and `phone_tail` mentions, values as plain digits.

    An order number has 10 to 24 digits, from 8 where the text calls it one or says nothing else.
    """
    text = _spelled(text)
    found = _runs(text)
    tails = find_tails(text)
    if not tails and any(m.entity in {"order_no", "phone"} for m in found):
        tails = [tail(m) for m in _TAIL_BESIDE.finditer(text)]
        return without_overlaps([*found, *(t for t in tails if not _inside(t, found))])
    return without_overlaps([*tails, *found])


def _spelled(text: str) -> str:
    """Return `text` with numbers that were spoken digit by digit in Arabic digits.

    One character for one, so that spans stay.
    """
    for match in _SPOKEN.finditer(text):
        digits = "".join(char for char in to_digits(match.group()) if char.isdigit())
        called = _ORDER_WORD.search(text[max(0, match.start() - 12) : match.start()])
        if _PHONE.fullmatch(digits) or (called and len(digits) >= _SHORT):
            text = text[: match.start()] + to_digits(match.group()) + text[match.end() :]
    return text


def _runs(text: str) -> list[Mention]:
    found: list[Mention] = []
    for run in _RUN.finditer(text):
        if not _DATE.match(run.group()):
            found.extend(_read_run(text, run.start(), run.group()))
    return found


def _read_run(text: str, offset: int, run: str) -> list[Mention]:
    """Read one run of digit groups: one number written in groups, or several numbers."""
    spans = [(offset + g.start(), offset + g.end()) for g in _GROUP.finditer(run)]
    alone = [
        _code(kind, text[start:end], start, end)
        for start, end in spans
        if (kind := _kind(text[start:end]))
    ]
    if alone:
        return alone
    start, end = spans[0][0], spans[-1][1]
    named = len(run) == len(text.strip()) or _ORDER_WORD.search(text[max(0, start - 12) : start])
    day = _DAY.fullmatch(run) and len(run) == len(text.strip())
    if named and not day and _is_short_order([stop - begin for begin, stop in spans]):
        end = spans[0][1]
        return [_code("order_no", text[start:end], start, end)]
    digits = "".join(_GROUP.findall(run))
    kind = _kind(digits) if _is_one_number(run) else None
    return [_code(kind, digits, start, end)] if kind else []


def _is_one_number(run: str) -> bool:
    sizes = [len(group) for group in _GROUP.findall(run)]
    if _LOOSE.isdisjoint(run) or sizes in _PHONE_GROUPS:
        return True
    return sum(sizes) >= _LEAST_LOOSE and all(3 <= size <= 5 for size in sizes[1:-1])  # noqa: PLR2004


def _kind(digits: str) -> str | None:
    """Return what the digits are by themselves."""
    if _PHONE.fullmatch(_COUNTRY.sub("", digits)):
        return "phone"
    if _LINE.fullmatch(digits):
        return None
    return "order_no" if _LONG <= len(digits) <= _LONGEST else None


def _is_short_order(sizes: list[int]) -> bool:
    """Return whether a group of 8 or 9 digits stands alone or with a phone's tail."""
    return _SHORT <= sizes[0] < _LONG and sizes[1:] in ([], [4])


def _code(kind: str, digits: str, start: int, end: int) -> Mention:
    value = digits[-_PHONE_SIZE:] if kind == "phone" else digits
    return Mention(kind, value, start, end)


def _inside(one: Mention, others: list[Mention]) -> bool:
    return any(other.start <= one.start and one.end <= other.end for other in others)
