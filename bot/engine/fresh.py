"""A dialogue that begins a new session: after others have answered in it, or when it is long."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rasa.shared.core.constants import (
    ACTION_LISTEN_NAME,
    ACTION_SESSION_START_NAME,
    REQUESTED_SLOT,
)
from rasa.shared.core.events import ActionExecuted, AgentUttered, SessionStarted, SlotSet

if TYPE_CHECKING:
    from rasa.shared.core.domain import Domain
    from rasa.shared.core.events import Event
    from rasa.shared.core.trackers import DialogueStateTracker

    from bot.engine.trackers import TurnTrackerStore
    from bot.engine.turn import Turn

_KEPT = "order_no"
# Events of a session: some fifteen turns.
_LONG = 120


async def begin_anew(store: TurnTrackerStore, domain: Domain, turn: Turn) -> None:
    """Drop what was half filled in before others answered, and note what they said.

    The order that is talked about stays; it is asked for again only where it is unclear.
    """
    tracker = await store.get_or_create_tracker(turn.conversation_id)
    order_no = tracker.get_slot(_KEPT) if _KEPT in tracker.slots else None
    said = [AgentUttered(text, data={"by": by}) for by, text in turn.missed]
    kept = {_KEPT: order_no} if _KEPT in tracker.slots else {}
    await _begin(store, domain, tracker, said, kept)


async def keep_short(store: TurnTrackerStore, domain: Domain, turn: Turn) -> None:
    """Begin a new session with all that is known, where the present one has become long.

    Rasa reads, replays and sends a session several times a turn, so that each turn of a long
    one takes longer than the one before. Nothing is cut in the middle of a form; and where
    anybody may have sent a message, who has proven what stands in the session's events.
    """
    if turn.spoofable or await store.session_length(turn.conversation_id) < _LONG:
        return
    tracker = await store.get_or_create_tracker(turn.conversation_id)
    if tracker.active_loop_name or tracker.slots[REQUESTED_SLOT].value is not None:
        return
    known = {
        slot.name: slot.value for slot in tracker.slots.values() if slot.value != slot.initial_value
    }
    await _begin(store, domain, tracker, [], known)


async def _begin(
    store: TurnTrackerStore,
    domain: Domain,
    tracker: DialogueStateTracker,
    before: list[Event],
    kept: dict[str, Any],
) -> None:
    begun = [ActionExecuted(ACTION_SESSION_START_NAME), SessionStarted()]
    # Made after the session's start: Rasa's store asks an event's own time what belongs to one.
    slots = [SlotSet(name, value) for name, value in kept.items()]
    for event in [*before, *begun, *slots, ActionExecuted(ACTION_LISTEN_NAME)]:
        tracker.update(event, domain)
    await store.save(tracker)
