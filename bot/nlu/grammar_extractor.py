"""Entities that a grammar knows better than a classifier: times, codes, floors, options."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from rasa.engine.recipes.default_recipe import DefaultV1Recipe

from bot.language.addresses import find_addresses
from bot.language.appliances import find_appliances
from bot.language.codes import find_codes
from bot.language.floors import find_floor_and_lift
from bot.language.options import find_option
from bot.language.times import find_times
from bot.nlu.extractor import SpanExtractor

if TYPE_CHECKING:
    from bot.language.mention import Mention
    from bot.language.times import TimeMention


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=False)
class GrammarEntityExtractor(SpanExtractor):
    """Reports all of the contract's entities.

    Appliances and brands too: by names of a region, and by what a sentence says around them.
    """

    def find(self, text: str, now: datetime) -> list[dict[str, Any]]:
        """Return every mention that the grammars of `bot.language` find in `text`."""
        plain = [
            *find_codes(text),
            *find_floor_and_lift(text),
            *find_option(text),
            *find_appliances(text),
            *find_addresses(text),
        ]
        return [*map(time_entity, find_times(text, now)), *map(entity, plain)]


def entity(mention: Mention) -> dict[str, Any]:
    """Return the mention in Rasa's form."""
    return {
        "entity": mention.entity,
        "value": mention.value,
        "start": mention.start,
        "end": mention.end,
    }


def time_entity(mention: TimeMention) -> dict[str, Any]:
    """Return the time in Rasa's form; one that the consumer refuses has the role `rejected`."""
    plain = {
        "entity": "time",
        "value": mention.value,
        "start": mention.start,
        "end": mention.end,
        "dated": mention.dated,
    }
    return {**plain, "role": "rejected"} if mention.rejected else plain
