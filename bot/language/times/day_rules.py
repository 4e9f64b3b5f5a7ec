"""How people write days: dates, weekdays, relative days, weeks, months, feasts, offsets."""

from __future__ import annotations

import re
from datetime import date, timedelta

from bot.language.numbers import EDGE, SMALL, to_int
from bot.language.times import days
from bot.language.times.atoms import Atom, Context, Instant, Meaning, Rule
from bot.language.times.days import Days, one_day
from bot.language.times.past import is_past

_N = SMALL
_M = r"(?:1[0-2]|0?[1-9]|十[一二]?|[一二三四五六七八九])"
_WEEK = r"(?:周|星期|礼拜)"
_WHICH = r"(?P<which>上上|上|这|本|当|下下|下)(?:一)?个?"
_WEEKDAYS = {"一": 0, "二": 1, "三": 2, "四": 3, "五": 4, "六": 5, "日": 6, "天": 6} | {
    str(n): n - 1 for n in range(1, 8)
}
_W = (
    r"(?:一(?!直|般|定|样|共|些|下(?![午昼半])|个|点)|[二三四五六](?!个)|日(?!程|常|子|期|历)"
    r"|天(?!气|天)"
    r"|[1-7](?![\d号日点月个次楼层.:/-]))"
)
_OFFSET = {"上上": -2, "上": -1, "这": 0, "本": 0, "当": 0, "下": 1, "下下": 2}
_YEARS = {"去年": -1, "今年": 0, "明年": 1, "后年": 2}
_TODAY = {
    **dict.fromkeys(("大前天",), -3), **dict.fromkeys(("前天", "前日"), -2),
    **dict.fromkeys(("昨天", "昨日", "昨儿个", "昨儿", "昨", "寻日"), -1),
    **dict.fromkeys(("今天", "今日", "今儿个", "今儿", "今"), 0),
    **dict.fromkeys(("明天", "明日", "明儿个", "明儿", "明", "听日", "听"), 1),
    **dict.fromkeys(("后天", "后日", "后儿个", "后儿", "后"), 2),
    **dict.fromkeys(("大后天", "大后日"), 3),
}  # fmt: skip
_FIXED_FEASTS = {
    "元旦": (1, 1), "元旦节": (1, 1), "情人节": (2, 14), "五一": (5, 1), "五一节": (5, 1),
    "劳动节": (5, 1), "六一": (6, 1), "儿童节": (6, 1), "国庆": (10, 1), "国庆节": (10, 1),
    "双十一": (11, 11), "双11": (11, 11), "双十二": (12, 12), "双12": (12, 12),
    "平安夜": (12, 24), "圣诞": (12, 25), "圣诞节": (12, 25),
}  # fmt: skip
_LUNAR_FEASTS = {
    "春节": ("spring", 0), "大年初一": ("spring", 0), "过年": ("spring", 0), "年": ("spring", 0),
    "除夕": ("spring", -1), "大年三十": ("spring", -1), "元宵": ("spring", 14),
    "元宵节": ("spring", 14), "端午": ("dragon", 0), "端午节": ("dragon", 0),
    "中秋": ("moon", 0), "中秋节": ("moon", 0), "清明": ("tombs", 0), "清明节": ("tombs", 0),
}  # fmt: skip
_HOLIDAYS = {"国庆": 7, "春": 8, "过年": 8}
_NOT_A_DAY = (
    r"(?![楼栋院门线店单桌机库码房口弄室仓车洞路信座幢馆桥内游达用]|之内|以内"
    r"|[那这]?个?(?:时段|时间段|选项|方案)|\d{3})"
)
_DOTTED_BEFORE = re.compile(r"(?:[到约改在是成就选于定订排换]|号|周.|^)\s*$")
_DOTTED_AFTER = re.compile(
    r"^\s*(?:[号日早晚行可吧送装来上下中有能,。?!\-~到至的]|之?[前后]|以[前后]|那天|全天|周|开始|$)"
)
_UNIT_AFTER = re.compile(
    r"^\s*(?:[匹米元块寸升吨层楼倍万折分度斤克版期%×xX*年个小天名平方千毫厘公kKmMLlWwVv]|英寸|立方)"
)
_HOURS_AFTER = re.compile(r"[号日上下早晚中]")
_FIRST_SURE_DAY = 25  # no hour, so 9-25 can only be a date
_ENDS_A_RANGE = re.compile(r"(?:到|至|-|~|—)\s*$")
_LEANS = re.compile(
    r"^(?:[上下]午|晚上|中午|早上|[,，、\s]|和|或者?|跟|与|还是|不|吧|啊|到|至|-|~|的|就|最好|比如|只有)*$"
)
_PICKED = re.compile(r"[选挑拣]\s*$")
_OPTIONS = 10


def _full(match: re.Match[str], _: Context) -> Meaning | list[Atom]:
    year = to_int(match["y"]) or 0
    found = days.make(
        year if year > 100 else 2000 + year,  # noqa: PLR2004 - 26年 is 2026
        to_int(match["m"]) or 0,
        to_int(match["d"]) or 0,
    )
    return one_day(found) if found else []


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
    if _UNIT_AFTER.match(after) or not (led or _DOTTED_AFTER.match(after)):
        return None
    # 买的1.5的 is a power, 装12.5号 a date: single figures need a word that takes a date.
    short = len(match.group()) <= len("1.5")
    if short and not led and not _HOURS_AFTER.match(after):
        return None
    return _month_day(match, context)


def _dotted_range(match: re.Match[str], context: Context) -> Meaning | None:
    first = days.nearest_month_day(context.today, int(match["m"]), int(match["d"]))
    last = days.nearest_month_day(first, int(match["m2"]), int(match["d2"])) if first else None
    return Days(first, last + days.ONE) if first and last else None


def _dashed(match: re.Match[str], context: Context) -> Meaning | list[Atom] | None:
    day = int(match["d"])
    after = context.text[match.end() : match.end() + 1]
    if after and after in "点时室栋幢单楼层米":
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
    first = days.month_start(context.today, _OFFSET[match["which"]])
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


def _phase(match: re.Match[str], context: Context) -> Meaning | None:
    found = days.part_of_month(days.month_start(context.today, 0), match["f"])
    if found.end <= context.today:
        found = days.part_of_month(days.month_start(context.today, 1), match["f"])
    return found


def _relative(match: re.Match[str], context: Context) -> Meaning | None:
    return one_day(context.today + timedelta(days=_TODAY[match.group()]))


def _two_days(match: re.Match[str], context: Context) -> Meaning | None:
    first = context.today + timedelta(days=1 if match.group().startswith("明") else 0)
    return Days(first, first + timedelta(days=2))


def _weekday(match: re.Match[str], context: Context) -> Meaning | None:
    number = timedelta(days=_WEEKDAYS[match["w"]])
    which = match.groupdict().get("which")
    if which:
        return one_day(_name_week(match, context, which) + number)
    text = context.text
    if context.week and _LEANS.match(text[context.week_end : match.start()]):
        context.week_end = match.end()
        return one_day(context.week + number)
    since = context.today
    if context.anchor and _ENDS_A_RANGE.search(text[: match.start()]):
        since = context.anchor
    past = is_past(text, match.start(), match.end())
    return one_day(days.nearest_weekday(since, number.days, past=past))


def _name_week(match: re.Match[str], context: Context, which: str) -> date:
    """Return the Monday of the week that is named, and remember a coming one."""
    first = days.week(context.today, _OFFSET[which]).first
    context.week, context.week_end = (first if which.startswith("下") else None), match.end()
    return first


def _weekday_pair(match: re.Match[str], context: Context) -> list[Atom]:
    """Read 周二、三 as two days, each with its own span."""
    which = _OFFSET[match["which"]] if match["which"] else None
    atoms = []
    for name, start in (("a", match.start()), ("b", match.start("b"))):
        number = _WEEKDAYS[match[name]]
        if which is None:
            day = days.nearest_weekday(context.today, number)
        else:
            day = days.week(context.today, which).first + timedelta(days=number)
        atoms.append(Atom(start, match.end(name), one_day(day)))
    return atoms


def _weekday_range(match: re.Match[str], context: Context) -> Meaning | None:
    first, last = _WEEKDAYS[match["a"]], _WEEKDAYS[match["b"]]
    if match["which"]:
        start = days.week(context.today, _OFFSET[match["which"]]).first + timedelta(days=first)
    else:
        start = days.nearest_weekday(context.today, first)
    return Days(start, start + timedelta(days=(last - first) % 7 + 1))


def _week(match: re.Match[str], context: Context) -> Meaning | None:
    first = _name_week(match, context, match["which"])
    return Days(first, first + timedelta(weeks=1))


def _weekend(match: re.Match[str], context: Context) -> Meaning | None:
    which = _OFFSET[match["which"]] if match["which"] else 0
    if not match["which"] and is_past(context.text, match.start(), match.end()):
        which = -1
    this = days.week(context.today, which)
    return Days(this.first + timedelta(days=5), this.end)


def _feast(match: re.Match[str], context: Context) -> Meaning | None:
    name = match["name"] or match["year"]
    past = is_past(context.text, match.start(), match.end())
    if name in _FIXED_FEASTS:
        first = days.nearest_month_day(context.today, *_FIXED_FEASTS[name], past=past)
    else:
        table, offset = _LUNAR_FEASTS[name]
        start = days.feast(table, context.today - timedelta(days=offset), past=past)
        first = start + timedelta(days=offset) if start else None
    length = _HOLIDAYS.get(name.removesuffix("节"), 3) if match["holiday"] else 1
    return Days(first, first + timedelta(days=length)) if first else None


def _offset(match: re.Match[str], context: Context) -> Meaning | None:
    unit, half = match["u"], match["n"] == "半"
    count = 0 if half else to_int(match["n"]) or 0
    if unit in {"小时", "钟头", "分钟"}:
        minutes = count * (1 if unit == "分钟" else 60) + (30 if half or match["h"] else 0)
        moment = context.now.replace(second=0, microsecond=0) + timedelta(minutes=minutes)
        return Instant(moment)
    if unit == "月":
        day = days.add_months(context.today, count)
        return one_day(day + timedelta(days=15 if half or match["h"] else 0))
    if half or match["h"]:
        return None
    return one_day(context.today + timedelta(days=count * (1 if unit == "天" else 7)))


def _rule(pattern: str, read: object, *, weak: bool = False) -> Rule:
    return Rule(re.compile(pattern), read, weak)  # type: ignore[arg-type]


_FEAST_NAMES = "|".join(
    sorted((n for n in [*_FIXED_FEASTS, *_LUNAR_FEASTS] if n != "年"), key=len, reverse=True)
)
_RELATIVE = "|".join(sorted((w for w in _TODAY if len(w) > 1), key=len, reverse=True))
_PHASE = r"(?P<f>初|上旬|中旬|下旬|中(?![央午])|底|末)"

DAY_RULES: tuple[Rule, ...] = (
    _rule(
        rf"(?<!\d)(?P<y>20\d\d|二[零〇]二[一二三四五六七八九]|二[零〇]三[零〇一二三四五六七八九])"
        rf"\s*[-/.年]\s*(?P<m>{_M})\s*[-/.月]\s*(?P<d>{_N})(?:[日号]|(?!\d))",
        _full,
    ),
    _rule(rf"(?<!\d)(?P<y>2\d|3\d)年(?P<m>{_M})月(?P<d>{_N})(?:[日号]|(?!\d))", _full),
    _rule(
        rf"{EDGE}(?:(?P<y>去年|今年|明年|后年)的?)?(?P<m>{_M})月份?的?(?P<d>{_N})"
        r"(?:[日号](?!楼)|(?![\d日号个台天件次楼层点:时折成匹米寸块元月十]))",
        _month_day,
    ),
    _rule(
        rf"{_WHICH}月份?(?:的?(?P<d>{_N})[日号]|的?{_PHASE})?(?![球亮饼])",
        _of_month,
    ),
    _rule(
        rf"(?:(?P<y>去年|今年|明年|后年)的?|{EDGE})(?P<m>{_M})月份?(?:的?{_PHASE})?(?![\d球亮饼])",
        _named_month,
    ),
    _rule(r"(?<![个\d一二三四五六七八九十上下这本当])月(?P<f>底|末|初)", _phase),
    _rule(
        r"(?<![\d.\-/:A-Za-z第])(?P<m>1[0-2]|0?[1-9])/(?P<d>3[01]|[12]\d|0?[1-9])"
        r"(?:[日号]|(?![\d/.A-Za-z英寸分]))",
        _month_day,
    ),
    _rule(
        r"(?<![\d.\-/:A-Za-z¥$第])(?P<m>1[0-2]|0?[1-9])\.(?P<d>3[01]|[12]\d|0?[1-9])"
        r"(?:[日号]|(?![\d/.A-Za-z]))",
        _dotted,
    ),
    _rule(
        r"(?<![\d.\-/:A-Za-z第])(?P<m>1[0-2]|0?[1-9])(?P<s>[./])(?P<d>3[01]|[12]\d|0?[1-9])"
        r"\s*[-~—到至]\s*(?P<m2>1[0-2]|0?[1-9])(?P=s)(?P<d2>3[01]|[12]\d"
        r"|0?[1-9])(?![\d/.A-Za-z米元匹])",
        _dotted_range,
    ),
    _rule(
        r"(?<![\d.\-/:A-Za-z第])(?P<m>1[0-2]|0?[1-9])-(?P<d>3[01]|[12]\d"
        r"|0?[1-9])(?![\d/.\-A-Za-z:])",
        _dashed,
    ),
    _rule(
        rf"{EDGE}(?<![弄路街道巷村区县镇园苑寓厦墅])(?P<d>{_N})[号日]{_NOT_A_DAY}",
        _day_of_month,
    ),
    _rule(
        rf"{EDGE}(?P<d>{_N})(?=\s*(?:[、,/和或跟与及]|或者|还是|到|至|-|~"
        rf"|—)\s*{_N}[号日]{_NOT_A_DAY})",
        _day_of_month,
    ),
    _rule(rf"(?<![以之最今])(?:{_RELATIVE})(?![气天才赋])", _relative),
    _rule(r"[今明昨听](?=[早晚夜朝](?!点(?!钟)|些))|(?<![以之最今前])后(?=晚(?!点|些))", _relative),
    _rule(r"明后(?:两)?天|今明(?:两)?天", _two_days),
    _rule(rf"{_WHICH}{_WEEK}的?(?:{_WEEK}的?)?(?P<w>{_W})", _weekday),
    _rule(
        rf"(?:(?<![上下这本当每一两二三四五六七八九十几\d半个头])"
        rf"|(?<=[周期拜][一二三四五六])){_WEEK}(?P<w>{_W})",
        _weekday,
    ),
    _rule(
        rf"(?:{_WHICH})?(?<!每){_WEEK}(?P<a>[一二三四五六1-6])[、,和跟或/](?P<b>[二三四五六日2-7])"
        r"(?![\d点个楼层号月台天.:期程常])",
        _weekday_pair,
    ),
    _rule(
        rf"(?:{_WHICH})?(?<!每){_WEEK}(?P<a>[一二三四五六1-6])(?:到|至|-|~"
        rf"|—)(?P<b>[二三四五六日天2-7])"
        r"(?![\d点个楼层号月台.:期程常气])",
        _weekday_range,
    ),
    _rule(rf"{_WHICH}{_WEEK}(?:之内|以内|内|里)?(?!期|刊|年)", _week),
    _rule(
        rf"(?:{_WHICH})?(?<!每)(?<!个)(?:{_WEEK}末|双休日?|{_WEEK}六[、/]?[日天](?![子程常气期]))",
        _weekend,
    ),
    _rule(rf"{_WHICH}(?:{_WEEK}末|双休日?)", _weekend),
    _rule(
        rf"{EDGE}(?P<name>{_FEAST_NAMES})(?P<holiday>期间|假期|长假|放假)?(?![一二三四五六七八九十\d路街村小中大广])"
        r"|(?<![去前今明后当每\d一二两三四五六七八九十几半多来几过])(?P<year>年)(?=[前后](?!天))",
        _feast,
    ),
    _rule(
        rf"(?<![\d了等超不第零〇一二两三四五六七八九十百])(?:再?过)?(?P<n>{_N}|半)个?(?P<h>半)?"
        r"(?P<u>天|周|星期|礼拜|(?<=个)月|小时|钟头|分钟)(?:之后|以后|过后|后)(?![天面来台续])",
        _offset,
    ),
    _rule(
        r"(?<![超不经])再?过(?P<n>[1-9]|[一二两三四五六七八九十])(?P<h>)(?P<u>天)(?![了前里])",
        _offset,
    ),
)
