"""One dense vector a message, from a sentence encoder."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.featurizers.dense_featurizer.dense_featurizer import DenseFeaturizer
from rasa.shared.nlu.constants import FEATURE_TYPE_SENTENCE, TEXT
from rasa.shared.nlu.training_data.features import Features
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.errors import BotError
from bot.nlu import sources
from bot.nlu.encoder import encoder
from bot.nlu.reading import read
from bot.nlu.texts import normalised

if TYPE_CHECKING:
    import numpy.typing as npt

    from bot.nlu.encoder import SentenceEncoder


class EncoderChanged(BotError):
    """The model was trained with encoder {trained}, here is {present}; train again."""

    code = "encoder_changed"


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=True)
class DenseSentenceFeaturizer(DenseFeaturizer, GraphComponent):
    """Adds the encoder's vector of the text as `bot.nlu.reading` reads it, centred and scaled.

    Centring matters: raw sentence vectors all point roughly the same way, so that a linear
    classifier sees little but their common part. The scale stands in for the regularisation
    strength of classifiers that have no option for it.
    """

    def __init__(
        self,
        config: dict[str, Any],
        name: str,
        model_storage: ModelStorage,
        resource: Resource,
    ) -> None:
        super().__init__(name, config)
        self._model_storage = model_storage
        self._resource = resource
        self._encoder: SentenceEncoder = encoder(config["encoder"])
        self._mean: npt.NDArray[np.float32] = np.zeros(self._encoder.dim, dtype=np.float32)

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """Return encoder `use`, scale 4.5 (measured: best with an unregularised linear model)."""
        return {**DenseFeaturizer.get_default_config(), "encoder": "use", "scale": 4.5}

    @classmethod
    def validate_config(cls, config: dict[str, Any]) -> None:
        """Raise KeyError where the configuration names no known encoder."""
        encoder(config["encoder"])

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> DenseSentenceFeaturizer:
        """Return an untrained featurizer: nothing is subtracted yet."""
        return cls(config, execution_context.node_name, model_storage, resource)

    @classmethod
    def fingerprint_addon(cls, config: dict[str, Any]) -> str | None:
        """Name what the component reads beside its configuration."""
        return sources.understanding() + encoder(config.get("encoder", "use")).fingerprint

    def train(self, training_data: TrainingData) -> Resource:
        """Learn the mean vector of the training texts and keep it."""
        texts = [m.get(TEXT) for m in training_data.nlu_examples if m.get(TEXT)]
        if texts:
            self._mean = self._encode(texts).mean(axis=0)
        with self._model_storage.write_to(self._resource) as folder:
            np.savez(folder / "mean.npz", mean=self._mean)
            about = {"encoder": self._encoder.fingerprint, "dim": self._encoder.dim}
            (folder / "encoder.json").write_text(json.dumps(about), encoding="utf-8")
        return self._resource

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> DenseSentenceFeaturizer:
        """Return the trained featurizer.

        Raises EncoderChanged where the installed weights are not those of the training.
        """
        del kwargs
        component = cls.create(config, model_storage, resource, execution_context)
        with model_storage.read_from(resource) as folder:
            about = json.loads((folder / "encoder.json").read_text(encoding="utf-8"))
            present = component._encoder.fingerprint  # noqa: SLF001 - our own instance
            if about["encoder"] != present:
                raise EncoderChanged(trained=about["encoder"], present=present)
            with np.load(folder / "mean.npz", allow_pickle=False) as stored:
                component._mean = stored["mean"]  # noqa: SLF001
        return component

    def process(self, messages: list[Message]) -> list[Message]:
        """Add one sentence feature, shape (1, dim), to each message that has a text."""
        spoken = [message for message in messages if message.get(TEXT)]
        if spoken:
            rows = self._encode([message.get(TEXT) for message in spoken]) - self._mean
            for message, row in zip(spoken, rows * self._config["scale"], strict=True):
                message.add_features(self._feature(row[np.newaxis, :]))
        return messages

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Add the features to all training examples."""
        self.process(training_data.training_examples)
        return training_data

    def _encode(self, texts: list[str]) -> npt.NDArray[np.float32]:
        return self._encoder.encode([read(normalised(text).text).words for text in texts])

    def _feature(self, row: npt.NDArray[np.float32]) -> Features:
        return Features(row, FEATURE_TYPE_SENTENCE, TEXT, self._identifier)
