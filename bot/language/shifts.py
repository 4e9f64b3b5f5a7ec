"""By how much an appointment is to move: 推迟两天, 往后延一周, 提前一天, 晚一个小时."""

from __future__ import annotations

import re
from datetime import timedelta

from bot.language.numbers import SMALL, to_int

_LATER = (
    r"推迟|推后|推|延迟|延后|延期|延|顺延|往?后(?:推迟?|延|挪|移|顺|拖|放|错)|拖后?|押后|缓"
    r"|(?<![今明昨后当早每])晚"
)
_EARLIER = r"提前|提早|往?前(?:提|挪|移|赶|错)|(?<![今明昨后一最清大])早"
_SHIFT = re.compile(
    rf"(?:(?P<later>{_LATER})|(?P<earlier>{_EARLIER}))(?:它|个|来|送|装|上门|一下|大概|大约|差不多)?"
    rf"(?P<n>{SMALL}|半)(?:个)?(?P<unit>天|日|周|星期|礼拜|月|小时|钟头)"
    # 提前一天打电话 wants to be told in time; 晚两天发货 tells what happened.
    r"(?!(?:之?前)?(?:再)?(?:打|通知|告诉|联系|说|预约|给我|电话|告知|发|才|了)|[号点])"
)
_DAYS = {"天": 1, "日": 1, "周": 7, "星期": 7, "礼拜": 7, "月": 30}


def find_shift(text: str) -> timedelta | None:
    """Return the shift that `text` (normalised) asks for, negative towards earlier.

    Whole hours where hours were said, else whole days; half a month is 15 of them. None where
    no amount was said, or two different ones.
    """
    found = {_amount(match) for match in _SHIFT.finditer(text)} - {None}
    return found.pop() if len(found) == 1 else None


def _amount(match: re.Match[str]) -> timedelta | None:
    unit, half = match["unit"], match["n"] == "半"
    number = 0.5 if half else to_int(match["n"]) or 0
    if unit in _DAYS:
        days = int(number * _DAYS[unit])
        amount = timedelta(days=days)
    else:
        amount = timedelta(hours=number)
    if not amount:
        return None
    return -amount if match["earlier"] else amount
