"""Appliances and brands by the names that the catalogue lists, found with spaCy's EntityRuler.

The blank Chinese pipeline takes each character as one token. That is wanted: a name then
matches wherever it stands, whatever a segmenter would make of its neighbours, and the rules
do not depend on which dictionary jieba has loaded before.
"""

from __future__ import annotations

from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any

import spacy
from rasa.engine.recipes.default_recipe import DefaultV1Recipe

from bot import catalogue
from bot.language.appliances import find_appliances
from bot.nlu.extractor import SpanExtractor

if TYPE_CHECKING:
    from spacy.language import Language
    from spacy.tokens import Span

    from bot.language.mention import Mention


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=False)
class SpacyEntityRuler(SpanExtractor):
    """Reports appliance and brand; the value is the category, or the brand's Chinese name."""

    def find(self, text: str, now: datetime) -> list[dict[str, Any]]:
        """Return the longest names in `text`, none overlapping.

        A name counts where `bot.language.appliances` too reads it as one: it knows which
        brands are everyday words ("老板"), and which names are parts of other words. The value
        is then its value, which may depend on the rest of the sentence.
        """
        del now
        read = find_appliances(text)
        found = []
        for span in ruler()(text.lower()).ents:
            value = _value(span, read)
            if value is not None:
                found.append(
                    {
                        "entity": span.label_,
                        "value": value,
                        "start": span.start_char,
                        "end": span.end_char,
                    }
                )
        return found


def _value(span: Span, read: list[Mention]) -> str | None:
    for mention in read:
        same = mention.entity == span.label_
        if same and mention.start < span.end_char and span.start_char < mention.end:
            return str(mention.value)
    return None


@cache
def ruler() -> Language:
    """Return the pipeline with one pattern a name; built once a process."""
    language = spacy.blank("zh")
    pipe = language.add_pipe("entity_ruler", config={"phrase_matcher_attr": "LOWER"})
    pipe.add_patterns(_patterns())  # type: ignore[attr-defined]
    return language


def _patterns() -> list[dict[str, str]]:
    known = catalogue.load()
    appliances = [
        {"label": "appliance", "pattern": name.lower(), "id": category.category}
        for category in known.categories.values()
        for name in {category.name, *category.names}
    ]
    brands = [
        {"label": "brand", "pattern": alias.lower(), "id": brand}
        for alias, brand in known.brands.items()
    ]
    return appliances + brands
