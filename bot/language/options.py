"""A pick from a list that was offered: 第二个, 选2, a bare 2, 就最早那个.

What only the length of the list can tell (最后一个, 中间那个) is a place, not a number.
"""

from __future__ import annotations

import re

from bot.language.mention import Mention
from bot.language.numbers import to_int

_LIST_LIMIT = 10
_N = r"(?P<n>\d{1,2}|十|[一二两三四五六七八九])"
_NOUN = r"(?:个时间段?|个时段|个选项|个方案|个|项|条|种|款|档|时间段|时段|选项|方案|那个|的)"
_ORDINAL = re.compile(
    rf"(?<!倒数)第{_N}(?:{_NOUN}|(?=[吧了啊呀,。.!]|$))(?!人|月|星期|孩|师傅|问题|电话|老公|家|地址|订单"
    rf"|单)"
)
_PICKED = re.compile(
    rf"(?:选择?|挑|拣|就要|就选|我要|要|整|约|定)(?:第|那个第|那个)?{_N}(?:号时段|号"
    rf"|个时段)?(?=[吧了啊呀嘛可就那,。.!]|\s|$)"
)
_NUMBERED = re.compile(rf"(?<![\d\-.第]){_N}号(?:那个|这个|的)?(?:时段|时间段?|选项|方案)")
_BARE = re.compile(
    rf"^\W*(?:就|那就|我选|是)?\s*(?P<at>{_N})\W*(?:号|个)?(?:吧|可以|行|好|就行|都行|了|的|呢|啊"
    rf"|嘛|OK|ok)?(?:不|吗|么)?\W*$"
)
_BARE_START = re.compile(rf"^\W*(?P<at>{_N})(?=可以不|可以吗|行不行|可以,|行吗|可以吧)")
_FIRST = re.compile(
    r"头一个|首个|头一项|首选项?那个|最(?:早|前|快|近|先)(?:面)?的?(?:那个|那一个|那档|那一档"
    r"|时段|时间段?|那班)|(?:就|选|要)最(?:早|近|快)的(?!.{0,6}(?:什么|几|哪))|(?:最上面|最前面|前面|上面|上边|前边)"
    r"(?:那个|那一个|那档|的那个|的那档)"
)
_SIDE = r"(?:的?(?:那|一)(?:一)?(?:个|项|档|条|班)|的?时段|的?时间段)"
_LAST = re.compile(
    rf"(?<!倒数)(?:最后|最末|最后面|末尾|最下面|最下边|后面|下面|后边|下边|最晚|最迟){_SIDE}"
    r"|(?:就|选|要)最(?:晚|迟|后)的(?!.{0,6}(?:什么|几|哪))"
)
_MIDDLE = re.compile(rf"(?:正?中间|当中|居中){_SIDE}|(?:就|选|要)中间的")
_FROM_END = re.compile(r"倒数第(?P<n>[一二两三四五\d])(?:个|项|档|条)?")
_NOT_A_LIST = re.compile(r"^(?:月|周|星期|礼拜|天|小时|问题|电话|订单|单|地址|次|步)")
_NOT_A_PICK = re.compile(r"(?:除了|不要|别选|不选)\s*$")


def find_option(text: str) -> list[Mention]:
    """Return the `option` mentions: integers from 1, each named once, at its first place."""
    found = [*_worded(text), *_bare(text)]
    for pattern in (_ORDINAL, _NUMBERED, _PICKED):
        found.extend(_number(m, text, m.start(), m.end()) for m in pattern.finditer(text))
    return _once([m for m in found if m is not None])


def find_place(text: str) -> list[Mention]:
    """Return the `place` mentions: picks that count from the list's end or middle.

    A value of -1 is the last one, -2 the one before it; 0 is the middle.
    """
    found = [Mention("place", -1, m.start(), m.end()) for m in _LAST.finditer(text)]
    found += [Mention("place", 0, m.start(), m.end()) for m in _MIDDLE.finditer(text)]
    for match in _FROM_END.finditer(text):
        back = to_int(match["n"]) or 1
        found.append(Mention("place", -back, match.start(), match.end()))
    return [one for one in found if _offers(text, one)]


def position(text: str, size: int) -> int | None:
    """Return which of `size` things (from 1) the normalised `text` picks by its place.

    None where it picks none, or where the list has no such place (an even one no middle).
    """
    places = {place.value for place in find_place(text)}
    if len(places) != 1:
        return None
    place = places.pop()
    if place == 0:
        return size // 2 + 1 if size % 2 else None
    return size + 1 + place if size + place >= 0 else None


def _offers(text: str, place: Mention) -> bool:
    refused = _NOT_A_PICK.search(text[: place.start])
    return not refused and not _NOT_A_LIST.match(text[place.end :])


def _worded(text: str) -> list[Mention | None]:
    return [Mention("option", 1, m.start(), m.end()) for m in _FIRST.finditer(text)]


def _bare(text: str) -> list[Mention | None]:
    match = _BARE.match(text) or _BARE_START.match(text)
    if match is None or re.search(r"\d\s*号", match.group()):
        return []
    return [_number(match, text, match.start("at"), match.end("at"))]


def _number(match: re.Match[str], text: str, start: int, end: int) -> Mention | None:
    number = to_int(match["n"])
    refused = _NOT_A_PICK.search(text[: match.start()])
    if not number or number > _LIST_LIMIT or refused:
        return None
    return Mention("option", number, start, end)


def _once(mentions: list[Mention]) -> list[Mention]:
    kept: list[Mention] = []
    for one in sorted(mentions, key=lambda m: (m.start, -m.end)):
        clash = any(o.value == one.value or one.start < o.end for o in kept)
        if not clash:
            kept.append(one)
    return kept
