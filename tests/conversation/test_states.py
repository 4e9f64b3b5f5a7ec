"""Only the listed moves happen; each raises the epoch and leaves its row."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import insert, select, text, update
from sqlalchemy.exc import DBAPIError, IntegrityError

from bot.conversation.states import MOVES, Command, State, next_state
from bot.conversation.tables import assignment, conversation, conversation_move
from bot.errors import ConversationNotFound, ConversationTaken, IllegalMove, StaleEpoch
from tests.conversation.service import LI, WANG

PATHS = {
    "bot→queued": Command.HAND_OVER,
    "queued→human": Command.CLAIM,
    "bot→human": Command.BARGE_IN,
    "human→queued": Command.RELEASE,
    "human→human": Command.TRANSFER,
    "human→bot": Command.RETURN,
    "queued→bot": Command.LEAVE_QUEUE,
}


@pytest.mark.parametrize(("path", "command"), PATHS.items())
def test_the_moves_that_there_are(path, command):
    start, end = path.split("→")
    assert next_state(State(start), command) == end


@given(st.sampled_from(State), st.sampled_from(Command))
def test_nothing_else_moves(state, command):
    if state in MOVES[command][0]:
        return
    with pytest.raises(IllegalMove):
        next_state(state, command)


async def test_moves_fold_to_the_state(service):
    await service.say("a")
    await service.move(Command.HAND_OVER, reason="complain")
    await service.move(Command.CLAIM, WANG)
    view = await service.conversations.transcript("s1")
    assert (view.state, view.reason, view.agent, view.epoch) == ("human", "complain", "小王", 2)
    with pytest.raises(ConversationTaken) as refused:
        await service.move(Command.CLAIM, LI)
    assert refused.value.facts["owner"] == {"id": "w1", "alias": "小王"}
    await service.move(Command.RETURN, WANG)
    async with service.database.reading() as tx:
        rows = list(await tx.execute(select(conversation_move).order_by(conversation_move.c.epoch)))
    assert [row.epoch for row in rows] == [1, 2, 3]
    assert all(a.to_state == b.from_state for a, b in zip(rows, rows[1:], strict=False))
    view = await service.conversations.transcript("s1")
    assert (view.state, view.reason, view.agent) == ("bot", None, None)


async def test_a_move_of_nothing(service):
    with pytest.raises(ConversationNotFound):
        await service.move(Command.CLAIM, WANG, case="none")


async def test_a_move_that_was_meant_for_an_earlier_epoch(service):
    await service.say("a")
    await service.move(Command.HAND_OVER)
    with pytest.raises(StaleEpoch):
        await service.move(Command.CLAIM, WANG, epoch=0)
    assert (await service.move(Command.CLAIM, WANG, epoch=1)).epoch == 2


@pytest.mark.parametrize(
    "statement", ["UPDATE conversation_move SET reason = 'x'", "DELETE FROM conversation_move"]
)
async def test_what_moved_stays_written(service, statement):
    await service.say("a")
    await service.move(Command.HAND_OVER)
    with pytest.raises(DBAPIError, match="append-only"):
        async with service.database.transaction() as tx:
            await tx.execute(text(statement))


@pytest.mark.parametrize(
    "values",
    [
        {"state": "human"},
        {"state": "bot", "agent": "w1"},
        {"state": "queued", "agent": "w1"},
        {"state": "asleep"},
    ],
)
async def test_the_database_itself_keeps_an_owner_to_human_chats(service, values):
    await service.say("a")
    with pytest.raises(IntegrityError):
        async with service.database.transaction() as tx:
            await tx.execute(update(conversation).values(**values))


async def test_the_database_itself_keeps_one_open_assignment(service):
    await service.say("a")
    name = await service.case()
    await service.move(Command.BARGE_IN, WANG)
    row = {"conversation_id": name, "epoch": 99, "agent": "l1", "from_at": service.clock.now()}
    with pytest.raises(IntegrityError):
        async with service.database.transaction() as tx:
            await tx.execute(insert(assignment).values(**row))
