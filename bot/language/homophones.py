"""Words of the trade that were typed by their sound: 安庄师付 for 安装师傅.

Phones offer wrong characters of the right sound, speech-to-text does the same. A stretch that is
no word becomes the word that sounds like it where that makes the sentence clearly more likely:
a noisy channel, with jieba's word frequencies as the language model. Characters are replaced
one for one, so that spans stay what they are.
"""

from __future__ import annotations

import logging
import re
from functools import cache, lru_cache

import jieba
from pypinyin import lazy_pinyin

from bot.settings import ROOT

jieba.setLogLevel(logging.WARNING)

# Words that consumers mistype and that decide what a message means. Words whose sound is also
# that of common speech (号码 and 好吗, 电视 and 点事, 美的 and 没得) are left out on purpose.
_WORDS = """
安装 师傅 安装师傅 预约 改约 改期 改时间 改成 改到 上门 送货 送货上门 配送 物流 快递 发货 到货
取消 催一下 发票 退款 退货 换货 投诉 地址 收货地址 客服 人工 转人工 人工客服 收费 安装费 费用
联系人 手机号 尾号 订单 订单号 电梯 楼梯 插座 燃气 煤气 天然气 液化气 漏水 漏电 漏气 冒烟 着火
划痕 破损 墙体 厨房 阳台 空调 冰箱 洗衣机 烘干机 热水器 油烟机 燃气灶 洗碗机 净水器 净水机 柜机
挂机 外机 内机 沙发 跑步机 打孔 铜管 拆旧 移机 保修 报修 质保 维修 以旧换新 确认 谢谢 你好 最早
最快 尽快 赶紧 马上 今天 明天 后天 大后天 上午 下午 中午 早上 周末 星期 礼拜 星期一 星期二
星期三 星期四 星期五 星期六 星期天 礼拜一 礼拜二 礼拜三 礼拜四 礼拜五 礼拜六 第一个 第二个
第三个
""".split()  # noqa: SIM905 - a table
_LONGEST = max(map(len, _WORDS))
# How many nats likelier the sentence has to become.
_MARGIN = 4.0
_KNOWN = 20
_HAN = re.compile(r"[\u4e00-\u9fff]")
_SMALL_WORDS = frozenset("早好后还到在再就都也又没不")
# Written Cantonese has characters of its own, which are no typos.
_CANTONESE = frozenset("啲咗嘅冇喺哋唔係系咩嚟嗰咁啱乜揾搵睇俾畀佢冧嘢噉仲嗌攞")


def repaired(text: str) -> str:
    """Return `text` (normalised) with mistyped words of the trade put right, of equal length."""
    if not _HAN.search(text):
        return text
    for size in range(_LONGEST, 1, -1):
        for start in range(len(text) - size + 1):
            text = _repaired_at(text, start, size)
    return text


def _repaired_at(text: str, start: int, size: int) -> str:
    window = text[start : start + size]
    candidates = _by_sound().get(sounds(window), ())
    if not candidates or is_word(window) or _goes_on(window) or not _CANTONESE.isdisjoint(window):
        return text
    if _cuts_a_word(text, start, start + size):
        return text
    rewritten = [text[:start] + word + text[start + size :] for word in candidates]
    best = max(rewritten, key=_likelihood)
    return best if _likelihood(best) - _likelihood(text) > _MARGIN else text


def is_word(window: str) -> bool:
    """Say whether a stretch is a word of the trade or a common one."""
    return window in _WORDS or _dictionary().FREQ.get(window, 0) >= _KNOWN


def _goes_on(window: str) -> bool:
    """Say whether the stretch is a word of the trade and a small word after it (燃气 早)."""
    return window[:-1] in _WORDS and window[-1] in _SMALL_WORDS


def _cuts_a_word(text: str, start: int, end: int) -> bool:
    """Say whether a known word lies across one of the window's edges (里 白天 for 礼拜)."""
    return any(
        begin < edge < finish
        for _, begin, finish in _dictionary().tokenize(text, HMM=False)
        for edge in (start, end)
    )


@cache
def _by_sound() -> dict[tuple[str, ...], list[str]]:
    found: dict[tuple[str, ...], list[str]] = {}
    for word in _WORDS:
        found.setdefault(sounds(word), []).append(word)
    return found


def sounds(text: str) -> tuple[str, ...]:
    """Return one sound a character: its syllable without tone, or itself where it has none."""
    return tuple(_sound(char) for char in text)


@lru_cache(maxsize=8192)
def _sound(char: str) -> str:
    """Return how a character sounds to those who do not tell z from zh or n from ng."""
    syllable = str(lazy_pinyin(char)[0])
    return re.sub(r"ng$", "n", re.sub(r"^([zcs])h", r"\1", syllable))


def _likelihood(text: str) -> float:
    """Return the log likelihood of the most likely division of `text` into words."""
    route: dict[int, tuple[float, int]] = {}
    words = _dictionary()
    words.calc(text, words.get_DAG(text), route)
    return route[0][0]


@cache
def _dictionary() -> jieba.Tokenizer:
    """Return jieba's own dictionary with our word lists, as the pipeline has it."""
    for path in sorted((ROOT / "data" / "dictionary").glob("*.txt")):
        jieba.load_userdict(str(path))
    return jieba.dt
