"""Entities of several extractors become one list without contradictions. Pure functions."""

from __future__ import annotations

from typing import Any

Entity = dict[str, Any]

CONTRACT = frozenset(
    {
        "order_no",
        "phone",
        "phone_tail",
        "appliance",
        "brand",
        "time",
        "floor",
        "elevator",
        "option",
        "address",
    }
)
_TAGGER = "CharCrfEntityExtractor"
# An address is made of such things; they say something of their own only outside of it.
_PARTS_OF_ADDRESS = frozenset({"phone_tail", "order_no", "brand", "appliance", "option", "time"})


def merge(entities: list[Entity]) -> list[Entity]:
    """Return the entities that leave the pipeline, ordered by where they stand.

    Only the contract's entities stay. Of two that overlap and say the same kind of thing the
    rule's wins over the tagger's, then the longer one. What an address contains is a part of
    it. An appliance or brand inside a longer one of the other kind is a part of its name.
    """
    ranked = sorted((e for e in entities if e["entity"] in CONTRACT), key=_rank)
    kept: list[Entity] = []
    for entity in ranked:
        if not any(_displaces(better, entity) for better in kept):
            kept.append(entity)
    addresses = [e for e in kept if e["entity"] == "address"]
    whole = [e for e in kept if not any(_is_part(e, address) for address in addresses)]
    return sorted(whole, key=lambda e: (e["start"], e["end"]))


def _rank(entity: Entity) -> tuple[bool, int, int]:
    length = entity["end"] - entity["start"]
    return entity.get("extractor") == _TAGGER, -length, entity["start"]


def _displaces(better: Entity, entity: Entity) -> bool:
    if better["entity"] == entity["entity"]:
        return _overlap(better, entity)
    if better["entity"] == "time" and entity["entity"] == "address":
        # "26号不是25号": to the tagger days look like doors; the grammar of times tells them apart.
        return entity.get("extractor") == _TAGGER and _overlap(better, entity)
    named = {"appliance", "brand"}
    return {better["entity"], entity["entity"]} == named and _contains(better, entity)


def _is_part(entity: Entity, address: Entity) -> bool:
    return entity["entity"] in _PARTS_OF_ADDRESS and _contains(address, entity)


def _overlap(one: Entity, other: Entity) -> bool:
    return one["start"] < other["end"] and other["start"] < one["end"]


def _contains(outer: Entity, inner: Entity) -> bool:
    return outer["start"] <= inner["start"] and inner["end"] <= outer["end"]
