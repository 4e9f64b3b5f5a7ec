"""Notices in chats: told once, in the right chat, and not where they are not called for."""

import asyncio
from datetime import timedelta

import pytest

from bot.conversation import notices as telling
from bot.conversation.delivery_tables import outbox
from bot.conversation.notices import ByTelephone, NoticeTeller
from bot.conversation.records import Incoming, MessageAdded
from bot.conversation.states import Command
from bot.dialogue.engine import Button, Reply, TurnResult
from bot.scheduling import Caller
from bot.scheduling.notice_tables import notice
from tests.conversation.service import WANG, heard
from tests.scheduling import world as w
from tests.scheduling.world import World

DAY = "2026-11-22"
MORNING, NOON = w.window(DAY), w.window(DAY, "12:00", "15:00")
CARD = "上门时间已更改"


@pytest.fixture
async def world(service):
    """One order, and a crew with room on a day."""
    world = World(service.database, service.clock)
    await world.take(w.order(), crews=[w.crew(shifts=[w.shift(DAY, end="15:00", capacity=360)])])
    return world


@pytest.fixture
def teller(service):
    return NoticeTeller(
        service.database,
        service.clock,
        World(service.database).rules,
        service.conversations.publish,
        0.01,
    )


async def _said(service, sender="s1"):
    view = await service.conversations.transcript(sender)
    return [line for line in view.messages if line.custom and "notice" in line.custom]


async def _kinds(service, sender="s1"):
    return [line.custom["notice"]["kind"] for line in await _said(service, sender)]


async def _outcomes(world):
    return sorted((r["kind"], r["outcome"]) for r in await world.rows(notice) if r["outcome"])


async def test_a_booking_made_elsewhere_is_told_in_the_consumers_chat(service, world, teller):
    await service.say("在吗", consumer_id="tb_1001")
    await world.scheduling.book(w.OWNER, "O1", MORNING, "desk-1")
    with service.conversations.subscribe(await _chat(service)) as subscription:
        assert await teller.tell_due() == 1
        event = await heard(subscription)
    (line,) = await _said(service)
    assert isinstance(event, MessageAdded)
    assert event.message == line
    assert line.text.startswith(
        "已为您约好：家电，11月22日（后天，周日）09:00–12:00上门送货并安装。"
    )
    assert await teller.tell_due() == 0
    assert await _outcomes(world) == [("confirmed", "sent")]


async def _chat(service, sender="s1", consumer_id="tb_1001"):
    return await service.conversations.open("rest", sender, consumer_id)


async def test_many_tellers_at_once_tell_it_once(service, world, teller):
    await service.say("在吗", consumer_id="tb_1001")
    await world.scheduling.book(w.OWNER, "O1", MORNING, "desk-1")
    told = await asyncio.gather(*(teller.tell_due() for _ in range(8)))
    assert sum(told) == 1
    assert await _kinds(service) == ["confirmed"]


async def test_it_goes_to_the_chat_that_was_used_last(service, world, teller):
    for sender in ("s1", "s2"):
        await service.say("在吗", sender=sender, consumer_id="tb_1001")
        service.clock.advance(timedelta(minutes=1))
    await service.say("在吗", sender="s1", consumer_id="tb_1001")
    await service.say("在吗", sender="stranger", consumer_id="tb_2")
    await world.scheduling.book(w.OWNER, "O1", MORNING, "desk-1")
    await teller.tell_due()
    assert await _kinds(service, "s1") == ["confirmed"]
    assert await _kinds(service, "s2") == await _kinds(service, "stranger") == []


async def test_without_a_chat_it_waits_for_one(service, world, teller):
    await world.scheduling.book(w.OWNER, "O1", MORNING, "desk-1")
    assert await teller.tell_due() == 0
    assert await _outcomes(world) == []
    await service.say("你好", consumer_id="tb_1001")
    assert await teller.tell_due() == 1
    assert await _kinds(service) == ["confirmed"]


async def test_who_has_proven_the_order_hears_of_it(service, world, teller):
    await world.scheduling.book(w.OWNER, "O1", MORNING, "desk-1")
    await service.say("你好")
    await teller.tell_due()
    assert await _kinds(service) == []
    chat = await _chat(service, consumer_id=None)
    await world.scheduling.prove(Caller(chat), "O1", "5678")
    await teller.tell_due()
    assert await _kinds(service) == ["confirmed"]


async def test_what_the_bot_says_in_its_turn_is_not_told_again(service, world, teller):
    async def books(turn):
        await world.scheduling.book(
            Caller(turn.conversation_id, turn.consumer_id), "O1", MORNING, f"{turn.turn_id}:book"
        )
        # The notice is due already while the turn still goes on.
        assert await teller.tell_due() == 0
        return TurnResult((Reply("已为您约好"),))

    service.engine.turn = books
    await service.say("好", consumer_id="tb_1001")
    assert await teller.tell_due() == 1
    assert await _kinds(service) == []
    assert await _outcomes(world) == [("confirmed", "spoken")]


async def test_what_nobody_heard_because_a_person_took_over_is_told(service, world, teller):
    async def books(turn):
        await world.scheduling.book(
            Caller(turn.conversation_id, turn.consumer_id), "O1", MORNING, f"{turn.turn_id}:book"
        )
        await service.move(Command.BARGE_IN, WANG, case=turn.conversation_id)
        return TurnResult((Reply("已为您约好"),))

    service.engine.turn = books
    await service.say("好", consumer_id="tb_1001")
    await teller.tell_due()
    assert await _outcomes(world) == [("confirmed", "sent")]


@pytest.mark.parametrize("state", ["queued", "human"])
async def test_with_a_person_it_is_a_card_and_the_bot_is_silent(service, world, teller, state):
    await service.say("在吗", consumer_id="tb_1001")
    await world.scheduling.book(w.OWNER, "O1", MORNING, "c1")
    chat = await _chat(service)
    await service.move(Command.HAND_OVER, case=chat)
    if state == "human":
        await service.move(Command.CLAIM, WANG, case=chat)
    await world.scheduling.book(w.OWNER, "O1", NOON, "c2")
    await teller.tell_due()
    (line,) = await _said(service)
    assert (line.text, line.buttons) == (None, ())
    assert (line.custom["notice"]["kind"], line.custom["notice"]["title"]) == ("changed", CARD)
    assert "12:00–15:00" in line.custom["notice"]["text"]
    assert (await service.conversations.newest_case(chat)).state == state


async def test_a_closed_chat_stays_closed(service, world, teller):
    await service.say("在吗", consumer_id="tb_1001")
    chat = await _chat(service)
    await service.move(Command.CLOSE, case=chat)
    await world.scheduling.book(w.OWNER, "O1", MORNING, "c1")
    await teller.tell_due()
    assert await _kinds(service) == ["confirmed"]
    assert (await service.conversations.newest_case(chat)).state == "closed"


async def test_what_no_longer_holds_is_not_told(service, world, teller):
    await service.say("在吗", consumer_id="tb_1001")
    await world.scheduling.book(w.OWNER, "O1", MORNING, "c1")
    await world.scheduling.book(w.OWNER, "O1", NOON, "c2")
    await teller.tell_due()
    assert await _kinds(service) == ["changed"]
    assert await _outcomes(world) == [("changed", "sent"), ("confirmed", "stale")]


async def test_what_matters_no_more_is_not_told(service, world, teller):
    await world.scheduling.book(w.OWNER, "O1", MORNING, "c1")
    await teller.tell_due()
    service.clock.advance(timedelta(days=3))
    await service.say("在吗", consumer_id="tb_1001")
    await teller.tell_due()
    assert await _kinds(service) == []
    assert {outcome for _, outcome in await _outcomes(world)} == {"expired"}


async def test_the_reminder_comes_on_the_day_before_but_not_at_night(service, world, teller):
    await service.say("在吗", consumer_id="tb_1001")
    booked = await world.scheduling.book(w.OWNER, "O1", MORNING, "c1")
    service.clock.advance(w.at("2026-11-21", "14:59") - service.clock.now())
    await teller.tell_due()
    service.clock.advance(timedelta(minutes=1))
    await teller.tell_due()
    assert await _kinds(service) == ["confirmed", "reminder"]
    line = (await _said(service))[-1]
    assert line.text.startswith("提醒您：家电约在11月22日（明天，周日）09:00–12:00上门")
    assert [b["title"] for b in line.buttons] == ["时间没问题", "改约时间"]
    service.clock.advance(w.at("2026-11-21", "23:00") - service.clock.now())
    await world.take(w.order(visits=[w.visit_at(booked.visit_id, NOON)]), crews=[])
    assert await teller.tell_due() == 0
    service.clock.advance(w.at("2026-11-22", "08:00") - service.clock.now())
    await teller.tell_due()
    assert await _kinds(service) == ["confirmed", "reminder", "changed"]


async def test_a_crew_that_does_not_come_is_told_of(service, world, teller):
    await service.say("在吗", consumer_id="tb_1001")
    await world.scheduling.book(w.OWNER, "O1", MORNING, "c1")
    service.clock.advance(w.at("2026-11-22", "09:30") - service.clock.now())
    await teller.tell_due()
    assert (await _kinds(service))[-1] == "late"


async def test_buttons_of_a_notice_stand_while_the_bot_talks_on(service, world, teller):
    await service.say("在吗", consumer_id="tb_1001")
    await world.scheduling.book(w.OWNER, "O1", MORNING, "c1")
    service.clock.advance(w.at("2026-11-21", "15:00") - service.clock.now())
    await teller.tell_due()
    (suits, _) = (await _said(service))[-1].buttons
    heard = []

    async def listens(turn):
        heard.append((turn.text, turn.trusted))
        return TurnResult((Reply("好", (Button("是", "/affirm"),)),))

    service.engine.turn = listens
    (answer,) = await service.say("改到周六", consumer_id="tb_1001")
    await service.say(suits["payload"], consumer_id="tb_1001")
    await service.say(answer.buttons[0]["payload"], consumer_id="tb_1001")
    assert heard[1] == ('/confirm_visit{"order_no": "O1"}', True)
    assert heard[2] == ("是", False)


async def test_who_presses_a_button_of_a_notice_answers_for_its_order(service, world, teller):
    service.spoofable = {"rest"}
    await service.restart()
    await service.say("在吗", consumer_id="tb_1001")
    await world.scheduling.book(w.OWNER, "O1", MORNING, "c1")
    service.clock.advance(w.at("2026-11-21", "15:00") - service.clock.now())
    await teller.tell_due()
    suits, _ = (await _said(service))[-1].buttons
    for words in (suits["title"], "取消预约", suits["payload"]):
        await service.say(words, consumer_id="tb_1001")
    told = [(turn.spoofable, turn.asked_order) for turn in service.engine.turns]
    assert told == [(True, None), (True, "O1"), (True, None), (True, "O1")]


async def test_no_other_channel_is_spoofable(service):
    await service.say("在吗")
    assert [turn.spoofable for turn in service.engine.turns] == [False]


@pytest.fixture
def caller(service):
    """A teller who sends text messages, too."""
    rules = World(service.database).rules
    by = ByTelephone("sms", "main", {"confirmed"})
    publish = service.conversations.publish
    return NoticeTeller(service.database, service.clock, rules, publish, telephone=by)


async def _in_outbox(world):
    return [(r["purpose"], r["status"]) for r in await world.rows(outbox)]


async def test_who_has_no_chat_is_told_by_telephone_and_once(service, world, caller):
    await world.scheduling.book(w.OWNER, "O1", MORNING, "c1")
    assert await caller.tell_due() == 1
    (line,) = await _said(service, "main:13912345678")
    assert line.custom["notice"]["words"]["goods"] == "家电"
    assert await _in_outbox(world) == [("notice", "new")]
    assert await caller.tell_due() == 0
    assert await _outcomes(world) == [("confirmed", "sent")]


async def test_who_has_a_chat_is_told_there(service, world, caller):
    await service.say("在吗", consumer_id="tb_1001")
    await world.scheduling.book(w.OWNER, "O1", MORNING, "c1")
    assert await caller.tell_due() == 1
    assert await _kinds(service) == ["confirmed"]
    assert await _in_outbox(world) == []


async def test_a_page_that_was_left_a_day_ago_is_no_place_to_be_told(service, world, caller):
    await service.say("在吗", consumer_id="tb_1001")
    service.clock.advance(timedelta(hours=25))
    await world.scheduling.book(w.OWNER, "O1", MORNING, "c1")
    assert await caller.tell_due() == 1
    assert await _kinds(service) == []
    assert await _kinds(service, "main:13912345678") == ["confirmed"]


async def test_where_there_is_no_other_way_it_is_told_there_all_the_same(service, world, teller):
    await service.say("在吗", consumer_id="tb_1001")
    service.clock.advance(timedelta(hours=25))
    await world.scheduling.book(w.OWNER, "O1", MORNING, "c1")
    assert await teller.tell_due() == 1
    assert await _kinds(service) == ["confirmed"]


async def test_a_platforms_chat_is_never_left_and_hears_of_it_while_a_person_has_it(
    service, world, caller
):
    incoming = Incoming("fake", "main:u1", "在吗", "m1", "tb_1001", account="main")
    await service.conversations.receive(incoming)
    await service.move(Command.BARGE_IN, WANG, case=await service.case("main:u1"))
    service.clock.advance(timedelta(hours=25))
    await world.scheduling.book(w.OWNER, "O1", MORNING, "c1")
    assert await caller.tell_due() == 1
    (line,) = await _said(service, "main:u1")
    assert line.text.startswith("已为您约好")
    assert line.buttons == ()
    assert ("notice", "new") in await _in_outbox(world)


async def test_what_has_no_template_waits_for_a_chat(service, world, caller):
    visit = await world.scheduling.book(w.OWNER, "O1", MORNING, "c1")
    await caller.tell_due()
    await world.scheduling.cancel(w.OWNER, "O1", "c2")
    assert visit is not None
    assert await caller.tell_due() == 0
    assert len(await _in_outbox(world)) == 1


async def test_a_telephone_of_the_house_gets_no_text_message(service, world, caller):
    order = w.order()
    order["consumer"]["phone"] = "021-61234567"
    await world.take(order)
    await world.scheduling.book(w.OWNER, "O1", MORNING, "c1")
    assert await caller.tell_due() == 0
    assert await _in_outbox(world) == []


async def test_text_messages_keep_quiet_hours(service, world, caller):
    service.clock.advance(w.at("2026-11-20", "21:30") - service.clock.now())
    await world.scheduling.book(w.OWNER, "O1", MORNING, "c1")
    assert await caller.tell_due() == 0
    service.clock.advance(w.at("2026-11-21", "08:00") - service.clock.now())
    assert await caller.tell_due() == 1


async def test_a_notice_does_not_take_the_offer_of_the_bot_away(service, world, teller):
    heard = []

    async def offers(turn):
        heard.append((turn.text, turn.trusted))
        return TurnResult((Reply("选一个", (Button("周六", '/select_option{"option": 1}'),)),))

    service.engine.turn = offers
    (offer,) = await service.say("改时间", consumer_id="tb_1001")
    await world.scheduling.book(w.OWNER, "O1", MORNING, "c1")
    service.clock.advance(w.at("2026-11-21", "15:00") - service.clock.now())
    await teller.tell_due()
    await service.say(offer.buttons[0]["payload"], consumer_id="tb_1001")
    assert heard[-1] == ('/select_option{"option": 1}', True)


async def test_a_failure_between_line_and_settling_leaves_neither(
    service, world, teller, monkeypatch
):
    await service.say("在吗", consumer_id="tb_1001")
    await world.scheduling.book(w.OWNER, "O1", MORNING, "c1")
    settle = telling.notices.settle

    async def breaks(*_args):
        raise OSError("gone")

    monkeypatch.setattr(telling.notices, "settle", breaks)
    assert await teller.tell_due() == 0
    assert await _kinds(service) == []
    monkeypatch.setattr(telling.notices, "settle", settle)
    assert await teller.tell_due() == 1
    assert await _kinds(service) == ["confirmed"]


async def test_a_running_teller_tells_by_itself_until_it_is_stopped(service, world, teller):
    await service.say("在吗", consumer_id="tb_1001")
    await teller.start()
    with service.conversations.subscribe(await _chat(service)) as subscription:
        await world.scheduling.book(w.OWNER, "O1", MORNING, "c1")
        await heard(subscription)
    await teller.stop()
    await world.scheduling.book(w.OWNER, "O1", NOON, "c2")
    assert await _kinds(service) == ["confirmed"]


async def test_a_message_that_waits_is_answered_first(idle):
    world = World(idle.database, idle.clock)
    await world.take(w.order(), crews=[w.crew(shifts=[w.shift(DAY)])])
    teller = NoticeTeller(idle.database, idle.clock, world.rules, idle.conversations.publish)
    await idle.conversations.receive(Incoming("rest", "s1", "在吗", "m1", "tb_1001"))
    await world.scheduling.book(w.OWNER, "O1", MORNING, "c1")
    assert await teller.tell_due() == 0
    assert await _kinds(idle) == []
