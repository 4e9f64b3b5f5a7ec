"""Two wishes in one message: where the second begins.

"冰箱到哪了，另外上楼收费吗" asks for two things that two different actions serve. A message is cut
only where both parts, each read by itself, are sure to be wishes of different kinds; a reason
that goes before a wish ("明天不在家，改到周六") is a part of it.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import Any

from bot.language.motives import motive

Parse = Callable[[str], Awaitable[dict[str, Any]]]

# Intents of one kind are one wish said in two sentences.
_KINDS = {
    "track_order": "track",
    "schedule_visit": "visit",
    "reschedule_visit": "visit",
    "cancel_visit": "visit",
    "describe_site": "site",
    "ask_install_info": "installing",
    "ask_fees": "fees",
    "ask_crew": "crew",
    "change_address": "address",
    "change_contact": "contact",
    "remove_old_appliance": "old",
    "ask_warranty": "warranty",
    "ask_invoice": "invoice",
}
# A person takes these over with the whole message.
_FOR_A_PERSON = {
    "request_human",
    "report_hazard",
    "report_damage",
    "request_refund",
    "complain",
    "report_no_show",
}
_SURE = 0.6
_SHORTEST = 3
_MOST_PIECES = 6
_BORDER = re.compile(
    r"[,，。.!！?？;；\n~]+(?!\d)|\s+(?=\D)"
    r"|(?=(?:另外|还有就是|还有|顺便|顺带|再问一?下|再问|对了|以及|然后再|同时)\D)"
)


async def divide(text: str, parse: Parse) -> list[str]:
    """Return the message's wishes in order: the whole text, or its two parts.

    The parts join to `text`. `parse` reads one text as Rasa does.
    """
    cuts = _cuts(text)
    if not cuts or len(cuts) >= _MOST_PIECES:
        return [text]
    pieces = [text[start:end] for start, end in zip([0, *cuts], [*cuts, len(text)], strict=True)]
    names = [_sure(await parse(piece)) for piece in pieces]
    if _FOR_A_PERSON & {name for name in names if name}:
        return [text]
    cut = _second_wish(_without_motives(names, pieces), cuts)
    if cut is None:
        return [text]
    parts = [text[:cut], text[cut:]]
    kinds = [_KINDS.get(_sure(await parse(part)) or "") for part in parts]
    return parts if None not in kinds and kinds[0] != kinds[1] else [text]


def _cuts(text: str) -> list[int]:
    """Return where pieces that are long enough begin, the first one aside."""
    cuts: list[int] = []
    for border in _BORDER.finditer(text):
        last = cuts[-1] if cuts else 0
        if border.end() - last >= _SHORTEST and len(text) - border.end() >= _SHORTEST:
            cuts.append(border.end())
    return cuts


def _sure(parse: dict[str, Any]) -> str | None:
    intent = parse.get("intent") or {}
    return intent.get("name") if intent.get("confidence", 0) >= _SURE else None


def _without_motives(names: list[str | None], pieces: list[str]) -> list[str | None]:
    """Leave out what only says why a visit does not suit, where another piece wishes for one."""
    if "visit" not in {_KINDS.get(name or "") for name in names}:
        return names
    return [
        name if _KINDS.get(name or "") == "visit" or motive(piece) is None else None
        for name, piece in zip(names, pieces, strict=True)
    ]


def _second_wish(names: list[str | None], cuts: list[int]) -> int | None:
    first = None
    for index, name in enumerate(names):
        kind = _KINDS.get(name or "")
        if kind is None:
            continue
        if first is not None and kind != first:
            return cuts[index - 1]
        first = kind
    return None
