"""How people write dates and months."""

from __future__ import annotations

import re
from datetime import date

from bot.language.numbers import EDGE, SMALL, to_int
from bot.language.times import days
from bot.language.times.atoms import Atom, Context, Meaning, Rule, rule
from bot.language.times.days import Days, one_day
from bot.language.times.past import is_past
from bot.language.times.week_rules import OFFSETS, WHICH

_N = SMALL
MONTH = r"(?:1[0-2]|0?[1-9]|十[一二]?|[一二三四五六七八九])"
_YEAR = r"(?:20\d\d|二[零〇○O0]二[一二三四五六七八九]|二[零〇○O0]三[零〇一二三四五六七八九])"
_YEARS = {"去年": -1, "今年": 0, "明年": 1, "后年": 2}
_PHASE = r"(?P<f>初|上旬|中旬|下旬|最后一天|中(?![央午间])|底|末)"
_NO_UNIT = r"(?![\d日号个台天件次楼层点:时折成匹米寸块元月十单户人])"
PLACE = "弄路街道巷村区县镇园苑寓厦墅牌"
NOT_A_DAY = (
    r"(?![楼栋院门线店单桌机库码房口弄室仓车洞路信座幢馆桥内游达用]|之内|以内"
    r"|电池|[钢色球字甲乙]|螺丝|风机|\d+(?:单元|室|楼|栋|幢|弄|门)|[那这]?个?(?:时段|时间段|选项|方案)|\d{3})"
)
_LISTED = r"\s*(?:[、,/和或跟与及]|或者|还是|到|至|-|~|—)\s*"
_DOTTED_BEFORE = re.compile(r"(?:[到约改在是成就选于定订排换]|号|周.|^)\s*$")
_DOTTED_AFTER = re.compile(
    r"^\s*(?:[号日早晚行可吧送装来上下中有能,。?!\-~到至的]|之?[前后]|以[前后]|那天|全天|周|开始|$)"
)
_PRICED_BEFORE = re.compile(r"(?:[每米平方价钱元付]|单价是)\s*$")
_UNIT_AFTER = re.compile(
    r"^\s*(?:[匹米元块寸升吨层楼倍万折分度斤克版期%×xX*年个小天名平方千毫厘公kKmMLlWwVv]|英寸|立方)"
)
_HOURS_AFTER = re.compile(r"[号日上下早晚中]")
_FIRST_SURE_DAY = 25  # no hour, so 9-25 can only be a date
_ENDS_A_RANGE = re.compile(r"(?:到|至|-|~|—)\s*$")
_PICKED = re.compile(r"[选挑拣]\s*$")
_OPTIONS = 10
_NEAR = 366  # days
_NUMBERED = re.compile(r"(?:[A-Za-z\-_#:]|[号码单]\s*(?:是|为)?\s*)$")
_FRACTION = re.compile(r"^\s*的?(?:水|钱|管|接|口|寸|内|外|螺|丝|弯|阀|费|价|时间|面积|人|货)")


def _full(match: re.Match[str], _: Context) -> Meaning | list[Atom]:
    year = to_int(match["y"]) or 0
    found = days.make(
        year if year > 100 else 2000 + year,  # noqa: PLR2004 - 26年 is 2026
        to_int(match["m"]) or 0,
        to_int(match["d"]) or 0,
    )
    return one_day(found) if found else []


def _compact(match: re.Match[str], context: Context) -> Meaning | list[Atom] | None:
    """Read 20261205, which may just as well be a part of a number."""
    found = days.make(int(match["y"]), int(match["m"]), int(match["d"]))
    if found is None or _NUMBERED.search(context.text[: match.start()]):
        return None
    return one_day(found) if abs((found - context.today).days) < _NEAR else None


def _month_day(match: re.Match[str], context: Context) -> Meaning | list[Atom]:
    month, day = to_int(match["m"]) or 0, to_int(match["d"]) or 0
    named = match.groupdict().get("y")
    if named:
        found = days.make(context.today.year + _YEARS[named], month, day)
    else:
        past = is_past(context.text, match.start(), match.end())
        found = days.nearest_month_day(context.today, month, day, past=past)
    return one_day(found) if found else []


def _dotted(match: re.Match[str], context: Context) -> Meaning | list[Atom] | None:
    before, after = context.text[: match.start()], context.text[match.end() :]
    led = _DOTTED_BEFORE.search(before)
    priced = _PRICED_BEFORE.search(before)
    if priced or _UNIT_AFTER.match(after) or not (led or _DOTTED_AFTER.match(after)):
        return None
    # 买的1.5的 is a power, 装12.5号 a date: single figures need a word that takes a date.
    short = len(match.group()) <= len("1.5")
    if short and not led and not _HOURS_AFTER.match(after):
        return None
    return _month_day(match, context)


def _slashed(match: re.Match[str], context: Context) -> Meaning | list[Atom] | None:
    if int(match["m"]) < int(match["d"]) and _FRACTION.match(context.text[match.end() :]):
        return None
    return _month_day(match, context)


def _dotted_range(match: re.Match[str], context: Context) -> Meaning | None:
    first = days.nearest_month_day(context.today, int(match["m"]), int(match["d"]))
    last = days.nearest_month_day(first, int(match["m2"]), int(match["d2"])) if first else None
    return Days(first, last + days.ONE) if first and last else None


def _dashed(match: re.Match[str], context: Context) -> Meaning | list[Atom] | None:
    day = int(match["d"])
    after = context.text[match.end() : match.end() + 1]
    if after and after in "点时室栋幢单楼层米厘毫公元块平天个人台寸度分次套页":
        return None
    padded = match["d"].startswith("0") or match["m"].startswith("0")
    sure = day >= _FIRST_SURE_DAY or padded or after in {"号", "日"}
    return _month_day(match, context) if sure else None


def _day_of_month(match: re.Match[str], context: Context) -> Meaning | None:
    day = to_int(match["d"]) or 0
    if day <= _OPTIONS and _PICKED.search(context.text[: match.start()]):
        return None
    past = is_past(context.text, match.start(), match.end())
    found = None if past else _in_told_month(match, context, day)
    found = found or days.nearest_day_of_month(context.today, day, past=past)
    return one_day(found) if found else None


def _in_told_month(match: re.Match[str], context: Context, day: int) -> date | None:
    """Let a bare day lean on the month told before it: 12月5、6号, 12月28号到3号."""
    anchor = context.anchor
    if anchor is None or anchor <= context.today:
        return None
    if _ENDS_A_RANGE.search(context.text[: match.start()]):
        return days.nearest_day_of_month(anchor, day)
    if anchor.month == context.today.month:
        return None
    return days.make(anchor.year, anchor.month, day)


def _of_month(match: re.Match[str], context: Context) -> Meaning | None:
    first = days.month_start(context.today, OFFSETS[match["which"]])
    if match["d"]:
        found = days.make(first.year, first.month, to_int(match["d"]) or 0)
        return one_day(found) if found else None
    return days.part_of_month(first, match["f"]) if match["f"] else days.month(first)


def _named_month(match: re.Match[str], context: Context) -> Meaning | None:
    month = to_int(match["m"]) or 0
    today = context.today
    past = is_past(context.text, match.start(), match.end())
    year = today.year + (_YEARS[match["y"]] if match["y"] else 0)
    if not match["y"]:
        year += (month < today.month) - (past and month > today.month) * 1
        year -= past and month < today.month
    first = date(year, month, 1)
    return days.part_of_month(first, match["f"]) if match["f"] else days.month(first)


def _year_end(_: re.Match[str], context: Context) -> Meaning | None:
    return days.month(date(context.today.year, days.MONTHS, 1))


def _phase(match: re.Match[str], context: Context) -> Meaning | None:
    found = days.part_of_month(days.month_start(context.today, 0), match["f"])
    if found.end <= context.today:
        found = days.part_of_month(days.month_start(context.today, 1), match["f"])
    return found


DAY_RULES: tuple[Rule, ...] = (
    rule(
        rf"(?<!\d)(?P<y>{_YEAR})\s*[-/.年]\s*(?P<m>{MONTH})\s*[-/.月]\s*(?P<d>{_N})(?:[日号]|(?!\d))",
        _full,
    ),
    rule(rf"(?<!\d)(?P<y>2\d|3\d)年(?P<m>{MONTH})月(?P<d>{_N})(?:[日号]|(?!\d))", _full),
    rule(
        rf"{EDGE}(?:(?P<y>去年|今年|明年|后年)的?)?(?P<m>{MONTH})月份?的?(?P<d>{_N})"
        rf"(?:[日号](?!楼)|{_NO_UNIT})",
        _month_day,
    ),
    rule(
        rf"{WHICH}月份?(?:的?(?P<d>{_N}(?=[日号])|\d{{1,2}}{_NO_UNIT})[日号]?|的?{_PHASE})?(?![球亮饼])",
        _of_month,
        needs="月",
    ),
    rule(
        rf"(?:(?P<y>去年|今年|明年|后年)的?|{EDGE})(?P<m>{MONTH})月份?(?:的?{_PHASE})?(?![\d球亮饼])",
        _named_month,
        needs="月",
    ),
    rule(
        r"(?<![个\d一二三四五六七八九十上下这本当今呢])月(?P<f>底|末|初|中旬|中(?![央午间国]))",
        _phase,
        needs="月",
    ),
    rule(r"(?<![\d去明前后半])今?年[底末](?![盘班])", _year_end, needs="年"),
    rule(r"(?<!\d)(?P<y>20\d\d)(?P<m>0[1-9]|1[0-2])(?P<d>0[1-9]|[12]\d|3[01])(?!\d)", _compact),
    rule(
        r"(?<![\d.\-/:A-Za-z第])(?P<m>1[0-2]|0?[1-9])/(?P<d>3[01]|[12]\d|0?[1-9])"
        r"(?:[日号]|(?![\d/.A-Za-z英寸分]))",
        _slashed,
        needs="/",
    ),
    rule(
        r"(?<![\d.\-/:A-Za-z¥$第])(?P<m>1[0-2]|0?[1-9])\.(?P<d>3[01]|[12]\d|0?[1-9])"
        r"(?:[日号]|(?![\d/.A-Za-z]))",
        _dotted,
        needs=".",
    ),
    rule(
        r"(?<![\d.\-/:A-Za-z第])(?P<m>1[0-2]|0?[1-9])(?P<s>[./])(?P<d>3[01]|[12]\d|0?[1-9])"
        r"\s*[-~—到至]\s*(?P<m2>1[0-2]|0?[1-9])(?P=s)(?P<d2>3[01]|[12]\d"
        r"|0?[1-9])(?![\d/.A-Za-z米元匹])",
        _dotted_range,
        needs="./",
    ),
    rule(
        r"(?<![\d.\-/:A-Za-z第])(?P<m>1[0-2]|0?[1-9])-(?P<d>3[01]|[12]\d"
        r"|0?[1-9])(?![\d/.\-A-Za-z:])",
        _dashed,
        needs="-",
    ),
    rule(
        rf"{EDGE}(?<![{PLACE}])(?<![{PLACE}] )(?<![牌房工编门]号)(?P<d>{_N})[号日]{NOT_A_DAY}",
        _day_of_month,
        needs="号日",
    ),
    rule(
        rf"{EDGE}(?P<d>{_N})(?=(?:{_LISTED}{_N}){{1,6}}[号日]{NOT_A_DAY})",
        _day_of_month,
        needs="号日",
    ),
)
