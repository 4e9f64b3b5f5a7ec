"""What was not understood: slots are kept, the question comes again, then a person."""

from __future__ import annotations

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.need import Events, hand_over, rounded_off
from actions.turn import Turn

PATIENCE = 3


class Fallback(Action):
    """Stands in for Rasa's own fallback, which would forget what was said."""

    def name(self) -> str:
        """Return the name under which RulePolicy knows it."""
        return "action_default_fallback"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> Events:
        """Ask for other words; hand over at the third miss in a row."""
        misses = (tracker.get_slot("misses") or 0) + 1
        if misses >= PATIENCE:
            dispatcher.utter_message(response="utter_handover_misses")
            events = hand_over(dispatcher, "not_understood")
        else:
            dispatcher.utter_message(response="utter_not_understood")
            events = [SlotSet("misses", misses)]
        return rounded_off(events, Turn.read(tracker), tracker.active_loop_name)
