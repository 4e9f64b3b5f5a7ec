"""Messages without a word: a thumb is a yes, a dot is nothing that anything may be booked on."""

from __future__ import annotations

from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.shared.constants import DEFAULT_NLU_FALLBACK_INTENT_NAME
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message

from bot.language.assent import sign_of
from bot.nlu.certain import CertainClassifier

_INTENTS = {
    "yes": "affirm",
    "no": "deny",
    "thanks": "thank",
    "hello": "greet",
    "nothing": DEFAULT_NLU_FALLBACK_INTENT_NAME,
}


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=False)
class SignIntentClassifier(CertainClassifier):
    """Decides messages of signs alone; those with any letter, digit or Han character pass."""

    def decide(self, message: Message) -> str | None:
        """Return the intent of a message of signs, or None for one with words."""
        sign = sign_of(message.get(TEXT))
        return _INTENTS[sign] if sign else None
