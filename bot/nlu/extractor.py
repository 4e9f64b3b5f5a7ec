"""The common shape of our entity extractors."""

from __future__ import annotations

from abc import abstractmethod
from datetime import datetime
from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.extractors.extractor import EntityExtractorMixin
from rasa.shared.nlu.constants import ENTITIES, TEXT
from rasa.shared.nlu.training_data.message import Message

from bot.language.normalise import Normalised
from bot.nlu import sources
from bot.nlu.texts import normalised, said_at


class SpanExtractor(GraphComponent, EntityExtractorMixin):
    """Finds entities in the normalised text and reports them on the original text."""

    def __init__(self, config: dict[str, Any]) -> None:
        self._config = config

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> SpanExtractor:
        """Return the component as the graph wants it."""
        del model_storage, resource, execution_context
        return cls(config)

    @classmethod
    def fingerprint_addon(cls, config: dict[str, Any]) -> str | None:
        """Name what the component reads beside its configuration."""
        del config
        return sources.understanding()

    def process(self, messages: list[Message]) -> list[Message]:
        """Add the entities found to each message, spans on the text as it was sent."""
        for message in messages:
            text = message.get(TEXT)
            if text:
                plain = normalised(text)
                found = [_on_original(e, plain) for e in self.find(plain.text, said_at(message))]
                known = message.get(ENTITIES, [])
                message.set(ENTITIES, known + self.add_extractor_name(found), add_to_output=True)
        return messages

    @abstractmethod
    def find(self, text: str, now: datetime) -> list[dict[str, Any]]:
        """Return entities of the normalised `text`: entity, value, start, end (and role)."""


def _on_original(entity: dict[str, Any], plain: Normalised) -> dict[str, Any]:
    start, end = plain.span(entity["start"], entity["end"])
    return {**entity, "start": start, "end": end}
