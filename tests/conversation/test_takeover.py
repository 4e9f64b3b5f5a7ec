"""Waiting for a person, their words, the way back, the end: as the consumer and the rows see it."""

import asyncio
from datetime import datetime, time, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, text

from bot.conversation.records import Incoming
from bot.conversation.states import MOVES, Command, State
from bot.conversation.tables import assignment, conversation, conversation_move, inbox
from bot.conversation.waiting import Staffing
from bot.dialogue.engine import Reply, TurnResult
from bot.errors import IllegalMove
from tests.conversation.service import LI, WANG, running, sqlite

ASKED = {"转": TurnResult((Reply("好的"),), "request_human")}


def texts(lines):
    return [line.text for line in lines]


async def queued(service, sender="s1", reason="request_human"):
    service.engine._script = {"转": TurnResult((Reply("好的"),), reason)}
    return texts(await service.say("转", sender=sender))


async def test_the_place_is_told_on_entering_and_on_asking(service):
    assert "前面没有人" in (await queued(service))[1]
    service.clock.advance(timedelta(seconds=1))
    assert "前面还有1位" in (await queued(service, "s2"))[1]
    assert "前面还有1位" in texts(await service.say("还要等多久啊", sender="s2"))[0]
    await service.move(Command.CLAIM, WANG)
    assert "前面没有人" in texts(await service.say("排到哪了", sender="s2"))[0]


async def test_abuse_calls_a_person_and_hides_nothing(service):
    said = texts(await service.say("他妈的，确认！"))
    assert said[0] == "echo: 他妈的，确认！"
    assert "抱歉" in said[1]
    view = await service.conversations.transcript("s1")
    assert (view.state, view.reason) == (State.QUEUED, "abuse")


async def test_danger_goes_first_also_where_it_comes_later(service):
    await queued(service)
    await queued(service, "s2")
    (advice,) = await service.say("漏气了", sender="s2")
    assert "阀门" in advice.text
    assert "前面还有1位" in texts(await service.say("还要等多久"))[0]
    view = await service.conversations.transcript("s2")
    assert (view.state, view.reason) == (State.QUEUED, "report_hazard")


async def test_outside_of_the_hours_it_is_said_before_queueing(service):
    service.staffing = Staffing((time(8), time(9)))
    await service.restart()
    said = await queued(service)
    assert "08:00–09:00" in said[1]
    assert len(said) == 2
    async with service.database.reading() as tx:
        row = (await tx.execute(select(conversation))).one()
        (move,) = await tx.execute(select(conversation_move))
    assert (row.state, move.seq) == ("queued", 3)
    assert row.deadline_at == datetime.fromisoformat("2026-11-21T08:30:00+08:00")


async def test_who_waited_too_long_is_told_once_and_has_the_bot_back(service):
    await queued(service)
    service.clock.advance(timedelta(minutes=31))
    told = await asyncio.gather(*(service.conversations.takeover.sweep() for _ in range(8)))
    assert sum(told) <= 1
    view = await service.conversations.transcript("s1")
    assert view.state is State.BOT
    assert ["一直在忙" in line for line in texts(view.messages)].count(True) == 1


async def test_danger_keeps_its_place_past_the_deadline(service):
    await queued(service, reason="report_hazard")
    for _ in range(2):
        service.clock.advance(timedelta(minutes=31))
        await service.conversations.takeover.sweep()
    view = await service.conversations.transcript("s1")
    assert view.state is State.QUEUED
    assert ["已经加急" in line for line in texts(view.messages)].count(True) == 1


@pytest.mark.parametrize("_round", range(10))
async def test_claim_and_timeout_have_one_outcome(service, _round):
    await queued(service)
    service.clock.advance(timedelta(minutes=31))
    claimed, _ = await asyncio.gather(
        service.move(Command.CLAIM, WANG),
        service.conversations.takeover.sweep(),
        return_exceptions=True,
    )
    view = await service.conversations.transcript("s1")
    joined = sum("已接入" in line for line in texts(view.messages))
    busy = sum("一直在忙" in line for line in texts(view.messages))
    assert joined + busy == 1
    assert (view.state is State.HUMAN) == (joined == 1) == (not isinstance(claimed, Exception))


async def test_short_lines_are_one_turn_and_each_keeps_its_row(service):
    service.engine.gate.clear()
    first = await service.conversations.receive(Incoming("rest", "s1", "你好呀", hurried=True))
    async with asyncio.timeout(5):
        while not service.engine.turns:
            await asyncio.sleep(0.01)
    more = [
        await service.conversations.receive(Incoming("rest", "s1", words, hurried=True))
        for words in ("我的空调", "改到周六上午", "确认")
    ]
    service.engine.gate.set()
    answers = [texts(await service.conversations.replies(r, 5)) for r in (first, *more)]
    assert answers == [["echo: 你好呀"], ["echo: 我的空调，改到周六上午"], [], ["echo: 确认"]]
    async with service.database.reading() as tx:
        rows = list(await tx.execute(select(inbox.c.status, inbox.c.turn_id).order_by(inbox.c.seq)))
    assert [row.status for row in rows] == ["done"] * 4
    assert len({row.turn_id for row in rows}) == 3


async def test_an_unfinished_line_waits_for_the_next_and_a_finished_one_does_not(service):
    for words in ("我的空调", "到哪了？"):
        receipt = await service.conversations.receive(Incoming("web", "s1", words))
    await service.conversations.replies(receipt, 5)
    assert service.engine.texts == ["我的空调，到哪了？"]


async def test_the_way_back_is_clean(service):
    await service.say("a")
    await service.move(Command.BARGE_IN, WANG)
    await service.conversations.takeover.say(await service.case(), WANG, "改好了", "c1")
    await service.say("谢谢")
    await service.move(Command.RETURN, WANG)
    await service.say("好的")
    await service.say("再见")
    fresh, later = service.engine.acted[-2:]
    assert (fresh.fresh, later.fresh) == (True, False)
    assert [line.text for line in fresh.missed][1:] == ["改好了", "谢谢"]
    assert fresh.conversation_id == later.conversation_id


async def test_a_case_is_rated_once_and_the_next_message_opens_another(service):
    await queued(service)
    await service.move(Command.CLAIM, WANG)
    closed = await service.case()
    await service.move(Command.CLOSE, WANG, held_by="w1", disposition="solved")
    view = await service.conversations.transcript("s1")
    assert view.state is State.CLOSED
    best = view.messages[-1].buttons[0]["payload"]
    assert "谢谢" in texts(await service.say(best))[0]
    assert "已经评价过" in texts(await service.say(best))[0]
    assert texts(await service.say("你好")) == ["echo: 你好"]
    async with service.database.reading() as tx:
        row = (await tx.execute(select(conversation).where(conversation.c.current))).one()
    assert (row.state, row.prev_case_id, row.case_no) == ("bot", closed, 2)


@pytest.mark.parametrize("careful", [True, False])
async def test_twenty_claimants_at_a_barrier(service, careful):
    """The careless variant reads, then writes: it shows that this test can fail."""
    await queued(service)
    name = await service.case()
    barrier = asyncio.Barrier(20)

    async def claim(number):
        await barrier.wait()
        if careful:
            try:
                await service.move(Command.CLAIM, WANG, case=name, epoch=1)
            except IllegalMove:
                return False
            return True
        async with service.database.reading() as tx:
            state = (await tx.execute(select(conversation.c.state))).scalar_one()
        await barrier.wait()
        async with service.database.transaction() as tx:
            await tx.execute(text("UPDATE conversation SET state='human', agent='x'"))
        return state == "queued"

    won = sum(await asyncio.gather(*(claim(n) for n in range(20))))
    assert (won == 1) is careful


steps = st.lists(st.tuples(st.sampled_from(Command), st.sampled_from([WANG, LI])), max_size=25)


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(steps)
async def test_folding_the_moves_rebuilds_the_row(tmp_path_factory, wishes):
    async with sqlite(tmp_path_factory.mktemp("fold")) as database, running(database) as service:
        await service.say("a")
        name = await service.case()
        expected = State.BOT
        for command, who in wishes:
            starts, end = MOVES[command]
            if expected in starts:
                await service.move(command, who, case=name)
                expected = end
            else:
                with pytest.raises(IllegalMove):
                    await service.move(command, who, case=name)
        async with database.reading() as tx:
            row = (await tx.execute(select(conversation))).one()
            moves = list(
                await tx.execute(select(conversation_move).order_by(conversation_move.c.epoch))
            )
            held = list(await tx.execute(select(assignment).where(assignment.c.to_at.is_(None))))
        assert (row.state, row.epoch) == (expected, len(moves))
        assert [move.epoch for move in moves] == list(range(1, len(moves) + 1))
        if moves:
            last = moves[-1]
            assert (last.to_state, last.agent, last.reason) == (row.state, row.agent, row.reason)
        assert [one.agent for one in held] == ([row.agent] if row.agent else [])
