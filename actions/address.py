"""Another address: which district it is in, and a person who takes it over."""

from __future__ import annotations

from typing import Any

from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions import wording
from actions.context import Services
from actions.need import Events, Need, buttons, choices, find_order, hand_over
from actions.turn import Turn
from bot.language.normalise import normalise
from bot.scheduling.places import District, district, find_districts

_MOST = 4
REASON = "change_address"


class ChangeAddress(Need):
    """Read the new address back with its district; a person then changes it."""

    action = "action_change_address"

    async def serve(self, turn: Turn, dispatcher: CollectingDispatcher, at: Services) -> Events:
        """Ask for the district where it is open, else whether to hand over."""
        asked = turn.slot("new_address") or {}
        address = turn.first("address") or asked.get("address") or ""
        said = " ".join(filter(None, (turn.text, asked.get("said"))))
        if _none_of_them(turn, asked):
            return _ask_district(address, asked["said"], dispatcher)
        order, _ = await find_order(turn, at)
        found = _picked(turn, asked) or _read(turn, asked, order.adcode if order else "")
        if len(found) == 1:
            return _read_back(address, found[0], dispatcher)
        if found:
            return _ask_which(address, said, found[:_MOST], dispatcher)
        if address:
            return _ask_district(address, said, dispatcher)
        dispatcher.utter_message(
            response="utter_change_address",
            buttons=buttons(("human", "/request_human"), ("not_now", "/deny")),
        )
        return [SlotSet("open_offer", "action_request_human"), _kept("", "", [])]


class HandOverAddress(Need):
    """Note the new address with the order and hand over."""

    action = "action_hand_over_address"

    async def serve(self, turn: Turn, dispatcher: CollectingDispatcher, at: Services) -> Events:
        """Note and hand over."""
        await note_address(turn, at)
        dispatcher.utter_message(response="utter_handover")
        return hand_over(dispatcher, REASON)


async def note_address(turn: Turn, at: Services) -> None:
    """Write a new address that was told, for the agent, to what is known of the order's home."""
    told = turn.slot("new_address") or {}
    order, _ = await find_order(turn, at)
    if order is None or not told.get("adcode"):
        return
    line = wording.new_address(told["address"], district(told["adcode"]).name, told["adcode"])
    earlier = [order.site["note"]] if order.site.get("note") else []
    note = "\n".join([*earlier, line])
    await at.scheduling.describe_site(
        turn.caller, order.order_no, {"note": note}, f"{turn.turn_id}:site"
    )


def answers(turn: Turn) -> bool:
    """Say whether the message tells more of a new address whose district was asked for."""
    asked = turn.slot("new_address")
    if not asked or asked.get("adcode"):
        return False
    found = {one.adcode for one in _read(turn, asked, "")}
    return bool(found) and found != set(asked["candidates"])


def _none_of_them(turn: Turn, asked: dict[str, Any]) -> bool:
    size = len(asked.get("candidates") or ())
    return bool(size) and turn.option(size + 1) == size + 1


def _picked(turn: Turn, asked: dict[str, Any]) -> list[District]:
    candidates = asked.get("candidates") or []
    option = turn.option(len(candidates)) if candidates else None
    inside = option is not None and 1 <= option <= len(candidates)
    return [district(candidates[option - 1])] if option and inside else []


def _read(turn: Turn, asked: dict[str, Any], near: str) -> list[District]:
    """Read the message, together with what was said of the address before it."""
    text = normalise(turn.text).text
    before = normalise(asked.get("said") or "").text
    return find_districts(f"{text} {before}" if before else text, near)


def _read_back(address: str, found: District, dispatcher: CollectingDispatcher) -> Events:
    dispatcher.utter_message(
        response="utter_new_address" if address else "utter_new_district",
        address=address,
        district=found.name,
        buttons=buttons(("human", "/affirm"), ("not_now", "/deny")),
    )
    told = {"address": address, "candidates": [], "adcode": found.adcode}
    return [SlotSet("new_address", told), SlotSet("open_offer", "action_hand_over_address")]


def _ask_which(
    address: str, said: str, found: list[District], dispatcher: CollectingDispatcher
) -> Events:
    titles = [one.name for one in found] + [wording.label("something_else")]
    dispatcher.utter_message(
        response="utter_which_district", districts=wording.options(titles), buttons=choices(titles)
    )
    return [_kept(address, said, [one.adcode for one in found])]


def _ask_district(address: str, said: str, dispatcher: CollectingDispatcher) -> Events:
    response = "utter_ask_district" if address else "utter_ask_any_district"
    dispatcher.utter_message(response=response, address=address)
    return [_kept(address, said, [])]


def _kept(address: str, said: str, candidates: list[str]) -> dict[str, Any]:
    told = {"address": address, "said": said, "candidates": candidates}
    event: dict[str, Any] = SlotSet("new_address", told)
    return event
