"""Why a consumer moves or cancels a visit, where the words say so."""

from __future__ import annotations

import re

from bot.language.normalise import normalise

_NOT = r"(?:没有?|还没有?|尚未|未|不)"
_YET = r"(?:还)?(?:没有?|未|不)(?:能|给)?"
_FAMILY = r"(?:家里|家中|屋里|房子里|那边|那天|当天|白天|到时候?|我家)"
_WHO = r"(?:我|我们|人|家人|老公|老婆|爱人|爸妈|父母|家属|全家|一家人)"
_GOODS = r"(?:货|货物|东西|商品|机器|快递|包裹|空调|冰箱|洗衣机|热水器|电视机?|柜子|外机|内机|配件)"
_WEATHER = (
    r"下(?:大|暴|小|阵)?[雨雪]|[暴大]雨|[暴大]雪|雨[太很]?大|台风|刮?大风|刮风|冰雹|雾霾|打雷|雷雨|积水"
    r"|天气(?:太|很|不|预报|原因|恶劣|差|热)|高温|太热"
)
_BUSY = (
    r"时间(?:上)?(?:有?冲突|不合适|不方便|不行|安排不开|对不上|来不及|撞)|(?:有|起)冲突|撞(?:期|时间|上)"
    r"|(?<!有)没有?(?:空(?![调位档])|时间|工夫)|抽不(?:出|开)|走不开|赶不(?:上|回|及)|来不及|忙不过来|脱不开身"
    r"|(?:临时|突然|正好|刚好|那天|当天)?有(?:点|别的|急|其他|私)?事(?!故|吗)"
    r"|(?:要|得|在)(?:上班|加班|开会|值班|上课|考试|上夜班|体检)|加班|请不[了到]假"
)
_NO_POWER = (
    rf"(?:燃气|天然气|煤气|气|水电|水|电|网|暖气)(?:表)?{_YET}(?:开通|接通|通|开|接|装|来)"
    rf"|{_YET}(?:开通|通|接)(?:燃气|天然气|煤气|气|水|电)|停[水电气]|断[水电气]|欠费"
)
_UNFINISHED = (
    rf"装修{_NOT}|{_YET}(?:装修|完工|交房|收房)|(?:在|正在?|还在?)装修|装修(?:队|师傅|公司|工人|延期|进度|拖)"
    rf"|(?:橱柜|吊顶|墙面?|地板|地砖|瓷砖|水泥|油漆|柜子|台面|门窗?)(?:都|全)?{_YET}(?:做|装|刷|铺|贴|干|安|弄)"
    r"|毛坯|工地|水电改造"
)
_PROPERTY = (
    r"物业.{0,6}(?:不|没|停|禁|规定|要求|说)|小区(?:不让|不准|规定|封|施工)|(?:不让|不准|禁止|不能)(?:施工|打孔|进场|装修)"
    r"|(?:午休|周末|节假日)(?:不让|不能|不准)"
)
_UNWANTED = (
    rf"(?:{_GOODS}|订单|这单|单子)(?:我|们)?(?:都|也|就)?不(?:想)?(?:要|买)了|不想(?:要|装|买)了?|不装了"
    r"|(?:先|暂时|暂且|目前)不(?:装|安装|需要|用装)|不需要(?:安装|装|送|上门)?了|用不(?:上|着)了?"
    r"|买错|退(?:货|掉|单|了)|(?:找|叫|请)(?:了)?(?:别人|别家|其他人|朋友)(?:来)?(?:装|安装|弄)?"
    r"|(?:自己|已经)(?:装好|安装|装)了"
)
_LATE_GOODS = (
    rf"{_GOODS}(?:都|也|怎么)?{_YET}(?:收到|送到|到|发|来|齐)|{_YET}(?:收到|拿到|看到){_GOODS}"
    rf"|(?:物流|发货|到货|送货)(?:太?慢|延误|延迟|晚|推迟)|{_GOODS}(?:会|要)?(?:晚到|延误|推迟)|缺(?:货|件)"
)
_NOBODY = (
    rf"{_FAMILY}?(?:都|也)?没(?:有)?人(?:在|接|收|开门|签收|$|[,，。!！~]|的|啊|呢)|{_FAMILY}没(?:有)?人"
    rf"|{_WHO}?(?:都|也)?不在(?:家|本地|屋|$|[,，。!！~]|的)|人(?:都)?在(?:外地|国外|老家|医院)|(?:在|去|回)(?:外地|国外|老家)"
    r"|出差|出远门|出门|外出|旅游|旅行|度假|回(?:老家|娘家)|住院"
)
_CREW = (
    r"师傅(?:一直|都|也|又|还|根本)?(?:没来|没到|不来|来不了|迟到|爽约|放鸽子|没上门|联系不上|说(?:他|来不))"
    r"|(?:一直)?没(?:有)?(?:师傅|人)(?:来|上门)|(?:打不通|联系不[上到])师傅"
)

# The first that is found counts: "装修没好，家里没人" is about the home.
_MOTIVES: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (code, re.compile(pattern))
    for code, pattern in (
        ("crew", _CREW),
        ("goods_late", _LATE_GOODS),
        ("decoration", _UNFINISHED),
        ("utilities_not_on", _NO_POWER),
        ("property_hours", _PROPERTY),
        ("not_wanted", _UNWANTED),
        ("weather", _WEATHER),
        ("not_home", _NOBODY),
        ("time_conflict", _BUSY),
    )
)
# A cause that is ruled out, and a home where somebody is after all.
_RULED_OUT = re.compile(
    r"(?:不是|并非|不管|就算|哪怕|不怕).{0,3}(?:天气|下雨|装修|物业).{0,4}|(?:没|又没|不会)(?:下雨|下雪|刮风|停电|停水)"
    r"|装修(?:已经|都)?(?:好|完)了|(?:物业|小区)(?:同意|允许|让|可以)"
)


def motive(text: str) -> str | None:
    """Return why a visit does not suit, as a code of `CHANGE_REASONS`; None where nothing says it.

    "那天家里没人" is `not_home`, "橱柜还没装好" is `decoration`. Of several the home's state goes
    before the consumer's time.
    """
    if text.startswith("/"):  # a button
        return None
    said = _RULED_OUT.sub("", normalise(text).text)
    return next((code for code, pattern in _MOTIVES if pattern.search(said)), None)
