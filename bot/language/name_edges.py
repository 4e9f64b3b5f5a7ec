"""Where a name of goods is part of another word, and which brands are everyday words."""

from __future__ import annotations

import re

# Brands that count next to an appliance only, or where named a brand.
EVERYDAY = frozenset(
    """
    老板 樱花 星星 火星人 美大 荣耀 索菲亚 开利 约克 德意 全友 先锋 怡口 源氏 林氏
    顾家 倍科 三菱 统帅 能率 志高 万和 威力 白雪 前锋 曲美 荣泰 舒达 大松 小鸭
    双虎 新科 晶弘 扬子 杨子 欧琳 金羚 万喜 长帝
    leader honor angel macro keep cheers york carrier beverly johnson inse entive
    """.split()  # noqa: SIM905 - a table
)

_PLACE = (
    r"上(?!门|楼|来|去|午|周|星期|礼拜|海)|里|边|旁|底|下(?!午|周|星期|礼拜|个|单|来|月|楼|车|货)"
)
# What may not stand before a name, and what may not stand after it.
_BEFORE = {
    "床": "[起临机车赖卧下上病河牙尿苗温躺睡靠一]",
    "灶": "起",
    "椅子": "轮",
    "美的": "[挺好很真最太蛮完]",
    "电视": "(?:在看|爱看)",
    "净水": "[纯干洁]",
    "燃热": "点",
}
_AFTER = {
    "床": rf"头位|[头位单品铺房被笠罩幔帘板沿尾]|{_PLACE}",
    "柜子": "[内面侧高宽深中]",
    "灶": "[王神具]",
    "灶台": rf"开|[面石板尺]|是|{_PLACE}|都?(?:留|做|预留|砌)",
    "炉灶": "[面石板尺]",
    "电视": "[剧台节柜墙]|盒子?|机顶盒|背景墙|信号|塔",
    "电视机": "柜|顶盒",
    "美的": "[啊呀很哦呢]",
    "大金": "[额属]",
    "三星": "[级期]",
    "小米": "[粥椒]",
    "空调机": "位",
    "空调": "[房病被衫孔扇费服毯]|机位",
    "冰箱": "贴",
    "沙发": rf"[垫套巾客罩布]|{_PLACE}",
    "滚筒": "刷",
    "对开门": "的?(?:小区|单元|入户|大门|房门)",
    "松下": "[来去手]",
    "长虹": "桥",
    "净水": "处理|剂|厂|池|管|龙头|出|口",
    "前置": "条件|摄|任务|审|仓|费|步骤|要求",
    "顶吸": "引",
    "微波炉": "架",
    "单杠": "[桥门]",
}
# Furniture on, in or beside which something is: 餐桌上, 衣柜里.
_FURNITURE = re.compile(r"(?:桌|(?<![冰冷冻藏示糕淋酒理碗])柜|茶几|[写妆]台|桌子|柜子|床|衣橱)$")
# A kitchen's cabinets are where things stand, unless they are what was bought.
_CABINETS = "橱柜"
_BOUGHT = re.compile(
    r"(?:买|购|订|定|送|发|退|换)(?:的|了|来|过|做|货)*[^,，。?？]{0,4}橱柜"
    r"|橱柜[^,，。?？]{0,6}(?:送|到货|到了|到哪|发货|物流|配送|什么时候|几时|几号|哪天|上门|预约|退)"
    r"|^\W*(?:我的|那个)?橱柜\W*$"
)
_CABINETS_AFTER = re.compile(r"[里下上内侧面板高宽深中开预留柜尺门旁边]")


def stands_alone(text: str, start: int, end: int) -> bool:
    """Say whether the name at `text[start:end]` is no part of another word."""
    name, after = text[start:end], text[end:]
    before = _before(name)
    if before and before.search(text[:start]):
        return False
    if name == _CABINETS:
        return not _CABINETS_AFTER.match(after) and bool(_BOUGHT.search(text))
    if _FURNITURE.search(name) and re.match(_PLACE, after):
        return False
    follows = _AFTER.get(name)
    return not (follows and re.match(follows, after))


def _before(name: str) -> re.Pattern[str] | None:
    pattern = _BEFORE.get(name)
    return re.compile(f"{pattern}$") if pattern else None
