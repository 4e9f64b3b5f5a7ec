"""A visit whose window is over though no crew came: an apology goes before everything else."""

from __future__ import annotations

from rasa_sdk.executor import CollectingDispatcher

from actions import wording
from actions.context import Services
from bot.scheduling import Order


def is_missed(order: Order, at: Services) -> bool:
    """Say whether the order's next visit should have been already."""
    return order.live_visit is not None and order.live_visit.missed(at.clock.now())


def apologise(order: Order, dispatcher: CollectingDispatcher, at: Services) -> bool:
    """Apologise for a missed visit and announce other windows; say whether there was one."""
    live = order.live_visit
    if live is None or not is_missed(order, at):
        return False
    dispatcher.utter_message(
        response="utter_missed",
        goods=wording.goods(order),
        window=wording.window(live.window, at.clock.today()),
    )
    return True
