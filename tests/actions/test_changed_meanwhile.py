"""Somebody else changes the visit between the bot's question and the consumer's yes."""

from actions.cancel import AskCancel, CommitCancel
from actions.visit import AskConfirmation, plain
from actions.visit_commit import CommitVisit
from bot.scheduling.tables import hold, visit_event
from tests.actions.chat import TALK
from tests.scheduling import world as w

MORNING, NOON = w.window(), w.window(start="12:00", end="15:00")
EVENING = w.window(start="15:00", end="18:00")


async def test_a_yes_moves_what_it_was_asked_about(chat):
    await chat.run(AskConfirmation(), "t1", window=plain(NOON))
    assert chat.said == ["utter_confirm_move"]
    await chat.run(CommitVisit(), "t2", confirmed=True)
    assert chat.said == ["utter_moved"]
    assert (await chat.window(), chat.slots["seen"]) == (NOON, None)


async def test_a_move_in_between_is_told_and_asked_about_anew(chat):
    await chat.run(AskConfirmation(), "t1", window=plain(NOON))
    await chat.agent_moves(EVENING)
    (told,) = await chat.run(CommitVisit(), "t2", confirmed=True)
    assert told["response"] == "utter_visit_changed"
    assert "15:00–18:00" in told["window"]
    assert (await chat.window(), chat.followup) == (EVENING, ["visit_form"])
    assert (chat.slots["confirmed"], chat.slots["window"]) == (None, plain(NOON))
    # The form asks again, now about the visit as it is, and a yes to that counts.
    (asked,) = await chat.run(AskConfirmation(), "t2")
    assert "15:00–18:00" in asked["old_window"]
    await chat.run(CommitVisit(), "t3", confirmed=True)
    assert await chat.window() == NOON


async def test_where_it_stands_where_it_was_wanted_nothing_is_asked(chat):
    await chat.run(AskConfirmation(), "t1", window=plain(NOON))
    await chat.agent_moves(NOON)
    await chat.run(CommitVisit(), "t2", confirmed=True)
    assert (chat.said, chat.followup) == (["utter_visit_changed"], [])
    assert (await chat.window(), chat.slots["window"]) == (NOON, None)
    assert await chat.world.rows(hold) == []


async def test_a_cancellation_in_between_is_told(chat):
    await chat.run(AskConfirmation(), "t1", window=plain(NOON))
    await chat.world.scheduling.cancel(TALK, "O1", "desk:1", actor="agent")
    await chat.run(CommitVisit(), "t2", confirmed=True)
    assert (chat.said, await chat.window()) == (["utter_visit_gone"], None)


async def test_a_yes_to_cancelling_is_not_for_another_window(chat):
    await chat.run(AskCancel(), "t1")
    await chat.agent_moves(EVENING)
    await chat.run(CommitCancel(), "t2", cancel_confirmed=True)
    assert (chat.said, chat.followup) == (["utter_visit_changed"], ["cancel_form"])
    assert await chat.window() == EVENING
    await chat.run(AskCancel(), "t2")
    await chat.run(CommitCancel(), "t3", cancel_confirmed=True)
    assert (chat.said, await chat.window()) == (["utter_cancelled"], None)


async def test_a_turn_that_runs_again_after_a_crash_books_once(chat):
    await chat.run(AskConfirmation(), "t1", window=plain(NOON))
    before = dict(chat.slots)
    await chat.run(CommitVisit(), "t2", confirmed=True)
    chat.slots = before
    await chat.run(CommitVisit(), "t2", confirmed=True)
    assert chat.said == ["utter_moved"]
    assert [row["what"] for row in await chat.world.rows(visit_event)] == ["rescheduled"]
