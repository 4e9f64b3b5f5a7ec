"""Messages in, answers out: once each, in order, and by nobody but who has the conversation."""

import asyncio
import os
import socket

import pytest
from sqlalchemy import select, update

from bot.conversation.records import Author, Incoming, Visibility
from bot.conversation.states import Command, State
from bot.conversation.tables import conversation, inbox
from bot.conversation.turns import Limits
from bot.dialogue.engine import Reply, TurnResult
from bot.errors import EngineFailed, EngineTimeout, TurnPending
from tests.conversation.service import WANG


def texts(lines):
    return [line.text for line in lines]


async def test_a_message_is_answered(service):
    assert texts(await service.say("你好")) == ["echo: 你好"]
    view = await service.conversations.transcript("s1")
    assert [(line.author, line.text) for line in view.messages] == [
        (Author.CONSUMER, "你好"),
        (Author.BOT, "echo: 你好"),
    ]
    assert view.state is State.BOT
    assert view.messages[0].at.isoformat() == "2026-11-20T10:00:00+08:00"


async def test_twenty_parallel_repeats_are_one_turn(service):
    answers = await asyncio.gather(*(service.say("约周六", "m1") for _ in range(20)))
    assert {tuple(line.id for line in lines) for lines in answers} == {(answers[0][0].id,)}
    assert service.engine.texts == ["约周六"]
    assert len(await service.lines()) == 2


async def test_a_repeat_after_a_restart_gets_the_first_answer(service):
    first = await service.say("约周六", "m1")
    await service.restart()
    assert await service.say("约周六", "m1") == first
    assert len(service.engine.turns) == 1


async def test_a_repeated_id_of_another_sender_is_another_message(service):
    await service.say("a", "m1", sender="s1")
    assert texts(await service.say("b", "m1", sender="s2")) == ["echo: b"]


async def test_the_same_text_without_an_id_is_a_new_message(service):
    await service.say("你好")
    await service.say("你好")
    assert service.engine.texts == ["你好", "你好"]


async def test_a_burst_is_worked_on_in_order(service):
    service.engine.gate.clear()
    receipts = [
        await service.conversations.receive(Incoming("rest", sender, str(n)))
        for n in range(8)
        for sender in ("s1", "s2", "s3")
    ]
    service.engine.gate.set()
    await asyncio.gather(*(service.conversations.replies(r, 5) for r in receipts))
    by_sender = {}
    for turn in service.engine.acted:
        by_sender.setdefault(turn.conversation_id, []).append(turn.text)
    # Bare numbers each answer a question; they are never joined.
    assert list(by_sender.values()) == [[str(n) for n in range(8)]] * 3
    seqs = [line.seq for line in (await service.conversations.transcript("s2")).messages]
    assert seqs == list(range(1, 17))


async def test_one_conversation_does_not_wait_for_another(service):
    slow = await service.conversations.receive(Incoming("rest", "slow", "a"))
    service.engine.gate.clear()
    held = await service.conversations.receive(Incoming("rest", "held", "b"))
    service.engine.gate.set()
    assert texts(await service.conversations.replies(held, 5)) == ["echo: b"]
    await service.conversations.replies(slow, 5)


async def test_a_message_that_was_stored_before_a_crash_is_answered_after_it(service):
    await service.conversations.stop()
    receipt = await service.conversations.receive(Incoming("rest", "s1", "还在吗", "m1"))
    # What a killed process leaves behind: its name on the lane and a lease that still runs.
    async with service.database.transaction() as tx:
        await tx.execute(
            update(conversation).values(worker="elsewhere 1 x", lease_until=2e9, lane_epoch=7)
        )
    await service.build().start()
    with pytest.raises(TurnPending):
        await service.conversations.replies(receipt, 0.2)
    async with service.database.transaction() as tx:
        await tx.execute(update(conversation).values(lease_until=1.0))
    assert texts(await service.conversations.replies(receipt, 5)) == ["echo: 还在吗"]


async def test_lanes_of_dead_processes_of_this_host_are_taken_over_at_once(service):
    # An earlier process of this very id, as containers have them.
    dead = f"{socket.gethostname()} {os.getpid()} {'0' * 40}"
    await service.conversations.stop()
    receipt = await service.conversations.receive(Incoming("rest", "s1", "还在吗"))
    async with service.database.transaction() as tx:
        await tx.execute(update(conversation).values(worker=dead, lease_until=9e9))
    await service.build().start()
    assert texts(await service.conversations.replies(receipt, 5)) == ["echo: 还在吗"]


async def test_a_worker_that_lost_its_lane_writes_nothing(service):
    service.engine.gate.clear()
    receipt = await service.conversations.receive(Incoming("rest", "s1", "a"))
    await until(lambda: service.engine.turns)
    async with service.database.transaction() as tx:
        await tx.execute(update(conversation).values(lane_epoch=conversation.c.lane_epoch + 1))
        await tx.execute(update(conversation).values(lease_until=0.0))
    await until(lambda: len(service.engine.turns) == 2)
    service.engine.gate.set()
    assert texts(await service.conversations.replies(receipt, 5)) == ["echo: a"]
    await asyncio.sleep(0)
    assert len(await service.lines()) == 2


async def test_a_person_who_takes_over_mid_turn_silences_the_bot(service):
    service.engine.gate.clear()
    receipt = await service.conversations.receive(Incoming("rest", "s1", "a"))
    await until(lambda: service.engine.turns)
    await service.move(Command.BARGE_IN, WANG)
    service.engine.gate.set()
    assert await service.conversations.replies(receipt, 5) == []
    stored = [(line.author, line.text, line.visibility) for line in await service.lines()]
    joined = ("bot", "客服小王已接入，接下来由小王为您服务。", "public")
    assert stored == [
        ("consumer", "a", "public"),
        joined,
        ("bot", "echo: a", Visibility.SUPPRESSED),
    ]
    view = await service.conversations.transcript("s1")
    assert (view.state, view.agent, len(view.messages)) == (State.HUMAN, "小王", 2)


async def test_a_turn_from_before_a_human_stretch_stays_suppressed_after_it(service):
    service.engine.gate.clear()
    receipt = await service.conversations.receive(Incoming("rest", "s1", "a"))
    await until(lambda: service.engine.turns)
    await service.move(Command.BARGE_IN, WANG)
    await service.move(Command.RETURN, WANG)
    service.engine.gate.set()
    assert await service.conversations.replies(receipt, 5) == []


async def test_a_hand_over_queues_and_the_bot_is_silent_from_then_on(service):
    service.engine._script = {"转": TurnResult((Reply("请稍候"),), "request_human")}
    told, place = texts(await service.say("转"))
    assert told == "请稍候"
    assert "前面没有人" in place
    assert await service.say("在吗") == []
    view = await service.conversations.transcript("s1")
    assert (view.state, view.reason) == (State.QUEUED, "request_human")
    assert texts(view.messages) == ["转", "请稍候", place, "在吗"]
    assert service.engine.texts == ["转"]


async def test_who_no_longer_wants_to_wait_gets_the_bot_back(service):
    service.engine._script = {"转": TurnResult((Reply("请稍候"),), "request_human")}
    await service.say("转")
    (line,) = await service.say("不等了！")
    assert "取消排队" in line.text
    view = await service.conversations.transcript("s1")
    assert (view.state, view.reason) == (State.BOT, None)
    assert texts(await service.say("你好")) == ["echo: 你好"]


async def test_leaving_the_queue_means_nothing_where_there_is_none(service):
    assert texts(await service.say("不等了")) == ["echo: 不等了"]


@pytest.mark.parametrize("failure", [EngineFailed(), EngineTimeout(), KeyError("bug")])
async def test_an_engine_that_fails_is_apologised_for_once(service, failure):
    service.engine._script = {"a": failure}
    line, *_ = await service.say("a")
    assert "抱歉" in line.text
    view = await service.conversations.transcript("s1")
    assert (view.state, view.reason) == (State.QUEUED, "engine_failure")


async def test_an_engine_without_an_answer_is_apologised_for(service):
    service.engine._script = {"a": TurnResult()}
    line, *_ = await service.say("a")
    assert "抱歉" in line.text


async def test_an_engine_that_is_too_slow_is_apologised_for(database, service):
    service.limits = Limits(engine_call=0.05, engine_wait=1, engine_poll=0.01)
    await service.restart()
    service.engine.gate.clear()
    line, *_ = await service.say("a")
    assert "抱歉" in line.text


async def test_messages_wait_for_an_engine_that_loads(service):
    service.engine.available = False
    receipt = await service.conversations.receive(Incoming("rest", "s1", "a"))
    await until(lambda: service.engine.turns)
    with pytest.raises(TurnPending):
        await service.conversations.replies(receipt, 0.05)
    service.engine.available = True
    assert texts(await service.conversations.replies(receipt, 5)) == ["echo: a"]


async def test_an_engine_that_stays_away_is_apologised_for(service):
    service.limits = Limits(engine_call=5, engine_wait=0.1, engine_poll=0.01)
    await service.restart()
    service.engine.available = False
    line, *_ = await service.say("a")
    assert "抱歉" in line.text
    view = await service.conversations.transcript("s1")
    assert (view.state, view.reason) == (State.QUEUED, "engine_failure")


async def test_danger_does_not_wait_for_the_engine(service):
    service.limits = Limits(engine_call=5, engine_wait=1000, engine_poll=0.01)
    await service.restart()
    service.engine.available = False
    line, _ = await service.say("漏气了")
    assert "阀门" in line.text
    view = await service.conversations.transcript("s1")
    assert (view.state, view.reason) == (State.QUEUED, "report_hazard")


async def test_another_consumer_gets_another_conversation(service):
    await service.say("我的订单", consumer_id="c1")
    await service.say("我的订单", consumer_id="c2")
    await service.say("我的订单", consumer_id="c2")
    first, second, third = service.engine.turns
    assert first.conversation_id != second.conversation_id == third.conversation_id
    assert [turn.consumer_id for turn in service.engine.turns] == ["c1", "c2", "c2"]
    view = await service.conversations.transcript("s1")
    assert view.consumer_id == "c2"
    assert [line.seq for line in view.messages] == [1, 2, 3, 4, 5, 6]


async def test_parallel_first_messages_begin_one_conversation(service):
    await asyncio.gather(*(service.say(str(n)) for n in range(10)))
    async with service.database.reading() as tx:
        assert len(list(await tx.execute(select(conversation.c.id)))) == 1
    assert [line.seq for line in await service.lines()] == list(range(1, 21))


async def test_what_was_understood_is_kept(service):
    service.engine._script = {"a": TurnResult((Reply("b"),), nlu={"intent": {"name": "greet"}})}
    await service.say("a")
    async with service.database.reading() as tx:
        (row,) = await tx.execute(select(inbox))
    assert (row.status, row.nlu["intent"]["name"]) == ("done", "greet")


async def test_work_that_keeps_failing_is_given_up_and_a_person_is_called(service, monkeypatch):
    runner = service.conversations._workers._runner

    async def fails(*_):
        raise RuntimeError("disk full")

    monkeypatch.setattr(runner, "_with_engine", fails)
    line, *_ = await service.say("a")
    assert "抱歉" in line.text
    async with service.database.reading() as tx:
        (row,) = await tx.execute(select(inbox))
    assert (row.status, row.attempts) == ("dead", 2)


async def until(condition):
    async with asyncio.timeout(5):
        while not condition():
            await asyncio.sleep(0.01)
