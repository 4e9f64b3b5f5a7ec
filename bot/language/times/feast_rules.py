"""How people write feasts, holidays, working days and days of the lunar calendar."""

from __future__ import annotations

import re
from datetime import date, timedelta
from itertools import islice

from bot.language.numbers import EDGE, SMALL, to_int
from bot.language.times.atoms import Context, Meaning, Rule, rule
from bot.language.times.days import ONE, Days, one_day, since
from bot.language.times.feasts import (
    FEASTS,
    current_or_next_holiday,
    feast,
    holiday,
    lunar_day,
    made_up_workday,
    next_workdays,
    workdays_after,
)
from bot.language.times.past import is_past

_BARE = {"年", "618", "十一"}  # these need a word behind them that takes a feast
_NAMES = "|".join(sorted((n for n in FEASTS if n not in _BARE), key=len, reverse=True))
_WHOLE = r"[三五七八3578]天(?:长?假)?|期间|假期|长假|小长假|放假期间|放假"
_LATER = r"(?:以后|之后|过后|后(?![天面一两二三几]))"
_TAKES = r"(?=[那当]天|之?前(?!天)|以前|之?后(?!天)|以后|过后|期间|假期|长假|放假|大促)"
_SELLS = r"(?!快乐|活动|价|优惠|大促价|预售|套餐|红包|促销|特价|月饼|粽|[礼路街村小中大广款楼层个])"
_LUNAR_MONTHS = {"正": 1, "冬": 11, "腊": 12} | {
    name: number for number, name in enumerate("一二三四五六七八九十", 1)
}
_LUNAR_DAY = (
    r"(?:初[一二三四五六七八九十]|[一二]?十[一二三四五六七八九]?|廿[一二三四五六七八九]?|三十)"
)


def _feast(match: re.Match[str], context: Context) -> Meaning | None:
    name = next(n for n in (match["name"], match["bare"], match["year"]) if n)
    name = name.removesuffix("节") if name.removesuffix("节") in FEASTS else name
    past = is_past(context.text, match.start(), match.end())
    whole = bool(match["whole"] or match["later"] or match["last"] or match["over"])
    day = (_present(name, context.today) if whole else None) or feast(
        name, context.today, past=past
    )
    if day is None:
        return None
    days = holiday(name, day) if whole else one_day(day)
    if match["later"] or match["over"]:
        return since(days.end)
    if match["last"]:
        return one_day(days.end - ONE)
    return _shifted(match, day) if match["nth"] or match["eve"] else days


def _present(name: str, today: date) -> date | None:
    """Return the day of the feast whose holiday has begun and is not over."""
    day = feast(name, today, past=True)
    return day if day and holiday(name, day).end > today else None


def _after_new_year(_: re.Match[str], context: Context) -> Meaning | None:
    day = _present("春节", context.today) or feast("春节", context.today)
    return since(holiday("春节", day).end) if day else None


def _shifted(match: re.Match[str], day: date) -> Days:
    if match["eve"]:
        return one_day(day - ONE * (to_int(match["early"] or "一") or 1))
    return one_day(day + timedelta(days=(to_int(match["nth"]) or 1) - 1))


def _some_holiday(match: re.Match[str], context: Context) -> Meaning | None:
    days = current_or_next_holiday(context.today)
    if days is None or is_past(context.text, match.start(), match.end()):
        return None
    if match["later"]:
        return since(days.end)
    return one_day(days.end - ONE) if match["last"] else days


def _lunar(match: re.Match[str], context: Context) -> Meaning | None:
    month = 1 if match["new"] else _LUNAR_MONTHS[match["m"]]
    day = to_int(match["d"].removeprefix("初")) or 0
    past = is_past(context.text, match.start(), match.end())
    found = lunar_day(month, day, context.today, past=past)
    return one_day(found) if found else None


def _new_year(match: re.Match[str], context: Context) -> Meaning | None:
    """Read 初七, 过年初三: days of the first lunar month, the only ones told without a month."""
    past = is_past(context.text, match.start(), match.end())
    found = lunar_day(1, to_int(match["d"]) or 0, context.today, past=past)
    return one_day(found) if found else None


def _workdays(_: re.Match[str], context: Context) -> Meaning | None:
    return next_workdays(context.today)


def _next_workday(_: re.Match[str], context: Context) -> Meaning | None:
    return one_day(next(workdays_after(context.today)))


def _counted_workdays(match: re.Match[str], context: Context) -> Meaning | None:
    count = to_int(match["n"]) or 0
    days = list(islice(workdays_after(context.today), count))
    if not days:
        return None
    return one_day(days[-1]) if match["later"] else Days(context.today, days[-1] + ONE)


def _made_up(_: re.Match[str], context: Context) -> Meaning | None:
    day = made_up_workday(context.today)
    return one_day(day) if day else None


FEAST_RULES: tuple[Rule, ...] = (
    rule(
        rf"(?P<over>过[了完])?(?:{EDGE}(?<![周期拜])(?P<name>(?:{_NAMES})节?)|(?<![\d双第二三四五六七八九])(?P<bare>618|十一){_TAKES}"
        rf"|(?<![去前今明后当每\d一二两三四五六七八九十几半多来几个周整过同])(?P<year>年)"
        r"(?=[前后](?!天)))"
        rf"(?:的?第(?P<nth>[一二三四五六七2-7])天|(?P<eve>的?前(?P<early>[一二两三])[天日]|前夕)"
        rf"|(?:{_WHOLE})的?(?P<last>最后一天)|(?P<whole>{_WHOLE})?(?P<later>{_LATER}|结束后?)?)"
        rf"{_SELLS}(?![一二三四五六七八九十\d])",
        _feast,
    ),
    rule(rf"过完年{_LATER}?", _after_new_year),
    rule(
        r"(?<![季环章情细关调时佳春庆午秋明诞宵旦阳])(?:节日?(?=[前后](?![天面续]))|节日期间"
        r"|(?<!休)(?<!公司)(?<!单位)(?<!学校)(?<!厂里)(?:小?长假|假期|放假)(?:期间|里)?)"
        rf"(?:结束)?(?:(?P<later>{_LATER})|的?(?P<last>最后一天))?",
        _some_holiday,
    ),
    rule(
        rf"(?:农历|阴历)?(?:(?P<m>[正冬腊]|(?<=历)[二三四五六七八九十])月|(?P<new>大年))"
        rf"(?P<d>{_LUNAR_DAY})(?!点)",
        _lunar,
        needs="月年",
    ),
    rule(
        # 初一 to 初三 by themselves are years at school, and 初次 is none of them.
        r"(?:(?:过年|春节|新年|(?<![今明去当后前一二两三四五六七八九十几半多])年)初(?=[一二三])"
        r"|(?:过年|春节|新年)?(?<![月当最起])初(?=[四五六七八九十]))"
        r"(?P<d>[一二三四五六七八九十])(?![一二三四五六七八九点级中])",
        _new_year,
        needs="初",
    ),
    rule(r"(?<![每个])工作日(?!期)", _workdays, needs="作"),
    rule(r"下(?:一?个)工作日", _next_workday, needs="作"),
    rule(
        rf"{EDGE}(?P<n>{SMALL})个工作日(?:(?P<later>之后|以后|后)|之?内|以内)",
        _counted_workdays,
        needs="作",
    ),
    rule(r"(?:补班|调休上班|调休补班)(?:那天|日)?", _made_up),
)
