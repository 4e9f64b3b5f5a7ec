"""Words that drop what is being talked about, without waiting for a classifier."""

from __future__ import annotations

import re

from bot.language.normalise import normalise

_GIVES_UP = re.compile(
    r"^(?:(?:那|哦|嗯|唉|哎|呃|好吧|好的|那就|还是|我)[，,、\s]*)*"
    r"(?:算了|算啦|不改了|不约了|不用改了|不用约了|别改了|别约了|不换了|不用换了|先不改|先不约|"
    r"不取消了|不弄了|不用了|不要改了|不想改了|不想约了|取消操作|退出|停止|保持原来|保留原来|"
    r"还是原来的时间|按原来的|原来的时间(?:就|就行|吧|不变))"
)
_REDIRECTS = re.compile(r"(?:还是|改成|改到|换成|换到)(?!原来)")


def gives_up(text: str) -> bool:
    """Say whether the consumer drops the present request ("算了，不改了")."""
    said = normalise(text).text.strip()
    return bool(_GIVES_UP.match(said)) and not _REDIRECTS.search(_GIVES_UP.sub("", said))
