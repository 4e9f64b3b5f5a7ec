"""How people write dates in short: 1127上午, 三四号, 28或者29."""

from __future__ import annotations

import re
from datetime import date

from bot.language.numbers import EDGE, to_int
from bot.language.times import days
from bot.language.times.atoms import Atom, Context, Rule, rule
from bot.language.times.day_rules import MONTH, NOT_A_DAY, PLACE
from bot.language.times.days import one_day
from bot.language.times.week_rules import OFFSETS, WHICH

_SOON = 120  # days in which four digits or two bare numbers are a date
_FOLLOW = 7
_DAY_AFTER = re.compile(
    r"^\s*(?:[号日(]|[上下中]午|早上|晚上|傍晚|全天|[那当]天|周[一二三四五六日天]"
    r"|[一二两三四五六七八九十]{1,2}点|[01]?\d(?:点|:\d\d))"
)
_TAKES_A_DAY = re.compile(r"(?:约|改|换|推|延|挪|调|定|订|排|提前)(?:[到在成至])$")
_PART_AFTER = re.compile(r"^\s?(?:[上下]午|中午|[早晚]上|[早晚白夜]班)")
_ENDS = re.compile(r"^\s*(?:吧|可以|行|能|来|送|装|上门|的|呢|好|[,。?!]|$)")
_NUMBERED = re.compile(r"(?:号|码|房|室|栋|楼|型号|地址|单元)[^,。;!?]{0,6}$")
_LISTED_BEFORE = re.compile(r"(?:^|[,。!?;\s约改到在是要送装来换订定排就我和、或])$")


def _four_digits(match: re.Match[str], context: Context) -> list[Atom] | None:
    before, after = context.text[: match.start()], context.text[match.end() :]
    led = _TAKES_A_DAY.search(before) and _ENDS.match(after)
    if _NUMBERED.search(before) or not (led or _DAY_AFTER.match(after)):
        return None
    found = days.nearest_month_day(context.today, int(match["m"]), int(match["d"]))
    return _soon(context, [(match.start(), match.end(), found)])


def _two_of_ten(match: re.Match[str], context: Context) -> list[Atom] | None:
    """Read 三四号, 下个月十七八号 as two days that follow each other."""
    ten = match["ten"] or ""
    first, second = (to_int(ten + match[name]) or 0 for name in ("a", "b"))
    if second != first + 1:
        return None
    since = _month_of(match, context)
    one = days.nearest_day_of_month(since, first)
    other = days.nearest_day_of_month(one, second) if one else None
    return _atoms([(match.start(), match.end("a"), one), (match.end("a"), match.end(), other)])


def _month_of(match: re.Match[str], context: Context) -> date:
    """Return the day from which to look for the day of the month told, today at the earliest."""
    if match["which"]:
        return days.month_start(context.today, OFFSETS[match["which"]])
    month = to_int(match["m"]) if match["m"] else None
    if month is None or month == context.today.month:
        anchor = context.anchor
        leans = anchor and anchor > context.today and anchor.month != context.today.month
        return anchor.replace(day=1) if anchor and leans else context.today
    return days.nearest_month_day(context.today, month, 1) or context.today


def _bare_numbers(match: re.Match[str], context: Context) -> list[Atom] | None:
    first, second = int(match["a"]), int(match["b"])
    before = context.text[: match.start()]
    if not 0 < second - first <= _FOLLOW or not _LISTED_BEFORE.search(before):
        return None
    one = days.nearest_day_of_month(context.today, first)
    other = days.nearest_day_of_month(one, second) if one else None
    return _soon(context, [(*match.span("a"), one), (*match.span("b"), other)])


def _bare_day(match: re.Match[str], context: Context) -> list[Atom] | None:
    before, after = context.text[: match.start()], context.text[match.end() :]
    led = _TAKES_A_DAY.search(before) and _ENDS.match(after)
    if not (led or (_LISTED_BEFORE.search(before) and _PART_AFTER.match(after))):
        return None
    found = days.nearest_day_of_month(context.today, int(match.group()))
    return _atoms([(*match.span(), found)])


def _soon(context: Context, found: list[tuple[int, int, date | None]]) -> list[Atom] | None:
    if any(day is None or (day - context.today).days > _SOON for _, _, day in found):
        return None
    return _atoms(found)


def _atoms(found: list[tuple[int, int, date | None]]) -> list[Atom] | None:
    atoms = [Atom(start, end, one_day(day)) for start, end, day in found if day]
    return atoms or None


SHORT_RULES: tuple[Rule, ...] = (
    # Up to twelve it may as well be an hour.
    rule(
        r"(?:(?<![\d./:#A-Za-z\-~—到至号选楼第码])|(?<=[改约换推延挪调定订排]到))(?:1[3-9]|2\d|3[01])(?![\d./:%~\-—])(?!\s?[\dA-Za-z到至])",
        _bare_day,
    ),
    rule(
        r"(?<![\dA-Za-z./:#\-第])(?P<m>0[1-9]|1[0-2])(?P<d>0[1-9]|[12]\d|3[01])(?!\d)",
        _four_digits,
    ),
    rule(
        rf"(?:{WHICH}月份?的?|{EDGE}(?P<m>{MONTH})月份?的?|{EDGE}(?<![{PLACE}]))"
        rf"(?P<ten>[一二]?十)?(?P<a>[一二三四五六七八])(?P<b>[二三四五六七八九])[号日]{NOT_A_DAY}",
        _two_of_ten,
        needs="号日",
    ),
    rule(
        r"(?<![\d./:#\-])(?P<a>[12]\d|3[01])\s*(?:或者?|还是|、|和|跟|,?(?:要|是|改[成到]?))\s*(?P<b>[12]\d|3[01])"
        r"(?=都|也|可|行|吧|呢|[上下中]午|晚上|[,。?!]|$)",
        _bare_numbers,
    ),
)
