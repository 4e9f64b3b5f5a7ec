"""Whether a yes is one that something may be booked on, and signs that stand for yes or no."""

from __future__ import annotations

import re
from typing import Literal

from bot.language.normalise import normalise

Sign = Literal["yes", "no", "thanks", "hello", "nothing"]

_SIGNS: dict[Sign, frozenset[str]] = {
    "yes": frozenset("👌👍🆗✅✔☑🙆"),
    "no": frozenset("👎❌🙅✖🚫❎✘"),
    "thanks": frozenset("🙏"),
    "hello": frozenset("👋"),
}

_RELATIVE = (
    r"(?:老婆|老公|媳妇|爱人|家人|家里人?|家属|我?妈|我?爸|父母|孩子|室友|房东|物业|邻居|领导"
    r"|同事|对象)"
)
_PUTS_OFF = re.compile(
    r"\W*(?:(?:嗯|好的?|哦|呃|额|那|可以|行|先|你|您|让|容|我|我们|还是|等我|得|要|需要)[,，、\s]*)*"
    rf"(?:再?等(?:一下|下|等|会儿?|一会儿?|我一下)|稍等(?:一下|会儿?)?|慢着|且慢|先?别急"
    rf"|再?(?:想|考虑|商量|琢磨|看)(?:一想|想|考虑|商量|琢磨|一下|下|看|看看|一看)(?:时间)?"
    rf"|没想好|还没(?:想好|定|确定)|不急"
    rf"|(?:问|商量)(?:一?问|一?下)?(?:我|我们)?{_RELATIVE}|(?:跟|和|同)(?:我|我们)?{_RELATIVE}(?:商量|说|问)"
    rf"(?:一下|下|商量)?)"
    r"(?:再(?:说|定|看|回复?你?|告诉你|决定))?[\s吧啊哈呢呀了嘛哦]*\W*"
)
_HEDGES = re.compile(
    r"好像|似乎|应该(?!的)|可能|也许|大概|估计|差不多|不一定|(?:不|没|未)太?(?:确定|肯定)|不好说|说不[准定]"
    r"|再(?:想|看|考虑|商量|说|等|定)|(?:考虑|想|商量|琢磨)(?:一?下|想|考虑|商量)|等等|等一?[下会]|稍等|慢着|且慢"
    rf"|(?:问|商量)(?:一?问|一?下)?(?:我|我们)?{_RELATIVE}|要看|看情况"
    r"|要不(?!然)|万一|如果|要是|除非"
)
_BUT = re.compile(
    r"先别|先不|暂时|但(?!愿)|(?<!好)不过|可是|只是|然而|就是(?:有?[点些]|太|怕|不知|觉得)"
)
_ASKS = re.compile(
    r"[吗么?？]\s*[?？!！~。]*$|行不行|好不好|对不对|是不是|可不可以|可以不\W*$|能不能|确定不"
)
_NEGATES = re.compile(
    r"^\W*(?:[嗯啊哦呃额唉哎]\W*)*(?:我|这|这个|那)?"
    r"(?:不(?!错|用谢|客气|谢|见不散|用改了就)|别|没(?!.{0,2}(?:问题|毛病|错|意见|异议|事|关系|差)))"
)
_NOT_REFUSED = re.compile(r"不是(?:说)?不(?:行|可以|好|能|愿意|想|要|同意)|不是没(?:可能|戏)")
_NOT_CANCELLING = re.compile(
    r"(?:(?<!要)(?<!能)(?<!想)不|别|没有?|甭|勿|无需)(?:是|有|说|想|要|用|必|需要?|打算|准备|让|叫|给我?|能|可以|再|急着|同意"
    r"|你们?|您|我|过|帮我|把我?)*取消"
)
_REALLY_CANCELS = re.compile(
    r"不是不(?:想|要)?取消|没(?:有)?取消(?:掉|成|吗|呢|啊)|(?:还|怎么)没取消"
)


def sign_of(text: str) -> Sign | None:
    """Return what a text without a letter, digit or Han character says; None for any other.

    Punctuation and faces say nothing that one could act on, nor does yes beside no.
    """
    if not text.strip() or any(char.isalnum() for char in text):
        return None
    said = [sign for sign, chars in _SIGNS.items() if not chars.isdisjoint(text)]
    return "nothing" if not said or {"yes", "no"} <= {*said} else said[0]


def is_plain_yes(text: str) -> bool:
    """Say whether a text that was understood as a yes may be acted on without asking again.

    Not one that doubts, asks, sets a condition or puts off ("好像可以", "行吗", "可以，但是…").
    """
    said = normalise(text).text.strip()
    return not (puts_off(said) or doubts(said) or _BUT.search(said) or _NEGATES.match(said))


def doubts(text: str) -> bool:
    """Say whether the text doubts, asks, or depends on something."""
    said = normalise(text).text.strip()
    return bool(_HEDGES.search(said) or _ASKS.search(said))


def puts_off(text: str) -> bool:
    """Say whether the text only asks for time to think ("等一下", "我再想想", "问下我老婆")."""
    return bool(_PUTS_OFF.fullmatch(normalise(text).text.strip()))


def half_refuses(text: str) -> bool:
    """Say whether a no takes itself back ("不是不行")."""
    return bool(_NOT_REFUSED.search(normalise(text).text))


def keeps_booking(text: str) -> bool:
    """Say whether a text that speaks of cancelling wants the opposite ("别取消")."""
    said = normalise(text).text
    return bool(_NOT_CANCELLING.search(said)) and not _REALLY_CANCELS.search(said)
