"""What a consumer knew of a visit when a yes was asked for, and what is said if it changed since.

Between the question and the yes an agent, a dispatcher or an import may change the visit.
"""

from __future__ import annotations

from typing import Any

from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions import wording
from actions.context import Services
from actions.turn import Turn
from bot.scheduling import Order, Seen

SLOT = "seen"


def noted(order: Order) -> dict[str, Any]:
    """Return the event that keeps the version of the visit that a question speaks of."""
    event: dict[str, Any] = SlotSet(SLOT, {"version": _version(order)})
    return event


def of(turn: Turn, order: Order) -> Seen:
    """Return what the consumer's yes is about; the visit as it is now where nothing was noted."""
    kept = turn.slot(SLOT)
    return Seen(kept["version"] if kept else _version(order))


def say_changed(order: Order, dispatcher: CollectingDispatcher, at: Services) -> None:
    """Tell how the visit stands now that somebody else has changed it."""
    live = order.live_visit
    booked = live is not None and live.window is not None
    dispatcher.utter_message(
        response="utter_visit_changed" if booked else "utter_visit_gone",
        goods=wording.goods(order),
        window=wording.window(live.window if live else None, at.clock.today()),
    )


def _version(order: Order) -> int | None:
    return order.live_visit.version if order.live_visit is not None else None
