"""Order numbers, phone numbers and the last four digits of a phone."""

from __future__ import annotations

import re

from bot.language.mention import Mention, without_overlaps
from bot.language.numbers import DIGITS, to_digits

_RUN = re.compile(r"(?<![A-Za-z0-9.])\d+(?:[ \-]{1,2}\d+)*(?![A-Za-z])")
_GROUP = re.compile(r"\d+")
_DATE = re.compile(r"(?:19|20)\d\d-\d{1,2}-\d{1,2}(?!\d)")
_PHONE = re.compile(r"1[3-9]\d{9}")
_SPOKEN = re.compile(r"[零〇一幺二三四五六七八九]{11}")
_MASKED = re.compile(r"1\d{2}\*{3,4}(?P<tail>\d{4})(?!\d)")
_TAIL_WORD = r"(?:尾号|尾数|末尾|后四位|末四位|后4位|末4位|后面四位|最后四位|最后4位|后四个数)"
_TAIL = re.compile(
    _TAIL_WORD
    + (
        r"(?:数字|号码|四位|4位)?\s*(?:应该)?(?:是|为|系|乃|:|,)?\s*(?P<tail>\d{4}"
        r"|[零〇一幺二三四五六七八九]{4})(?!\d)"
    )
)
_TAIL_REPEATED = re.compile(
    _TAIL_WORD + (r"\s*(?:是|为|系|:)?\s*(?P<tail>四个(?P<digit>[零一二三四五六七八九\d]))")
)
_TAIL_ALONE = re.compile(r"^\W*(?:是|我的是|手机|电话)?\s*(?P<tail>\d{4})\s*(?:吧|哈|啊|的)?\W*$")
_TAIL_BESIDE = re.compile(
    r"(?<![\d.\-:/A-Za-z])(?P<tail>\d{4})(?![\d.\-:/A-Za-z年款元块瓦米弄号室])"
)
_ORDER_WORD = re.compile(r"(?:订单|单号|编号|单子|运单|号码)\D{0,6}$")
_LONG, _SHORT, _LONGEST = 10, 8, 24
_PHONE_SIZE = 11
_COUNTRY = "86"


def find_codes(text: str) -> list[Mention]:
    """Return the `order_no`, `phone` and `phone_tail` mentions, values as plain digits.

    An order number has 10 to 24 digits, from 8 where the text calls it one or says nothing else.
    """
    found = [*_runs(text), *_spoken_phones(text)]
    tails = [*_tails(text)]
    if not tails and any(m.entity in {"order_no", "phone"} for m in found):
        tails = [_tail(m) for m in _TAIL_BESIDE.finditer(text)]
        found = [*found, *(t for t in tails if not _inside(t, found))]
        return without_overlaps(found)
    return without_overlaps([*tails, *found])


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
    if named and _is_short_order([stop - begin for begin, stop in spans]):
        end = spans[0][1]
        return [_code("order_no", text[start:end], start, end)]
    digits = "".join(_GROUP.findall(run))
    kind = _kind(digits)
    return [_code(kind, digits, start, end)] if kind else []


def _kind(digits: str) -> str | None:
    """Return what the digits are by themselves."""
    local = digits.removeprefix(_COUNTRY) if len(digits) > _PHONE_SIZE else digits
    if _PHONE.fullmatch(local):
        return "phone"
    return "order_no" if _LONG <= len(digits) <= _LONGEST else None


def _is_short_order(sizes: list[int]) -> bool:
    """Return whether a group of 8 or 9 digits stands alone or with a phone's tail."""
    return _SHORT <= sizes[0] < _LONG and sizes[1:] in ([], [4])


def _code(kind: str, digits: str, start: int, end: int) -> Mention:
    value = digits[-_PHONE_SIZE:] if kind == "phone" else digits
    return Mention(kind, value, start, end)


def _spoken_phones(text: str) -> list[Mention]:
    found = []
    for match in _SPOKEN.finditer(text):
        digits = to_digits(match.group())
        if _PHONE.fullmatch(digits):
            found.append(Mention("phone", digits, match.start(), match.end()))
    return found


def _tails(text: str) -> list[Mention]:
    found = [_tail(m) for p in (_TAIL, _TAIL_ALONE, _MASKED) for m in p.finditer(text)]
    for match in _TAIL_REPEATED.finditer(text):
        digit = match["digit"]
        value = (digit if digit.isdigit() else str(DIGITS.get(digit, ""))) * 4
        found.append(Mention("phone_tail", value, match.start("tail"), match.end("tail")))
    return found


def _tail(match: re.Match[str]) -> Mention:
    return Mention("phone_tail", to_digits(match["tail"]), match.start("tail"), match.end("tail"))


def _inside(one: Mention, others: list[Mention]) -> bool:
    return any(other.start <= one.start and one.end <= other.end for other in others)
