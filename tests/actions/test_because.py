"""Why a visit is moved or cancelled: kept with the change where the consumer said it."""

import pytest

from actions.book import Reschedule, Schedule
from actions.cancel import AskCancel, Cancel, CommitCancel, ValidateCancelForm
from actions.visit import AskConfirmation, AskWindow, ValidateVisitForm, plain
from actions.visit_commit import CommitVisit
from bot.scheduling.tables import visit_event
from tests.actions.chat import TALK
from tests.scheduling import world as w

NOON = w.window(start="12:00", end="15:00")


async def _reasons(chat):
    events = sorted(await chat.world.rows(visit_event), key=lambda row: row["id"])
    return [(event["what"], event["reason"]) for event in events]


async def _move(chat, wish, *said, answer="确认"):
    """Wish for another time, say something more in the form, and confirm."""
    await chat.run(Reschedule(), "t1", wish, "reschedule_visit")
    await chat.run(AskWindow(), "t1", wish, "reschedule_visit")
    for number, (text, intent) in enumerate(said):
        await chat.run(ValidateVisitForm(), f"s{number}", text, intent)
    await chat.run(AskConfirmation(), "t2", window=plain(NOON))
    await chat.run(CommitVisit(), "t3", answer, confirmed=True)


@pytest.mark.parametrize(
    ("wish", "said", "answer", "reason"),
    [
        ("那天家里没人，换个时间", [], "确认", "not_home"),
        ("换个时间", [], "确认", None),
        ("换个时间", [("不行，上午要开会", "deny")], "确认", "time_conflict"),
        ("换个时间", [], "确认，橱柜还没装好", "decoration"),
        # What is said last is what counts.
        ("那天家里没人", [], "好的，物业也不让周末施工", "property_hours"),
    ],
)
async def test_a_move_keeps_the_reason_wherever_it_was_said(chat, wish, said, answer, reason):
    await _move(chat, wish, *said, answer=answer)
    assert await _reasons(chat) == [("rescheduled", reason)]
    assert chat.slots["change_reason"] is None


async def test_the_reason_of_one_change_is_not_that_of_the_next(chat):
    await _move(chat, "那天家里没人，换个时间")
    await chat.run(Reschedule(), "t4", "再换一个时间", "reschedule_visit")
    await chat.run(AskConfirmation(), "t5", window=plain(w.window()))
    await chat.run(CommitVisit(), "t6", "确认", confirmed=True)
    assert await _reasons(chat) == [("rescheduled", "not_home"), ("rescheduled", None)]


async def test_a_first_booking_has_no_reason(chat):
    await chat.world.scheduling.cancel(TALK, "O1", "c1")
    await chat.run(Schedule(), "t1", "周四没空，其他时间约一下", "schedule_visit")
    await chat.run(AskConfirmation(), "t2", window=plain(NOON))
    await chat.run(CommitVisit(), "t3", confirmed=True)
    assert await _reasons(chat) == [("cancelled", None), ("scheduled", None)]


async def test_a_question_that_is_asked_anew_keeps_the_reason(chat):
    await chat.run(Reschedule(), "t1", "要下大雨，换个时间", "reschedule_visit")
    await chat.run(AskConfirmation(), "t2", window=plain(NOON))
    await chat.agent_moves(w.window(start="15:00", end="18:00"))
    await chat.run(CommitVisit(), "t3", confirmed=True)
    assert chat.said == ["utter_visit_changed"]
    await chat.run(AskConfirmation(), "t3")
    await chat.run(CommitVisit(), "t4", confirmed=True)
    assert (await _reasons(chat))[-1] == ("rescheduled", "weather")


@pytest.mark.parametrize(
    ("wish", "reason"), [("商品不要了，取消预约", "not_wanted"), ("取消预约", None)]
)
async def test_a_cancellation_keeps_the_reason(chat, wish, reason):
    await chat.run(Cancel(), "t1", wish, "cancel_visit")
    await chat.run(AskCancel(), "t1")
    chat.form = "cancel_form"
    await chat.run(ValidateCancelForm(), "t2", "确认取消")
    assert chat.slots["cancel_confirmed"] is True
    await chat.run(CommitCancel(), "t2", "确认取消")
    assert await _reasons(chat) == [("cancelled", reason)]
    assert chat.slots["change_reason"] is None


async def test_a_bare_reason_is_no_yes_to_cancelling(chat):
    await chat.run(Cancel(), "t1", "取消预约", "cancel_visit")
    await chat.run(AskCancel(), "t1")
    chat.form = "cancel_form"
    await chat.run(ValidateCancelForm(), "t2", "橱柜还没装好", "describe_site")
    assert (chat.slots["change_reason"], chat.slots["cancel_confirmed"]) == ("decoration", None)
    await chat.run(ValidateCancelForm(), "t3", "确认")
    await chat.run(CommitCancel(), "t3", "确认")
    assert await _reasons(chat) == [("cancelled", "decoration")]
