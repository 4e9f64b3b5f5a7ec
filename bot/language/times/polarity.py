"""Whether a time is wanted or refused: 改到周六，不要周日; 周六不行，周日下午."""

from __future__ import annotations

import re
from collections.abc import Sequence

_FILLER = (
    r"(?:给我|帮我|你们|师傅|再|安排|预约|约|改|订|定|选|挑|放|排|送|装|来|上门|说|在|到|是|太"
    r"|那个|这个|那|这|的|我|:|\s)"
)
_REFUSED_BEFORE = re.compile(
    r"(?:(?<![要需])不要|(?<![用])不用|(?<!特|区|级|类|分|个|派|告|辨)别(?!的|人|家)"
    r"|(?<!是)不是(?!说)|(?<!想)不想|(?<!能)不能|(?<!可)不可以|(?<!选)不选|(?<!约)不约"
    r"|不考虑|除了|除开|除去|除|避开|莫|甭|唔好|唔要|莫要|避免|错开|不方便|没法|取消)"
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
_CHANGE = re.compile(r"想[早晚]|改|换|挪|推|延|提前|调|顺延")
_ARRANGED = re.compile(
    r"(?:原来|原本|本来|原定|原先|原约|之前|(?<!我想)约好的?|约了|约咗|约的|预约的|预约了|定的)"
    r"(?:约|是|的|在|说|好|了|定|我){0,3}$"
)
_CORRECTED = re.compile(
    r"[,，。]\s*不是?[,，]|^[哦啊噢哎诶呃额,，\s]*不(?=$|[,，])|^不不|不对|[说搞记弄看打写输按]错|错了"
    r"|[哦啊噢哎诶]不|说反|更正|口误|等等[,，]|等一下[,，]"
)
_CLAUSE_END = re.compile(r"[,，。.!！?？;；\n]")
_NO = (
    r"(?<!不是)不行(?!的话|就|再|吗|么)|以外|之外|不方便|不太?方便|不太行|不得行|唔得|没空|没得空|没时间"
    r"|没有时间|没有空|没法|没人(?!来)|没有人(?!来)|除外|冇时间|冇空|冇人"
    r"|不在家?|不可以|不能|来不了|去不了|来不及|赶不(?:回|上)来?|不合适|不要(?!紧)|不用来?"
    r"|不考虑|不便|不得闲|唔喺|没在家?"
    r"|(?<!不)(?<!不用)(?:要|得|在|我|都|还|还要|还得)?(?:上班|加班|出差|开会|返工|值班|上课)"
    r"|(?<!没)(?<!没什么)有事|有课|有会|出门|外出|不回来|回不来"
    r"|太晚|太早|太赶|别来|不来|取消|算了|出不来|要去|得去|要接|要带|要陪|要看|要参加|就不|腾不出|抽不(?:开|出)|排不开"
    r"|约满|满了|停水|停电|走不开|脱不开|分不开身|够呛|不成(?!就)|不中|不让|不许|不准|免了|免谈"
    r"|[送装到]不了|午睡|要睡|要休息|在外地|去外地|回老家|(?<!不)(?<!帮)忙(?!不|吗|帮|您|你)|没得人|莫来|甭来|没的空|没戏"
    r"|不[oO][kK]|(?<!不)pass|有安排|有约|没时候|顾不上|请不[了到]假|没法子?"
)
_YES = (
    r"行不行|可不可以|能不能|好不好|方不方便|有没有|在不在|得唔得|可唔可以|要不要|来不来"
    r"|是不是|OK|ok|可以|都行|也行|行|方便|有空|有时间|有人|在家|得空|没问题|没事|不加班"
    r"|不上班|不用上班|休息|合适|改[到成]?|能|好"
)
_VERDICT = re.compile(rf"(?P<no>{_NO})|(?P<yes>{_YES})")
_REFUSED_NEXT = re.compile(
    r"^(?:我|这个|这天|那天|时间|的话|恐怕|可能|肯定|也|都|\s){0,3}"
    r"(?:不行(?!的话|就|再|吗|么)|不可以|不方便|不太方便|来不了|不在|没空|没时间|没人|有事"
    r"|不合适|不得行|唔得|去不了|赶不)"
)
_SAYS_NOTHING = re.compile(r"^(?:的话|呢|啊|嘛|吧|来|那天|这天|我|就|的|\s)*$")
_LISTED = re.compile(r"^\s*(?:、|和|跟|与|及|或者?|还有|以及)?\s*$")
_REACH = 24


_THEN = re.compile(r"的话|那?就|再")
_ASKS_WHETHER = re.compile(r"(?:不能|不可以|没空位|没位|没名额|约满|满)[^,。]{0,6}[吗么]$")


def refuses(text: str, end: int, stop: int | None = None) -> bool:
    """Return whether what follows `end` (up to `stop`) says no to the time that ends there."""
    after = text[end : min(end + _REACH, len(text) if stop is None else stop)]
    brk = _CLAUSE_END.search(after)
    clause = after[: brk.start()] if brk else after
    verdict = _VERDICT.search(clause)
    if verdict:
        return _says_no(clause, verdict) and not _IF.search(text[:end])
    if not brk:
        return False
    rest = after[brk.end() :]
    if _REFUSED_NEXT.match(rest):
        return True
    said = _VERDICT.match(rest.lstrip("我都 ")) if _SAYS_NOTHING.match(clause) else None
    if said is None or said["no"] is None:
        return False
    return not _THEN.match(said.string, said.end())


def _says_no(clause: str, verdict: re.Match[str]) -> bool:
    return verdict["no"] is not None and not _ASKS_WHETHER.match(clause, verdict.start())


def rejections(text: str, spans: Sequence[tuple[int, int]]) -> list[bool]:
    """Return, for each of the mentions `spans`, whether the consumer does not want it.

    What is said of one day of a list is said of all: 周三周四都不在家, 不要周六周日.
    """
    first = [_is_refused_before(text, spans, i) for i in range(len(spans))]
    last = [_is_refused_after(text, spans, i) for i in range(len(spans))]
    for i in range(1, len(spans)):
        if _LISTED.match(text[spans[i - 1][1] : spans[i][0]]):
            first[i] = first[i] or first[i - 1]
    for i in range(len(spans) - 1, 0, -1):
        if _LISTED.match(text[spans[i - 1][1] : spans[i][0]]):
            last[i - 1] = last[i - 1] or last[i]
    return [a or b for a, b in zip(first, last, strict=True)]


def _is_refused_before(text: str, spans: Sequence[tuple[int, int]], index: int) -> bool:
    start, end = spans[index]
    following = spans[index + 1][0] if index + 1 < len(spans) else len(text)
    before = text[spans[index - 1][1] if index else 0 : start]
    return _refused_before(before, text[end:following])


def _is_refused_after(text: str, spans: Sequence[tuple[int, int]], index: int) -> bool:
    start, end = spans[index]
    if index + 1 == len(spans):
        return refuses(text, end)
    following = spans[index + 1][0]
    between = text[end:following]
    if _MOVED_FROM.match(between) or _CORRECTED.search(between):
        return True
    if _ARRANGED.search(text[:start]) and _CHANGE.search(text[end:]):
        return True
    # What refuses the next time says nothing about this one: 改到周六，不要周日.
    owned = _REFUSED_BEFORE.search(between)
    return refuses(text, end, end + owned.start() if owned else following)


def _refused_before(before: str, after: str) -> bool:
    if not _REFUSED_BEFORE.search(before):
        return False
    # 不是周六来吗 and 为什么不能周六 ask; 不是周六就是周日 wants either.
    meant = _NOT_MEANT.search(before) and (_ASKS.match(after) or _EITHER.match(after))
    return not (meant or _WHY.search(before))
