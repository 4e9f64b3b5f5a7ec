"""Messages that are nothing but a value: the intent follows from the value's kind.

"2", "第二个", "1234", "明天下午" carry no word that a classifier of sentences could learn from;
the grammars that read the value know more. Where anything else is said beside the value, this
component stays silent.
"""

from __future__ import annotations

from typing import Any

from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.shared.nlu.constants import ENTITIES, TEXT
from rasa.shared.nlu.training_data.message import Message

from bot.language.options import find_place
from bot.nlu.certain import CertainClassifier
from bot.nlu.content import goes_on, intent_of, remainder
from bot.nlu.texts import normalised


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=False)
class ContentIntentClassifier(CertainClassifier):
    """Sets `select_option` for a bare option, `inform` for bare times, numbers and codes.

    The configuration's `filler` lists words that say nothing beside a value ("吧", "订单号是").
    """

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """Return the configuration without filler words."""
        return {"filler": []}

    def decide(self, message: Message) -> str | None:
        """Return the intent of a message that its entities cover, else None."""
        found = [*message.get(ENTITIES, []), *_places(message.get(TEXT))]
        rest = remainder(message.get(TEXT), found, self._config["filler"])
        if goes_on(rest, found):
            return "inform"
        return None if rest else intent_of(found)


def _places(text: str) -> list[dict[str, Any]]:
    """Return picks by place (最后一个) as options: which number they are, the list will tell."""
    plain = normalised(text)
    spans = [plain.span(place.start, place.end) for place in find_place(plain.text)]
    return [{"entity": "option", "start": start, "end": end} for start, end in spans]
