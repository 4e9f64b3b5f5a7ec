"""Who presses gets the earliest better window, or a place on the waitlist."""

import pytest

from actions.book import JoinWaitlist, Urge
from bot.scheduling.tables import waitlist
from tests.actions.chat import TALK
from tests.scheduling import world as w

BOOKED = w.window(start="15:00", end="18:00")


async def _urge(chat, where, status="scheduled", capacity=540):
    order = w.order(visits=[w.visit_at(where=where, status=status)])
    crews = [w.crew(shifts=[w.shift(end="18:00", capacity=capacity)])]
    await chat.world.take(order, crews=crews)
    return await chat.run(Urge(), "t1", "能不能早点来", "urge")


async def test_earlier_windows_are_offered(chat):
    await _urge(chat, BOOKED)
    assert (chat.said, chat.followup) == (["utter_urge_earlier"], ["visit_form"])
    (wish,) = chat.slots["wish"]
    assert wish["to"] == BOOKED.start.isoformat()


async def test_where_there_is_none_a_place_on_the_waitlist_is(chat):
    (told,) = await _urge(chat, w.window())
    assert (chat.said, chat.followup) == (["utter_urge_none_earlier"], [])
    assert [b["title"] for b in told["buttons"]] == ["帮我登记", "转人工"]
    assert chat.slots["open_offer"] == "action_join_waitlist"
    await chat.run(JoinWaitlist(), "t2", "好的")
    assert chat.said == ["utter_waiting"]
    (row,) = await chat.world.rows(waitlist)
    assert (row["order_no"], row["want_to"]) == ("O1", int(w.window().start.timestamp()))
    assert (await chat.world.scheduling.order(TALK, "O1")).waiting


@pytest.mark.parametrize("status", ["en_route", "in_progress"])
async def test_a_crew_that_is_on_its_way_is_said_to_be(chat, status):
    await _urge(chat, w.window(), status)
    assert (chat.said, chat.followup) == (["utter_urge_on_the_way"], [])
