"""What is compared: pipelines, each a list of Rasa components, and what is taken out of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import yaml

from bot.settings import ROOT

Part = tuple[str, dict[str, Any]]
# Examples an intent (None: all there are) and the seed that picks them.
Run = tuple[int | None, int]

ALL: Run = (None, 0)
SEEDS = (0, 1, 2)
CURVE: tuple[Run, ...] = (*((size, seed) for size in (5, 10, 30) for seed in SEEDS), ALL)
SETS = ("dev", "typos", "traditional", "speech")
_RASA = "rasa.nlu."


@dataclass(frozen=True)
class Recipe:
    """One pipeline.

    `without` names the parts of understanding that are switched off (benchmarks.nlu.without);
    `tensorflow` says that Rasa is needed whole; each of `runs` is a training set, each of `sets`
    a test set that the model of the last run reads. `surface` says that its entities' values are
    the words themselves, so that the catalogue has to be asked for them.
    """

    title: str
    parts: tuple[Part, ...]
    without: tuple[str, ...] = ()
    tensorflow: bool = False
    surface: bool = False
    runs: tuple[Run, ...] = (ALL,)
    sets: tuple[str, ...] = ("dev",)


def _configured() -> tuple[Part, ...]:
    config = yaml.safe_load((ROOT / "config.yml").read_text(encoding="utf-8"))
    return tuple(
        (_full(part["name"]), {key: value for key, value in part.items() if key != "name"})
        for part in config["pipeline"]
    )


def _full(name: str) -> str:
    return f"{_RASA}classifiers.fallback_classifier.{name}" if "." not in name else name


@dataclass(frozen=True)
class Project:
    """The project's own pipeline, as config.yml has it."""

    parts: tuple[Part, ...] = field(default_factory=_configured)

    def only(self, *names: str, **changes: dict[str, Any]) -> tuple[Part, ...]:
        """Return the components called so; `changes` are to their configurations."""
        return tuple(
            (path, {**config, **changes.get(path.rpartition(".")[2], {})})
            for path, config in self.parts
            if path.rpartition(".")[2] in names
        )

    def classifier(self, encoder: str = "use", **linear: Any) -> tuple[Part, ...]:
        """Return what decides the intent by learning, with another encoder."""
        return self.only(
            "DictionaryTokenizer",
            "DenseSentenceFeaturizer",
            "LinearIntentClassifier",
            DenseSentenceFeaturizer={"encoder": encoder},
            LinearIntentClassifier=linear,
        )


_JIEBA: Part = (f"{_RASA}tokenizers.jieba_tokenizer.JiebaTokenizer", {})
_COUNTS = f"{_RASA}featurizers.sparse_featurizer.count_vectors_featurizer.CountVectorsFeaturizer"
_WORDS: Part = (_COUNTS, {"analyzer": "word"})
_GRAMS: Part = (_COUNTS, {"analyzer": "char_wb", "min_ngram": 1, "max_ngram": 4})
_CRF: Part = (f"{_RASA}extractors.crf_entity_extractor.CRFEntityExtractor", {})


def recipes(epochs: int) -> dict[str, Recipe]:
    """Return all that is compared, by key; what takes longest comes last."""
    ours = Project()
    diet: Part = (f"{_RASA}classifiers.diet_classifier.DIETClassifier", {"epochs": epochs})
    dense = ours.only("DenseSentenceFeaturizer")
    tagger = ours.only("DictionaryTokenizer", "CharCrfEntityExtractor")
    every = tuple(part for part in ours.parts if not part[0].endswith("FallbackClassifier"))
    alone = {"kind_scale": 0.0}
    return {
        "product": Recipe("whole product", ours.parts, sets=SETS),
        "open": Recipe("whole product, nothing rejected", every, sets=(*SETS, "garbage")),
        "ours": Recipe("**ours: USE + n-grams**", ours.classifier(), runs=CURVE, sets=SETS),
        "plain": Recipe(
            "n-grams of the text as typed",
            ours.classifier("none"),
            ("sounds", "reading", "dictionary"),
            runs=CURVE,
            sets=SETS,
        ),
        "use": Recipe("USE", ours.classifier("use", **alone), ("ngrams",)),
        "no encoder": Recipe("n-grams, sounds and kinds", ours.classifier("none")),
        "no dictionary": Recipe("ours without the dictionary", ours.classifier(), ("dictionary",)),
        "no sounds": Recipe("ours without sounds", ours.classifier(), ("sounds",), sets=SETS),
        "no reading": Recipe("ours, values not read as kinds", ours.classifier(), ("reading",)),
        "tagger": Recipe("**ours: CRF over characters**", tagger),
        "bare tagger": Recipe("our CRF without dictionary and catalogue", tagger, ("dictionary",)),
        # Rasa's tagger learns from messages that have features of any kind alone.
        "crf": Recipe("Rasa's CRFEntityExtractor", (_JIEBA, _WORDS, _CRF), surface=True),
        "e5": Recipe("e5", ours.classifier("e5", **alone), ("ngrams",)),
        "both": Recipe("USE + e5", ours.classifier("use+e5", **alone), ("ngrams",)),
        "e5 grams": Recipe("e5 + n-grams", ours.classifier("e5")),
        "both grams": Recipe("USE + e5 + n-grams", ours.classifier("use+e5")),
        "diet": Recipe(
            f"the usual recipe: DIET, {epochs} epochs",
            (_JIEBA, _WORDS, _GRAMS, diet),
            tensorflow=True,
            surface=True,
            runs=((10, 0), ALL),
        ),
        "diet use": Recipe(
            "the usual recipe + USE",
            (_JIEBA, *dense, _WORDS, _GRAMS, diet),
            tensorflow=True,
            surface=True,
        ),
    }
