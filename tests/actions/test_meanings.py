"""A message that may mean two things is asked back about, and then served as it was meant."""

import pytest
from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions import meanings, wording
from actions.answers import Select
from actions.fallback import Fallback

UNCLEAR = {"text": "周六那个事", "intent": {"name": "nlu_fallback"}, "entities": []}


def tracker(message, ranking=(), slots=None, loop=None):
    latest = {**message, "intent_ranking": [{"name": n, "confidence": c} for n, c in ranking]}
    events = [{"event": "user", "text": message["text"], "parse_data": latest}]
    active = {"name": loop} if loop else {}
    return Tracker("c1", slots or {}, latest, events, False, None, active, "action_listen")


async def run(action, told):
    dispatcher = CollectingDispatcher()
    return await action.run(dispatcher, told, {}), dispatcher.messages


def slots(events):
    return {e["name"]: e["value"] for e in events if e["event"] == "slot"}


def followup(events):
    return [e["name"] for e in events if e["event"] == "followup"]


CLOSE = [("reschedule_visit", 0.31), ("cancel_visit", 0.29), ("out_of_scope", 0.2)]


async def test_two_close_readings_are_offered_by_name():
    events, said = await run(Fallback(), tracker(UNCLEAR, CLOSE))
    (line,) = said
    assert line["response"] == "utter_which_meaning"
    titles = [button["title"] for button in line["buttons"]]
    assert titles[:2] == [wording.meaning("reschedule_visit"), wording.meaning("cancel_visit")]
    assert slots(events)["unclear"]["meanings"] == ["reschedule_visit", "cancel_visit"]
    assert slots(events)["misses"] == 1


@pytest.mark.parametrize(
    "ranking",
    [
        [("reschedule_visit", 0.09), ("cancel_visit", 0.08)],
        [("out_of_scope", 0.4), ("greet", 0.3)],
        [("reschedule_visit", 0.29), ("out_of_scope", 0.28)],
        [],
    ],
)
async def test_what_is_no_choice_between_wishes_asks_for_other_words(ranking):
    events, said = await run(Fallback(), tracker(UNCLEAR, ranking))
    assert [line["response"] for line in said] == ["utter_not_understood"]
    assert slots(events)["unclear"] is None


async def test_an_open_form_asks_its_own_question_only():
    _, said = await run(Fallback(), tracker(UNCLEAR, CLOSE, loop="visit_form"))
    assert [line["response"] for line in said] == ["utter_not_understood"]


async def test_the_third_miss_calls_a_person_whatever_might_be_meant():
    events, said = await run(Fallback(), tracker(UNCLEAR, CLOSE, {"misses": 2}))
    assert said[0]["response"] == "utter_handover_misses"
    assert said[1]["custom"] == {"handover": "not_understood"}
    assert slots(events)["misses"] == 0


@pytest.mark.parametrize(("option", "action"), [(1, "action_reschedule"), (2, "action_cancel")])
async def test_the_reading_that_is_picked_is_served_with_the_first_message(option, action):
    pick = {
        "text": str(option),
        "intent": {"name": "select_option"},
        "entities": [{"entity": "option", "value": option}],
    }
    asked = {"unclear": {"message": UNCLEAR, "meanings": ["reschedule_visit", "cancel_visit"]}}
    events, _ = await run(Select(), tracker(pick, slots=asked))
    task = slots(events)["task"]
    assert task["action"] == action
    assert task["message"]["text"] == UNCLEAR["text"]
    assert followup(events) == ["action_resume_task"]
    assert slots(events)["unclear"] is None


async def test_none_of_them_asks_for_other_words():
    pick = {
        "text": "3",
        "intent": {"name": "select_option"},
        "entities": [{"entity": "option", "value": 3}],
    }
    asked = {"unclear": {"message": UNCLEAR, "meanings": ["reschedule_visit", "cancel_visit"]}}
    events, _ = await run(Select(), tracker(pick, slots=asked))
    assert followup(events) == ["action_default_fallback"]


def test_every_meaning_has_a_rule_of_its_own():
    names = list(wording._texts()["meanings"])
    assert len(names) > 15
    assert len({meanings.action_of(name) for name in names}) == len(names)
