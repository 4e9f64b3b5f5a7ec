"""The last word on entities: one value a span, rules before the tagger, the contract's only."""

from __future__ import annotations

from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.extractors.extractor import EntityExtractorMixin
from rasa.shared.nlu.constants import ENTITIES
from rasa.shared.nlu.training_data.message import Message

from bot.nlu import sources
from bot.nlu.merge import merge


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=False)
class EntityMerger(GraphComponent, EntityExtractorMixin):
    """Replaces what all extractors reported by what leaves the pipeline."""

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> EntityMerger:
        """Return the component as the graph wants it."""
        del config, model_storage, resource, execution_context
        return cls()

    @classmethod
    def fingerprint_addon(cls, config: dict[str, Any]) -> str | None:
        """Name what the component reads beside its configuration."""
        del config
        return sources.understanding()

    def process(self, messages: list[Message]) -> list[Message]:
        """Merge each message's entities."""
        for message in messages:
            message.set(ENTITIES, merge(message.get(ENTITIES, [])), add_to_output=True)
        return messages
