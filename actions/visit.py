"""The dialogue about a visit's window: offers, choice, and the question for a yes."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import FollowupAction, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions import because, cards, seen, wanted, wording
from actions.context import Services, services
from actions.need import LEAVE_FORM, Events, buttons, choices
from actions.turn import Turn, ranges
from bot.errors import BookingRefused, WindowTaken
from bot.language import assent, stop
from bot.scheduling import Offer, Order, Reason, Window

SLOTS = ("wish", "refused", "offered", "window", "hold", seen.SLOT, because.SLOT, "confirmed")
# A message with a time in it is about the visit unless it asks about something else.
ABOUT_THE_VISIT = {
    "inform",
    "schedule_visit",
    "reschedule_visit",
    "ask_availability",
    "select_option",
    "affirm",
    "deny",
    "urge",
    "nlu_fallback",
    "out_of_scope",
    "greet",
    "cancel_visit",
}


def cleared() -> Events:
    """Forget everything about the window that was talked about."""
    return [SlotSet(name, None) for name in SLOTS]


def plain(window: Window) -> dict[str, str]:
    """Write a window so that a slot can hold it."""
    return {"from": window.start.isoformat(), "to": window.end.isoformat()}


def window_of(slot: dict[str, str] | None) -> Window | None:
    """Read a window from a slot."""
    if not slot:
        return None
    return Window(datetime.fromisoformat(slot["from"]), datetime.fromisoformat(slot["to"]))


async def propose(turn: Turn, order_no: str, wish: list[Any], refused: list[Any]) -> Offer:
    """Ask scheduling which windows answer a wish."""
    return await services().scheduling.offer(turn.caller, order_no, ranges(wish), ranges(refused))


async def begin(
    order: Order,
    turn: Turn,
    dispatcher: CollectingDispatcher,
    wish: list[dict[str, Any]],
    refused: list[dict[str, Any]],
) -> Events:
    """Open the form for an order's visit with a first wish, or say why there is no window."""
    offer = await propose(turn, order.order_no, wish, refused)
    if not offer.windows:
        return say_refusal(dispatcher, offer.reason)
    return [
        *LEAVE_FORM,
        *cleared(),
        *because.heard(turn),
        SlotSet("wish", wish or None),
        SlotSet("refused", refused or None),
        SlotSet("window", _only(offer, wish) or _picked(turn, offer)),
        SlotSet("order_no", order.order_no),
        FollowupAction("visit_form"),
    ]


def say_refusal(dispatcher: CollectingDispatcher, reason: Reason | None) -> Events:
    """Say why nothing can be done and offer a person."""
    dispatcher.utter_message(
        response="utter_refused_offer_person",
        reason=reason.text if reason else "",
        buttons=buttons(("human", "/request_human"), ("not_now", "/deny")),
    )
    return [*LEAVE_FORM, SlotSet("open_offer", "action_request_human")]


def _only(offer: Offer, wish: list[dict[str, Any]]) -> dict[str, str] | None:
    single = wish and offer.matching and len(offer.windows) == 1
    return plain(offer.windows[0]) if single else None


def _picked(turn: Turn, offer: Offer) -> dict[str, str] | None:
    """Return the window that was picked before any was named: 就最早那个."""
    option = turn.option(len(offer.windows)) if turn.intent == "select_option" else None
    return plain(offer.windows[0]) if option == 1 else None


class AskWindow(Action):
    """Offer windows to choose from."""

    def name(self) -> str:
        """Return the name that the form looks for."""
        return "action_ask_visit_form_window"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> Events:
        """Name the windows that answer the wish, or the nearest others and why."""
        turn = Turn.read(tracker, in_visit_form=True)
        order = await services().scheduling.order(turn.caller, turn.slot("order_no"))
        return await _name_windows(
            order, turn, dispatcher, turn.slot("wish") or [], turn.slot("refused") or []
        )


async def _name_windows(
    order: Order,
    turn: Turn,
    dispatcher: CollectingDispatcher,
    wish: list[Any],
    refused: list[Any],
) -> Events:
    """Offer windows; where the wish has none, say why and which is the earliest."""
    at = services()
    offer = await propose(turn, order.order_no, wish, refused)
    if not offer.windows:
        dispatcher.utter_message(
            response="utter_no_other_windows", reason=offer.reason.text if offer.reason else ""
        )
        return [SlotSet("offered", None), SlotSet("refused", None), SlotSet("wish", None)]
    today = at.clock.today()
    titles = [wording.window(w, today) for w in offer.windows]
    instead = offer.alternative
    dispatcher.utter_message(
        response=_response(offer, wish, turn.slot("offered")),
        goods=wording.goods(order),
        windows=wording.options(titles),
        instead=wording.window(instead.window, today) if instead else "",
        reason=offer.reason.text if offer.reason else "",
        buttons=choices(titles),
        json_message=cards.windows(offer.windows),
    )
    return [SlotSet("offered", [plain(w) for w in offer.windows])]


def _response(offer: Offer, wish: list[Any], already: list[Any] | None) -> str:
    if already == [plain(w) for w in offer.windows]:
        return "utter_choose_one"
    if not wish:
        return "utter_offer_windows"
    return _INSTEAD[offer.alternative.kind] if offer.alternative else "utter_offer_matching"


_INSTEAD = {
    "soonest": "utter_offer_instead",
    "later": "utter_offer_later",
    "last": "utter_offer_last",
}


class AskConfirmation(Action):
    """Read the resolved values aloud and ask for a yes."""

    def name(self) -> str:
        """Return the name that the form looks for."""
        return "action_ask_visit_form_confirmed"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> Events:
        """Keep the window for the consumer and say what a yes will do."""
        turn = Turn.read(tracker, in_visit_form=True)
        at = services()
        order = await at.scheduling.order(turn.caller, turn.slot("order_no"))
        window = window_of(turn.slot("window"))
        if window is None:
            return await _name_windows(order, turn, dispatcher, [], [])
        try:
            held = await at.scheduling.hold(turn.caller, order.order_no, window)
        except WindowTaken:
            return await self._taken(order, window, turn, dispatcher)
        except BookingRefused as error:
            return [*cleared(), *say_refusal(dispatcher, error.facts.get("reason"))]
        self._ask(order, window, dispatcher, at)
        return [SlotSet("hold", held.token), seen.noted(order)]

    async def _taken(
        self, order: Order, window: Window, turn: Turn, dispatcher: CollectingDispatcher
    ) -> Events:
        """Somebody was faster: say so and offer what is nearest."""
        said = wording.window(window, services().clock.today())
        dispatcher.utter_message(response="utter_window_taken", window=said)
        refused = [*(turn.slot("refused") or []), plain(window)]
        offered = await _name_windows(order, turn, dispatcher, [], refused)
        return [
            SlotSet("window", None),
            SlotSet("wish", None),
            SlotSet("refused", refused),
            SlotSet("requested_slot", "window"),
            *offered,
        ]

    def _ask(
        self, order: Order, window: Window, dispatcher: CollectingDispatcher, at: Services
    ) -> None:
        visit, today = order.live_visit, at.clock.today()
        moving = visit is not None and visit.window is not None
        dispatcher.utter_message(
            response="utter_confirm_move" if moving else "utter_confirm_book",
            goods=wording.goods(order),
            window=wording.window(window, today),
            old_window=wording.window(visit.window if visit else None, today),
            kind=wording.kind(visit.kind if visit else order.next_visit_kind),
            address=order.address_text,
            buttons=buttons(("confirm", "/affirm"), ("another_time", "/deny")),
            json_message=cards.confirm(order, window),
        )


class ValidateVisitForm(Action):
    """Understand a message as an answer to the offer or to the summary."""

    def name(self) -> str:
        """Return the name that Rasa gives the validation of the form."""
        return "validate_visit_form"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> Events:
        """Use the message for the form, or leave it to the rules by returning nothing."""
        turn = Turn.read(tracker, in_visit_form=True)
        if not turn.for_form or await _other_order(turn, services()):
            return []
        if stop.gives_up(turn.text):
            return [SlotSet("confirmed", False), SlotSet("requested_slot", None)]
        if hesitates(turn):
            dispatcher.utter_message(response="utter_take_your_time")
            return [SlotSet("confirmed", None), SlotSet("misses", 0)]
        understood = await self._time(turn) or self._option(turn) or self._yes_or_no(turn)
        if not understood:
            return []
        let_go = await _let_go(turn, understood)
        return [*understood, *because.heard(turn), *let_go, SlotSet("misses", 0)]

    async def _time(self, turn: Turn) -> Events:
        if turn.intent not in ABOUT_THE_VISIT:
            return []
        said, ruled_out = await _said(turn)
        if not (said or ruled_out):
            return []
        wish = _among_offered(turn, turn.times) or said
        refused = [*(turn.slot("refused") or []), *ruled_out] if not said else ruled_out
        offer = await propose(turn, turn.slot("order_no"), wish, refused)
        chosen = _only(offer, wish)
        same = chosen is not None and chosen == turn.slot("window")
        return [
            SlotSet("wish", wish or None),
            SlotSet("refused", refused or None),
            SlotSet("window", chosen),
            SlotSet("confirmed", True if same and _agrees(turn) else None),
        ]

    def _option(self, turn: Turn) -> Events:
        offered = turn.slot("offered") or []
        option = turn.option(len(offered))
        if option is None or turn.slot("window") is not None:
            return []
        if not 1 <= option <= len(offered):
            return [SlotSet("window", None)]
        return [SlotSet("window", offered[option - 1]), SlotSet("confirmed", None)]

    def _yes_or_no(self, turn: Turn) -> Events:
        offered, window = turn.slot("offered") or [], turn.slot("window")
        if turn.intent == "affirm":
            if window is not None:
                return [SlotSet("confirmed", True)]
            return [SlotSet("window", offered[0] if len(offered) == 1 else None)]
        if turn.intent == "deny":
            ruled_out = [window] if window else offered
            refused = [*(turn.slot("refused") or []), *ruled_out]
            return [SlotSet("refused", refused), SlotSet("wish", None), SlotSet("window", None)]
        return []


def hesitates(turn: Turn) -> bool:
    """Say whether the consumer has not decided: a yes with a doubt, half a no, time to think.

    A message that names a time or an option has decided something.
    """
    if turn.times or turn.rejected_times or turn.first("option") is not None:
        return False
    if assent.puts_off(turn.text):
        return True
    if turn.intent == "deny":
        return assent.half_refuses(turn.text)
    return turn.intent == "affirm" and not assent.is_plain_yes(turn.text)


def _agrees(turn: Turn) -> bool:
    return turn.intent == "affirm" and assent.is_plain_yes(turn.text)


async def _let_go(turn: Turn, understood: Events) -> Events:
    """Release what is held where the message gives it up; another pick replaces it by itself."""
    given_up = any(e["name"] == "window" and e["value"] is None for e in understood)
    if not (given_up and turn.slot("hold")):
        return []
    await services().scheduling.release(turn.caller, turn.slot("order_no"))
    return [SlotSet("hold", None)]


async def _said(turn: Turn) -> tuple[wanted.Times, wanted.Times]:
    """Return the times asked for and ruled out; hours are those of the days talked about."""
    order = await services().scheduling.order(turn.caller, turn.slot("order_no"))
    slots = [turn.slot("window")] if turn.slot("window") else turn.slot("offered") or []
    days = sorted({w.start.date() for w in map(window_of, slots) if w is not None})
    if not days:
        return wanted.for_order(turn, order, services().clock.today())
    wish = wanted.on_days(turn.times, days) or wanted.shifted(turn, order)
    return wish, wanted.on_days(turn.rejected_times, days)


def _among_offered(turn: Turn, said: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Read hours without a day ("下午那个") as hours of the windows on offer."""
    if not said or any(time["dated"] for time in said):
        return []
    hours = [(r.earliest, r.latest) for r in ranges(said)]
    return [
        slot
        for slot in [*(turn.slot("offered") or []), *filter(None, [turn.slot("window")])]
        if any(_within(window_of(slot), earliest, latest) for earliest, latest in hours)
    ]


def _within(window: Window | None, earliest: datetime | None, latest: datetime | None) -> bool:
    if window is None:
        return False
    after = earliest is None or window.end.timetz() > earliest.timetz()
    return after and (latest is None or window.start.timetz() < latest.timetz())


async def _other_order(turn: Turn, at: Services) -> bool:
    goods = turn.first("appliance")
    if turn.first("order_no") not in (None, turn.slot("order_no")):
        return True
    if goods is None:
        return False
    order = await at.scheduling.order(turn.caller, turn.slot("order_no"))
    meant = at.catalogue.meant(turn.text, goods)
    return all(item.category not in meant for item in order.items)
