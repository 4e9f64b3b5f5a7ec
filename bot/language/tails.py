"""The last four digits of a phone, in all the ways that consumers name them."""

from __future__ import annotations

import re

from bot.language.homophones import is_word
from bot.language.mention import Mention
from bot.language.numbers import DIGITS, to_digits

_DIGIT = r"[\d零〇一幺二两三四五六七八九]"
_FOUR = rf"(?P<tail>{_DIGIT}(?:[ \-]?{_DIGIT}){{3}})(?!\d|{_DIGIT})"
_WORD = (
    r"(?:尾号|尾数|尾巴|末尾|(?:后面|最后|末尾|后|末)[四4](?:位数?|个数)"
    r"|(?:手机号?|电话|号码)(?:的)?后面)"
)
_TAIL = re.compile(
    _WORD + r"(?:数字|号码|数|四位|4位)?\s*(?:不是\s*\d{4}\s*[,、]?\s*而?是)?"
    rf"(?:应该|好像)?(?:就?是|为|系|乃|:|,)?\s*{_FOUR}"
)
_REVERSED = re.compile(
    r"(?<![\d.\-:/A-Za-z])(?P<tail>\d{4})\s*(?:这个)?(?:就?是|为)?(?:我的?|手机号?|电话|号码|的)*"
    + _WORD
    + r"(?!\s*(?:是|:|为)?\s*\d)"
)
_REPEATED = re.compile(
    _WORD + r"\s*(?:是|为|系|:)?\s*(?P<tail>四个(?P<digit>[零一二三四五六七八九\d]))"
)
_ALONE = re.compile(r"^\W*(?:是|我的是|手机|电话)?\s*(?P<tail>\d{4})\s*(?:吧|哈|啊|的)?\W*$")
_MASKED = re.compile(r"(?:1\d{2}\s*)?(?:\*{3,8}|(?<=\d)[xX]{3,4})\s*(?P<tail>\d{4})(?!\d)")
# A person and four digits, which is how parcels are labelled.
_NAMED = re.compile(
    r"^\W*(?:我(?:是|叫|姓)|收货人|收件人|姓名|联系人)?\W*"
    r"(?P<name>[\u4e00-\u9fff]{1,3}?)(?P<title>先生|女士|小姐|太太|阿姨)?[\s,、:]*"
    r"(?P<tail>\d{4})\W*$"
)
_SURNAMES = frozenset(
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘"
    "杜戴夏钟汪田任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易常武乔贺赖龚文"
)


def find_tails(text: str) -> list[Mention]:
    """Return the `phone_tail` mentions that the text's words call one; values of four digits."""
    patterns = (_TAIL, _REVERSED, _ALONE, _MASKED)
    found = [tail(m) for p in patterns for m in p.finditer(text)]
    for match in _REPEATED.finditer(text):
        digit = match["digit"]
        value = (digit if digit.isdigit() else str(DIGITS.get(digit, ""))) * 4
        found.append(Mention("phone_tail", value, match.start("tail"), match.end("tail")))
    named = _NAMED.match(text)
    if named and _is_person(named):
        found.append(tail(named))
    return found


def tail(match: re.Match[str]) -> Mention:
    """Return the group `tail` of a match as a mention."""
    value = "".join(char for char in to_digits(match["tail"]) if char.isdigit())
    return Mention("phone_tail", value, match.start("tail"), match.end("tail"))


def _is_person(match: re.Match[str]) -> bool:
    name = match["name"]
    if match["title"]:
        return name[0] in _SURNAMES
    apart = match.end("name") < match.start("tail")
    return apart and len(name) > 1 and name[0] in _SURNAMES and not is_word(name)
