"""What a person takes over, and what is said before."""

from __future__ import annotations

from typing import ClassVar

from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions import missed, wording
from actions.address import note_address
from actions.context import Services
from actions.need import Events, Need, OrderNeed, buttons, hand_over
from actions.turn import Turn
from bot.scheduling import Order


class HandOver(Need):
    """Say one thing and hand over; the reason is the intent's name."""

    reason: ClassVar[str]
    response: ClassVar[str] = "utter_handover"

    async def serve(self, turn: Turn, dispatcher: CollectingDispatcher, at: Services) -> Events:
        """Hand over."""
        dispatcher.utter_message(response=self.response)
        return hand_over(dispatcher, self.reason)


class RequestHuman(HandOver):
    """A person is asked for."""

    action = "action_request_human"
    reason = "request_human"

    async def serve(self, turn: Turn, dispatcher: CollectingDispatcher, at: Services) -> Events:
        """Hand over; a new address that was told goes along."""
        await note_address(turn, at)
        return await super().serve(turn, dispatcher, at)


class Hazard(HandOver):
    """Danger: advice first."""

    action = "action_hazard"
    reason = "report_hazard"
    response = "utter_hazard"


class Damage(HandOver):
    """Goods arrived damaged."""

    action = "action_damage"
    reason = "report_damage"
    response = "utter_damage"


class Refund(HandOver):
    """Return or refund."""

    action = "action_refund"
    reason = "request_refund"
    response = "utter_refund"


class Complaint(HandOver):
    """Any other complaint."""

    action = "action_complaint"
    reason = "complain"
    response = "utter_complaint"


class OfferPerson(Need):
    """Answer what can be answered and offer a person for the rest."""

    response: ClassVar[str]

    async def serve(self, turn: Turn, dispatcher: CollectingDispatcher, at: Services) -> Events:
        """Say it; a plain yes hands over."""
        dispatcher.utter_message(response=self.response, buttons=person_or_not())
        return [SlotSet("open_offer", "action_request_human")]


class ChangeContact(OfferPerson):
    """Another phone or recipient."""

    action = "action_change_contact"
    response = "utter_change_contact"


class Warranty(OfferPerson):
    """Warranty and repair."""

    action = "action_warranty"
    response = "utter_warranty"


class Invoice(OfferPerson):
    """Invoice."""

    action = "action_invoice"
    response = "utter_invoice"


class NoShow(OrderNeed):
    """The crew is late or absent."""

    action = "action_no_show"

    def concerns(self, order: Order) -> bool:
        """Prefer orders with a visit to come."""
        return order.live_visit is not None

    async def serve_order(
        self, order: Order, turn: Turn, dispatcher: CollectingDispatcher, at: Services
    ) -> Events:
        """Give the crew's number and offer a person where the window has begun."""
        visit = order.live_visit
        window = visit.window if visit else None
        if window is None:
            dispatcher.utter_message(
                response="utter_crew_not_yet",
                goods=wording.goods(order),
                buttons=buttons(("book_now", "/schedule_visit"), ("human", "/request_human")),
            )
            return [SlotSet("open_offer", "action_schedule")]
        due = window.start <= at.clock.now()
        lateness = await at.scheduling.lateness(turn.caller, order.order_no)
        dispatcher.utter_message(
            response=_NO_SHOW[lateness] if due else "utter_no_show_not_due",
            window=wording.window(window, at.clock.today()),
            crew_line=wording.crew_line(visit),
            buttons=_after_no_show(order, at) if due else None,
        )
        return [SlotSet("open_offer", "action_request_human")] if due else []


_NO_SHOW = {
    None: "utter_no_show",
    "late": "utter_no_show_late",
    "absent": "utter_no_show_absent",
}


def _after_no_show(order: Order, at: Services) -> list[dict[str, str]]:
    """Return the buttons under an apology: a missed visit is rebooked first of all."""
    rebook = ("reschedule", "/reschedule_visit")
    return (
        buttons(rebook, ("human", "/request_human"))
        if missed.is_missed(order, at)
        else person_or_not()
    )


def person_or_not() -> list[dict[str, str]]:
    """Return the two buttons under an offer of a person."""
    return buttons(("human", "/request_human"), ("not_now", "/deny"))
