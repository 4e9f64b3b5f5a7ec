"""The base of all actions that serve one need of a consumer.

A need that is about an order first finds out which one. Where that takes a question, the
need is kept as a task, `order_form` asks, and `action_resume_task` goes on with it.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Sequence
from typing import Any, ClassVar

from rasa_sdk import Action, Tracker
from rasa_sdk.events import ActiveLoop, FollowupAction, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions import wording
from actions.context import Services, services
from actions.turn import FORMS, Turn
from bot.errors import OrderNotFound
from bot.scheduling import Order

Events = list[dict[str, Any]]

LEAVE_FORM: Events = [ActiveLoop(None), SlotSet("requested_slot", None)]


def buttons(*pairs: tuple[str, str]) -> list[dict[str, str]]:
    """Return Rasa buttons for pairs of a label's name and a payload."""
    return [{"title": wording.label(name), "payload": payload} for name, payload in pairs]


def choices(titles: Sequence[str]) -> list[dict[str, str]]:
    """Return one button a title; each picks its option."""
    return [
        {"title": title, "payload": f'/select_option{{"option": {number}}}'}
        for number, title in enumerate(titles, 1)
    ]


def hand_over(dispatcher: CollectingDispatcher, reason: str) -> Events:
    """Ask the conversation for a person, and leave whatever form is open."""
    dispatcher.utter_message(json_message={"handover": reason})
    return [*LEAVE_FORM, SlotSet("open_offer", None), SlotSet("misses", 0)]


def rounded_off(events: Events, turn: Turn, loop: str | None) -> Events:
    """Say what comes after an action that another one started in the same turn.

    Rules know what follows an intent's own action; after one more they would fall back. An
    open form asks again, else the bot listens.
    """
    kinds = {event["event"] for event in events}
    if not set(turn.done) - FORMS or "followup" in kinds:
        return events
    follows = "action_listen" if "active_loop" in kinds or loop is None else loop
    return [*events, FollowupAction(follows)]


class Need(Action, ABC):
    """One need. Subclasses say their name and how they serve it."""

    # A need that only passes a message on leaves the count of misunderstandings alone.
    forgets: ClassVar[tuple[str, ...]] = (
        "open_offer",
        "asked_fact",
        "unclear",
        "misses",
        "new_address",
    )
    # Whether "冰箱呢" after it asks the same for other goods.
    goes_on: ClassVar[bool] = False

    @property
    @abstractmethod
    def action(self) -> str:
        """The name that rules use; what has none is a base class to the SDK."""

    def name(self) -> str:
        """Return the name that rules use."""
        return self.action

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> Events:
        """Serve the need; an earlier offer and earlier misunderstandings are over."""
        turn = Turn.read(tracker)
        events = await self.serve(turn, dispatcher, services())
        reset = [SlotSet(name, None) for name in self.forgets]
        if self.goes_on:
            reset.append(SlotSet("last_need", self.action))
        return rounded_off(reset + events, turn, tracker.active_loop_name)

    @abstractmethod
    async def serve(self, turn: Turn, dispatcher: CollectingDispatcher, at: Services) -> Events:
        """Say what there is to say and return what changes in the dialogue."""


class OrderNeed(Need):
    """A need that is about one order of the consumer."""

    async def serve(self, turn: Turn, dispatcher: CollectingDispatcher, at: Services) -> Events:
        """Find the order, asking where needed, and serve it."""
        order, candidates = await find_order(turn, at, self.concerns)
        if order is None:
            return self.ask_for_order(turn, dispatcher, candidates)
        said = await self.serve_order(order, turn, dispatcher, at)
        return [SlotSet("order_no", order.order_no), SlotSet("task", None), *said]

    def concerns(self, order: Order) -> bool:
        """Say whether the need makes sense for an order; tells apart several."""
        return True

    def ask_for_order(
        self, turn: Turn, dispatcher: CollectingDispatcher, candidates: Sequence[Order]
    ) -> Events:
        """Keep the need as a task and let the order form ask."""
        goods = turn.first("appliance")
        meant = services().catalogue.meant(turn.text, goods)
        if goods and candidates and not any(_has(order, meant) for order in candidates):
            dispatcher.utter_message(
                response="utter_no_such_goods",
                goods=services().catalogue.categories[goods].name,
                orders=wording.options([wording.order(o) for o in candidates]),
            )
        task = {"action": self.action, "message": turn.message, "needs_order": True}
        return [
            *LEAVE_FORM,
            SlotSet("task", task),
            SlotSet("order_no", None),
            SlotSet("claimed_order_no", turn.first("order_no")),
            FollowupAction("order_form"),
        ]

    @abstractmethod
    async def serve_order(
        self, order: Order, turn: Turn, dispatcher: CollectingDispatcher, at: Services
    ) -> Events:
        """Serve the need for this order."""


async def find_order(
    turn: Turn, at: Services, concerns: Callable[[Order], bool] = lambda _: True
) -> tuple[Order | None, list[Order]]:
    """Find the order that a message is about.

    Returns the order, or None and the orders to choose from; none to choose from means that
    the consumer has to prove one first. Where the consumer was asked which one, that is it,
    whatever goods the need was first said to be about.
    """
    asked = (turn.slot("task") or {}).get("needs_order") and turn.resumed
    named = turn.slot("order_no") if asked else turn.first("order_no")
    if named:
        try:
            return await at.scheduling.order(turn.caller, named), []
        except OrderNotFound:
            return None, []
    visible = await at.scheduling.orders(turn.caller)
    return _choose(turn, visible, concerns), visible


def _choose(turn: Turn, visible: list[Order], concerns: Callable[[Order], bool]) -> Order | None:
    goods = turn.first("appliance")
    meant = services().catalogue.meant(turn.text, goods)
    matching = [o for o in visible if goods and _has(o, {goods})]
    matching = matching or [o for o in visible if not meant or _has(o, meant)]
    matching = [o for o in matching if _branded(o, turn.first("brand"))] or matching
    in_focus = [o for o in matching if o.order_no == turn.slot("order_no")]
    if in_focus or len(matching) == 1:
        return (in_focus or matching)[0]
    concerned = [o for o in matching if concerns(o)]
    return concerned[0] if len(concerned) == 1 else None


def _has(order: Order, categories: Collection[str]) -> bool:
    return any(item.category in categories for item in order.items)


def _branded(order: Order, brand: str | None) -> bool:
    return brand is not None and any(item.brand == brand for item in order.items)
