"""The common shape of classifiers that are either certain or silent."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.shared.nlu.constants import INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message

from bot.nlu import sources

_RANKING = "intent_ranking"


class CertainClassifier(GraphComponent, IntentClassifier):
    """Overrules the classifiers before it with confidence 1, or leaves their answer alone."""

    def __init__(self, config: dict[str, Any]) -> None:
        self._config = config

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> CertainClassifier:
        """Return the component as the graph wants it."""
        del model_storage, resource, execution_context
        return cls(config)

    @classmethod
    def fingerprint_addon(cls, config: dict[str, Any]) -> str | None:
        """Name what the component reads beside its configuration."""
        del config
        return sources.understanding()

    def process(self, messages: list[Message]) -> list[Message]:
        """Set the intent of each message that `decide` has an answer for."""
        for message in messages:
            intent = self.decide(message) if message.get(TEXT) else None
            if intent:
                overrule(message, intent)
        return messages

    @abstractmethod
    def decide(self, message: Message) -> str | None:
        """Return the certain intent of `message`, or None."""


def overrule(message: Message, intent: str) -> None:
    """Make `intent` the message's only likely one.

    The others stay in the ranking with confidence 0: the fallback compares the first two.
    """
    others = [row["name"] for row in message.get(_RANKING, []) if row["name"] != intent]
    ranking = [{"name": intent, "confidence": 1.0}]
    ranking += [{"name": name, "confidence": 0.0} for name in others]
    message.set(INTENT, ranking[0], add_to_output=True)
    message.set(_RANKING, ranking, add_to_output=True)
