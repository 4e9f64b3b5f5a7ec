"""Booking a first visit, moving it, asking what is free, pressing for earlier."""

from __future__ import annotations

from typing import Any

from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions import missed, wanted, wording
from actions import visit as visit_form
from actions.context import Services
from actions.need import Events, OrderNeed, buttons
from actions.turn import Turn
from bot.errors import BookingRefused
from bot.scheduling import Order, TimeRange


def booked(order: Order) -> bool:
    """Say whether the order has a visit with a window that is still to come."""
    return order.live_visit is not None and order.live_visit.window is not None


class Schedule(OrderNeed):
    """Book a first visit."""

    action = "action_schedule"
    goes_on = True

    def concerns(self, order: Order) -> bool:
        """Prefer orders that have no visit booked."""
        return not booked(order) and not _finished(order)

    async def serve_order(
        self, order: Order, turn: Turn, dispatcher: CollectingDispatcher, at: Services
    ) -> Events:
        """Start the form; where a visit is booked already, say so and offer to move it."""
        refusal = await at.scheduling.change_refusal(turn.caller, order.order_no, _change(order))
        if refusal is not None:
            return visit_form.say_refusal(dispatcher, refusal)
        if missed.apologise(order, dispatcher, at):
            return await _begin(order, turn, dispatcher, at)
        if booked(order) and not wanted.suits_already(
            order, *wanted.for_order(turn, order, at.clock.today())
        ):
            self._say_booked(order, dispatcher, at)
        return await _begin(order, turn, dispatcher, at)

    def _say_booked(self, order: Order, dispatcher: CollectingDispatcher, at: Services) -> None:
        live = order.live_visit
        dispatcher.utter_message(
            response="utter_already_booked",
            goods=wording.goods(order),
            window=wording.window(live.window if live else None, at.clock.today()),
        )


class Availability(OrderNeed):
    """Say which windows are free; a choice among them books."""

    action = "action_availability"
    goes_on = True

    def concerns(self, order: Order) -> bool:
        """Prefer orders that are still under way."""
        return not _finished(order)

    async def serve_order(
        self, order: Order, turn: Turn, dispatcher: CollectingDispatcher, at: Services
    ) -> Events:
        """Start the form, which names the windows."""
        refusal = await at.scheduling.change_refusal(turn.caller, order.order_no, _change(order))
        if refusal is not None:
            return visit_form.say_refusal(dispatcher, refusal)
        missed.apologise(order, dispatcher, at)
        return await _begin(order, turn, dispatcher, at)


class Reschedule(OrderNeed):
    """Move a booked visit."""

    action = "action_reschedule"
    goes_on = True

    def concerns(self, order: Order) -> bool:
        """Prefer orders that have a visit booked."""
        return booked(order)

    async def serve_order(
        self, order: Order, turn: Turn, dispatcher: CollectingDispatcher, at: Services
    ) -> Events:
        """Start the form with the time that was asked for."""
        refusal = await at.scheduling.change_refusal(turn.caller, order.order_no, _change(order))
        if refusal is not None:
            return visit_form.say_refusal(dispatcher, refusal)
        missed.apologise(order, dispatcher, at)
        if not booked(order):
            dispatcher.utter_message(
                response="utter_nothing_booked_yet", goods=wording.goods(order)
            )
        return await _begin(order, turn, dispatcher, at)


class Urge(OrderNeed):
    """Find an earlier window for somebody who presses."""

    action = "action_urge"

    def concerns(self, order: Order) -> bool:
        """Prefer orders that are still under way."""
        return not _finished(order)

    async def serve_order(
        self, order: Order, turn: Turn, dispatcher: CollectingDispatcher, at: Services
    ) -> Events:
        """Offer what is earlier; say how far the crew is where the visit is under way."""
        live, today = order.live_visit, at.clock.today()
        said: dict[str, Any] = {
            "goods": wording.goods(order),
            "window": wording.window(live.window if live else None, today),
            "crew_line": wording.crew_line(live),
        }
        if live is not None and live.status in {"en_route", "in_progress"}:
            dispatcher.utter_message(
                response="utter_urge_on_the_way", status=wording.status(live), **said
            )
            return []
        refusal = await at.scheduling.change_refusal(turn.caller, order.order_no, _change(order))
        if refusal is not None:
            return visit_form.say_refusal(dispatcher, refusal)
        if live is None or live.window is None or missed.apologise(order, dispatcher, at):
            return await visit_form.begin(order, turn, dispatcher, [], turn.rejected_times)
        earlier = [{"from": None, "to": live.window.start.isoformat(), "dated": True}]
        offer = await visit_form.propose(turn, order.order_no, earlier, [])
        if not (offer.matching and offer.windows):
            dispatcher.utter_message(
                response="utter_urge_none_earlier",
                buttons=buttons(("wait", "/affirm"), ("human", "/request_human")),
                **said,
            )
            return [SlotSet("open_offer", "action_join_waitlist")]
        dispatcher.utter_message(response="utter_urge_earlier", **said)
        return await visit_form.begin(order, turn, dispatcher, earlier, turn.rejected_times)


class JoinWaitlist(OrderNeed):
    """Note that a consumer wants an earlier window when one opens."""

    action = "action_join_waitlist"

    def concerns(self, order: Order) -> bool:
        """Prefer orders that have a visit booked."""
        return booked(order)

    async def serve_order(
        self, order: Order, turn: Turn, dispatcher: CollectingDispatcher, at: Services
    ) -> Events:
        """Put the order on the list, for windows before the booked one."""
        live = order.live_visit
        before = live.window.start if live is not None and live.window is not None else None
        try:
            await at.scheduling.join_waitlist(turn.caller, order.order_no, TimeRange(None, before))
        except BookingRefused as error:
            return visit_form.say_refusal(dispatcher, error.facts.get("reason"))
        dispatcher.utter_message(response="utter_waiting", goods=wording.goods(order))
        return []


async def _begin(
    order: Order, turn: Turn, dispatcher: CollectingDispatcher, at: Services
) -> Events:
    """Start the form with the times that were asked for, unless the booked one is among them."""
    today = at.clock.today()
    wish, refused = wanted.for_order(turn, order, today)
    if not wanted.suits_already(order, wish, refused):
        return await visit_form.begin(order, turn, dispatcher, wish, refused)
    dispatcher.utter_message(
        response="utter_booked_then",
        goods=wording.goods(order),
        window=wording.window(wanted.booked_window(order), today),
        buttons=buttons(("another_time", "/reschedule_visit")),
    )
    return [SlotSet("open_offer", "action_reschedule")]


def _finished(order: Order) -> bool:
    return (
        bool(order.visits) and order.live_visit is None and order.visits[-1].status == "completed"
    )


def _change(order: Order) -> str:
    return "move" if booked(order) else "book"
