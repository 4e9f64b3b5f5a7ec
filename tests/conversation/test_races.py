"""Who speaks, in which order, and only once: under races, wrong clocks, and sudden death."""

import asyncio
import random
import signal
import sys
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from bot.conversation.conversations import Conversations
from bot.conversation.notices import NoticeTeller
from bot.conversation.records import Author, Incoming, Visibility
from bot.conversation.states import Command, State
from bot.conversation.tables import conversation, conversation_move
from bot.desk import rows
from bot.dialogue.engine import Reply, TurnResult
from bot.errors import IllegalMove
from tests.conversation.service import WANG, Service
from tests.scheduling import world as w
from tests.scheduling.world import World

ASKED = {"转": TurnResult((Reply("好的"),), "request_human")}
RACES = 200


async def test_two_hundred_claims_race_the_deadline(service):
    """One outcome each, and the consumer gets one of the two texts, never both."""
    service.engine._script = ASKED
    senders = [f"s{n}" for n in range(RACES)]
    for start in range(0, RACES, 20):
        await asyncio.gather(*(service.say("转", sender=s) for s in senders[start : start + 20]))
    names = [await service.case(sender) for sender in senders]
    await service.conversations.takeover.stop()
    service.clock.advance(timedelta(minutes=31))

    async def claim(name):
        try:
            await service.move(Command.CLAIM, WANG, case=name)
        except IllegalMove:
            return False
        return True

    shuffled = random.Random(7).sample(names, RACES)
    sweeping = asyncio.create_task(service.conversations.takeover.sweep())
    won = dict(zip(shuffled, [await claim(name) for name in shuffled], strict=True))
    busy = await sweeping
    assert busy == RACES - sum(won.values())
    assert 0 < busy < RACES
    async with service.database.reading() as tx:
        moves = list(await tx.execute(select(conversation_move)))
        found = await tx.execute(select(conversation.c.id, conversation.c.state))
        states = {row.id: row.state for row in found}
    assert len(moves) == 2 * RACES
    said = {}
    for line in await service.lines():
        said.setdefault(line.conversation_id, []).append(line.text)
    for name in names:
        joined = any("已接入" in text for text in said[name])
        told = any("一直在忙" in text for text in said[name])
        assert (joined, told) == (won[name], not won[name])
        assert states[name] == (State.HUMAN if won[name] else State.BOT)


@pytest.mark.parametrize("step", [timedelta(0), timedelta(minutes=-7)])
async def test_frozen_and_backward_clocks_give_one_order_to_all_readers(service, step):
    for n in range(4):
        await service.say(f"第{n}句话", consumer_id="c1")
        service.clock.advance(step)
    await service.move(Command.BARGE_IN, WANG)
    name = await service.case()
    for n in range(4):
        service.clock.advance(step)
        await service.conversations.takeover.say(name, WANG, f"答{n}", f"c{n}")
    consumer = (await service.conversations.transcript("s1")).messages
    async with service.database.reading() as tx:
        agent = [line.message for line in await rows.lines(tx, name)]
    caught_up = await service.conversations.after(name, 0)
    orders = [[(line.seq, line.text) for line in view] for view in (consumer, agent, caught_up)]
    assert orders[0] == orders[1] == orders[2]
    assert [seq for seq, _ in orders[0]] == list(range(1, 14))
    assert [text for _, text in orders[0]][-4:] == [f"答{n}" for n in range(4)]


CHILD = """
import asyncio, os, signal, sys
from bot.conversation.events import EventBus
from bot.conversation.records import Actor, Incoming, MessageAdded
from bot.conversation.moves import Move
from bot.conversation.states import Command
from bot.database import Database
from tests.conversation.service import WANG, Service

url, author = sys.argv[1:]

def publish(self, conversation_id, event):
    if isinstance(event, MessageAdded) and event.message.author == author:
        os.kill(os.getpid(), signal.SIGKILL)

async def main():
    service = Service(Database(url))
    EventBus.publish = publish
    await service.build().start()
    await service.say("在吗", "m1")
    await service.move(Command.BARGE_IN, WANG)
    await service.conversations.takeover.say(await service.case(), WANG, "您好", "c1")

asyncio.run(main())
"""


@pytest.mark.parametrize("author", ["consumer", "bot", "agent"])
async def test_killed_between_commit_and_push_it_is_delivered_after_the_restart(database, author):
    url = database.url.render_as_string(hide_password=False)
    child = await asyncio.create_subprocess_exec(sys.executable, "-c", CHILD, url, author)
    assert await asyncio.wait_for(child.wait(), 60) == -signal.SIGKILL
    service = Service(database)
    await service.build().start()
    try:
        # The channel delivers what it got no answer to again.
        again = Incoming("rest", "s1", "在吗", "m1", hurried=True)
        receipt = await service.conversations.receive(again)
        assert receipt.repeated
        await service.conversations.replies(receipt, 20)
        said = await service.conversations.after(receipt.conversation_id, 0)
        if author == "agent":
            sent = await service.conversations.takeover.say(
                receipt.conversation_id, WANG, "您好", "c1"
            )
            assert sent.repeated
    finally:
        await service.conversations.stop()
    texts = [line.text for line in said]
    assert texts[:2] == ["在吗", "echo: 在吗"]
    assert texts.count("echo: 在吗") == 1
    assert texts.count("您好") == (author == "agent")


async def test_no_message_is_lost_while_states_change_at_random(service):
    service.engine._script = ASKED
    await service.say("你好")
    name = await service.case()
    dice, done = random.Random(11), asyncio.Event()

    async def flip():
        while not done.is_set():
            command = dice.choice(
                [Command.BARGE_IN, Command.RELEASE, Command.CLAIM, Command.RETURN]
            )
            try:
                await service.move(command, WANG, case=name)
            except IllegalMove:
                await asyncio.sleep(0)

    flipping = asyncio.create_task(flip())
    sent = [f"消息{n}" for n in range(60)]
    for text in sent:
        await service.conversations.receive(Incoming("rest", "s1", text, text, hurried=True))
    done.set()
    await flipping
    lines = await service.lines()
    assert [line.text for line in lines if line.author == "consumer"] == ["你好", *sent]
    assert [line.seq for line in lines] == list(range(1, len(lines) + 1))


# Invariant 13: nothing makes the bot speak where a person has, or is to have, the chat.


@pytest.fixture(params=["queued", "human"])
async def taken(request, service):
    service.engine._script = ASKED
    await service.say("转", consumer_id="tb_1001")
    if request.param == "human":
        await service.move(Command.CLAIM, WANG)
    service.before = (await service.lines())[-1].seq
    service.asked = len(service.engine.turns)
    return service


async def without_deadline(service):
    """Keep the queue's own sentence out of a test that lets time pass."""
    async with service.database.transaction() as tx:
        await tx.execute(update(conversation).values(deadline_at=None))


async def chat_lines_of_the_bot(service):
    return [
        line.text
        for line in await service.lines()
        if line.seq > service.before
        and line.author == Author.BOT
        and not line.custom
        and line.visibility == Visibility.PUBLIC
    ]


@pytest.mark.parametrize("words", ["/restart", "/session_start", "/affirm", "确认", "btn_0123"])
async def test_no_words_wake_the_bot(taken, words):
    assert await taken.say(words, consumer_id="tb_1001") == []
    assert await chat_lines_of_the_bot(taken) == []
    assert len(taken.engine.turns) == taken.asked


async def test_an_hour_of_silence_does_not_wake_the_bot(taken):
    # Longer than the engine's sessions.
    await without_deadline(taken)
    taken.clock.advance(timedelta(minutes=61))
    await taken.restart()
    assert await taken.say("还在吗", consumer_id="tb_1001") == []
    assert await chat_lines_of_the_bot(taken) == []
    assert len(taken.engine.turns) == taken.asked


async def test_a_change_of_the_visit_shows_as_a_card_only(taken):
    await without_deadline(taken)
    world = World(taken.database, taken.clock)
    day = "2026-11-22"
    await world.take(w.order(), crews=[w.crew(shifts=[w.shift(day, end="15:00", capacity=360)])])
    teller = NoticeTeller(
        taken.database, taken.clock, world.rules, taken.conversations.publish, 0.01
    )
    await world.scheduling.book(w.OWNER, "O1", w.window(day), "elsewhere")
    taken.clock.advance(timedelta(days=1, hours=10))
    await teller.tell_due()
    assert await chat_lines_of_the_bot(taken) == []
    assert len(taken.engine.turns) == taken.asked


async def test_another_process_does_not_let_the_bot_speak_either(taken):
    """A turn that begins in a second process asks the same row."""
    other = Service(taken.database, engine=taken.engine, clock=taken.clock)
    assert isinstance(other.build(), Conversations)
    await other.conversations.start()
    try:
        assert await other.say("喂", consumer_id="tb_1001") == []
    finally:
        await other.conversations.stop()
    assert await chat_lines_of_the_bot(taken) == []
