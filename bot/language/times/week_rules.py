"""How people write weekdays, weeks and weekends.

A bare weekday is the next one, today included. 这周三 that is over is the next one, too, unless
the sentence looks back: as a wish it can mean nothing else.
"""

from __future__ import annotations

import re
from datetime import date, timedelta

from bot.language.numbers import to_int
from bot.language.times import days
from bot.language.times.atoms import Atom, Context, Meaning, Rule, rule
from bot.language.times.days import Days, one_day
from bot.language.times.past import is_past
from bot.language.times.polarity import refuses

OFFSETS = {
    "上上": -2, "上": -1, "这": 0, "本": 0, "当": 0, "今": 0, "呢": 0,
    "下": 1, "下下": 2, "下下下": 3,
}  # fmt: skip
WHICH = r"(?P<which>上上|上|这|本|当|今(?=个)|呢(?=个)|下下下|下下|下)(?:一)?个?"
_WEEK = r"(?:周|星期|礼拜|(?<![礼跪崇结祭参膜叩答])拜(?=[一二三四五六日天末]))"
_WEEKDAYS = {"一": 0, "二": 1, "三": 2, "四": 3, "五": 4, "六": 5, "日": 6, "天": 6} | {
    str(n): n - 1 for n in range(1, 8)
}
_W = (
    r"(?:一(?!直|般|定|样|共|些|下(?![午昼半单订]|的单)|个|点)|[二三四五六](?!个)|日(?!程|常|子|期|历)"
    r"|天(?!气|天)|[1-7](?![\d号日点月个次楼层.:/-]))"
)
# A bare week's word counts weeks after 个 (三个星期), but names a day in 约个星期三.
_PICKED = r"(?<=[约改换订定来选挑排那]个)|(?<=[约改换订定来选挑排近的第]一个)"
_BETWEEN = r"[、,和跟或/]?"
_NO_WEEKDAY = r"(?![\d一二三四五六日天十点个楼层号月台.:期程常子历气])"
_ENDS_A_RANGE = re.compile(r"(?:到|至|-|~|—)\s*$")
_LEANS = re.compile(
    r"^(?:[上下]午|晚上|中午|早上|[,，、\s]|和|或者?|跟|与|还是|不|吧|啊|到|至|-|~|的|就|最好|比如|只有)*$"
)
_BOUNDS = re.compile(r"^\s*(?:以前|之前|前(?!面))")
_FIRST_OF_WEEKEND, _SUNDAY = 5, 6
_NTH = {"一": 0, "二": 1, "三": 2, "四": 3} | {str(n + 1): n for n in range(4)}
_THIRDS = {"初": (0, 2), "中": (2, 4)}


def _weekday(match: re.Match[str], context: Context) -> Meaning | None:
    number = timedelta(days=_WEEKDAYS[match["w"]])
    which = match.groupdict().get("which")
    past = is_past(context.text, match.start(), match.end())
    if which:
        day = _name_week(match, context, which, number.days) + number
        over = day < context.today and OFFSETS[which] == 0 and not past
        return one_day(day + timedelta(weeks=1) if over else day)
    if context.week and _leans(match, context, number.days):
        implied = context.weekday == _SUNDAY
        _in_week(match, context, context.week, _SUNDAY if implied else number.days)
        return one_day(context.week + number)
    since = context.today
    if context.anchor and _ENDS_A_RANGE.search(context.text[: match.start()]):
        since = context.anchor
    day = days.nearest_weekday(since, number.days, past=past)
    # 周五没空，周二吧: who means today says so.
    if day == context.today and context.anchor and context.anchor > day:
        day += timedelta(weeks=1)
    # 周一或者周三 on a Tuesday: the list goes on in that week, what is said later need not.
    if not past and days.monday(day) > context.today:
        _in_week(match, context, days.monday(day), _SUNDAY)
    return one_day(day)


def _leans(match: re.Match[str], context: Context, number: int) -> bool:
    """Return whether a bare weekday belongs to the coming week that was told last.

    It does right behind it (下周三或者周四), and later on where it follows what was told of that
    week (下周三不行，周五可以); not where the week only bounds (下周三前，周六送).
    """
    gap = context.text[context.week_end : match.start()]
    if _BOUNDS.match(gap):
        return False
    if _LEANS.match(gap):
        return True
    if context.anchor is None or context.week is None or context.anchor < context.week:
        return False
    if context.weekday is None:
        return not refuses(context.text, context.week_end, match.start())
    return number > context.weekday


def _in_week(match: re.Match[str], context: Context, week: date, weekday: int) -> None:
    context.week, context.week_end, context.weekday = week, match.end(), weekday


def _name_week(
    match: re.Match[str], context: Context, which: str, weekday: int | None = None
) -> date:
    """Return the Monday of the week that is named, and remember a coming one."""
    first = days.week(context.today, OFFSETS[which]).first
    context.week, context.week_end = (first if which.startswith("下") else None), match.end()
    context.weekday = weekday
    return first


def _weekdays(match: re.Match[str], context: Context) -> list[Atom]:
    """Read 周二、三 and 周一三五 as days that follow each other, each with its own span."""
    since = context.today
    if match["which"]:
        last = match["list"][-1]
        since = _name_week(match, context, match["which"], _WEEKDAYS[last])
    atoms, start = [], match.start()
    for mark in re.finditer(r"[一二三四五六日天1-7]", match["list"]):
        since = days.nearest_weekday(since, _WEEKDAYS[mark.group()])
        end = match.start("list") + mark.end()
        atoms.append(Atom(start, end, one_day(since)))
        start = end
    return atoms


def _weekday_range(match: re.Match[str], context: Context) -> Meaning | None:
    first, last = _WEEKDAYS[match["a"]], _WEEKDAYS[match["b"]]
    if match["which"]:
        start = _name_week(match, context, match["which"], last) + timedelta(days=first)
    else:
        start = days.nearest_weekday(context.today, first)
    return Days(start, start + timedelta(days=(last - first) % 7 + 1))


def _week(match: re.Match[str], context: Context) -> Meaning | None:
    monday = _name_week(match, context, match["which"])
    first, end = _THIRDS.get(match["f"], (0, 7))
    return Days(monday + timedelta(days=first), monday + timedelta(days=end))


def _weekend(match: re.Match[str], context: Context) -> Meaning | None:
    which = OFFSETS[match["which"]] if match["which"] else 0
    if not match["which"] and is_past(context.text, match.start(), match.end()):
        which = -1
    this = days.week(context.today, which)
    return Days(this.first + timedelta(days=_FIRST_OF_WEEKEND), this.end)


def _of_month(match: re.Match[str], context: Context) -> Meaning | None:
    """Read 下个月的第一个周六, 12月最后一个周五, 月末最后一个周末 as the weekday or weekend."""
    first = _month(match, context)
    weekday = _WEEKDAYS[match["w"]] if match["w"] else _FIRST_OF_WEEKEND
    if match["n"] is None:
        day = days.nearest_weekday(days.month_start(first, 1), weekday, past=True)
    else:
        day = days.nearest_weekday(first, weekday) + timedelta(weeks=_NTH[match["n"]])
    return one_day(day) if match["w"] else Days(day, day + timedelta(days=2))


def _month(match: re.Match[str], context: Context) -> date:
    if match["which"]:
        return days.month_start(context.today, OFFSETS[match["which"]])
    month = to_int(match["m"]) or context.today.month
    this = context.today.replace(day=1)
    return days.nearest_month_day(this, month, 1) or this


WEEK_RULES: tuple[Rule, ...] = (
    rule(
        rf"(?:{WHICH}|(?<!\d)(?P<m>1[0-2]|[1-9]|十[一二]?|[一二三四五六七八九]))月份?的?"
        rf"(?:第(?P<n>[一二三四1-4])个?|最后(?:的|一个|那个)*){_WEEK}(?:(?P<w>{_W})|末)",
        _of_month,
        needs="周期拜",
    ),
    rule(rf"{WHICH}{_WEEK}的?(?:{_WEEK}的?)?(?P<w>{_W})", _weekday, needs="周期拜("),
    rule(
        rf"(?:(?<![上下这本当每逢一两二三四五六七八九十几\d半个头])|(?<=万一)|{_PICKED}"
        rf"|(?<=[周期拜][一二三四五六])){_WEEK}(?P<w>{_W})(?![次趟])",
        _weekday,
        needs="周期拜(",
    ),
    rule(r"(?<=[号日\d])\s?\((?P<w>[一二三四五六日天])\)", _weekday, needs="周期拜(", weak=True),
    rule(
        rf"(?:{WHICH}|(?<![每逢个])){_WEEK}"
        r"(?P<a>[一二三四五六1-6])(?:到|至|-|~|—)(?P<b>[二三四五六日天2-7])"
        r"(?![\d点个楼层号月台.:期程常气])",
        _weekday_range,
        needs="周期拜",
    ),
    rule(
        rf"{WHICH}{_WEEK}(?P<f>初|中(?!午))?(?:之内|以内|内|里)?(?!期|刊|年|转|围|边)",
        _week,
        needs="周期拜",
    ),
    rule(
        rf"(?:{WHICH}|(?<![每逢个])|{_PICKED}){_WEEK}六[、/]?[日天](?![子程常气期])",
        _weekend,
        needs="周期拜双",
    ),
    rule(
        rf"(?:{WHICH}|(?<![每逢个])|{_PICKED})(?:{_WEEK}末|双休日?)(?:两天)?",
        _weekend,
        needs="周期拜双",
    ),
    rule(
        rf"(?:{WHICH}|(?<![每逢个一两二三四五六七八九十几\d半头])){_WEEK}"
        rf"(?P<list>[一二三四五六1-6](?:{_BETWEEN}[二三四五六日]|[、,和跟或/][一1-7])+){_NO_WEEKDAY}",
        _weekdays,
        needs="周期拜",
    ),
)
