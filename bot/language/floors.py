"""Which floor a home is on, and whether a lift goes there."""

from __future__ import annotations

import re

from bot.language.mention import Mention, without_overlaps
from bot.language.numbers import to_int

_UNITS = "一二两三四五六七八九"
NUMERAL = (
    rf"(?:\d{{1,3}}|[廿卅][{_UNITS}]?|[{_UNITS}]?[十拾][{_UNITS}]?|[{_UNITS}]"
    r"|[壹贰叁肆伍陆柒捌玖](?=楼|层))"
)
_FLOOR = re.compile(
    rf"(?<![\dA-Za-z.\-/一二三四五六七八九十拾廿卅])(?:(?P<below>负|地下|B|b"
    rf"|-)\s*)?第?(?P<n>{NUMERAL})\s*(?:(?P<unit>楼|层|F(?![A-Za-z]))"
    r"(?!梯|房|楼|板|架|抽屉|灰|膜|皮|纸|漆|保护|包装|布|油|货|的楼|高的|复式|玻璃)"
    r"|(?<=[一二三四五六七八九十\d])层楼(?!高))"
)
# A form filled in (楼层:12), or stairs to climb (爬六层楼).
_TOLD = re.compile(rf"楼层\s*(?:是|为|在|:)?\s*第?(?P<n>{NUMERAL})(?!\d|楼|层)")
_CLIMBED = re.compile(rf"(?:爬|扛|背|抬|走)(?:到|上|个)?第?(?P<n>{NUMERAL})(?:层楼|楼|层)")
_GROUND = re.compile(
    r"(?<!整)(?:底楼|首层|一层(?=平房))|(?:住|在|是|家|^)底层(?!抽屉|架)|(?<!一层)平房(?!区)"
)
_BASEMENT = re.compile(r"地下室|B1|b1")
_BELOW = re.compile(r"负(?P<n>[一二三1-3])(?=[,。;.\s的]|车库|$)")
_HEIGHT = re.compile(r"(?:一共|总共|共|总高|楼高|全部|整栋|每|盖了|加盖|(?<!只)有|自建房|自建)$")
_ONLY = re.compile(r"就$")
_NOT_THIS = re.compile(r"(?:不是|并非|不在|没在|不住|别写|不要写)(?:在|住|第)?\s*$")
_HIGHEST = 120

# The two odd characters are 𨋢 as typed and as OpenCC simplifies it.
_LIFT = r"(?:电梯|𨋢|䢂|升降机|直梯|货梯|客梯|[Ll]ift)"
_BROKEN = (
    r"(?:坏|停(?!在)|用不了|不能用|没开|没通|维修|故障|不让用|用唔到|未开|未通|在修|检修|不给用"
    r"|进不[去了]|放不[下进]|塞不[下进]|装不[下进]|上不去|挤不进|还没装|罢工|维护|保养)"
)
_NO_LIFT = re.compile(
    rf"(?<!有)(?<!不是)(?:没有?|无|冇|不带|没带|没装|没[得的]|缺|莫得|木有|不是|还没有?|未装)(?:任何|什么"
    rf"|啥|个|配|货|客|安装|加装|装)?{_LIFT}(?:房|楼)?"
    rf"|{_LIFT}(?:都)?(?:没有|没得|还没)|{_LIFT}[^,。;有]{{0,6}}?{_BROKEN}"
    rf"|(?:进不[了去]|上不了|放不进|塞不进|坐不了|用不了|挤不进|不让用|不给用)(?:那个|货|客)?{_LIFT}"
    rf"|{_LIFT}(?:情况)?\s*(?:[: ]|是)\s*(?:没有?|无)|(?<!有)(?:没|无|冇)梯(?!子|度|队)"
    r"|步梯房?|楼梯房|楼梯楼|(?:爬|走|上|行)(?:的)?(?:步|楼)梯(?:上)?|(?:只有|只能走|要爬"
    r"|得爬|全靠爬|靠爬|全靠)(?:楼梯|楼)|爬楼|纯楼梯"
    rf"|爬(?:到|上)?第?{NUMERAL}(?:层楼|楼|层)"
)
_HAS_LIFT = re.compile(
    rf"(?<!没)(?<!没得)(?<!莫)(?<!冇)(?:有|带|配|装了|加装了|坐|能用|可以用|可用|能坐"
    rf"|乘)(?:个|两部|一部|货|客|外挂|观光|小)?{_LIFT}(?:房|楼)?|不是(?:没有?|无){_LIFT}"
    rf"|{_LIFT}(?:房|楼|公寓|盘)|{_LIFT}(?:是)?有(?!没有|无)(?:的)?|{_LIFT}(?:很|比较|有点|太"
    rf"|挺)?(?:小|大|窄|挤|宽)|{_LIFT}(?:可以|能)(?:用|坐|上|进|到)|{_LIFT}(?:要|得)刷卡"
    rf"|{_LIFT}直达|{_LIFT}入户|{_LIFT}(?:都|也|是|很)?(?:没问题|正常|好用|好的)"
    rf"|{_LIFT}(?:门|口|间|轿厢)|{_LIFT}(?:情况)?\s*[: ]\s*有(?!没|无)|(?<!没)[有带]梯(?!子|度)"
)
_ASKS_LIFT = re.compile(
    rf"有没有{_LIFT}|有无{_LIFT}(?!:)|{_LIFT}(?:房|楼|的|了|吧|能用|可以用|有|能坐|能上|好用|好了"
    rf"|修好了?|通了)?[吗么]\W*$|(?:需要|必须|一定要|要求|得有|要有|如果|要是|万一)[^,。]{{0,3}}{_LIFT}"
    rf"|有{_LIFT}(?:和|与|跟|的话)|(?:隔壁|别的|对面|其他|别人)[^,。]{{0,4}}{_LIFT}"
)


def find_floor_and_lift(text: str) -> list[Mention]:
    """Return the `floor` (integer, below ground negative) and `elevator` (bool) mentions."""
    found = [*without_overlaps(_floors(text)), *without_overlaps(_lifts(text))]
    return sorted(found, key=lambda m: m.start)


def _floors(text: str) -> list[Mention]:
    matches = [m for p in (_FLOOR, _TOLD, _CLIMBED) for m in p.finditer(text)]
    found = [_floor(m, text) for m in matches if not _NOT_THIS.search(text[: m.start()])]
    found += [Mention("floor", -1, m.start(), m.end()) for m in _BASEMENT.finditer(text)]
    found += [Mention("floor", 1, m.start(), m.end()) for m in _GROUND.finditer(text)]
    for match in _BELOW.finditer(text):
        found.append(Mention("floor", -(to_int(match["n"]) or 1), match.start(), match.end()))
    return [one for one in found if one]


def _floor(match: re.Match[str], text: str) -> Mention | None:
    number, groups = to_int(match["n"]), match.groupdict()
    before = text[: match.start()]
    counted = match["n"] == "两" or _HEIGHT.search(before)
    counted = counted or (groups.get("unit") == "层" and _ONLY.search(before))
    bare = match.re is _FLOOR and not groups.get("unit")
    if not number or number > _HIGHEST or counted or (bare and not _lives(before)):
        return None
    value = -number if groups.get("below") else number
    return Mention(
        "floor", value, match.start("n") if match.re is _CLIMBED else match.start(), match.end()
    )


def _lives(before: str) -> bool:
    """Say whether 六层楼 is where somebody lives or climbs to, not how high a house is."""
    return bool(re.search(r"(?:住|在|到|上|爬|扛|搬|第)$", before))


def _lifts(text: str) -> list[Mention]:
    asked = [m.span() for m in _ASKS_LIFT.finditer(text)]
    return [
        Mention("elevator", value, match.start(), match.end())
        for pattern, value in ((_NO_LIFT, False), (_HAS_LIFT, True))
        for match in pattern.finditer(text)
        if not any(start < match.end() and match.start() < end for start, end in asked)
    ]
