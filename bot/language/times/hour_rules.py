"""How people write parts of a day and clock times."""

from __future__ import annotations

import re
from datetime import datetime

from bot.language.numbers import EDGE, to_int
from bot.language.times.atoms import Clock, Context, Instant, Meaning, Part, Rule, rule

_HOURS = {
    (0, 6): ("凌晨", "半夜里", "大半夜", "半夜", "午夜"),
    (6, 12): (
        "清晨", "清早", "大清早", "一大清早", "一大早", "大早上", "早上", "早晨", "早间", "上午",
        "午前", "上昼", "朝早", "朝头早", "上半天", "头晌", "前晌", "早",
    ),
    (6, 18): ("白天", "上下午", "日头"),
    (11, 13): ("中午", "正午", "晌午", "午间", "晏昼"),
    (12, 18): ("下午", "午后", "下昼", "后晌", "下晌", "下半天"),
    (17, 19): ("傍晚", "黄昏", "擦黑", "傍黑"),
    (18, 22): ("晚上", "晚间", "夜晚", "夜里", "夜间", "夜黑", "晚头", "夜头", "晚", "夜"),
}  # fmt: skip
PARTS = {name: Part(name, *hours) for hours, names in _HOURS.items() for name in names}
PARTS |= {name: Part(name, 11, 13, after=12) for name in _HOURS[11, 13]}
PARTS["朝"] = PARTS["一早"] = PARTS["早起"] = PARTS["早"]
_LONG = "|".join(
    sorted((n for n in PARTS if len(n) > 1 and n not in {"一早", "早起"}), key=len, reverse=True)
)
# What parts the day at home: when it begins, when it is over.
_BREAKS = {
    **dict.fromkeys(("早饭", "早餐", "早点"), (8, 9)),
    **dict.fromkeys(("午饭", "午餐", "中饭", "中午饭", "午休"), (12, 13)),
    **dict.fromkeys(("晚饭", "晚餐", "夜饭"), (18, 19)),
    **dict.fromkeys(("下班", "放工", "收工", "天黑"), (18, 18)),
    **dict.fromkeys(("放学", "下课"), (17, 17)),
}
_BREAK = "|".join(sorted(_BREAKS, key=len, reverse=True))
_DAY_ENDS, _OFFICE = 22, (9, 18)
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
    r"|[一二三四五六七八九](?:米|匹|个|公|升|千|度|平|吨|毫|厘|万|倍))"
)
_DATE_BEFORE = re.compile(r"\d[/.\-]\d{1,2}\s+$")
_ALREADY = re.compile(r"(?:都|已经|快|现在)$")
_NOON, _TEN = 12, 10
_OURS = re.compile(r"(?:你们|您们|师傅|客服|网点|门店)的?$")
_ASKED = re.compile(r"^(?:是|为|到)?(?:几点|什么|多久|多少|从几)")


def _part(match: re.Match[str], context: Context) -> Meaning | None:
    # 早晨 by itself greets.
    return None if context.text.strip(" ,。!~") == "早晨" else PARTS[match.group()]


def _whole_part(match: re.Match[str], _: Context) -> Meaning | None:
    return PARTS[match["name"]]


def _after_break(match: re.Match[str], _: Context) -> Meaning | None:
    name = match["name"] or match["eaten"]
    return Part(name, _BREAKS[name][1], _DAY_ENDS, open=True)


def _before_break(match: re.Match[str], _: Context) -> Meaning | None:
    first, end = _BREAKS[match["name"]]
    return Part(match["name"], first, max(end, first + 1))


def _office_hours(match: re.Match[str], context: Context) -> Meaning | None:
    """Tell 上班时间不方便 from a question about ours: 你们上班时间是几点."""
    asked = _OURS.search(context.text[: match.start()]) or _ASKED.match(context.text[match.end() :])
    return None if asked else Part(match.group(), *_OFFICE)


def _to_go(match: re.Match[str], _: Context) -> Meaning | None:
    """Read 差一刻九点 and 三点差五分."""
    hour = to_int(match["h"])
    short = 15 if match["q"] else to_int(match["m"]) or 0
    if hour is None or not 0 < short < 60 or not 0 < hour <= 24:  # noqa: PLR2004
        return None
    return Clock((hour - 1) or _NOON, 60 - short, exact=hour > _NOON + 1)


def _english(match: re.Match[str], _: Context) -> Meaning | None:
    hour = int(match["h"])
    if not 1 <= hour <= _NOON:
        return None
    afternoon = match["half"] in "pP"
    return Clock(hour % _NOON + (_NOON if afternoon else 0), int(match["m"] or 0), exact=True)


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
    ten = _TEN if match["ten"] else 0
    first, last = (to_int(match["a"]) or 0) + ten, (to_int(match["b"]) or 0) + ten
    if last != first + 1:
        return None
    exact = first > _NOON
    return Clock(first, exact=exact, until=Clock(last + 1, exact=exact))


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
    dated = _DATE_BEFORE.search(context.text[: match.start()])
    if not (whole or dated or (near and near in "午上晨晚夜天日号一二三四五六末")):
        return None
    return Clock(first, exact=first > _NOON, until=Clock(last, exact=last > _NOON))


def _instant(match: re.Match[str], context: Context) -> Meaning | None:
    try:
        at = datetime.fromisoformat(match.group().replace("Z", "+00:00").replace(" ", "T"))
    except ValueError:
        return None
    zone = context.now.tzinfo
    return Instant(at.astimezone(zone) if at.tzinfo else at.replace(tzinfo=zone))


HOUR_RULES: tuple[Rule, ...] = (
    rule(
        r"(?<!\d)20\d\d-\d\d-\d\d(?:T[0-2]\d:[0-5]\d(?::[0-5]\d)?| [0-2]\d:[0-5]\d:[0-5]\d)"
        r"(?:Z|[+-][01]\d:[0-5]\d)?(?!\d)",
        _instant,
    ),
    rule(rf"(?:(?<![周期拜])一早|{_LONG})(?!{_GREETING}|安(?!装|排)|[茶饭餐])", _part),
    # A habit is no wish: 每周三下午要去理疗.
    rule(rf"每(?:个|逢)?(?:周|星期|礼拜)[一二三四五六日天末]?的?(?:{_LONG})?", lambda *_: []),
    rule(r"(?:上班(?:时间|的?时候|期间)|工作时间)", _office_hours),
    rule(r"(?:一?整个?|(?<![周期拜])一)(?P<name>上午|下午|晚上|白天)", _whole_part, weak=True),
    rule(
        rf"(?:吃[完过了]?)?(?P<name>{_BREAK})(?:以后|之后|过后|后(?![天面]))"
        rf"|吃[完过](?P<eaten>{_BREAK})",
        _after_break,
        needs="后吃",
    ),
    rule(rf"(?P<name>{_BREAK})(?=以前|之前|前(?![天面台]))", _before_break, needs="前"),
    rule(
        r"(?<![最提尽趁太更早晚])(?:早起|[早晚夜朝](?![点些了于饭餐就班]|一点|早|晚|到))"
        r"|(?<![最提尽趁太更早晚])[早晚](?=[2-9]点|1[0-2]点|[三四五六七八九十]点|就)",
        _part,
        weak=True,
    ),
    rule(
        rf"{EDGE}(?P<h>{_H}){_POINT}(?P<whole>整|钟)?(?:(?P<half>半)|(?P<q>[一三13])刻"
        rf"|过?{_MINUTE})?(?:[来多]?钟)?",
        _clock,
        needs="点时",
    ),
    rule(rf"{EDGE}(?P<h>{_H})(?=(?:{_DASH}|、){_H}{_POINT})", _bare_hour, needs="点时"),
    rule(
        rf"{EDGE}(?P<ten>十)?(?P<a>[一二两三四五六七八九])[、,]?(?P<b>[二两三四五六七八九十])"
        rf"{_POINT}(?:来?钟)?",
        _about,
        needs="点时",
    ),
    rule(
        rf"(?<![\d.:/\-])(?P<ten>)(?P<a>1?\d)[、,](?P<b>1?\d){_POINT}(?:来?钟)?",
        _about,
        needs="点时",
    ),
    rule(
        rf"差(?:(?P<q>一刻)|(?P<m>[一二三四五六七八九十]{{1,3}}|[1-5]?\d)分)钟?(?:就?到)?"
        rf"(?P<h>{_H}){_POINT}",
        _to_go,
        needs="差",
    ),
    rule(
        rf"{EDGE}(?P<h>{_H}){_POINT}钟?差(?:(?P<q>一刻)"
        r"|(?P<m>[一二三四五六七八九十]{1,3}|[1-5]?\d)分)钟?",
        _to_go,
        needs="差",
    ),
    rule(
        r"(?<![\d.:A-Za-z])(?P<h>\d{1,2})(?::(?P<m>[0-5]\d))?\s*(?P<half>[aApP])\.?[mM](?![A-Za-z])",
        _english,
    ),
    rule(
        r"(?<![\d:.])(?P<h>[01]?\d|2[0-4])[::](?P<m>[0-5]\d)(?::[0-5]\d)?(?![\d:])",
        _colon,
        needs=":",
    ),
    rule(
        r"(?<![\d.\-/:A-Za-z])(?P<a>\d{1,2})\s*(?:-|~|—|–|到|至)\s*(?P<b>\d{1,2})"
        r"(?![\d.\-/:A-Za-z点时号日月楼层米元块个天栋室寸匹单])",
        _span,
    ),
)
