"""What a consumer says of the home: floor, lift, walls, gas, sockets, the outdoor unit's place."""

from __future__ import annotations

import re

from bot.language.mention import Mention, without_overlaps
from bot.language.numbers import to_int

_N = r"(?:\d{1,3}|[一二两三四五六七八九]?十[一二三四五六七八九]?|[一二两三四五六七八九])"
_FLOOR = re.compile(
    rf"(?<![\dA-Za-z.\-/号#栋座幢一二三四五六七八九十])(?:(?P<below>负|地下|B|b"
    rf"|-)\s*)?第?(?P<n>{_N})\s*(?:楼|层|F(?![A-Za-z]))"
    r"(?!梯|房|楼|板|架|抽屉|灰|膜|皮|纸|漆|保护|包装|布|油|货|的楼|高的|复式|玻璃)"
)
_BASEMENT = re.compile(r"地下室|B1|b1")
_HEIGHT = re.compile(r"(?:一共|总共|共|总高|楼高|全部|就|整栋|每|盖了|加盖|有)$")
_HIGHEST = 120

# The two odd characters are 𨋢 as typed and as OpenCC simplifies it.
_LIFT = r"(?:电梯|𨋢|䢂|升降机|直梯|货梯|客梯)"
_NO_LIFT = re.compile(
    rf"(?<!有)(?:没有?|无|冇|不带|没带|没装|没得|缺|莫得|木有|不是|还没有?|未装)(?:任何|什么"
    rf"|啥|个|配|货|客|安装|加装|装)?{_LIFT}(?:房|楼)?"
    rf"|{_LIFT}(?:都)?(?:没有|没得|坏|停(?!在)|用不了|不能用|还没|没开|没通|维修|故障|不让用"
    rf"|用唔到|未开|未通|在修|检修|不给用)"
    r"|步梯房?|楼梯房|楼梯楼|(?:爬|走|上|行)(?:的)?(?:步|楼)梯(?:上)?|(?:只有|只能走|要爬"
    r"|得爬|全靠爬|靠爬|全靠)(?:楼梯|楼)|爬楼|纯楼梯"
)
_HAS_LIFT = re.compile(
    rf"(?<!没)(?<!没得)(?<!莫)(?<!冇)(?:有|带|配|装了|加装了|坐|能用|可以用|可用|能坐"
    rf"|乘)(?:个|两部|一部|货|客)?{_LIFT}(?:房|楼)?"
    rf"|{_LIFT}(?:房|楼|公寓|盘)|{_LIFT}(?:是)?有(?!没有)(?:的)?|{_LIFT}(?:很|比较|有点|太"
    rf"|挺)?(?:小|大|窄|挤|宽)|{_LIFT}(?:可以|能)(?:用|坐|上|进|到)|{_LIFT}(?:要|得)刷卡"
    rf"|{_LIFT}直达|{_LIFT}入户"
)
_ASKS_LIFT = re.compile(
    rf"有没有{_LIFT}|{_LIFT}[^,。]{{0,4}}[吗么]\W*$|(?:需要|必须|一定要|要求|得有|要有|如果|要是"
    rf"|万一)[^,。]{{0,3}}{_LIFT}|有{_LIFT}(?:和|与|跟)"
)

_WALLS: tuple[tuple[str, str], ...] = (
    ("plasterboard", r"石膏板|石膏墙"),
    (
        "light",
        r"轻质|轻体|加气(?:砖|块|混凝土)|空心砖|空心墙|泡沫砖|隔墙板|轻钢龙骨|轻钢|木板墙|隔断墙|隔板墙",
    ),
    ("concrete", r"混凝土|水泥墙|剪力墙|钢筋|水泥的|现浇"),
    ("brick", r"实心砖|红砖|砖墙|砖混|青砖|实心墙|墙[^,。]{0,3}砖(?:的|砌)|砖砌"),
)
_UNITS: tuple[tuple[str, str], ...] = (
    (
        "platform",
        r"空调(?:机)?位|外机(?:机)?位|机位|外机平台|空调平台|设备平台|预留(?:的|了|有)?(?:外机)?(?:位|平台)|空调板|(?:外机)?(?:放|装)在?(?:专门的)?平台",
    ),
    ("balcony", r"外机[^,。]{0,8}阳台|阳台[^,。]{0,8}外机"),
    ("roof", r"外机[^,。]{0,8}(?:楼顶|屋顶|天台|天面)|(?:楼顶|屋顶|天台)[^,。]{0,8}外机"),
    (
        "facade",
        r"(?:外机|空调)?[^,。]{0,4}(?:挂|装|吊|打)(?:在|到)?(?:了)?(?:楼)?(?:外墙|墙外|窗外|外立面|外面墙|外面的墙|室外墙|墙面外)|外机[^,。]{0,6}(?:外墙|窗外|墙外|外立面|悬空)|外墙[^,。]{0,6}外机|外机[^,。]{0,4}挂墙",
    ),
)
_NO_PLATFORM = re.compile(
    r"(?:没有?|无|冇|没得)(?:预留|留|专门|空调|外机|的|个|什么)*(?:空调位|机位|平台|外机位"
    r"|空调机位|位置放外机)"
)
_LPG = re.compile(r"液化(?:石油)?气|煤气罐|罐装|瓶装气|坛子气|气罐|瓶装煤气|20Y|20y")
_NATURAL = re.compile(r"天然气|管道(?:煤|燃)?气|12T|12t")
_NO_GAS = re.compile(
    r"(?:没有?|没通|不通|无|未接|没接|没装)(?:接|装|通)?(?:天然气|燃气|煤气)管?|(?:家里|厨房"
    r"|小区)?(?:没有气|不通气)|(?:全|纯)电厨房"
)
_GAS_CLOSED = re.compile(
    r"(?:燃气|天然气|煤气|气)(?:表)?(?:还|都|也|暂时|目前|现在)?(?:没有?|未|不)(?:开通|通气"
    r"|通|开|接通|点火|开户|来)|(?:还|暂时)?(?:没|未)(?:通|开)(?:燃气|天然气|煤气|气)(?!管)"
    r"|等(?:着)?通气|要等通气|没开户"
)
_GAS_OPEN = re.compile(
    r"(?:燃气|天然气|煤气|气)(?:早|刚|都|也|前几天|上周|昨天)?(?:已经?|就)?(?:开通|通气|通"
    r"|接通|开)(?:了|好了|过了|啦|着)|(?:已经?|早就)(?:通气|开通(?:了)?(?:燃气|天然气|煤气)"
    r"|通(?:了)?(?:燃气|天然气|煤气))"
)
_NO_SOCKET = re.compile(
    r"(?:没有?|无|缺|没留|未留|没预留|没得|冇|莫得)(?:合适的?|专用的?|独立的?|预留|留|单独的?"
    r"|带地线的?|接地的?|任何|装|电源|三孔|三眼|16A|16a|10A|三相|个|的)*(?:插座|插孔|电源"
    r"|插口)"
    r"|(?:插座|插孔|电源|插口)(?:都|也|还)?(?:没有|没留|没装|没得|坏|不能用|没电|不合适)"
    r"|只有(?:一个)?(?:插排|排插|拖线板|插线板|两孔|二孔|两眼)|插座[^,。]{0,4}(?:两孔|二孔)"
    r"|没(?:有)?地线"
    r"|插座(?:是)?10A[^,。]{0,4}不是16A"
)
_SOCKET = re.compile(
    r"(?:有|留了|预留了|装了|装好了|留好了|旁边是|配了)(?:合适的?|专用的?|独立的?|单独的?"
    r"|带地线的?|接地的?|电源|三孔|三眼|16A|16a|10A|个|一个|的|空调|热水器|专门)*(?:插座|插孔"
    r"|插口)|三孔插座(?:有|装好|留好)|插座(?:都|已经?|是)?(?:有|留好|装好|预留|留了|装了|现成"
    r"|到位)"
)
_PIPE = re.compile(
    r"(?:铜管|管子|管道|管线|连接管|空调管|管长|走管|内外机(?:的)?(?:距离|相距"
    r"|隔))[^,。;]{0,8}?(?P<n>\d{1,2}(?:\.\d)?|[一二两三四五六七八九]?十[一二三四五六七八九]?"
    r"|[一二两三四五六七八九])\s*(?:来|多)?(?:米|m(?![a-z])|公尺)(?!的?多少|多少|几)"
    r"|(?P<n2>\d{1,2}(?:\.\d)?|[一二两三四五六七八九]?十[一二三四五六七八九]?"
    r"|[一二两三四五六七八九])\s*(?:来|多)?米(?:长)?的?(?:铜管|管子|连接管|空调管)"
)
_PRICE = re.compile(r"多少钱|一米|每米|怎么收|收费|单价")
_OLD_HERE = re.compile(
    r"(?:旧|老)(?:的)?[^,。;]{0,8}(?:还)?(?:在|挂在|嵌在|装在|摆在|没拆|未拆|还没拆"
    r"|占着)(?!哪)|(?:有|是)(?:一?台|个|一个)?(?:旧|老)(?:的)?(?:空调|冰箱|热水器|洗衣机"
    r"|油烟机|烟机|灶|电视|机器|机|沙发|床|柜|洗碗机|烤箱|净水器|挂机|柜机|电热水器"
    r"|燃气热水器)"
    r"|(?:旧|老)(?:空调|冰箱|热水器|洗衣机|油烟机|烟机|灶|电视|机器|机|电热水器|挂机"
    r"|柜机)(?:要拆|需要拆|得拆|还没有?拆|没拆|未拆)|原来(?:有|装了)(?:一?台|个)?(?:旧"
    r"|老)?(?:空调|冰箱|热水器|洗衣机|油烟机|烟机|灶)"
)
_OLD_GONE = re.compile(
    r"(?:旧|老)(?:的)?[^,。;]{0,8}(?:已经?拆|拆了|拆掉了|拆走|扔了|卖了|处理了|搬走)|(?:没有?"
    r"|无)(?:旧|老)(?:的)?(?:机|空调|冰箱|热水器|洗衣机|油烟机|机器|电器)"
)
_DOOR = re.compile(
    r"(?:门宽|门洞|入户门|进户门|大门|房门|厨房门|卫生间门|门(?:只有|大概|大约|是"
    r"|口)?)[^,。;\d]{0,8}(?P<n>\d{2,3}(?:\.\d)?|\d(?:\.\d{1,2})?)\s*(?P<u>公分|厘米|cm|CM"
    r"|毫米|mm|MM|米|m)"
)
_HOLE = re.compile(
    r"(?:有|留了|预留了|打好了?|开好了?|打了|开了)(?:现成的?|空调|墙|个|一个|预留|排烟|烟道"
    r"|的)*(?:孔|洞|墙洞|墙孔)(?!吗|么)|(?:孔|洞|开孔)(?:都|也)?(?:已经?)?(?:打好|开好|有了|留好"
    r"|打过|预留)|现成的?(?:空调)?(?:孔|洞)"
)
_NO_HOLE = re.compile(
    r"(?:没有?|没打|没有打|没开|没留|未打|还没打|还没开|未开|无)(?:过|现成的?|空调|墙|预留|排烟"
    r"|的|个)*(?:孔|洞|墙洞|墙孔|开孔)|(?:孔|洞)(?:还)?(?:没打|没开|没有|未打)|(?:需要|要|得"
    r"|帮我?)(?:打|开|钻)(?:个|一个)?(?:孔|洞|墙洞|墙孔|眼)"
)
_DENIED = re.compile(r"不是|没有?|不能|不让|不许|不准|不可以|不要|不想|非|别")
_QUESTION = re.compile(r"[吗么?？]\s*$|有没有|是不是|能不能|多少钱|怎么收|行不行|收费")
_CLAUSE = re.compile(r"[,，。.!！;；\n]+(?!\d)|\s{1,}(?=\D)")
_CM = {"公分": 1.0, "厘米": 1.0, "cm": 1.0, "毫米": 0.1, "mm": 0.1, "米": 100.0, "m": 100.0}


def find_floor_and_lift(text: str) -> list[Mention]:
    """Return the `floor` (integer, below ground negative) and `elevator` (bool) mentions."""
    return without_overlaps([*_floors(text), *_lifts(text)])


def read_site(text: str) -> dict[str, object]:
    """Return the site facts that `text` states; a question states none.

    Keys, where told: floor (int), elevator, gas_open, socket, old_appliance, hole (bool),
    wall ("brick" | "concrete" | "light" | "plasterboard"), outdoor_unit ("platform" | "facade" |
    "balcony" | "roof"), gas_kind ("natural" | "lpg" | "none"), pipe_metres, door_width_cm (number).
    """
    facts: dict[str, object] = {m.entity: m.value for m in find_floor_and_lift(text)}
    for clause in _CLAUSE.split(text):
        if clause and not _QUESTION.search(clause):
            facts |= _read_clause(clause)
    return facts


def _floors(text: str) -> list[Mention]:
    found = []
    for match in _FLOOR.finditer(text):
        number = to_int(match["n"])
        counted = match["n"] in {"两", "双"} or _HEIGHT.search(text[: match.start()])
        if number and number <= _HIGHEST and not counted:
            value = -number if match["below"] else number
            found.append(Mention("floor", value, match.start(), match.end()))
    found += [Mention("floor", -1, m.start(), m.end()) for m in _BASEMENT.finditer(text)]
    return found


def _lifts(text: str) -> list[Mention]:
    asked = [m.span() for m in _ASKS_LIFT.finditer(text)]
    return [
        Mention("elevator", value, match.start(), match.end())
        for pattern, value in ((_NO_LIFT, False), (_HAS_LIFT, True))
        for match in pattern.finditer(text)
        if not any(start < match.end() and match.start() < end for start, end in asked)
    ]


def _read_clause(clause: str) -> dict[str, object]:
    facts: dict[str, object] = {}
    _choose(facts, "wall", clause, _WALLS)
    _choose(facts, "outdoor_unit", _NO_PLATFORM.sub("", clause), _UNITS)
    _read_gas(facts, clause)
    for key, yes, no in (("socket", _SOCKET, _NO_SOCKET), ("hole", _HOLE, _NO_HOLE)):
        if no.search(clause):
            facts[key] = False
        elif yes.search(clause):
            facts[key] = True
    if _OLD_GONE.search(clause):
        facts["old_appliance"] = False
    elif _OLD_HERE.search(clause):
        facts["old_appliance"] = True
    _read_lengths(facts, clause)
    return facts


def _choose(
    facts: dict[str, object], key: str, clause: str, kinds: tuple[tuple[str, str], ...]
) -> None:
    for value, pattern in kinds:
        match = re.search(pattern, clause)
        if match and not _DENIED.search(clause[max(0, match.start() - 3) : match.end()]):
            facts[key] = value
            return


def _read_gas(facts: dict[str, object], clause: str) -> None:
    if _GAS_CLOSED.search(clause):
        facts["gas_open"] = False
    elif _GAS_OPEN.search(clause):
        facts["gas_open"] = True
    lpg, natural = _told(_LPG, clause), _told(_NATURAL, clause)
    if lpg != natural:
        facts["gas_kind"] = "lpg" if lpg else "natural"
    elif not lpg and "gas_open" not in facts and _NO_GAS.search(clause):
        facts["gas_kind"] = "none"


def _told(pattern: re.Pattern[str], clause: str) -> bool:
    """Return whether the clause affirms `pattern` somewhere, as a supply and not as goods."""
    return any(
        not re.search(r"(?:不是|没有?|不用|没通|不通)$", clause[: m.start()])
        and not re.match(r"热水器|灶|公司|费|壁挂炉|味|泄漏|报警", clause[m.end() :])
        for m in pattern.finditer(clause)
    )


def _read_lengths(facts: dict[str, object], clause: str) -> None:
    pipe = _PIPE.search(clause)
    if pipe and not _PRICE.search(clause):
        more = 0.5 if clause.startswith("半", pipe.end()) else 0
        facts["pipe_metres"] = _number(pipe["n"] or pipe["n2"]) + more
    door = _DOOR.search(clause)
    if door:
        width = float(door["n"]) * _CM[door["u"].lower()]
        facts["door_width_cm"] = int(width) if width.is_integer() else round(width, 1)


def _number(text: str) -> float | int:
    return float(text) if "." in text else to_int(text) or 0


_YES = re.compile(
    r"^(?:嗯+|恩|有的?|是的?|对的?|要的?|通了|开了|好了|可以|已经?.{0,4}了|都有|当然|有啊|ok)",
    re.IGNORECASE,
)
_NO = re.compile(r"^(?:没有?|无|冇|木有|不是|不|还没|未|没得|莫得|暂时没)")
_UNSURE = re.compile(r"不(?:太)?(?:知道|清楚|确定|晓得|懂)|没量|没注意|忘了")
_PLACES = (
    ("roof", r"楼顶|屋顶|天台"),
    ("balcony", "阳台"),
    ("facade", r"外墙|窗外|墙外|墙上"),
    ("platform", r"平台|机位|预留"),
)
_ANY_NUMBER = re.compile(rf"(?P<n>\d{{1,3}}(?:\.\d)?|{_N})")
_BOOLEANS = frozenset({"elevator", "gas_open", "socket", "old_appliance", "hole"})
_NUMBERS = frozenset({"floor", "pipe_metres", "door_width_cm"})


def read_answer(text: str, fact: str) -> dict[str, object]:
    """Return the site facts of an answer to the question for `fact`: 有, 没有, 六, 外墙.

    What the text states by itself goes first; empty where it does not answer.
    """
    facts = read_site(text)
    answer = text.strip(" ,，。.!！~")
    if fact in facts or _UNSURE.search(answer):
        return facts
    if fact in _BOOLEANS and (_NO.match(answer) or _YES.match(answer)):
        return {**facts, fact: not _NO.match(answer)}
    if fact in _NUMBERS:
        number = _ANY_NUMBER.search(answer)
        return {**facts, fact: _number(number["n"])} if number else facts
    if fact == "outdoor_unit":
        _choose(facts, fact, answer, _PLACES)
    if fact == "wall" and re.search(r"砖", answer):
        facts[fact] = "brick"
    return facts
