"""Rasa components in a row, trained and asked without Rasa's graph around them.

The graph costs each pipeline the same; without it a pipeline is trained in one line, as often
as a learning curve needs it.
"""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent, GraphSchema
from rasa.engine.storage.local_model_storage import LocalModelStorage
from rasa.engine.storage.resource import Resource
from rasa.nlu.featurizers.featurizer import Featurizer
from rasa.nlu.tokenizers.tokenizer import Tokenizer
from rasa.shared.nlu.constants import ENTITIES, INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from benchmarks.nlu.recipes import Part

Parse = dict[str, Any]


class Pipeline:
    """Components in order, what they learned under `folder`."""

    def __init__(self, parts: list[Part], folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._storage = LocalModelStorage(folder)
        self._parts = parts
        self._components = [self._made(index) for index in range(len(parts))]

    def train(self, data: TrainingData) -> None:
        """Let each component learn, in order, as Rasa's recipe does."""
        for component in self._components:
            if hasattr(component, "train"):
                component.train(data)
            if isinstance(component, (Tokenizer, Featurizer)):
                component.process_training_data(data)

    def restore(self) -> None:
        """Replace the components by those that were trained under the same folder."""
        self._components = [
            self._made(index, trained=hasattr(component, "train"))
            for index, component in enumerate(self._components)
        ]

    def parse(self, text: str) -> Parse:
        """Return intent, the first of the ranking, and entities, in Rasa's form."""
        message = Message({TEXT: text, INTENT: {"name": None, "confidence": 0.0}, ENTITIES: []})
        for component in self._components:
            component.process([message])
        return {
            "intent": message.get(INTENT),
            "intent_ranking": message.get("intent_ranking", [])[:3],
            "entities": message.get(ENTITIES),
        }

    def _made(self, index: int, *, trained: bool = False) -> Any:
        path, config = self._parts[index]
        module, _, name = path.rpartition(".")
        kind: type[GraphComponent] = getattr(importlib.import_module(module), name)
        node = f"{index}_{name}"
        make = kind.load if trained else kind.create
        return make(
            {**kind.get_default_config(), **config},
            self._storage,
            Resource(node),
            ExecutionContext(GraphSchema({}), node_name=node),
        )
