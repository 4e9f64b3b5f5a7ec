"""What must never fail does not wait for a classifier: a person wanted, or danger."""

from __future__ import annotations

from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message

from bot.language.urgent import detect
from bot.nlu.certain import CertainClassifier
from bot.nlu.texts import normalised


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=False)
class UrgentIntentClassifier(CertainClassifier):
    """Sets `request_human` or `report_hazard` where `bot.language.urgent` is sure of it."""

    def decide(self, message: Message) -> str | None:
        """Return the urgent intent of the message, or None."""
        return detect(normalised(message.get(TEXT)).text)
