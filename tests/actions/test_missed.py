"""A crew never came: the consumer is told sorry, rebooked first of all, and it counts for nothing."""

from datetime import timedelta

import pytest

from actions.book import Availability, Reschedule, Schedule, Urge
from actions.cancel import CommitCancel
from actions.handover import NoShow
from actions.track import Track
from actions.visit import AskConfirmation, plain
from actions.visit_commit import CommitVisit
from bot.scheduling.tables import visit_event
from tests.actions.chat import TALK
from tests.scheduling import world as w

# An hour after the window has begun, when it is over, and the window that is left of the day.
BEGUN, OVER = w.at("2026-11-26", "10:01"), w.at("2026-11-26", "12:00")
LATER = w.window(start="15:00", end="18:00")
NEEDS = [
    (Reschedule(), "reschedule_visit"),
    (Schedule(), "schedule_visit"),
    (Availability(), "ask_availability"),
    (Urge(), "urge"),
]


def _at(chat, now):
    chat.world.clock.advance(now - chat.world.clock.now())


def _titles(messages):
    return [b["title"] for m in messages for b in m.get("buttons") or []]


@pytest.mark.parametrize(("need", "intent"), NEEDS)
async def test_an_apology_goes_before_the_windows(chat, need, intent):
    _at(chat, OVER)
    await chat.run(need, "t1", "怎么没来", intent)
    assert (chat.said, chat.followup) == (["utter_missed"], ["visit_form"])


@pytest.mark.parametrize(("need", "intent"), NEEDS[:3])
async def test_before_that_nothing_is_apologised_for(chat, need, intent):
    await chat.run(need, "t1", "怎么没来", intent)
    assert "utter_missed" not in chat.said


async def test_the_change_is_noted_as_missed_and_costs_none_of_the_three(chat):
    _at(chat, OVER)
    await chat.run(Reschedule(), "t1", "改一下", "reschedule_visit")
    await chat.run(AskConfirmation(), "t2", window=plain(LATER))
    await chat.run(CommitVisit(), "t3", confirmed=True)
    (event,) = await chat.world.rows(visit_event)
    assert (event["what"], event["reason"]) == ("rescheduled", "missed")
    (visit,) = (await chat.world.scheduling.order(TALK, "O1")).visits
    assert (visit.window, visit.changes) == (LATER, 0)


@pytest.mark.parametrize(
    ("now", "response", "buttons"),
    [
        (BEGUN - timedelta(minutes=32), "utter_no_show", ["转人工", "暂时不用"]),
        (BEGUN - timedelta(minutes=31), "utter_no_show_late", ["转人工", "暂时不用"]),
        (BEGUN, "utter_no_show_absent", ["转人工", "暂时不用"]),
        (OVER, "utter_no_show_absent", ["改约时间", "转人工"]),
    ],
)
async def test_who_says_that_nobody_came_gets_a_person_or_another_time(
    chat, now, response, buttons
):
    _at(chat, now)
    told = await chat.run(NoShow(), "t1", "师傅没来", "report_no_show")
    assert (chat.said, _titles(told)) == ([response], buttons)
    assert chat.slots["open_offer"] == "action_request_human"


async def test_before_the_window_nobody_is_late(chat):
    await chat.run(NoShow(), "t1", "师傅没来", "report_no_show")
    assert chat.said == ["utter_no_show_not_due"]


async def test_tracking_does_not_promise_a_window_that_is_over(chat):
    _at(chat, OVER)
    told = await chat.run(Track(), "t1", "到哪了", "track_order")
    assert (chat.said, _titles(told)) == (["utter_track_missed"], ["改约时间", "转人工"])
    assert chat.slots["open_offer"] == "action_reschedule"


async def test_neither_does_a_wish_that_is_dropped(chat):
    _at(chat, OVER)
    await chat.run(CommitVisit(), "t1", "算了", "deny", confirmed=False)
    assert chat.said == ["utter_missed_kept"]
    await chat.run(CommitCancel(), "t2", "不取消", "deny", cancel_confirmed=False)
    assert chat.said == ["utter_missed_kept"]
