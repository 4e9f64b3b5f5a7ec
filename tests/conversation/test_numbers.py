"""Numbers that pick from a list which a platform showed as numbered lines."""

import pytest
from sqlalchemy import update

from bot.conversation.buttons import picked
from bot.conversation.delivery_tables import outbox
from bot.conversation.records import Incoming
from bot.dialogue.engine import Button, Reply, TurnResult
from tests.channels.soon import until

OFFER = TurnResult((Reply("约哪天？", (Button("周五", "/pick1"), Button("周六", "/pick2"))),))


@pytest.mark.parametrize(
    "text", ["2", "２", "二", "②", "第2个", "第二个", "选2", "2吧", "就2", "2。", " 2 ", "两"]
)
def test_a_number_picks_however_it_is_written(text):
    assert picked(text) == 2


@pytest.mark.parametrize(
    "text",
    ["2楼", "2号", "12", "明天2点", "第二个太晚了", "不要2", "1和2", "", "两台", "22日", "二楼吧"],
)
def test_what_says_more_than_a_number_picks_nothing(text):
    assert picked(text) is None


class Talk:
    """A consumer of a platform, and what the engine is asked."""

    def __init__(self, service):
        self.service = service
        self.said = 0

    async def say(self, text):
        """Say something; return the turn that the engine got."""
        self.said += 1
        turns = self.service.engine.turns
        asked = len(turns)
        message = Incoming("fake", "a:u1", text, f"m{self.said}", None, True, "a")
        receipt = await self.service.conversations.receive(message)
        await self.service.conversations.replies(receipt, 5)
        await until(lambda: len(turns) > asked)
        return turns[-1].text, turns[-1].trusted

    async def shown(self, *, numbered):
        """What was said so far is shown."""
        async with self.service.database.transaction() as tx:
            await tx.execute(
                update(outbox)
                .where(outbox.c.status == "new")
                .values(status="sent", numbered=numbered)
            )


@pytest.fixture
def talk(service):
    service.engine._script = {"约": OFFER}
    return Talk(service)


async def test_a_number_presses_the_button_of_that_line(talk):
    await talk.say("约")
    await talk.shown(numbered=True)
    assert await talk.say("2") == ("/pick2", True)


async def test_what_is_said_behind_the_list_in_its_turn_does_not_hide_it(talk):
    more = TurnResult((*OFFER.replies, Reply("其他日子也可以告诉我。")))
    talk.service.engine._script = {"约": more}
    await talk.say("约")
    await talk.shown(numbered=True)
    async with talk.service.database.transaction() as tx:
        await tx.execute(update(outbox).where(outbox.c.seq > 2).values(numbered=False))
    assert await talk.say("2") == ("/pick2", True)


async def test_a_number_answers_what_was_asked_after_the_list(talk):
    await talk.say("约")
    await talk.shown(numbered=True)
    await talk.say("家在几楼要说吗？")
    await talk.shown(numbered=False)
    assert await talk.say("2") == ("2", False)


async def test_a_number_beyond_the_list_is_text(talk):
    await talk.say("约")
    await talk.shown(numbered=True)
    assert await talk.say("3") == ("3", False)


@pytest.mark.parametrize("numbered", [True, False])
async def test_a_list_that_nobody_saw_with_numbers_is_not_picked_from(talk, numbered):
    await talk.say("约")
    if not numbered:
        await talk.shown(numbered=False)
    assert await talk.say("2") == ("2", False)


async def test_a_page_s_list_is_left_to_the_engine(service):
    service.engine._script = {"约": OFFER}
    await service.say("约")
    await service.say("2")
    assert (service.engine.turns[-1].text, service.engine.turns[-1].trusted) == ("2", False)
