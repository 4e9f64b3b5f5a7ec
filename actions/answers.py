"""Answers that no form waits for, and courtesies."""

from __future__ import annotations

from typing import ClassVar

from rasa_sdk.events import FollowupAction, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions import address, meanings
from actions.context import Services
from actions.describe import note
from actions.need import Events, Need, find_order
from actions.turn import Turn


class Say(Need):
    """Say one response."""

    response: ClassVar[str]

    async def serve(self, turn: Turn, dispatcher: CollectingDispatcher, at: Services) -> Events:
        """Say it."""
        dispatcher.utter_message(response=self.response)
        return []


class Greet(Say):
    """Greeting."""

    action = "action_greet"
    response = "utter_greet"


class Goodbye(Say):
    """Goodbye."""

    action = "action_goodbye"
    response = "utter_goodbye"


class Thank(Say):
    """Thanks."""

    action = "action_thank"
    response = "utter_thank"


class BotChallenge(Say):
    """Are you a bot."""

    action = "action_bot_challenge"
    response = "utter_bot_challenge"


class OutOfScope(Say):
    """Not our trade, but for a place that was asked for."""

    action = "action_out_of_scope"
    response = "utter_out_of_scope"

    async def serve(self, turn: Turn, dispatcher: CollectingDispatcher, at: Services) -> Events:
        """Say it."""
        if address.answers(turn):
            kept = SlotSet("new_address", turn.slot("new_address"))
            return [kept, FollowupAction("action_change_address")]
        return await super().serve(turn, dispatcher, at)


class Inform(Need):
    """Bare information: do what it is most useful for."""

    action = "action_inform"
    forgets: ClassVar[tuple[str, ...]] = ("open_offer", "asked_fact", "unclear")

    async def serve(self, turn: Turn, dispatcher: CollectingDispatcher, at: Services) -> Events:
        """Route by what was given; the need that follows reads the same message."""
        # A value may answer the site question that was asked; who notes it has to know.
        return [SlotSet("asked_fact", turn.slot("asked_fact")), FollowupAction(self._need(turn))]

    def _need(self, turn: Turn) -> str:
        if turn.values("floor") or turn.values("elevator"):
            return "action_describe_site"
        if turn.times or turn.rejected_times:
            return "action_reschedule"
        if turn.first("address") or address.answers(turn):
            return "action_change_address"
        if any(turn.values(e) for e in ("order_no", "phone_tail", "phone")):
            return "action_track"
        if turn.values("appliance") or turn.values("brand"):
            return turn.slot("last_need") or "action_track"
        return "action_describe_site" if turn.slot("asked_fact") else "action_default_fallback"


class Select(Need):
    """An option while no list is open."""

    action = "action_select"
    forgets: ClassVar[tuple[str, ...]] = ("open_offer", "asked_fact", "unclear")

    async def serve(self, turn: Turn, dispatcher: CollectingDispatcher, at: Services) -> Events:
        """Go on with what was picked, or offer windows anew; else ask again."""
        if (turn.slot("new_address") or {}).get("candidates"):
            return [FollowupAction("action_change_address")]
        unclear = turn.slot("unclear") or {"meanings": []}
        chosen = meanings.picked(unclear, turn.option(len(unclear["meanings"]) + 1))
        if chosen:
            return chosen
        booking = turn.slot("offered") or turn.slot("open_offer") == "action_schedule"
        return [FollowupAction("action_availability" if booking else "action_default_fallback")]


class Affirm(Need):
    """A yes to what the bot last offered or asked."""

    action = "action_affirm"
    forgets: ClassVar[tuple[str, ...]] = ("open_offer", "asked_fact", "unclear")

    async def serve(self, turn: Turn, dispatcher: CollectingDispatcher, at: Services) -> Events:
        """Start what was offered."""
        if turn.slot("asked_fact"):
            return await answer_fact(turn, dispatcher, at, said=True)
        if turn.slot("open_offer"):
            return [FollowupAction(turn.slot("open_offer"))]
        dispatcher.utter_message(response="utter_ready")
        return []


class Deny(Need):
    """A no to what the bot last offered or asked."""

    action = "action_deny"
    forgets: ClassVar[tuple[str, ...]] = ("open_offer", "asked_fact", "unclear", "new_address")

    async def serve(self, turn: Turn, dispatcher: CollectingDispatcher, at: Services) -> Events:
        """Drop what was offered."""
        if turn.slot("asked_fact"):
            return await answer_fact(turn, dispatcher, at, said=False)
        dispatcher.utter_message(response="utter_ready")
        return []


YES_NO_FACTS = {"elevator", "gas_open", "socket", "old_appliance", "hole"}


async def answer_fact(
    turn: Turn, dispatcher: CollectingDispatcher, at: Services, *, said: bool
) -> Events:
    """Note a bare yes or no as the answer to the site question that was asked."""
    fact = turn.slot("asked_fact")
    order, _ = await find_order(turn, at)
    if order is None or fact not in YES_NO_FACTS:
        return [FollowupAction("action_default_fallback")]
    return [
        SlotSet("order_no", order.order_no),
        *await note(order, {fact: said}, turn, dispatcher, at),
    ]
