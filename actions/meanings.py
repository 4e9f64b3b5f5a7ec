"""What a message may have meant: its likeliest readings, and going on with the picked one."""

from __future__ import annotations

from functools import cache
from typing import Any

import yaml
from rasa_sdk.events import FollowupAction, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions import wording
from actions.need import Events, choices
from actions.turn import RESUMED
from bot.settings import ROOT

MOST = 2
# Below this a reading is no better than a guess (docs/understanding.md has the curve).
LEAST = 0.15


def likely(ranking: list[dict[str, Any]]) -> list[str]:
    """Return the intents that are worth a question: at most two that can be put in words."""
    return [
        row["name"]
        for row in ranking
        if row["confidence"] >= LEAST and wording.meaning(row["name"]) is not None
    ][:MOST]


def ask(message: dict[str, Any], meanings: list[str], dispatcher: CollectingDispatcher) -> Events:
    """Ask which of the meanings is right; return the event that remembers the question."""
    titles = [str(wording.meaning(name)) for name in meanings] + [wording.label("something_else")]
    dispatcher.utter_message(
        response="utter_which_meaning",
        meanings=wording.options(titles),
        buttons=choices(titles),
    )
    return [SlotSet("unclear", {"message": message, "meanings": meanings})]


def picked(unclear: dict[str, Any], option: int | None) -> Events:
    """Go on with the message in the meaning that was picked; empty where none was."""
    meanings = unclear["meanings"]
    if option is None or not 1 <= option <= len(meanings):
        return []
    name = meanings[option - 1]
    message = {**unclear["message"], "intent": {"name": name, "confidence": 1.0}}
    task = {"action": action_of(name), "message": message}
    return [SlotSet("task", task), FollowupAction(RESUMED)]


def action_of(intent: str) -> str:
    """Return the action that the rules have for an intent. Raises KeyError where none has."""
    return _actions()[intent]


@cache
def _actions() -> dict[str, str]:
    found = {}
    for path in sorted((ROOT / "data" / "rules").glob("*.yml")):
        for rule in yaml.safe_load(path.read_text(encoding="utf-8"))["rules"]:
            first, *rest = rule["steps"]
            if "intent" in first:
                found[first["intent"]] = rest[0]["action"]
    return found
