"""Appliances and brands, by every name the catalogue knows."""

from __future__ import annotations

import re
from functools import cache

from bot import catalogue
from bot.language.mention import Mention, without_overlaps

# Brands that are also everyday words: they count next to an appliance, or where named a brand.
_EVERYDAY = frozenset(
    (
        "老板",
        "樱花",
        "星星",
        "火星人",
        "美大",
        "荣耀",
        "索菲亚",
        "开利",
        "约克",
        "德意",
        "全友",
        "先锋",
        "怡口",
        "源氏",
        "林氏",
        "顾家",
        "倍科",
        "三菱",
        "统帅",
        "能率",
        "志高",
        "万和",
        "leader",
        "honor",
        "angel",
        "macro",
        "keep",
        "cheers",
        "york",
        "carrier",
        "beverly",
        "johnson",
        "inse",
        "entive",
    )
)
_NAMED_BRAND = re.compile(r"(?:品牌|牌子|牌|买的|买了|要的|用的)\W*(?:是|叫)?\W*$")
_BRAND_NEXT = re.compile(r"^(?:牌|家的|的)?[^,，。!！?？;；\s]{0,6}$")
# What looks like a name but belongs to another word.
_NOT_BEFORE = {"床": "起临机车赖卧下上病河牙尿苗温", "灶": "起", "椅子": "轮"}
_NOT_AFTER = {
    "床": "头位单品上铺",
    "灶": "王神具",
    "灶台": "开面上下石板尺",
    "橱柜": "里下上内侧面板高宽深中开预留",
    "柜子": "里下上内侧面板高宽深中",
    "桌子": "上下",
    "电视": "剧台节柜",
    "电视机": "柜",
    "美的": "啊呀很哦呢",
    "大金": "额属",
    "三星": "级期",
    "小米": "粥椒",
    "空调机": "位",
    "空调": "房病被衫机位孔",
    "沙发": "垫套巾",
    "松下": "来去手",
    "长虹": "桥",
    "西门子": "",
}
_MEIDI_BEFORE = "挺好很真最太蛮完"
_HEATER = re.compile("热水器")
_GAS_HINT = re.compile(r"(?:是|用|烧|装|接)(?:的是|的)?(?:燃气|天然气|煤气|液化气|气)的?|强排|烟管")
_ELECTRIC_HINT = re.compile(r"储水|(?:是|用|烧)的?电(?:的|$)|插电")


def find_appliances(text: str) -> list[Mention]:
    """Return the `appliance` mentions (category) and `brand` mentions (Chinese brand name)."""
    names, lookup = _names()
    hits = [
        Mention(*lookup[match.group().lower()], match.start(), match.end())
        for match in names.finditer(text)
        if _stands_alone(text, match.start(), match.end())
    ]
    found = without_overlaps(hits)
    appliances = [m for m in found if m.entity == "appliance"]
    kept = [m for m in found if m.entity == "appliance" or _is_brand(text, m, appliances)]
    return without_overlaps([*kept, *_heaters(text)])


@cache
def _names() -> tuple[re.Pattern[str], dict[str, tuple[str, str]]]:
    """Return one pattern over all names, longest first, and what each name means."""
    known = catalogue.load()
    lookup = {alias.lower(): ("brand", brand) for alias, brand in known.brands.items()}
    for category in known.categories.values():
        lookup |= {name.lower(): ("appliance", category.category) for name in category.names}
    lookup |= {name: ("appliance", category) for name, category in _DIALECT.items()}
    pattern = "|".join(_pattern(name) for name in sorted(lookup, key=len, reverse=True))
    return re.compile(pattern, re.IGNORECASE), lookup


# Names of one region, which the catalogue does not teach the bot to say.
_DIALECT = {
    "雪柜": "refrigerator",
    "冷气": "split_ac",
    "冷气机": "split_ac",
    "瓦斯炉": "gas_hob",
    "煤气灶台": "gas_hob",
    "梳化": "furniture",
}


def _pattern(name: str) -> str:
    escaped = re.escape(name)
    if name.isascii():
        return rf"(?<![A-Za-z0-9]){escaped}(?![A-Za-z])"
    return escaped


def _stands_alone(text: str, start: int, end: int) -> bool:
    name, before, after = text[start:end], text[start - 1 : start], text[end : end + 1]
    if name == "美的" and before and before in _MEIDI_BEFORE:
        return False
    if before and before in _NOT_BEFORE.get(name, ""):
        return False
    return not (after and after in _NOT_AFTER.get(name, ""))


def _is_brand(text: str, brand: Mention, appliances: list[Mention]) -> bool:
    if text[brand.start : brand.end].lower() not in _EVERYDAY or text.strip() == brand.value:
        return True
    if _NAMED_BRAND.search(text[: brand.start]) or text.startswith("牌", brand.end):
        return True
    return any(
        brand.end <= one.start and _BRAND_NEXT.match(text[brand.end : one.start])
        for one in appliances
    )


def _heaters(text: str) -> list[Mention]:
    """Let the rest of the sentence say what a plain 热水器 burns; unsaid, it is neither."""
    gas, electric = (bool(hint.search(text)) for hint in (_GAS_HINT, _ELECTRIC_HINT))
    if gas == electric:
        return []
    category = "gas_water_heater" if gas else "electric_water_heater"
    return [Mention("appliance", category, m.start(), m.end()) for m in _HEATER.finditer(text)]
