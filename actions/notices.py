"""What consumers press under a notice: that the window suits, how the visit was."""

from __future__ import annotations

from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions import wording
from actions.context import Services
from actions.need import LEAVE_FORM, Events, OrderNeed, buttons
from actions.turn import Turn
from actions.visit import cleared
from bot.scheduling import Order

# A score that calls for a person's ear.
LOW_SCORE = 2


class ConfirmVisit(OrderNeed):
    """Note that the booked window suits."""

    action = "action_confirm_visit"

    async def serve_order(
        self, order: Order, turn: Turn, dispatcher: CollectingDispatcher, at: Services
    ) -> Events:
        """Say which window was noted, or that there is none."""
        command = f"{turn.turn_id}:assent"
        visit = await at.scheduling.assent(turn.caller, order.order_no, command)
        if visit is None:
            dispatcher.utter_message(
                response="utter_no_window_to_suit",
                goods=wording.goods(order),
                buttons=buttons(("book_now", "/schedule_visit"), ("not_now", "/deny")),
            )
            return [SlotSet("open_offer", "action_schedule")]
        dispatcher.utter_message(
            response="utter_window_suits",
            window=wording.window(visit.window, at.clock.today()),
            kind=wording.kind(visit.kind),
            crew_line=wording.crew_line(visit),
        )
        return [*LEAVE_FORM, *cleared()]


class RateVisit(OrderNeed):
    """Keep the consumer's score of a visit."""

    action = "action_rate_visit"

    async def serve_order(
        self, order: Order, turn: Turn, dispatcher: CollectingDispatcher, at: Services
    ) -> Events:
        """Thank them; offer a person to those who are not content."""
        score, command = turn.first("option"), f"{turn.turn_id}:rate"
        if await at.scheduling.rate(turn.caller, order.order_no, score, command) is None:
            dispatcher.utter_message(response="utter_nothing_to_rate", goods=wording.goods(order))
            return []
        if score > LOW_SCORE:
            dispatcher.utter_message(response="utter_rated")
            return [*LEAVE_FORM, *cleared()]
        dispatcher.utter_message(
            response="utter_rated_low",
            buttons=buttons(("human", "/request_human"), ("not_now", "/deny")),
        )
        return [*LEAVE_FORM, *cleared(), SlotSet("open_offer", "action_request_human")]
