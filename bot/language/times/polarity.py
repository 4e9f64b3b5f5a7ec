"""Whether a time is wanted or refused: 改到周六，不要周日; 周六不行，周日下午."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from bot.language.times.verdicts import VERDICT, says_no

if TYPE_CHECKING:
    from bot.language.times.values import TimeMention

_FILLER = (
    r"(?:给我|拖|帮我|你们|师傅|再|安排|预约|约|改|订|定|选|挑|放|排|送|装|来|上门|说|在|到|是|太"
    r"|那个|这个|那|这|的|我|:|\s)"
)
_REFUSED_BEFORE = re.compile(
    r"(?:(?<![要需])不要|(?<![用])不用|(?<!特|区|级|类|分|个|派|告|辨)别(?!的|人|家)"
    r"|(?<!是)不是(?!说)|(?<!想)不想|(?<!能)不能|(?<!可)不可以|(?<!选)不选|(?<!约)不约"
    r"|不考虑|除了|除开|除去|除|避开|莫|甭|唔好|唔要|莫要|避免|错开|不方便|没法|取消|(?:怎么|为什么|为啥|咋)[^,。;!?]{0,8}(?:还是|变成了?|又是|改成了?))"
    + _FILLER
    + r"{0,4}$"
)
_NOT_MEANT = re.compile(r"(?:不是|不能|不可以)[^,。;!?]*$")
_WHY = re.compile(r"(?:为什么|为啥|为何|怎么|咋|凭什么)(?:就|都|会)?(?:不能|不可以)[^,。;!?]*$")
_EITHER = re.compile(r"^[^,。;!?\n]{0,4},?\s*就是")
_IF = re.compile(r"(?:如果|要是|万一|假如|假使|若是|倘若|要不是)[^,。;!?\n]*$")
_ASKS = re.compile(r"^[^,。;!\n]{0,12}[吗么]")
_MOVED_FROM = re.compile(
    r"^(?:的|那个|那趟|那次|上门|安装|送货|送装|配送|预约|时间|订单|这单|的时间|单子|临时|师傅"
    r"|能不能|可不可以|可以|能否|能|想|要|帮我|给我|麻烦|再|统一|都|全)*"
    r"(?:改约?|换|挪|推迟|推|延迟|延|调整?|移|提前|往后推|改期|顺延)(?:到|成|至|为|去|做|在"
    r"|约)?(?=[^,。]{0,6}$)"
)
_CHANGE = re.compile(
    r"想[早晚]|(?<![不别])改|(?:这次|这回|重新)[约定来要]|换|挪|推|延|提前|调|顺延|现在(?:想|要)"
)
_WANTS_ANOTHER = re.compile(
    r"(?:想|要|能|可以|帮我|麻烦|需要|得)[^,。;!?]{0,6}(?:改|换|挪|推迟|推后|延后|提前|调整)"
)
_ARRANGED = re.compile(
    r"(?:(?<!按)(?<!按照)(?<!还是)原来|原本|本来|原定|原先|原约|之前|(?<!我想)约好的?|约了|约咗|约的|预约的|预约了|[定订排选]的|[订排]了|安排了|安排的|安排在)"
    r"(?:约|是|的|在|说|好|了|定|我|想|打算|登记|填){0,3}$"
)
_CORRECTED = re.compile(
    r"[,，。]\s*不是?[,，]|^[哦啊噢哎诶呃额,，\s]*不(?=$|[,，])|^不不|不对|[说搞记弄看打写输按]错|错了"
    r"|[哦啊噢哎诶]不|说反|更正|口误|等等[,，]|等一?下[,，]|^[,，]\s*(?:还是)?(?:改|换|挪|推)(?:一下)?(?:到|成|至)?$"
)
_HESITATES = re.compile(
    r"^[吧嘛哈啊,，。.\s]*(?:呃|额|嗯|哦|噢|诶|哎|呐)+[,，。.\s]*(?:还是|应该|是|就|改|约|那)*$"
)
_CLAUSE_END = re.compile(r"[,，。.!！?？;；\n]|(?<=[吗么])\s")
_REFUSED_NEXT = re.compile(
    r"^(?:我|这个|这天|那天|时间|的话|恐怕|可能|肯定|也|都|\s){0,3}"
    r"(?:不行(?!的话|就|再|吗|么)|不可以|不方便|不太方便|来不了|不在|没空|没时间|没人|有事"
    r"|不合适|不得行|唔得|去不了|赶不|(?:店里|家里|公司|单位|厂里)?(?:太|特别|很|正)?忙(?!完)|走不开"
    r"|(?:别|不要|不用)(?:来|安排|送|约|装|过来|上门)(?:[那这]天)?了?(?:[,。!]|$))"
)
# 28号去旅游; but 周六去装行吗 is the crew's way.
_AWAY_NEXT = re.compile(
    r"^(?:我|也|都|就|还)*去(?![装送年除掉哪不店取拿看量测了吧]|安装|上门|我|他|她|现场|行|可以|你们|您|自提|提货)"
)
# 28号搬家，当天送 wants the day for what happens on it.
_THAT_DAY = re.compile(
    r"^\s*(?:就|最好|正好)*[那当]天(?:就|再|给我|帮我|你们|能|要)*(?:送|装|来|上门)"
)
_SUBJECT = re.compile(r"^(?:[.,。…]|我们?|家里|都|也|还|正好|刚好|那天|\s)+")
_SAYS_NOTHING = re.compile(r"^(?:的话|呢|啊|嘛|吧|来|那天|这天|我|就|的|\s)*$")
_LISTED = re.compile(r"^\s*(?:、|和|跟|与|及|或者?|还有|以及)?\s*$")
_REACH = 24
# 两点到四点来 其他时间不行 refuses the rest; 除了周末都不行 takes the weekend.
_THE_REST = r"(?:其[他它余]|别的|剩下的?)的?(?:时间段?|时候|时段|日子|天)?"
_OF_THE_REST = re.compile(rf"{_THE_REST}(?:我|都|也|就|全|一律)*$")
_EXCEPT = re.compile(r"除(?:了|开|去)?(?:我|在)?$")
_NONE_BUT = re.compile(
    rf"^(?:以外|之外|外)?[,，\s]*(?:{_THE_REST})?(?:我|都|全|其实|一律)+(?:不|没|冇|唔)(?!是)"
)
# 最好上午，实在不行下午也可以 keeps both.
_SECOND_CHOICE = re.compile(
    r"^(?:吧|来|最好)?[\s,，。;]+我?(?:实在|要是|如果|万一|若是|真)(?:还|都|真)?不(?:行|方便|可以)"
    r"(?:的话)?[\s,，]*(?:就|那|再|换)*$"
)


_THEN = re.compile(r"的话|那?就|再")


def refuses(text: str, end: int, stop: int | None = None) -> bool:
    """Return whether what follows `end` (up to `stop`) says no to the time that ends there."""
    after = text[end : min(end + _REACH, len(text) if stop is None else stop)]
    brk = _CLAUSE_END.search(after)
    clause = after[: brk.start()] if brk else after
    verdict = VERDICT.search(clause)
    if verdict:
        if _OF_THE_REST.search(clause[: verdict.start()]):
            return False
        no = says_no(clause, verdict) and not _IF.search(text[:end])
        return no and not _THAT_DAY.match(after[brk.end() :] if brk else "")
    if _AWAY_NEXT.match(clause):
        return True
    if not brk:
        return False
    return _refused_next(clause, after[brk.end() :])


def _refused_next(clause: str, rest: str) -> bool:
    """Return whether the clause behind the one of the time says no to it: 周六的话，我要加班."""
    if _REFUSED_NEXT.match(rest):
        return True
    if not _SAYS_NOTHING.match(clause):
        return False
    rest = _CLAUSE_END.split(_SUBJECT.sub("", rest), maxsplit=1)[0]
    said = VERDICT.match(rest)
    return bool(said and says_no(rest, said) and not _THEN.match(rest, said.end()))


def rejections(text: str, mentions: Sequence[TimeMention], today: datetime) -> list[bool]:
    """Return, for each of `mentions`, whether the consumer does not want it.

    What is said of one day of a list is said of all: 周三周四都不在家, 不要周六周日. What was over
    when `today` began is told, not asked for: 昨天没人接电话.
    """
    first = [_is_refused_before(text, mentions, i) for i in range(len(mentions))]
    last = [_is_refused_after(text, mentions, i, today) for i in range(len(mentions))]
    for i in range(1, len(mentions)):
        if _LISTED.match(text[mentions[i - 1].end : mentions[i].start]):
            first[i] = first[i] or first[i - 1]
    for i in range(len(mentions) - 1, 0, -1):
        if _LISTED.match(text[mentions[i - 1].end : mentions[i].start]):
            last[i - 1] = last[i - 1] or last[i]
    only = [_is_only_one(text, one) for one in mentions]
    return [(a or b) and not c for a, b, c in zip(first, last, only, strict=True)]


def _is_only_one(text: str, one: TimeMention) -> bool:
    return bool(_EXCEPT.search(text[: one.start]) and _NONE_BUT.match(text[one.end :]))


def _is_refused_before(text: str, mentions: Sequence[TimeMention], index: int) -> bool:
    one = mentions[index]
    following = mentions[index + 1].start if index + 1 < len(mentions) else len(text)
    before = text[mentions[index - 1].end if index else 0 : one.start]
    return _refused_before(before, text[one.end : following])


def _is_refused_after(
    text: str, mentions: Sequence[TimeMention], index: int, today: datetime
) -> bool:
    one, over = mentions[index], _is_over(mentions[index], today)
    if index + 1 == len(mentions):
        moved = _ARRANGED.search(text[: one.start]) and _WANTS_ANOTHER.search(text[one.end :])
        return bool(moved) or (not over and refuses(text, one.end))
    following = mentions[index + 1]
    if _is_replaced(text, one, following):
        return True
    between = text[one.end : following.start]
    if _SECOND_CHOICE.match(between):
        return False
    # What refuses the next time says nothing about this one: 改到周六，不要周日.
    owned = _REFUSED_BEFORE.search(between)
    stop = one.end + owned.start() if owned else following.start
    return not over and refuses(text, one.end, stop)


def _is_over(mention: TimeMention, today: datetime) -> bool:
    return mention.latest is not None and mention.latest <= today


def _is_replaced(text: str, one: TimeMention, following: TimeMention) -> bool:
    """Return whether `following` is told instead of `one`: a change of it, or a correction."""
    between = text[one.end : following.start]
    if _MOVED_FROM.match(between) or _CORRECTED.search(between):
        return True
    if _HESITATES.match(between) and not _is_within(following, one):
        return True
    return bool(_ARRANGED.search(text[: one.start]) and _CHANGE.search(text[one.end :]))


def _is_within(one: TimeMention, other: TimeMention) -> bool:
    """Return whether `one` only says more exactly when `other` is: 周六，嗯，上午."""
    bounds = one.earliest, one.latest, other.earliest, other.latest
    first, end, lower, upper = bounds
    return bool(first and end and lower and upper and lower <= first and end <= upper)


def _refused_before(before: str, after: str) -> bool:
    if not _REFUSED_BEFORE.search(before):
        return False
    # 不是周六来吗 and 为什么不能周六 ask; 不是周六就是周日 wants either.
    meant = _NOT_MEANT.search(before) and (_ASKS.match(after) or _EITHER.match(after))
    return not (meant or _WHY.search(before))
