"""Switch parts of the understanding off, in this process, to see what each is worth."""

from __future__ import annotations

from typing import Any
from unittest.mock import patch

import jieba
import numpy as np

from benchmarks.nlu.encoders import OTHERS
from bot.nlu.reading import KINDS, Reading
from bot.nlu.text_features import Vocabulary


def _as_typed(text: str) -> Reading:
    return Reading(signs=text, words=text, kinds=(False,) * len(KINDS))


def _nothing(_text: str) -> list[Any]:
    return []


def _no_terms(_texts: list[str]) -> Vocabulary:
    return Vocabulary({}, np.zeros(0, dtype=np.float32))


_PATCHES: dict[str, dict[str, Any]] = {
    "dictionary": {
        "bot.nlu.reading.find_appliances": _nothing,
        "bot.nlu.char_crf._known": _nothing,
        "bot.language.homophones._dictionary": lambda: jieba.dt,
    },
    "ngrams": {"bot.nlu.intent_classifier.Vocabulary.of": _no_terms},
    "reading": {
        "bot.nlu.dense_featurizer.read": _as_typed,
        "bot.nlu.intent_classifier.read": _as_typed,
    },
    "sounds": {
        "bot.language.normalise.repaired": str,
        "bot.nlu.text_features._SYLLABLES": (),
    },
}


def switch_off(names: tuple[str, ...]) -> None:
    """Take the named parts out, and bring the other encoders in, until the process ends."""
    patch.dict("bot.nlu.encoder._ENCODERS", OTHERS).start()
    for name in names:
        for target, stand_in in _PATCHES[name].items():
            patch(target, stand_in).start()


def configured(config: dict[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    """Return a component's configuration as it is without the named parts."""
    left_out = {"dictionary_path"} if "dictionary" in names else set()
    return {key: value for key, value in config.items() if key not in left_out}
