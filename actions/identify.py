"""Which order is meant, and the proof that it is this consumer's."""

from __future__ import annotations

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import FollowupAction, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions import wording
from actions.context import Services, services
from actions.need import Events, choices, find_order, hand_over
from actions.turn import Turn
from bot.errors import IdentityLocked, IdentityNotProven
from bot.language import stop
from bot.scheduling import Order

DROPPED: Events = [SlotSet("order_no", None), SlotSet("requested_slot", None)]


class AskOrder(Action):
    """Ask which of several orders is meant, or for what proves one."""

    def name(self) -> str:
        """Return the name that the form looks for."""
        return "action_ask_order_form_order_no"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> Events:
        """Ask for what is missing."""
        turn = Turn.read(tracker)
        orders = await services().scheduling.orders(turn.caller)
        if orders and not turn.slot("claimed_order_no"):
            titles = [wording.order(order) for order in orders]
            dispatcher.utter_message(
                response="utter_ask_which_order",
                orders=wording.options(titles),
                buttons=choices(titles),
            )
        elif turn.slot("claimed_order_no"):
            dispatcher.utter_message(response="utter_ask_phone_tail")
        else:
            dispatcher.utter_message(response="utter_ask_identity")
        return []


class ValidateOrderForm(Action):
    """Take an order from the list, or a number with its phone's tail as proof."""

    def name(self) -> str:
        """Return the name that Rasa gives the validation of the form."""
        return "validate_order_form"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> Events:
        """Use the message for the form, or leave it to the rules by returning nothing."""
        turn = Turn.read(tracker)
        if tracker.active_loop_name == "order_form" and not turn.for_form:
            return []
        if turn.fresh and stop.gives_up(turn.text):
            return DROPPED
        found = await self._named(turn, services())
        if found is not None:
            return [SlotSet("order_no", found.order_no), SlotSet("claimed_order_no", None)]
        return await self._prove(turn, dispatcher)

    async def _named(self, turn: Turn, at: Services) -> Order | None:
        orders = await at.scheduling.orders(turn.caller)
        option = turn.option(len(orders))
        if option is not None and turn.fresh and orders:
            return orders[option - 1] if 1 <= option <= len(orders) else None
        names_goods = turn.first("appliance") or turn.first("brand") or turn.first("order_no")
        return (await find_order(turn, at))[0] if names_goods else None

    async def _prove(self, turn: Turn, dispatcher: CollectingDispatcher) -> Events:
        claimed = turn.first("order_no") or turn.slot("claimed_order_no")
        tail = turn.first("phone_tail") or (turn.first("phone") or "")[-4:]
        if not (turn.first("order_no") or tail):
            return []
        if not (claimed and tail):
            if not claimed:
                dispatcher.utter_message(response="utter_ask_order_no")
            return [SlotSet("claimed_order_no", claimed), SlotSet("order_no", None)]
        try:
            order = await services().scheduling.prove(turn.caller, claimed, tail)
        except IdentityNotProven as error:
            dispatcher.utter_message(
                response="utter_identity_wrong", tries_left=error.facts["tries_left"]
            )
            return [SlotSet("claimed_order_no", None), SlotSet("order_no", None)]
        except IdentityLocked:
            dispatcher.utter_message(response="utter_identity_locked")
            return [*hand_over(dispatcher, "identity_failed"), SlotSet("task", None), *DROPPED]
        return [SlotSet("order_no", order.order_no), SlotSet("claimed_order_no", None)]


class ResumeTask(Action):
    """Go on with the need that had to wait: for its order, or for what was meant."""

    def name(self) -> str:
        """Return the name that rules use."""
        return "action_resume_task"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> Events:
        """Start the kept task; a form that was given up leaves nothing to do."""
        task = tracker.get_slot("task") or {}
        if task.get("needs_order") and tracker.get_slot("order_no") is None:
            dispatcher.utter_message(response="utter_ready")
            return [SlotSet("task", None)]
        return [FollowupAction(task.get("action", "action_track"))]
