"""Personal data in a text replaced by stand-ins, so that it may be kept and learned from.

A stand-in is of the same kind as what it stands for: a model learns from the sentence as before.
The same text always becomes the same text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from bot.language.addresses import find_addresses
from bot.language.codes import find_codes

_STAND_INS = {
    "order_no": "2811234567890123456",
    "phone": "13800001234",
    "phone_tail": "5678",
    "address": "锦绣路1000弄3号602室",
    "digits": "123456",
    "word": "abc123",
    "name": "李梅",
    "surname": "李",
}
_SURNAMES = (
    "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦许何吕施张孔曹严华金魏陶姜戚谢邹喻柏窦章苏潘葛范彭"
    "郎鲁韦马苗凤方俞任袁柳鲍史唐费廉薛雷贺倪汤滕殷罗毕郝邬安常于傅卞齐康伍余顾孟黄穆萧尹姚邵"
    "汪祁毛米戴宋庞熊纪舒屈项祝董梁杜阮蓝季贾江郭梅林钟徐邱骆高夏蔡田樊胡凌霍万管卢莫房丁邓"
    "洪包左石崔龚程邢裴陆荣翁段侯宁甘武刘景龙叶司黎白蒲邰温庄柴阎易廖耿文欧聂曾关曲游肖"
)
_HAN = r"[\u4e00-\u9fff]"
# Before the order numbers, which its digits would be taken for.
_IDENTITY_CARD = re.compile(r"(?<!\d)[1-9]\d{16}[Xx](?![A-Za-z\d])")
_PATTERNS = (
    ("word", re.compile(r"https?://[^\s\u4e00-\u9fff]+|[\w.+-]+@[\w-]+(?:\.[\w-]+)+", re.ASCII)),
    # Accounts, licence plates, serial numbers; a model of an appliance (KFR-35GW) is no secret.
    ("word", re.compile(r"(?=[A-Za-z_]*\d)(?=\d*[A-Za-z_])[A-Za-z0-9_]{7,}")),
    ("digits", re.compile(r"\d(?:[ -]?\d){4,}")),
    (
        "name",
        re.compile(
            rf"(?:(?<=我叫)|(?<=姓名)|(?<=名字是)|(?<=名字叫)|(?<=收货人是)|(?<=收件人是)"
            rf"|(?<=联系人是)|(?<=姓名[:： 是])|(?<=[货件系]人[:： ]))"
            rf"[{_SURNAMES}]{_HAN}{{1,2}}(?!{_HAN})"
        ),
    ),
    ("surname", re.compile(rf"[{_SURNAMES}]{_HAN}{{0,2}}?(?=先生|女士|小姐|太太)")),
    ("surname", re.compile(rf"(?<=姓)[{_SURNAMES}](?!名)")),
)


@dataclass(frozen=True)
class Anonymous:
    """A text with stand-ins. `replaced`: start and end in the original, and what stands there."""

    text: str
    replaced: tuple[tuple[int, int, str], ...]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Return where a span of the original stands in `text`."""
        return self._at(start, last=False), self._at(end, last=True)

    def _at(self, position: int, *, last: bool) -> int:
        shift = 0
        for start, end, new in self.replaced:
            if position >= end:
                shift += len(new) - (end - start)
            elif position > start:
                return start + shift + (len(new) if last else 0)
        return position + shift


def anonymous(text: str) -> Anonymous:
    """Return `text` with stand-ins for numbers, addresses, names, mail and web addresses."""
    found: list[tuple[int, int, str]] = []
    for match in _IDENTITY_CARD.finditer(text):
        _take(found, match.start(), match.end(), _STAND_INS["word"])
    for mention in (*find_codes(text), *find_addresses(text)):
        _take(found, mention.start, mention.end, _STAND_INS[mention.entity])
    for kind, pattern in _PATTERNS:
        for match in pattern.finditer(text):
            _take(found, match.start(), match.end(), _STAND_INS[kind])
    found.sort()
    result, at = "", 0
    for start, end, new in found:
        result += text[at:start] + new
        at = end
    return Anonymous(result + text[at:], tuple(found))


def _take(found: list[tuple[int, int, str]], start: int, end: int, new: str) -> None:
    if all(end <= other[0] or start >= other[1] for other in found):
        found.append((start, end, new))
