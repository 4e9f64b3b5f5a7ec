"""What the consumer says about the home: kept with the order, and used for the visit."""

from __future__ import annotations

from typing import Any

from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions import wording
from actions.context import Services
from actions.need import Events, Need, OrderNeed, buttons, find_order
from actions.turn import Turn
from bot.language import site
from bot.language.normalise import normalise
from bot.scheduling import Order


class DescribeSite(OrderNeed):
    """Note facts of the home and ask for the next one that matters."""

    action = "action_describe_site"

    def concerns(self, order: Order) -> bool:
        """Prefer orders whose visit is still to come."""
        return not order.visits or order.live_visit is not None

    async def serve_order(
        self, order: Order, turn: Turn, dispatcher: CollectingDispatcher, at: Services
    ) -> Events:
        """Store the facts; say it where they do not fit what is booked."""
        text, asked_fact = normalise(turn.text).text, turn.slot("asked_fact")
        facts = site.read_answer(text, asked_fact) if asked_fact else site.read_site(text)
        said = await note(order, facts or {"note": turn.text}, turn, dispatcher, at)
        asked = _ask_next(order, facts, dispatcher, at) if facts and not said else []
        return said or asked


async def note(
    order: Order,
    facts: dict[str, Any],
    turn: Turn,
    dispatcher: CollectingDispatcher,
    at: Services,
) -> Events:
    """Store facts with an order and read them back; offer another time on a conflict."""
    change = await at.scheduling.describe_site(
        turn.caller, order.order_no, facts, f"{turn.turn_id}:site"
    )
    if change.conflict:
        return _say_conflict(order, facts, dispatcher, at)
    known = set(facts) != {"note"}
    dispatcher.utter_message(
        response="utter_site_noted_minutes" if known else "utter_site_unclear",
        facts=wording.facts(facts),
    )
    return []


def _say_conflict(
    order: Order, facts: dict[str, Any], dispatcher: CollectingDispatcher, at: Services
) -> Events:
    live = order.live_visit
    dispatcher.utter_message(
        response="utter_site_conflict",
        facts=wording.facts(facts),
        window=wording.window(live.window if live else None, at.clock.today()),
        buttons=buttons(("reschedule", "/reschedule_visit"), ("not_now", "/deny")),
    )
    return [SlotSet("open_offer", "action_reschedule")]


def _ask_next(
    order: Order, facts: dict[str, Any], dispatcher: CollectingDispatcher, at: Services
) -> Events:
    """Ask the first site question of the goods that nothing is known about yet."""
    known = {**order.site, **facts}
    for item in order.items:
        for question in at.catalogue.categories[item.category].questions:
            if known.get(question.fact) is None:
                dispatcher.utter_message(text=question.question)
                return [SlotSet("asked_fact", question.fact)]
    return []


class OldAppliance(Need):
    """Note that an old appliance is to be taken down or away with the visit."""

    action = "action_old_appliance"

    async def serve(self, turn: Turn, dispatcher: CollectingDispatcher, at: Services) -> Events:
        """Note it with the order where that is known; say how it is charged.

        It takes the crew longer: where the booked window has no room for that, say so.
        """
        order, _ = await find_order(turn, at)
        if order is None:
            dispatcher.utter_message(response="utter_old_appliance_general")
            return []
        facts = {"old_appliance": True}
        change = await at.scheduling.describe_site(
            turn.caller, order.order_no, facts, f"{turn.turn_id}:site"
        )
        dispatcher.utter_message(response="utter_old_appliance")
        return _say_conflict(order, facts, dispatcher, at) if change.conflict else []
