"""How people write weekdays, weeks and weekends.

A bare weekday is the next one, today included. 这周三 that is over is the next one, too, unless
the sentence looks back: as a wish it can mean nothing else.
"""

from __future__ import annotations

import re
from datetime import date, timedelta

from bot.language.times import days
from bot.language.times.atoms import Atom, Context, Meaning, Rule, rule
from bot.language.times.days import Days, one_day
from bot.language.times.past import is_past

OFFSETS = {
    "上上": -2, "上": -1, "这": 0, "本": 0, "当": 0, "今": 0, "呢": 0,
    "下": 1, "下下": 2, "下下下": 3,
}  # fmt: skip
WHICH = r"(?P<which>上上|上|这|本|当|今(?=个)|呢(?=个)|下下下|下下|下)(?:一)?个?"
_WEEK = r"(?:周|星期|礼拜)"
_WEEKDAYS = {"一": 0, "二": 1, "三": 2, "四": 3, "五": 4, "六": 5, "日": 6, "天": 6} | {
    str(n): n - 1 for n in range(1, 8)
}
_W = (
    r"(?:一(?!直|般|定|样|共|些|下(?![午昼半单订]|的单)|个|点)|[二三四五六](?!个)|日(?!程|常|子|期|历)"
    r"|天(?!气|天)|[1-7](?![\d号日点月个次楼层.:/-]))"
)
_BETWEEN = r"[、,和跟或/]?"
_NO_WEEKDAY = r"(?![\d一二三四五六日天十点个楼层号月台.:期程常子历气])"
_ENDS_A_RANGE = re.compile(r"(?:到|至|-|~|—)\s*$")
_LEANS = re.compile(
    r"^(?:[上下]午|晚上|中午|早上|[,，、\s]|和|或者?|跟|与|还是|不|吧|啊|到|至|-|~|的|就|最好|比如|只有)*$"
)
_FIRST_OF_WEEKEND = 5
_THIRDS = {"初": (0, 2), "中": (2, 4)}


def _weekday(match: re.Match[str], context: Context) -> Meaning | None:
    number = timedelta(days=_WEEKDAYS[match["w"]])
    which = match.groupdict().get("which")
    past = is_past(context.text, match.start(), match.end())
    if which:
        day = _name_week(match, context, which) + number
        over = day < context.today and OFFSETS[which] == 0 and not past
        return one_day(day + timedelta(weeks=1) if over else day)
    if context.week and _LEANS.match(context.text[context.week_end : match.start()]):
        context.week_end = match.end()
        return one_day(context.week + number)
    since = context.today
    if context.anchor and _ENDS_A_RANGE.search(context.text[: match.start()]):
        since = context.anchor
    return one_day(days.nearest_weekday(since, number.days, past=past))


def _name_week(match: re.Match[str], context: Context, which: str) -> date:
    """Return the Monday of the week that is named, and remember a coming one."""
    first = days.week(context.today, OFFSETS[which]).first
    context.week, context.week_end = (first if which.startswith("下") else None), match.end()
    return first


def _weekdays(match: re.Match[str], context: Context) -> list[Atom]:
    """Read 周二、三 and 周一三五 as days that follow each other, each with its own span."""
    since = context.today
    if match["which"]:
        since = days.week(context.today, OFFSETS[match["which"]]).first
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
        start = days.week(context.today, OFFSETS[match["which"]]).first + timedelta(days=first)
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


WEEK_RULES: tuple[Rule, ...] = (
    rule(rf"{WHICH}{_WEEK}的?(?:{_WEEK}的?)?(?P<w>{_W})", _weekday),
    rule(
        rf"(?:(?<![上下这本当每逢一两二三四五六七八九十几\d半个头])|(?<=万一)"
        rf"|(?<=[周期拜][一二三四五六])){_WEEK}(?P<w>{_W})",
        _weekday,
    ),
    rule(
        rf"(?:{WHICH}|(?<![每逢个])){_WEEK}"
        r"(?P<a>[一二三四五六1-6])(?:到|至|-|~|—)(?P<b>[二三四五六日天2-7])"
        r"(?![\d点个楼层号月台.:期程常气])",
        _weekday_range,
    ),
    rule(rf"{WHICH}{_WEEK}(?P<f>初|中(?!午))?(?:之内|以内|内|里)?(?!期|刊|年|转|围|边)", _week),
    rule(
        rf"(?:{WHICH}|(?<![每逢个])){_WEEK}六[、/]?[日天](?![子程常气期])",
        _weekend,
    ),
    rule(rf"(?:{WHICH}|(?<![每逢个]))(?:{_WEEK}末|双休日?)(?:两天)?", _weekend),
    rule(
        rf"(?:{WHICH}|(?<![每逢个一两二三四五六七八九十几\d半头])){_WEEK}"
        rf"(?P<list>[一二三四五六1-6](?:{_BETWEEN}[二三四五六日]|[、,和跟或/][一1-7])+){_NO_WEEKDAY}",
        _weekdays,
    ),
)
