"""What installing takes and what it costs."""

from __future__ import annotations

from collections.abc import Sequence

from rasa_sdk.executor import CollectingDispatcher

from actions import wording
from actions.context import Services
from actions.need import Events, Need, find_order
from actions.turn import Turn
from bot.language.appliances import find_appliances
from bot.scheduling import Fee, Order


class Fees(Need):
    """Quote the merchant's own table, or say honestly that the crew quotes first."""

    action = "action_fees"
    goes_on = True

    async def serve(self, turn: Turn, dispatcher: CollectingDispatcher, at: Services) -> Events:
        """Quote; no price comes from anywhere but the table."""
        order, visible = await find_order(turn, at)
        order = order or next(iter(visible), None)
        fees = (
            _for_goods(await at.scheduling.fees(turn.caller, order.order_no), order)
            if order
            else []
        )
        if order is None or not fees:
            dispatcher.utter_message(response="utter_fees_unknown")
            return []
        dispatcher.utter_message(
            response="utter_fees",
            merchant=order.merchant,
            fees=wording.options([wording.fee(fee) for fee in fees]),
        )
        return []


def _for_goods(fees: Sequence[Fee], order: Order) -> list[Fee]:
    """Leave out what names other goods: no bracket of an air conditioner for a range hood."""
    ordered = {item.category for item in order.items}
    named = {fee.code: _named(fee.name) for fee in fees}
    return [fee for fee in fees if not named[fee.code] or named[fee.code] & ordered]


def _named(name: str) -> set[str]:
    return {m.value for m in find_appliances(name) if m.entity == "appliance"}


class InstallInfo(Need):
    """Tell from the catalogue how an installation goes."""

    action = "action_install_info"
    goes_on = True

    async def serve(self, turn: Turn, dispatcher: CollectingDispatcher, at: Services) -> Events:
        """Tell about the appliance that is named, else about those ordered."""
        for category in (
            [turn.first("appliance")] if turn.first("appliance") else await _ordered(turn, at)
        ):
            entry = at.catalogue.categories[category]
            dispatcher.utter_message(
                response="utter_install_info",
                name=entry.name,
                steps=entry.steps,
                needs=wording.options(entry.needs),
                duration=entry.duration,
            )
        if not dispatcher.messages:
            dispatcher.utter_message(response="utter_install_which")
        return []


async def _ordered(turn: Turn, at: Services) -> list[str]:
    order, _ = await find_order(turn, at)
    return list(dict.fromkeys(item.category for item in order.items)) if order else []
