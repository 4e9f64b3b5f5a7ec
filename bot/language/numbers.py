"""Chinese numerals."""

from __future__ import annotations

DIGITS = {
    "零": 0, "〇": 0, "○": 0, "一": 1, "壹": 1, "幺": 1, "二": 2, "两": 2, "俩": 2, "贰": 2,
    "三": 3, "仨": 3, "叁": 3, "四": 4, "肆": 4, "五": 5, "伍": 5, "六": 6, "陆": 6,
    "七": 7, "柒": 7, "八": 8, "捌": 8, "九": 9, "玖": 9,
}  # fmt: skip
_UNITS = {"十": 10, "拾": 10, "百": 100, "佰": 100, "千": 1000, "仟": 1000}
_LARGE = {"万": 10_000, "亿": 100_000_000}
_LONGEST = 24

# A number inside a larger pattern: Arabic digits or a Chinese numeral below one hundred.
SMALL = (
    r"(?:\d{1,2}|[零〇一二两三四五六七八九]?十[一二三四五六七八九]?"
    r"|[零〇]?[零〇一二两三四五六七八九]|廿[一二三四五六七八九]?)"
)

# Where such a number may begin: not inside another one, yet 周六十点 is ten on Saturday.
EDGE = (
    r"(?<![\dA-Za-z./:#第])(?:(?=\d)|(?<![零〇一二两三四五六七八九十百千万周期拜])"
    r"|(?<=[周期拜][一二三四五六]))"
)


def to_int(text: str) -> int | None:
    """Return the number that `text` writes (`"28"`, `"二十八"`, `"一百零二"`, `"二八一一"`).

    None where it writes no whole number.
    """
    text = text.strip()
    if not text or len(text) > _LONGEST:
        return None
    if text.isascii():
        return int(text) if text.isdigit() else None
    text = text.replace("廿", "二十").replace("卅", "三十")
    if all(char in DIGITS for char in text):
        return int("".join(str(DIGITS[char]) for char in text))
    return _with_units(text)


def to_digits(text: str) -> str:
    """Return `text` with every single Chinese digit replaced by its Arabic one."""
    return "".join(str(DIGITS[char]) if char in DIGITS else char for char in text)


def _with_units(text: str) -> int | None:
    total = section = digit = 0
    for char in text:
        if char in DIGITS:
            digit = DIGITS[char]
        elif char in _UNITS:
            section += (digit or 1) * _UNITS[char]
            digit = 0
        elif char in _LARGE:
            total += (section + digit or 1) * _LARGE[char]
            section = digit = 0
        else:
            return None
    return total + section + digit
