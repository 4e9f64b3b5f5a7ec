"""What a message consists of beside its entities. Pure functions."""

from __future__ import annotations

from typing import Any

_GOODS = frozenset({"appliance", "brand"})
_ELLIPSIS = "呢"
_GIVEN = frozenset({"time", "order_no", "phone", "phone_tail"})


def intent_of(entities: list[dict[str, Any]]) -> str | None:
    """Return what a message consisting of `entities` alone does, or None when that is open.

    A refused time ("周日不行") is a wish about the booked visit or about an offer: open.
    """
    kinds = {entity["entity"] for entity in entities}
    if kinds == {"option"}:
        return "select_option"
    refused = any(entity.get("role") == "rejected" for entity in entities)
    return "inform" if kinds and kinds <= _GIVEN and not refused else None


def goes_on(rest: str, entities: list[dict[str, Any]]) -> bool:
    """Say whether a message only turns to other goods: 冰箱呢."""
    kinds = {entity["entity"] for entity in entities}
    return rest == _ELLIPSIS and bool(kinds) and kinds <= _GOODS


def remainder(text: str, entities: list[dict[str, Any]], filler: list[str]) -> str:
    """Return what `text` says beside its entities: without marks, blanks and filler words."""
    covered = {i for entity in entities for i in range(entity["start"], entity["end"])}
    rest = "".join(" " if i in covered else char for i, char in enumerate(text))
    for word in sorted(filler, key=len, reverse=True):
        rest = rest.replace(word, " ")
    return "".join(char for char in rest if char.isalnum())
