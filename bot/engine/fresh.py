"""A dialogue that goes on after others have answered in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rasa.shared.core.constants import ACTION_LISTEN_NAME, ACTION_SESSION_START_NAME
from rasa.shared.core.events import ActionExecuted, AgentUttered, SessionStarted, SlotSet

if TYPE_CHECKING:
    from rasa.core.tracker_store import TrackerStore
    from rasa.shared.core.domain import Domain

    from bot.engine.turn import Turn

_KEPT = "order_no"


async def begin_anew(store: TrackerStore, domain: Domain, turn: Turn) -> None:
    """Drop what was half filled in before others answered, and note what they said.

    The order that is talked about stays; it is asked for again only where it is unclear.
    """
    tracker = await store.get_or_create_tracker(turn.conversation_id)
    order_no = tracker.get_slot(_KEPT) if _KEPT in tracker.slots else None
    said = [AgentUttered(text, data={"by": by}) for by, text in turn.missed]
    begun = [ActionExecuted(ACTION_SESSION_START_NAME), SessionStarted()]
    kept = [SlotSet(_KEPT, order_no)] if _KEPT in tracker.slots else []
    for event in [*said, *begun, *kept, ActionExecuted(ACTION_LISTEN_NAME)]:
        tracker.update(event, domain)
    await store.save(tracker)
