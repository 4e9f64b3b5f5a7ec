"""Who listens hears of messages, states and typing; who is slow loses hints, not messages."""

from bot.conversation.events import EventBus
from bot.conversation.records import Author, MessageAdded, StateChanged, Typing
from bot.dialogue.engine import Reply, TurnResult
from tests.conversation.service import heard


async def test_a_turn_is_heard(service):
    service.engine._script = {"转": TurnResult((Reply("请稍候"),), "request_human")}
    name = await service.conversations.open("rest", "s1", None)
    with service.conversations.subscribe(name) as subscription:
        await service.say("转")
        events = [await heard(subscription) for _ in range(5)]
    kinds = [type(event) for event in events]
    assert kinds == [MessageAdded, Typing, Typing, MessageAdded, StateChanged]
    assert (events[1].on, events[2].on) == (True, False)


async def test_after_gives_what_followed(service):
    await service.say("a")
    name = (await service.conversations.transcript("s1")).conversation_id
    await service.say("b")
    lines = await service.conversations.after(name, 2)
    assert [(line.seq, line.text) for line in lines] == [(3, "b"), (4, "echo: b")]


def test_a_full_backlog_drops_and_nobody_is_kept_who_left():
    bus = EventBus()
    with bus.subscribe("c") as subscription:
        for _ in range(1000):
            bus.publish("c", Typing(on=True, by=Author.BOT))
        assert subscription._queue.qsize() == 200
    assert not bus._subscriptions
