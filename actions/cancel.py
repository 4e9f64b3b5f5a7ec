"""Cancelling a visit, after an explicit yes."""

from __future__ import annotations

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import FollowupAction, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions import because, missed, seen, wording
from actions.book import booked
from actions.context import Services, services
from actions.need import LEAVE_FORM, Events, OrderNeed, buttons
from actions.turn import Turn
from actions.visit import hesitates, say_refusal
from bot.errors import BookingRefused, VisitChanged
from bot.language import assent, stop
from bot.scheduling import Order


class Cancel(OrderNeed):
    """Start the question whether the visit is to be cancelled."""

    action = "action_cancel"

    def concerns(self, order: Order) -> bool:
        """Prefer orders that have a visit booked."""
        return booked(order)

    async def serve_order(
        self, order: Order, turn: Turn, dispatcher: CollectingDispatcher, at: Services
    ) -> Events:
        """Open the form, or say why there is nothing to cancel."""
        refusal = await at.scheduling.change_refusal(turn.caller, order.order_no, "cancel")
        if refusal is not None:
            return say_refusal(dispatcher, refusal)
        if assent.keeps_booking(turn.text):
            dispatcher.utter_message(response="utter_cancel_kept", **_facts(order, at))
            return []
        forget: Events = [SlotSet(name, None) for name in SLOTS]
        return [*LEAVE_FORM, *forget, *because.heard(turn), FollowupAction("cancel_form")]


class AskCancel(Action):
    """Say what a yes will cancel."""

    def name(self) -> str:
        """Return the name that the form looks for."""
        return "action_ask_cancel_form_cancel_confirmed"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> Events:
        """Ask for an explicit yes."""
        turn = Turn.read(tracker)
        order = await services().scheduling.order(turn.caller, turn.slot("order_no"))
        dispatcher.utter_message(
            response="utter_confirm_cancel",
            buttons=buttons(("confirm_cancel", "/affirm"), ("keep", "/deny")),
            **_facts(order, services()),
        )
        return [seen.noted(order)]


class ValidateCancelForm(Action):
    """Understand yes, no, and a second "cancel"."""

    def name(self) -> str:
        """Return the name that Rasa gives the validation of the form."""
        return "validate_cancel_form"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> Events:
        """Use the message for the form, or leave it to the rules by returning nothing."""
        turn = Turn.read(tracker)
        if not turn.for_form or turn.times:
            return []
        if stop.gives_up(turn.text) or assent.keeps_booking(turn.text):
            return [SlotSet("cancel_confirmed", False)]
        if hesitates(turn) or (turn.intent == "cancel_visit" and not _insists(turn)):
            dispatcher.utter_message(response="utter_take_your_time")
            return [*because.heard(turn), *_ASK_AGAIN]
        answer, why = _ANSWERS.get(turn.intent), because.heard(turn)
        if answer is None:
            return [*why, *_ASK_AGAIN] if why and turn.intent in _ONLY_A_REASON else []
        return [SlotSet("cancel_confirmed", answer), *why]


SLOTS = ("cancel_confirmed", seen.SLOT, because.SLOT)
# To the question whether to cancel.
_ANSWERS = {"affirm": True, "cancel_visit": True, "deny": False}
_ASK_AGAIN: Events = [SlotSet("cancel_confirmed", None), SlotSet("misses", 0)]
# What a bare reason is taken for ("橱柜还没装好"): it is noted, and the question stays.
_ONLY_A_REASON = {"inform", "describe_site", "out_of_scope", "nlu_fallback"}


def _insists(turn: Turn) -> bool:
    """Say whether a second wish to cancel stands for a yes; it may well begin with 不."""
    return not (assent.doubts(turn.text) or assent.puts_off(turn.text))


class CommitCancel(Action):
    """Cancel what was confirmed."""

    def name(self) -> str:
        """Return the name that rules use."""
        return "action_commit_cancel"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> Events:
        """Make the one call that cancels; without a yes nothing changes."""
        turn = Turn.read(tracker)
        at = services()
        order = await at.scheduling.order(turn.caller, turn.slot("order_no"))
        forget: Events = [SlotSet(name, None) for name in SLOTS]
        if not turn.slot("cancel_confirmed"):
            kept = "utter_missed_kept" if missed.is_missed(order, at) else "utter_cancel_kept"
            dispatcher.utter_message(response=kept, **_facts(order, at))
            return forget
        try:
            await at.scheduling.cancel(
                turn.caller,
                order.order_no,
                f"{turn.turn_id}:cancel",
                because.of(turn),
                seen=seen.of(turn, order),
            )
        except VisitChanged:
            return [*forget, *await _changed(turn, dispatcher, at)]
        except BookingRefused as error:
            return [*forget, *say_refusal(dispatcher, error.facts.get("reason"))]
        dispatcher.utter_message(response="utter_cancelled", **_facts(order, at))
        return forget


async def _changed(turn: Turn, dispatcher: CollectingDispatcher, at: Services) -> Events:
    """Tell how the visit stands now, and ask again where there is something to cancel."""
    order = await at.scheduling.order(turn.caller, turn.slot("order_no"))
    seen.say_changed(order, dispatcher, at)
    return [*because.kept(turn), FollowupAction("cancel_form")] if booked(order) else []


def _facts(order: Order, at: Services) -> dict[str, str]:
    visit = order.live_visit
    return {
        "goods": wording.goods(order),
        "window": wording.window(visit.window if visit else None, at.clock.today()),
        "kind": wording.kind(visit.kind) if visit else "",
    }
