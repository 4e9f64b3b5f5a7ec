"""What a plain 热水器 burns, by the rest of the sentence."""

from __future__ import annotations

import re

from bot.language.mention import Mention

HEATER = re.compile(r"热水[器炉]")
_FUEL = r"(?:燃气|天然气|煤气|液化气|瓦斯|(?<![天空力])气)"
# Of a thing: 燃气的那台, but not the gas's own things.
_ITS = r"(?:的(?!阀|管|表|味|问题|费|接口|公司|开关)|式|款|型)"
_GAS = re.compile(
    rf"{_FUEL}{_ITS}|{_FUEL}(?=热水[器炉])|(?:是|用|烧|走)(?:的是|的)?{_FUEL}(?!表|管|公司)"
    r"|强排|烟管|零冷水|(?<!\d)1[0-9]\s*(?:升|[Ll](?![A-Za-z]))|十[一二三四六八]升"
)
_ELECTRIC = re.compile(
    rf"(?<![充家停断光插])电{_ITS}|(?:是|用|走)(?:的是|的)?电(?:的|$|[,。!]|热)|烧电|插电的|储水|即热|双胆|扁桶"
    r"|(?<![停家])电(?=热水[器炉])|(?<!\d)(?:[3-9]0|1[0-2]0)\s*(?:升|[Ll](?![A-Za-z]))|[四五六八]十升"
)
_DENIED = re.compile(
    r"(?:不是|不要|不用|没有?)[^,，。;是]{0,3}?(?:燃气|天然气|煤气|液化气|气|电)(?:的|式|款)?"
)
_OTHER = re.compile(r"太阳能|空气能")


def read_heaters(text: str) -> list[Mention]:
    """Return the plain 热水器 as `appliance` mentions; unsaid or said both ways, it is neither."""
    told = _DENIED.sub("", text)
    gas, electric = bool(_GAS.search(told)), bool(_ELECTRIC.search(told))
    if gas == electric or _OTHER.search(text):
        return []
    category = "gas_water_heater" if gas else "electric_water_heater"
    return [Mention("appliance", category, m.start(), m.end()) for m in HEATER.finditer(text)]
