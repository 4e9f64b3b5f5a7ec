"""Which districts an address may lie in, by the names that people use."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from functools import cache

from bot.scheduling.divisions import full_name, today

_COUNTY, _PREFECTURE, _PROVINCE = 6, 4, 2
_SUFFIX = re.compile(
    r"(?:壮族|回族|维吾尔)?(?:自治区|特别行政区)$|(?:[\u4e00-\u9fff]{1,3}族)+自治[州县旗]$"
    r"|(?:新区|矿区|林区|地区|省|市|盟|区|县|旗)$"
)
_SHORTEST = 2
# Names that also say where in a town something is: they count within a named one.
_VAGUE = frozenset({"郊区", "矿区", "城区", "东区", "西区", "新城区", "新区", "开发区"})
# A road or an estate that is called after a place (南京西路, 朝阳花园) is not in it.
_CALLED_AFTER = re.compile(
    r"[东南西北中]?[一二三四五六七八九十]?(?:大?道|大?街|路|巷|里|弄|桥|门(?!头)|苑|园|花园|家园|公寓|新村|小区"
    r"|广场|大厦|公馆|国际|中心|商场|府|湾|村|苑|站|店)"
)
_RULED_OUT = re.compile(r"(?:不是|不在|不要|不送|别送|原来是?在?|之前是?在?|以前是?在?|从)$")


@dataclass(frozen=True)
class District:
    """A district by its adcode; `name` begins with its province: 上海市浦东新区."""

    adcode: str
    name: str


@dataclass(frozen=True)
class _Named:
    code: str
    start: int
    end: int
    whole: bool


def district(adcode: str) -> District:
    """Return the district of an adcode."""
    return District(adcode, full_name(adcode))


def find_districts(text: str, near: str = "") -> list[District]:
    """Return the districts that the normalised `text` may mean, those nearest to `near` first.

    `near` is an adcode. One where the names leave no doubt, several where places share a
    name (朝阳区), none where no district is named. A prefecture that has no districts is one.
    """
    named = _named(text)
    districts = [n for n in named if _level(n.code) == _COUNTY]
    tops = [n for n in named if _level(n.code) < _COUNTY and _is_town(n, districts)]
    codes = {n.code for n in _whole(districts) if _counts(n, tops)}
    inside = {code for code in codes if any(_within(code, top.code) for top in tops)}
    found = inside or ({*codes} if not _contradicted(codes, tops) else set())
    found = found or {n.code for n in tops if _level(n.code) == _PREFECTURE and _undivided(n.code)}
    ordered = sorted(found, key=lambda code: (-_shared(code, near), code))
    return [district(code) for code in ordered]


def _named(text: str) -> list[_Named]:
    found: list[_Named] = []
    pattern, lookup = _names()
    reached = 0
    for match in pattern.finditer(text):
        start, end = match.span("name")
        # Names may lap over (济南市 市中区), but what is inside of a longer one is none.
        if end <= reached:
            continue
        reached = end
        if not _RULED_OUT.search(text[:start]):
            called_after = _CALLED_AFTER.match(text, end)
            for code in lookup[match["name"]]:
                whole = today()[code] == match["name"]
                if whole or not called_after:
                    found.append(_Named(code, start, end, whole))
    return found


def _whole(districts: list[_Named]) -> list[_Named]:
    """Return those named in full where there are any: 天山区 in 乌鲁木齐天山区, not 乌鲁木齐县."""
    return [n for n in districts if n.whole] or districts


def _is_town(named: _Named, districts: list[_Named]) -> bool:
    """Say whether a name means the town: those that districts share (朝阳) may not.

    Where a district in it is named beside it (西安新城区), they do.
    """
    here = {n.code for n in districts if n.start == named.start}
    beside = [n for n in districts if n.start != named.start and _within(n.code, named.code)]
    return not here or bool(beside)


def _counts(named: _Named, tops: list[_Named]) -> bool:
    """Say whether a district's name is told from plain words: a vague one needs its town."""
    return today()[named.code] not in _VAGUE or any(_within(named.code, t.code) for t in tops)


def _contradicted(codes: set[str], tops: list[_Named]) -> bool:
    """Say whether towns are named that none of the districts is in."""
    towns = [top for top in tops if top.code not in {code[:_PREFECTURE] + "00" for code in codes}]
    return bool(codes and towns) and not any(
        _within(code, top.code) for code in codes for top in towns
    )


def _level(code: str) -> int:
    """Return how many digits of a code say where it is: 2, 4 or 6."""
    if code.endswith("0000"):
        return _PROVINCE
    return _PREFECTURE if code.endswith("00") else _COUNTY


def _within(code: str, top: str) -> bool:
    return code.startswith(top[: _level(top)])


def _undivided(prefecture: str) -> bool:
    return not any(c != prefecture and c.startswith(prefecture[:_PREFECTURE]) for c in today())


def _shared(code: str, near: str) -> int:
    """Return how much of its place a district shares with another: 2 a town, 1 a province."""
    if near and code[:_PREFECTURE] == near[:_PREFECTURE]:
        return 2
    return int(bool(near) and code[:_PROVINCE] == near[:_PROVINCE])


@cache
def _names() -> tuple[re.Pattern[str], dict[str, list[str]]]:
    """Return one pattern over all names, longest first, and the codes that each may mean."""
    lookup: dict[str, list[str]] = defaultdict(list)
    for code, name in today().items():
        short = _SUFFIX.sub("", name)
        for way in {name, short} if len(short) >= _SHORTEST else {name}:
            lookup[way].append(code)
    pattern = "|".join(map(re.escape, sorted(lookup, key=len, reverse=True)))
    return re.compile(f"(?=(?P<name>{pattern}))"), dict(lookup)
