"""Appliances and brands, by every name the catalogue knows."""

from __future__ import annotations

import re
from functools import cache

from bot import catalogue
from bot.language.heaters import HEATER, read_heaters
from bot.language.homophones import is_word, sounds
from bot.language.mention import Mention, without_overlaps
from bot.language.name_edges import EVERYDAY, stands_alone

_NAMED_BRAND = re.compile(r"(?:品牌|牌子|牌|买的|买了|要的|用的)\W*(?:是|叫)?\W*$")
_BRAND_NEXT = re.compile(
    r"(?:牌|家的|的)?(?!我|你|您|他|这|那|什么|啥|帮|能|可以|在|有|给|说|今|明|昨|请)"
    r"[^,，。!！?？;；\s]{0,6}"
)
# Goods that are of no category by themselves.
_GOODS = re.compile(rf"{HEATER.pattern}|家电|电器|机器|机子|橱柜|套装")
# Names of one region, which the catalogue does not teach the bot to say.
_DIALECT = {
    "雪柜": "refrigerator",
    "冷气": "split_ac",
    "冷气机": "split_ac",
    "瓦斯炉": "gas_hob",
    "煤气灶台": "gas_hob",
    "梳化": "furniture",
    "脱排": "range_hood",
    "电热水炉": "electric_water_heater",
    "煤气热水炉": "gas_water_heater",
    "滤水器": "water_purifier",
    "洗碗碟机": "dishwasher",
    "焗炉": "oven",
    "书枱": "furniture",
    "床褥": "furniture",
    "单车机": "fitness_equipment",
}
_JOINT = re.compile(r"(?:式|的?是)?")
_BEFORE_GOODS = re.compile(r"(?P<word>[\u4e00-\u9fff]{2,4}?)(?:牌子?|家)?的?$")


def find_appliances(text: str) -> list[Mention]:
    """Return the `appliance` mentions (category) and `brand` mentions (Chinese brand name)."""
    names, lookup = _names()
    hits = [
        Mention(*lookup[match.group().lower()], match.start(), match.end())
        for match in names.finditer(text)
        if stands_alone(text, match.start(), match.end())
    ]
    found = without_overlaps([*hits, *read_heaters(text)])
    appliances = _joined(text, [m for m in found if m.entity == "appliance"])
    goods = [*appliances, *(Mention("goods", "", *m.span()) for m in _GOODS.finditer(text))]
    brands = [m for m in found if m.entity == "brand" and _is_brand(text, m, goods)]
    return without_overlaps([*appliances, *brands, *_misheard(text, goods, found)])


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


def _pattern(name: str) -> str:
    escaped = re.escape(name)
    if name.isascii():
        return rf"(?<![A-Za-z0-9]){escaped}(?![A-Za-z])"
    return escaped


def _joined(text: str, appliances: list[Mention]) -> list[Mention]:
    """Read two names of one thing as one: 中央空调多联机, 顶吸式油烟机, 油烟机是侧吸."""
    joined: list[Mention] = []
    for one in appliances:
        last = joined[-1] if joined else None
        if (
            last
            and last.value == one.value
            and last.value != "furniture"
            and _JOINT.fullmatch(text[last.end : one.start])
        ):
            joined[-1] = Mention("appliance", one.value, last.start, one.end)
        else:
            joined.append(one)
    return joined


def _is_brand(text: str, brand: Mention, goods: list[Mention]) -> bool:
    if text[brand.start : brand.end].lower() not in EVERYDAY or text.strip() == brand.value:
        return True
    if _NAMED_BRAND.search(text[: brand.start]) or text.startswith("牌", brand.end):
        return True
    return any(
        brand.end <= one.start and _BRAND_NEXT.fullmatch(text[brand.end : one.start])
        for one in goods
    )


def _misheard(text: str, goods: list[Mention], found: list[Mention]) -> list[Mention]:
    """Return brands that were typed by their sound right before goods: 海耳冰箱."""
    heard = []
    for one in goods:
        for size in (4, 3, 2):
            match = re.search(
                rf"(?P<word>[\u4e00-\u9fff]{{{size}}})(?:牌子?|家)?的?$", text[: one.start]
            )
            if not match or any(
                m.start < match.end("word") and match.start("word") < m.end for m in found
            ):
                continue
            brand = _brands_by_sound().get(sounds(match["word"]))
            if brand and not is_word(match["word"]):
                heard.append(Mention("brand", brand, *match.span("word")))
                break
    return heard


@cache
def _brands_by_sound() -> dict[tuple[str, ...], str]:
    """Return brands by how their Han names sound; two that sound alike are neither."""
    found: dict[tuple[str, ...], str] = {}
    twice: set[tuple[str, ...]] = set()
    for alias, brand in catalogue.load().brands.items():
        if re.fullmatch(r"[\u4e00-\u9fff]{2,4}", alias):
            key = sounds(alias)
            if found.setdefault(key, brand) != brand:
                twice.add(key)
    return {key: brand for key, brand in found.items() if key not in twice}
