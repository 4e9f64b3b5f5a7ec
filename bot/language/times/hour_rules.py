"""How people write parts of a day and clock times."""

from __future__ import annotations

import re
from datetime import datetime

from bot.language.numbers import EDGE, to_int
from bot.language.times.atoms import Clock, Context, Instant, Meaning, Part, Rule

_HOURS = {
    (0, 6): ("凌晨", "半夜里"),
    (6, 12): (
        "清晨", "清早", "大清早", "一大早", "大早上", "早上", "早晨", "早间", "上午",
        "午前", "上昼", "朝早", "上半天", "早",
    ),
    (11, 13): ("中午", "正午", "晌午", "午间", "晏昼"),
    (12, 18): ("下午", "午后", "下昼", "后晌", "下半天"),
    (17, 19): ("傍晚", "黄昏"),
    (18, 22): ("晚上", "晚间", "夜晚", "夜里", "夜间", "晚头", "夜头", "晚", "夜"),
}  # fmt: skip
PARTS = {name: Part(name, *hours) for hours, names in _HOURS.items() for name in names}
PARTS["朝"] = PARTS["一早"] = PARTS["早"]
_LONG = "|".join(sorted((n for n in PARTS if len(n) > 1 and n != "一早"), key=len, reverse=True))
_GREETING = r"好(?![吗么不嘛的像约办])"

_H = r"(?:2[0-4]|1\d|0?\d|二十[一二三四]?|十[一二三四五六七八九]?|[零〇一二两三四五六七八九])"
_POINT = r"(?:点(?![儿击评赞餐名火燃心子滴缀])|时(?![间候段长尚不刻常期机限而]))"
_MINUTE = (
    r"(?P<m>[0-5]\d|[零〇][一二三四五六七八九]|[二三四五]?十[一二三四五六七八九]?"
    r"|(?:[一二三四五六七八九]|\d)(?=分))(?![\d点个楼层号月台元块米十万])分?"
)
_DASH = r"\s*(?:到|至|-|~|—|–|－|～)+\s*"
# 早一点, 便宜一点: a bit, no clock time.
_A_BIT_BEFORE = frozenset(
    "晚早快慢好多少大小高低贵贱远近松紧有宜前靠差懂点全省细强轻重真急慌稳干宽窄厚薄了"
)
_A_BIT_AFTER = frozenset("都也不没儿点的小问意事")
_TAKES_A_CLOCK = re.compile(
    r"^(?:左右|之?[前后]|以[前后]|多|来|送|装|上门|过|开始|吧|可以|行|到|至|-|~)"
)
_TAKES_NO_CLOCK = re.compile(
    r"^(?:要求|建议|意见|原因|不同|问题|\d+(?:\.\d+)?\s*(?:米|匹|寸|公|升|元|块|万|倍)"
    r"|[一二三四五六七八九](?:米|匹|个|公|升))"
)
_ALREADY = re.compile(r"(?:都|已经|快|现在)$")
_NOON = 12


def _part(match: re.Match[str], context: Context) -> Meaning | None:
    # 早晨 by itself greets.
    return None if context.text.strip(" ,。!~") == "早晨" else PARTS[match.group()]


def _clock(match: re.Match[str], context: Context) -> Meaning | None:
    hour = to_int(match["h"])
    if hour is None or not _is_clock(match, hour, context.text):
        return None
    return Clock(hour, _minute(match), exact=hour > _NOON or match["h"].startswith("0"))


def _minute(match: re.Match[str]) -> int:
    if match["half"]:
        return 30
    if match["q"]:
        return 15 if match["q"] in "一1" else 45
    return to_int(match["m"]) or 0 if match["m"] else 0


def _is_clock(match: re.Match[str], hour: int, text: str) -> bool:
    before, after = text[: match.start()], text[match.end() :]
    if _TAKES_NO_CLOCK.match(after) or (after.startswith("了") and _ALREADY.search(before)):
        return False
    if hour != 1 or match["half"] or match["q"] or match["m"] or match["whole"]:
        return True
    if "时" in match.group() or before[-1:] in _A_BIT_BEFORE or after[:1] in _A_BIT_AFTER:
        return False
    told = before.rstrip()[-1:]
    return bool(told and told in "午上晨晚夜天日号一二三四五六末从后到") or bool(
        _TAKES_A_CLOCK.match(after)
    )


def _bare_hour(match: re.Match[str], _: Context) -> Meaning | None:
    hour = to_int(match["h"])
    return None if hour is None else Clock(hour, exact=hour > _NOON)


def _about(match: re.Match[str], _: Context) -> Meaning | None:
    first, last = to_int(match["a"]) or 0, to_int(match["b"]) or 0
    return Clock(first, until=Clock(last + 1)) if last == first + 1 else None


def _colon(match: re.Match[str], _: Context) -> Meaning | None:
    hour = int(match["h"])
    exact = hour > _NOON or match["h"].startswith("0")
    return Clock(hour, int(match["m"]), exact=exact)


def _span(match: re.Match[str], context: Context) -> Meaning | None:
    first, last = int(match["a"]), int(match["b"])
    if not first < last <= 24:  # noqa: PLR2004 - hours of a day
        return None
    near = context.text[: match.start()].rstrip()[-1:]
    whole = match.group() == context.text.strip()
    if not whole and not (near and near in "午上晨晚夜天日号一二三四五六末"):
        return None
    return Clock(first, exact=first > _NOON, until=Clock(last, exact=last > _NOON))


def _instant(match: re.Match[str], context: Context) -> Meaning | None:
    try:
        at = datetime.fromisoformat(match.group().replace("Z", "+00:00").replace(" ", "T"))
    except ValueError:
        return None
    zone = context.now.tzinfo
    return Instant(at.astimezone(zone) if at.tzinfo else at.replace(tzinfo=zone))


def _rule(pattern: str, read: object, *, weak: bool = False) -> Rule:
    return Rule(re.compile(pattern), read, weak)  # type: ignore[arg-type]


HOUR_RULES: tuple[Rule, ...] = (
    _rule(
        r"(?<!\d)20\d\d-\d\d-\d\d(?:T[0-2]\d:[0-5]\d(?::[0-5]\d)?| [0-2]\d:[0-5]\d:[0-5]\d)"
        r"(?:Z|[+-][01]\d:[0-5]\d)?(?!\d)",
        _instant,
    ),
    _rule(rf"(?:(?<![周期拜])一早|{_LONG})(?!{_GREETING}|安(?!装|排))", _part),
    _rule(
        r"(?<![最提尽趁太更早晚])[早晚夜朝](?![点些了于饭餐就]|一点|早|晚|到)"
        r"|(?<![最提尽趁太更早晚])[早晚](?=[2-9]点|1[0-2]点|[三四五六七八九十]点|就)",
        _part,
        weak=True,
    ),
    _rule(
        rf"{EDGE}(?P<h>{_H}){_POINT}(?P<whole>整|钟)?(?:(?P<half>半)|(?P<q>[一三13])刻"
        rf"|过?{_MINUTE})?(?:钟)?",
        _clock,
    ),
    _rule(rf"{EDGE}(?P<h>{_H})(?=(?:{_DASH}|、){_H}{_POINT})", _bare_hour),
    _rule(
        rf"{EDGE}(?P<a>[一二两三四五六七八九])(?P<b>[二三四五六七八九十]){_POINT}(?:钟)?", _about
    ),
    _rule(r"(?<![\d:.])(?P<h>[01]?\d|2[0-4])[::](?P<m>[0-5]\d)(?::[0-5]\d)?(?![\d:])", _colon),
    _rule(
        r"(?<![\d.\-/:A-Za-z])(?P<a>\d{1,2})\s*(?:-|~|—|–|到|至)\s*(?P<b>\d{1,2})"
        r"(?![\d.\-/:A-Za-z点时号日月楼层米元块个天栋室寸匹单])",
        _span,
    ),
)
