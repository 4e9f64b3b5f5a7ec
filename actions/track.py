"""Where the goods are and how the visit stands."""

from __future__ import annotations

from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions import cards, missed, wording
from actions.context import Services
from actions.need import Events, OrderNeed, buttons
from actions.turn import Turn
from bot.scheduling import Order

OVER = {"completed", "cancelled"}


class Track(OrderNeed):
    """Say the goods' last step and the visit's window and crew."""

    action = "action_track"
    goes_on = True

    def concerns(self, order: Order) -> bool:
        """Prefer orders that are still under way."""
        return not order.visits or order.visits[-1].status not in OVER

    async def serve_order(
        self, order: Order, turn: Turn, dispatcher: CollectingDispatcher, at: Services
    ) -> Events:
        """Say where the order stands; offer to book where nothing is booked."""
        today = at.clock.today()
        visit = order.live_visit or (order.visits[-1] if order.visits else None)
        unbooked = visit is None or visit.status in {"unscheduled", "cancelled"}
        if missed.is_missed(order, at):
            return self._missed(order, dispatcher, at)
        dispatcher.utter_message(
            response="utter_track_no_visit" if unbooked else "utter_track",
            goods=wording.goods(order),
            tail=order.order_no[-4:],
            goods_line=wording.goods_line(order, today),
            visit_line=wording.visit_line(visit, today) if visit else "",
            buttons=buttons(("book_now", "/schedule_visit")) if unbooked else None,
            json_message=cards.progress(order, visit),
        )
        return [SlotSet("open_offer", "action_schedule")] if unbooked else []

    def _missed(self, order: Order, dispatcher: CollectingDispatcher, at: Services) -> Events:
        live, today = order.live_visit, at.clock.today()
        dispatcher.utter_message(
            response="utter_track_missed",
            goods=wording.goods(order),
            tail=order.order_no[-4:],
            goods_line=wording.goods_line(order, today),
            window=wording.window(live.window if live else None, today),
            buttons=buttons(("reschedule", "/reschedule_visit"), ("human", "/request_human")),
            json_message=cards.progress(order, live),
        )
        return [SlotSet("open_offer", "action_reschedule")]


class Crew(OrderNeed):
    """Say who comes and how to reach them."""

    action = "action_crew"
    goes_on = True

    def concerns(self, order: Order) -> bool:
        """Prefer orders that a crew is booked for."""
        return order.live_visit is not None and order.live_visit.crew is not None

    async def serve_order(
        self, order: Order, turn: Turn, dispatcher: CollectingDispatcher, at: Services
    ) -> Events:
        """Say the crew's name and number, or that nobody is assigned yet."""
        visit = order.live_visit
        if visit is None or visit.crew is None:
            dispatcher.utter_message(
                response="utter_crew_not_yet",
                goods=wording.goods(order),
                buttons=buttons(("book_now", "/schedule_visit")),
            )
            return [SlotSet("open_offer", "action_schedule")]
        dispatcher.utter_message(
            response="utter_crew",
            crew=visit.crew.name,
            phone=visit.crew.phone,
            window=wording.window(visit.window, at.clock.today()),
        )
        return []
