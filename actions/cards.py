"""Cards beside the bot's words, for channels that draw them; the words stand on their own.

The shapes are public (docs/connect.md): times are ISO 8601 with an offset.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from actions import wording
from bot.scheduling import Order, Visit, Window

_STEPS = 4

Card = dict[str, Any]


def windows(offered: Sequence[Window]) -> Card:
    """Return the windows on offer, in the order of the message's buttons."""
    return {"card": "windows", "windows": [_window(window) for window in offered]}


def confirm(order: Order, window: Window) -> Card:
    """Return what a yes will do."""
    visit = order.live_visit
    return {
        "card": "confirm",
        "goods": wording.goods(order),
        "kind": wording.kind(visit.kind if visit else order.next_visit_kind),
        "address": order.address_text,
        **_window(window),
    }


def progress(order: Order, visit: Visit | None) -> Card:
    """Return where goods and visit stand, the newest step first."""
    steps = [{"at": s.at.isoformat(), "text": s.text} for s in reversed(order.tracking[-_STEPS:])]
    return {
        "card": "progress",
        "goods": wording.goods(order),
        "order_tail": order.order_no[-4:],
        "steps": steps,
        "visit": _visit(visit) if visit else None,
    }


def _visit(visit: Visit) -> Card:
    window = _window(visit.window) if visit.window else {"start": None, "end": None}
    return {"status": visit.status, **window}


def _window(window: Window) -> Card:
    return {"start": window.start.isoformat(), "end": window.end.isoformat()}
