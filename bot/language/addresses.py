"""Stretches of text that look like a Chinese address.

An address is read piece by piece (区, 路, 弄, 号, 栋, 室…) and neighbouring pieces are chained;
one pattern for the whole would backtrack without end on hostile text.
"""

from __future__ import annotations

import re
from itertools import groupby

from bot.language.mention import Mention, without_overlaps

_C = r"[\u4e00-\u9fff]"
_N = (
    r"(?:(?<![\dA-Za-z.])[A-Za-z]?\d{1,5}(?:[\-—]\d{1,5}){0,3}[A-Za-z]?|[一二三四五六七八九十]{1,3}"
    r"|(?<![A-Za-z])[A-Za-z](?=[座栋幢]))"
)
_PIECE = re.compile(
    rf"(?P<strong>{_N}(?:弄|巷|号楼|栋|幢|座|#楼|#|单元)"
    rf"|{_N}号(?!楼|线|机|店|师傅|客服|时段)(?:院|大院)?)"
    rf"|(?P<room>(?:{_N}(?:层|楼)|(?<![\dA-Za-z.]))\d{{3,4}}(?:室|房|户)?(?![\d元块米号年月日]|\d)|{_N}(?:室|户))"
    rf"|(?P<level>{_N}(?:楼|层)(?![梯房板高下长号\d]))"
    rf"|(?P<region>{_C}{{2,8}}?(?:省|自治区|特别行政区)|{_C}{{2,6}}?(?:市|地区|自治州|盟)"
    rf"|{_C}{{1,6}}?(?:街道|镇|乡|开发区|新区|园区|(?<![小社地])区|县|旗)(?![别分块域长]))"
    rf"|(?P<road>{_C}{{1,8}}?(?:大道|大街|(?<![线电水管半走迷回气油])路|街|巷|胡同|里弄"
    r"|(?<![行车通楼走过管烟味频渠知街])道)(?![上由边程过径费歉])"
    r"(?:[东南西北中]?[一二三四五六七八九十]?段)?)"
    rf"|(?P<estate>{_C}{{2,8}}?(?:小区|花园|家园|公寓|新村|新城|嘉园|雅苑|华府|公馆|苑|大厦|广场"
    r"|山庄|别墅|里(?=\d)|村(?=\d)|城(?=\d))"
    r"(?:[一二三四五六七八九十\d]{1,2}期|[东南西北]?[一二三四五六七八九十]?区)?)"
)
_GAP = re.compile(r"^[,，\s]?$")
# Words before an address that the open pieces swallow.
_LEAD = re.compile(r"^.*?(?:是|为|在|到|至|成(?!都)|去|住|写|填|叫|给)(?:了|的|我家)?")
_PERSON = re.compile(r"^(?:我家|我|你|他|她|们|家|现在|新家|这里|那个|这个|就|那)+")
_CUE = re.compile(
    r"(?:地址|小区|住在?|搬到|送到|改到|改成|改送|寄到|收货|填错|应该是|是|在|楼号|门牌号?)"
    r"\W*[^,。;]{0,8}$"
)
_NOT_ALONE = re.compile(rf"{_N}[号巷座#]|{_N}(?:层|楼)?\d*(?:室|户)?")
_SHORTEST = 3


def find_addresses(text: str) -> list[Mention]:
    """Return the `address` mentions, each the longest stretch that reads as one."""
    found = [_read(text, chain) for chain in _chains(text)]
    return without_overlaps([one for one in found if one])


def _chains(text: str) -> list[list[re.Match[str]]]:
    chains: list[list[re.Match[str]]] = []
    for piece in _PIECE.finditer(text):
        gap = text[chains[-1][-1].end() : piece.start()] if chains else None
        if gap is not None and _GAP.match(gap) and not _LEAD.match(piece.group()):
            chains[-1].append(piece)
        else:
            chains.append([piece])
    return chains


def _read(text: str, chain: list[re.Match[str]]) -> Mention | None:
    while chain and chain[-1].lastgroup == "region":
        chain = chain[:-1]
    if not chain:
        return None
    end = chain[-1].end()
    start = chain[0].start()
    start += _lead(text[start : min(end, chain[0].end())])
    # A floor ends an address, but makes none: 3栋5楼 describes a home.
    named = [piece.lastgroup for piece in chain if piece.lastgroup != "level"]
    kinds = [kind for kind, _ in groupby(named)]
    if not _is_address(text, start, end, kinds):
        return None
    return Mention("address", text[start:end], start, end)


def _lead(first: str) -> int:
    """Return how many characters at the begin of the first piece are not part of it."""
    cut = 0
    while (lead := _LEAD.match(first[cut:])) and cut + lead.end() < len(first):
        cut += lead.end()
    person = _PERSON.match(first[cut:])
    return cut + (person.end() if person else 0)


def _is_address(text: str, start: int, end: int, kinds: list[str | None]) -> bool:
    value = text[start:end]
    if len(value) < _SHORTEST or _NOT_ALONE.fullmatch(value):
        return False
    if "strong" in kinds and len(kinds) > 1:
        return True
    told = value == text.strip() or bool(_CUE.search(text[:start]))
    return told and bool({"strong", "estate", "road"} & set(kinds))
