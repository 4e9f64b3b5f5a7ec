"""Whether a sentence looks back: 28号买的, 约的九点到现在没人来."""

from __future__ import annotations

import re

_AFTER = re.compile(
    r"^(?:上午|下午|晚上|中午|早上|的时候|那会儿?|那阵子?|当时|期间|那天|的|就|才|刚|已经|都|在|你们|师傅|我|网上|淘宝|京东"
    r"|天猫|店里){0,5}"
    r"(?:买的|买了|买过|买下|下单|下了单|下的单|下的订单|拍的|拍了|拍下|抢的|抢到|付[的了]?款|付[的了过]钱|交[的了]钱|交[的了]?定金|订的|定的|签收|发的货|装的(?!话)|装好了|装完了"
    r"|送来的|送到的|来过|来的(?!话)|来了(?![吗么])|说好|说的|该来|该到|就说|该送|该装|(?:一直)?(?:等|拖)[到了]|已发货|发货了"
    r"|到货了|收到了|收到的"
    r"|那趟|那次|那回|没来|没人来|没有来)"
)
_LATER = re.compile(
    r"^(?:(?!别|不要|不能)[^,。!?;\n]){0,14}?(?:没上门|没来|没有来|没人来|没有人来|放鸽子|爽约|没送到|没影|等了(?:你们)?(?:一|半|整|大半|好久|很久))"
)
_KEPT_WORD = re.compile(r"(?:约的|约好的?|约了|说好的?|定的|原定的?|预约的?是?)(?:是|在)?$")
_BROKEN = re.compile(
    r"没来|没人来|没有人来|没上门|[拖等]到(?:今天|现在)|过点|人呢|到现在|不见|忘了|放鸽子|爽约|没影|人影|白等"
)


def is_past(text: str, start: int, end: int) -> bool:
    """Return whether the time at `text[start:end]` is told as one that went by."""
    after = text[end : end + 40]
    if _AFTER.match(after) or _LATER.match(after):
        return True
    return bool(_KEPT_WORD.search(text[max(0, start - 6) : start]) and _BROKEN.search(text[end:]))
