"""A conditional random field over characters, for entities that no list can name in full."""

from __future__ import annotations

import json
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any

import pycrfsuite
from rasa.engine.graph import ExecutionContext
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import ENTITIES, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot import catalogue
from bot.language.addresses import find_addresses
from bot.language.appliances import find_appliances
from bot.nlu.char_features import features, positions
from bot.nlu.extractor import SpanExtractor
from bot.nlu.texts import normalised, on_normalised

if TYPE_CHECKING:
    from pathlib import Path

    from bot.nlu.char_features import Span

_MODEL = "tagger.crfsuite"
_WORDING = "wording.json"

Wording = dict[str, dict[str, str]]


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=True)
class CharCrfEntityExtractor(SpanExtractor):
    """Tags appliance, brand and address as annotated in the training data.

    What it tags as an appliance or a brand counts only where it has a value: one that
    `bot.language.appliances` knows, or one that the training data gave to the same words.
    """

    def __init__(
        self, config: dict[str, Any], model_storage: ModelStorage, resource: Resource
    ) -> None:
        super().__init__(config)
        self._model_storage = model_storage
        self._resource = resource
        self._content = b""
        self._tagger: pycrfsuite.Tagger | None = None
        self._wording: Wording = {}

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """Return the entities learned and the weights of the two regularisations."""
        return {"entities": ["appliance", "brand", "address"], "c1": 0.05, "c2": 0.05}

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> CharCrfEntityExtractor:
        """Return an untrained tagger, which finds nothing."""
        del execution_context
        return cls(config, model_storage, resource)

    def train(self, training_data: TrainingData) -> Resource:
        """Learn from the annotated examples; without one the tagger stays silent."""
        samples = [_sample(message, self._labels) for message in training_data.nlu_examples]
        with self._model_storage.write_to(self._resource) as folder:
            if any(spans for _, spans in samples):
                self._fit(samples, folder / _MODEL)
            wording = json.dumps(_wording(samples, training_data), ensure_ascii=False)
            (folder / _WORDING).write_text(wording, encoding="utf-8")
        return self._resource

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> CharCrfEntityExtractor:
        """Return the trained tagger."""
        del kwargs
        component = cls.create(config, model_storage, resource, execution_context)
        with model_storage.read_from(resource) as folder:
            component._restore(folder)  # noqa: SLF001 - our own instance
        return component

    def find(self, text: str, now: datetime) -> list[dict[str, Any]]:
        """Return the tagged spans of `text` that have a value."""
        del now
        if self._tagger is None or not text:
            return []
        tags = self._tagger.tag(features(text, _known(text)))
        found = [(start, end, label) for start, end, label in spans_of(tags)]
        valued = [(span, self._value(span[2], text[span[0] : span[1]])) for span in found]
        return [
            {"entity": label, "value": value, "start": start, "end": end}
            for (start, end, label), value in valued
            if value is not None
        ]

    @property
    def _labels(self) -> set[str]:
        return set(self._config["entities"])

    def _fit(self, samples: list[tuple[str, list[Span]]], path: Path) -> None:
        trainer = pycrfsuite.Trainer(verbose=False)
        trainer.set_params(
            {
                "c1": self._config["c1"],
                "c2": self._config["c2"],
                "max_iterations": 150,
                "feature.possible_transitions": True,
            }
        )
        for text, spans in samples:
            if text:
                trainer.append(features(text, _known(text)), positions(len(text), spans))
        trainer.train(str(path))

    def _restore(self, folder: Path) -> None:
        self._wording = json.loads((folder / _WORDING).read_text(encoding="utf-8"))
        model = folder / _MODEL
        if model.exists():
            # From memory: the folder is a temporary one that ends with the loading. The tagger
            # reads the bytes where they are, so they have to outlive it.
            self._content = model.read_bytes()
            self._tagger = pycrfsuite.Tagger()
            self._tagger.open_inmemory(self._content)

    def _value(self, label: str, words: str) -> str | None:
        if label not in ("appliance", "brand"):
            return words
        known = [m.value for m in find_appliances(words) if m.entity == label]
        if known:
            return str(known[0])
        learned = self._wording.get(label, {}).get(words)
        return learned if learned in _values(label) else None


def spans_of(tags: list[str]) -> list[Span]:
    """Return the spans (start, end, label) that a sequence of `B-/I-/E-/S-` tags describes.

    A span ends where its label does; a tag out of place begins a new one.
    """
    spans: list[Span] = []
    for index, tag in enumerate(tags):
        place, _, label = tag.partition("-")
        if place in ("", "O"):
            continue
        goes_on = place in "IE" and spans and spans[-1][1:] == (index, label)
        spans = (
            [*spans[:-1], (spans[-1][0], index + 1, label)]
            if goes_on
            else [
                *spans,
                (index, index + 1, label),
            ]
        )
    return spans


@cache
def _values(label: str) -> frozenset[str]:
    """Return what an appliance or a brand may be; an annotation may repeat the words instead."""
    known = catalogue.load()
    return frozenset(known.categories if label == "appliance" else known.brands.values())


def _known(text: str) -> list[Span]:
    listed = [(m.start, m.end, m.entity) for m in find_appliances(text)]
    return listed + [(m.start, m.end, m.entity) for m in find_addresses(text)]


def _sample(message: Message, labels: set[str]) -> tuple[str, list[Span]]:
    plain = normalised(message.get(TEXT) or "")
    return plain.text, [
        (*on_normalised(plain, e["start"], e["end"]), e["entity"])
        for e in message.get(ENTITIES, [])
        if e["entity"] in labels
    ]


def _wording(samples: list[tuple[str, list[Span]]], training_data: TrainingData) -> Wording:
    learned: Wording = {}
    for (text, _), message in zip(samples, training_data.nlu_examples, strict=True):
        plain = normalised(message.get(TEXT) or "")
        for entity in message.get(ENTITIES, []):
            start, end = on_normalised(plain, entity["start"], entity["end"])
            words, value = text[start:end], entity["value"]
            if isinstance(value, str) and value != words:
                learned.setdefault(entity["entity"], {})[words] = value
    return learned
