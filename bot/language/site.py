"""What a consumer says of the home: floor, lift, walls, gas, sockets, the outdoor unit's place."""

from __future__ import annotations

import re

from bot.language.floors import NUMERAL, find_floor_and_lift
from bot.language.lengths import door_width_cm, number, pipe_metres

_WALLS: tuple[tuple[str, str], ...] = (
    ("plasterboard", r"石膏板|石膏墙"),
    (
        "light",
        r"轻质|轻体|加气(?:砖|块|混凝土)|空心砖|空心墙|墙[^,。]{0,3}空心|泡沫砖|隔墙板|轻钢龙骨|轻钢|木板墙|隔断墙|隔板墙",
    ),
    ("concrete", r"混凝土|水泥墙|剪力墙|钢筋|水泥的|现浇"),
    (
        "brick",
        r"实心砖|红砖|(?<![瓷地面])砖墙|砖混|青砖|实心墙|墙[^,。]{0,3}砖(?:的|砌)|砖砌|(?:是|用)(?:的)?砖(?:头)?的|砖头",
    ),
)
_UNITS: tuple[tuple[str, str], ...] = (
    (
        "platform",
        r"空调(?:机)?位|外机(?:机)?位|机位|外机平台|空调平台|设备平台|预留(?:的|了|有)?(?:外机)?(?:位|平台)|空调板|外机[^,。不没]{0,10}平台|(?:放|装)在?(?:专门的)?平台",
    ),
    ("balcony", r"外机[^,。]{0,8}阳台|阳台[^,。]{0,8}外机"),
    ("roof", r"外机[^,。]{0,8}(?:楼顶|屋顶|天台|天面)|(?:楼顶|屋顶|天台)[^,。]{0,8}外机"),
    (
        "facade",
        r"(?:外机|空调)?[^,。]{0,4}(?:挂|装|吊|打)(?:在|到)?(?:了)?(?:楼)?(?:外墙|墙外|(?<!飘)窗户?台?外|外立面|外面墙|外面的墙|室外墙|墙面外)|外机[^,。]{0,6}(?:外墙|(?<!飘)窗户?台?外|墙外|外立面|悬空)|外墙[^,。]{0,6}外机|外机[^,。]{0,4}挂墙|(?:只能|要|得|外机|空调|是)外挂(?!电梯)",
    ),
)
_NO_PLATFORM = re.compile(
    r"(?:没有?|无|冇|没得)(?:预留|留|专门|空调|外机|的|个|什么)*(?:空调位|机位|平台|外机位"
    r"|空调机位|位置放外机)"
)
_LPG = re.compile(
    r"液化(?:石油)?气|煤气罐|罐装|瓶装气|坛子气|气坛|煤气坛|煤气包|煤气瓶|液化气瓶|钢瓶|气罐|瓶装煤气|20Y|20y"
)
_NATURAL = re.compile(r"天然气|管道(?:煤|燃)?气|12T|12t")
_NO_GAS = re.compile(
    r"(?:没有?|没通|不通|无|未接|没接|没装)(?:接|装|通)?(?:天然气|燃气|煤气)管?|(?:家里|厨房"
    r"|小区)?(?:没有气|不通气)|(?:全|纯)电厨房"
)
_GAS_CLOSED = re.compile(
    r"(?:燃气|天然气|煤气|气)(?:表)?(?:还|都|也|暂时|目前|现在)?(?:没有?|未|不)(?:开通|通气"
    r"|通|开|接通|点火|开户|来)|(?:还|暂时)?(?:没|未)(?:通|开)(?:燃气|天然气|煤气|气)(?!管)"
    r"|等(?:着)?通气|要等通气|没开户|(?:还|暂时)没(?:有)?点火"
    r"|(?:才|说|要|预计|等|计划)[^,。]{0,6}(?:通气|开通(?:燃气|天然气)?|开气|点火)(?!了|好)"
)
_GAS_OPEN = re.compile(
    r"(?:燃气|天然气|煤气|气)(?:早|刚|都|也|是|前几天|上周|昨天)?(?:已经?|就)?(?:开通|通气|通"
    r"|接通|开)(?:了(?!没|吗|不)|好了|过了|啦|着|的(?!吗|话))|(?:已经?|早就)(?:通气|开通(?:了)?(?:燃气|天然气|煤气)"
    r"|通(?:了)?(?:燃气|天然气|煤气))"
)
_NO_SOCKET = re.compile(
    r"(?:没有?|无|缺|没留|未留|没预留|没得|冇|莫得)(?:给|合适的?|专用的?|独立的?|预留|留|单独的?"
    r"|带地线的?|接地的?|任何|装|电源|三孔|三眼|16A|16a|16安|10A|三相|个|的)*(?:插座|插孔|电源"
    r"|插口)"
    r"|(?:插座|插孔|电源|插口)(?:都|也|还)?(?:没有?(?!有|孔|洞|打|电梯|平台|机位|旧|老|地方|留|装)|没留|没装|没得|坏|不能用|没电|不合适|不够)"
    r"|(?:插座|电源)[^,。;]{0,4}(?:太远|远|够不着|够不到)"
    r"|只有(?:一个)?(?:插排|排插|拖线板|插线板|两孔|二孔|两眼)|插座[^,。]{0,4}(?:两孔|二孔)"
    r"|没(?:有)?地线|(?:得|要)(?:拉|接)(?:个|根)?(?:插排|排插|插线板|拖线板|明线)"
    r"|插座(?:是)?10A[^,。]{0,4}不是16A"
)
_SOCKET = re.compile(
    r"(?:有|留了|预留了|装了|装好了|留好了|旁边是|配了)(?:合适的?|专用的?|独立的?|单独的?"
    r"|带地线的?|接地的?|电源|三孔|三眼|16A|16a|16安|10A|个|一个|的|空调|热水器|专门)*(?:插座|插孔"
    r"|插口|电源(?!线|插头|适配))|插座[^,。;没不]{0,6}(?:带地线|就是|在[^,。;哪]{1,6}[里下旁边后上近])|电源(?:都|也)?(?:留好|预留|接好|到位)"
    r"|三孔插座(?:有|装好|留好)|插座(?:都|已经?|是)?(?:有|留好|装好|预留|留了|装了|现成"
    r"|到位)"
)
_OLD_HERE = re.compile(
    r"(?:旧|老|原来)(?:的)?[^,。;不没]{0,8}(?:还)?(?:在|挂在|挂着|还挂|挂墙|装着|嵌在|装在|摆在|没拆|未拆|还没拆"
    r"|占着)(?!哪)|(?<!没)(?<!没说)(?<!不)(?:有|是)(?:一?台|个|一个)?(?:旧|老)(?:的)?(?:空调|冰箱|热水器|洗衣机"
    r"|油烟机|烟机|灶|电视|机器|机|沙发|床|柜|洗碗机|烤箱|净水器|挂机|柜机|电热水器"
    r"|燃气热水器)"
    r"|(?:旧|老)(?:空调|冰箱|热水器|洗衣机|油烟机|烟机|灶|电视|机器|机|电热水器|挂机"
    r"|柜机)(?:要拆|需要拆|得拆|还没有?拆|没拆|未拆)|原来(?:有|装了)(?:一?台|个)?(?:旧"
    r"|老)?(?:空调|冰箱|热水器|洗衣机|油烟机|烟机|灶)"
)
_OLD_GONE = re.compile(
    r"(?:旧|老)(?:的)?[^,。;]{0,8}(?:已经?拆|拆了|拆掉了|拆走|扔了|卖了|处理了|搬走)|(?:旧|老)(?:的|机器?|家电)(?:没有|没得)|(?:没有?"
    r"|无)(?:旧|老)(?:的)?(?:机|空调|冰箱|热水器|洗衣机|油烟机|机器|电器)"
)
_HOLE = re.compile(
    r"(?:有|留了|预留了|打好了?|开好了?|打了|开了)(?:现成的?|空调|墙|个|一个|预留|排烟|烟道"
    r"|的)*(?:孔|洞|墙洞|墙孔)(?!吗|么)|(?:孔|洞|开孔)(?:都|也)?(?:已经?)?(?:打好|开好|有了|留好"
    r"|打过|预留)|现成的?(?:空调)?(?:孔|洞)|(?:孔位?|洞|烟道口?|(?:空调|墙)眼)[^,。;没未不要得]{0,5}(?:预留|(?:留|打|开|有)(?:了(?!没)|好|的|过|着))"
    r"|(?:台面|柜子|侧板)[^,。;没未不要]{0,4}开(?:了|好了?)?孔(?:了|好)|(?:不用|不需要|无需|不必)(?:再)?打[孔洞]"
    r"|(?:之前|以前|原来|原先)(?:就)?装过空调"
)
_NO_HOLE = re.compile(
    r"(?:没有?|没打|没有打|没开|没留|未打|还没打|还没开|未开|无)(?:过|现成的?|空调|墙|预留|排烟"
    r"|烟道|的|个)*(?:孔|洞|墙洞|墙孔|开孔)|没打(?:过)?眼|(?:孔|洞)(?:还)?(?:得|要|需要)(?:现|重新|自己|你们)*(?:打|开)|(?:孔|洞)(?:还)?(?:没打|没开|没有|未打)|(?<!不)(?:需要|要|得"
    r"|帮我?)(?:打|开|钻)(?:[一二两三四\d]?个)?(?:孔|洞|墙洞|墙孔|眼)"
)
_DENIED = re.compile(r"不是|不(?=挂|装|放|吊|打)|没有?|不能|不让|不许|不准|不可以|不要|不想|非|别")
_QUESTION = re.compile(
    r"[吗么?？]\s*$|有没有|是不是|能不能|多少钱|怎么收|行不行|收费|(?:了|通|好)(?:没有?|不)\s*$"
    r"|有[^,。没]{1,4}没\s*$|是[^,。不]{1,6}还是"
)
# What a question takes for granted: 没插座能装吗 says that there is none.
_ASKED = re.compile(
    r"能不能|可不可以|要不要|行不行|会不会|能|可以|要|需要|会|行|怎么|咋|多少|收费|影响"
)
_UNKNOWN = re.compile(r"不(?:太)?(?:知道|清楚|确定|晓得|懂)|搞不[清懂]|分不清")
_DOUBLE = re.compile(r"不是(?:没有?|无|缺)")
# Where an outdoor unit is the topic, its place may be told without it.
_UNIT_TOPIC = re.compile(r"外机|高空|空调机?[装挂放]")
_PUT = re.compile(
    r"(?:放|装|挂|搁|摆)(?:在|到)?[^,。]{0,4}(?:阳台|外墙|窗外|楼顶|屋顶|天台|平台|机位)"
)
_CLAUSE = re.compile(r"[,，。.!！;；\n]+(?!\d)|\s{1,}(?=\D)")


def read_site(text: str) -> dict[str, object]:
    """Return the site facts that `text` states; a question states none.

    Keys, where told: floor (int), elevator, gas_open, socket, old_appliance, hole (bool),
    wall ("brick" | "concrete" | "light" | "plasterboard"), outdoor_unit ("platform" | "facade" |
    "balcony" | "roof"), gas_kind ("natural" | "lpg" | "none"), pipe_metres, door_width_cm (number).
    """
    facts: dict[str, object] = {m.entity: m.value for m in find_floor_and_lift(text)}
    unit = bool(_UNIT_TOPIC.search(text))
    for clause in filter(None, _CLAUSE.split(text)):
        if _UNKNOWN.search(clause):
            continue
        if _QUESTION.search(clause):
            facts |= _taken_for_granted(clause)
            continue
        facts |= _read_clause(clause)
        if unit and "outdoor_unit" not in facts and _PUT.search(clause):
            _choose(facts, "outdoor_unit", clause, _PLACES)
    return facts


def _taken_for_granted(question: str) -> dict[str, object]:
    """Return what is lacking by the words before what a question asks."""
    premise, *asked = _ASKED.split(question)
    if not asked or "有没有" in question:
        return {}
    return {name: value for name, value in _read_clause(premise).items() if value is False}


def _read_clause(clause: str) -> dict[str, object]:
    facts: dict[str, object] = {}
    _choose(facts, "wall", clause, _WALLS)
    _choose(facts, "outdoor_unit", _NO_PLATFORM.sub("", clause), _UNITS)
    _read_gas(facts, clause)
    for key, yes, no in (("socket", _SOCKET, _NO_SOCKET), ("hole", _HOLE, _NO_HOLE)):
        if no.search(clause) and not _DOUBLE.search(clause):
            facts[key] = False
        elif yes.search(clause) and not _DOUBLE.search(clause):
            facts[key] = True
    if _OLD_GONE.search(clause):
        facts["old_appliance"] = False
    elif _OLD_HERE.search(clause):
        facts["old_appliance"] = True
    lengths = {"pipe_metres": pipe_metres(clause), "door_width_cm": door_width_cm(clause)}
    facts |= {name: value for name, value in lengths.items() if value is not None}
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
        not re.search(
            r"(?:不是|没有?|不用|没通|不通|(?:以前|之前|原来|本来)(?:是|用|烧|的)*)$",
            clause[: m.start()],
        )
        and not re.match(r"热水器|灶|公司|费|壁挂炉|味|泄漏|报警", clause[m.end() :])
        for m in pattern.finditer(clause)
    )


_YES = re.compile(
    r"^(?:嗯+|恩|有的?|是的?|对的?|要的?|通了|开了|好了|可以|已经?.{0,4}了|都有|当然|有啊|ok)",
    re.IGNORECASE,
)
_NO = re.compile(r"^(?:没有?|无|冇|木有|不(?:是|用|需要)?(?=$|[,。的])|还没|未|没得|莫得|暂时没)")
_UNSURE = re.compile(r"不(?:太)?(?:知道|清楚|确定|晓得|懂)|没量|没注意|忘了")
_PLACES = (
    ("roof", r"楼顶|屋顶|天台"),
    ("balcony", "阳台"),
    ("facade", r"外墙|窗外|墙外|墙上"),
    ("platform", r"平台|机位|预留"),
)
_ANY_NUMBER = re.compile(rf"(?P<n>\d{{1,3}}(?:\.\d)?|{NUMERAL})")
_SHORT_ANSWER = 8
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
    short = len(answer) <= _SHORT_ANSWER
    if fact in _BOOLEANS and short and (_NO.match(answer) or _YES.match(answer)):
        return {**facts, fact: not _NO.match(answer)}
    if fact in _NUMBERS:
        found = _ANY_NUMBER.search(answer)
        return {**facts, fact: number(found["n"])} if found else facts
    if fact == "outdoor_unit":
        _choose(facts, fact, answer, _PLACES)
    if fact == "wall" and re.search(r"砖", answer):
        facts[fact] = "brick"
    return facts
