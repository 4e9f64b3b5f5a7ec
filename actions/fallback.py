"""What was not understood: a choice of readings, other words, then a person. Slots are kept."""

from __future__ import annotations

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import FollowupAction, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions import address, meanings
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
        """Ask which reading is right, or for other words; hand over at the third miss in a row."""
        turn = Turn.read(tracker)
        if turn.fresh and address.answers(turn):
            return [FollowupAction("action_change_address")]
        misses = (tracker.get_slot("misses") or 0) + 1
        if misses >= PATIENCE:
            dispatcher.utter_message(response="utter_handover_misses")
            events = hand_over(dispatcher, "not_understood")
        else:
            events = [SlotSet("misses", misses), *_ask_again(turn, dispatcher, tracker)]
        return rounded_off(events, turn, tracker.active_loop_name)


def _ask_again(turn: Turn, dispatcher: CollectingDispatcher, tracker: Tracker) -> Events:
    """Offer readings, unless a form is open: its own question comes next and has numbers too."""
    ranking = tracker.latest_message.get("intent_ranking") or []
    likely = [] if tracker.active_loop_name else meanings.likely(ranking)
    if len(likely) > 1 and turn.fresh:
        return meanings.ask(turn.message, likely, dispatcher)
    dispatcher.utter_message(response="utter_not_understood")
    return [SlotSet("unclear", None)]
