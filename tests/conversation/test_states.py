"""Only the listed moves happen; each raises the epoch and leaves its row."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from bot.conversation.states import _MOVES, Command, State, next_state
from bot.conversation.tables import conversation_move
from bot.errors import ConversationNotFound, IllegalMove

PATHS = {
    "bot→queued": Command.HAND_OVER,
    "queued→human": Command.CLAIM,
    "bot→human": Command.BARGE_IN,
    "human→queued": Command.RELEASE,
    "human→human": Command.TRANSFER,
    "human→bot": Command.RETURN,
    "queued→bot": Command.LEAVE_QUEUE,
    "closed→bot": Command.REOPEN,
}


@pytest.mark.parametrize(("path", "command"), PATHS.items())
def test_the_moves_that_there_are(path, command):
    start, end = path.split("→")
    assert next_state(State(start), command) == end


@given(st.sampled_from(State), st.sampled_from(Command))
def test_nothing_else_moves(state, command):
    if (state, command) in _MOVES:
        return
    with pytest.raises(IllegalMove):
        next_state(state, command)


async def test_moves_fold_to_the_state(service):
    await service.say("a")
    name = (await service.conversations.transcript("s1")).conversation_id
    move = service.conversations.move
    await move(name, Command.HAND_OVER, reason="complain")
    await move(name, Command.CLAIM, agent="王")
    view = await service.conversations.view(name)
    assert (view.state, view.reason, view.agent, view.epoch) == ("human", "complain", "王", 2)
    with pytest.raises(IllegalMove):
        await move(name, Command.CLAIM, agent="李")
    await move(name, Command.RETURN)
    async with service.database.reading() as tx:
        rows = list(await tx.execute(select(conversation_move).order_by(conversation_move.c.epoch)))
    assert [row.epoch for row in rows] == [1, 2, 3]
    assert all(a.to_state == b.from_state for a, b in zip(rows, rows[1:], strict=False))
    view = await service.conversations.view(name)
    assert (view.state, view.reason, view.agent) == ("bot", None, None)


async def test_a_move_of_nothing(service):
    with pytest.raises(ConversationNotFound):
        await service.conversations.move("none", Command.CLAIM, agent="王")
