"""Lengths that matter for a visit: pipes, and how narrow the way in is."""

from __future__ import annotations

import re

from bot.language.numbers import to_int

_N = (
    r"(?:\d{1,3}(?:\.\d{1,2})?|[一二两三四五六七八九]?十[一二三四五六七八九]?"
    r"|[一二两三四五六七八九])"
)
_PIPE = re.compile(
    rf"(?:铜管|管子|管道|管线|连接管|空调管|管长|走管|内外机(?:的)?(?:距离|相距|隔)"
    rf"|外机[^,。;]{{0,4}}(?:距离|相距|隔))[^,。;]{{0,8}}?"
    rf"(?P<n>{_N})\s*(?:来|多)?(?:米|m(?![a-z])|公尺)(?!的?多少|多少|几)"
    rf"|(?P<n2>{_N})\s*(?:来|多)?米(?:长)?(?:左右)?的?(?:铜管|管子|连接管|空调管)"
)
_PRICE = re.compile(r"多少钱|一米|每米|怎么收|收费|单价|超过")
_WAY = (
    r"(?:门宽|门洞|入户门|进户门|大门|房门|厨房门|卫生间门|最窄(?:的地方|处)?|过道|走廊|通道"
    r"|门(?!卫|店|锁|铃|牌|板))"
)
_DOOR = re.compile(
    rf"{_WAY}[^,。;\d高一二两三四五六七八九十]{{0,8}}(?:"
    rf"(?P<metre>[\d一二两])米(?P<tenth>[\d一二三四五六七八九])(?!\d)"
    rf"|(?P<n>{_N})\s*(?P<u>公分|厘米|cm|毫米|mm|米(?!高)|m(?![a-z])))",
    re.IGNORECASE,
)
_BARE = re.compile(
    r"(?:门宽|门洞宽?|最窄处?)(?:是|大概|大约|有|:)*\s*(?P<n>\d{2,3})(?!\d|[.a-z%个号元块楼])"
)
_CM = {"公分": 1.0, "厘米": 1.0, "cm": 1.0, "毫米": 0.1, "mm": 0.1, "米": 100.0, "m": 100.0}


def number(text: str) -> float | int:
    """Return the number written in Arabic or Chinese digits; 0 where it is none."""
    return float(text) if "." in text else to_int(text) or 0


def pipe_metres(clause: str) -> float | int | None:
    """Return the metres of pipe that a clause states; a price for one states none."""
    pipe = _PIPE.search(clause)
    if not pipe or _PRICE.search(clause):
        return None
    half = 0.5 if clause.startswith("半", pipe.end()) else 0
    return number(pipe["n"] or pipe["n2"]) + half


def door_width_cm(clause: str) -> float | int | None:
    """Return the centimetres of a door's or a passage's width that a clause states."""
    door = _DOOR.search(clause)
    if not door:
        bare = _BARE.search(clause)
        return int(bare["n"]) if bare else None
    if door["metre"]:
        return int(number(door["metre"]) * 100 + number(door["tenth"]) * 10)
    width = number(door["n"]) * _CM[door["u"].lower()]
    return int(width) if float(width).is_integer() else round(width, 1)
