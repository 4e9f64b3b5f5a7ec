"""The base of the channels: what comes in, before anything is sent."""

import pytest

from bot.channels import wording
from bot.channels.base import MOST_BYTES
from tests.channels.conformance import Conformance
from tests.channels.simulators.fake import FakeChannel, FakePlatform
from tests.channels.world import connected


class TestFake(Conformance):
    channel_class = FakeChannel

    def make_platform(self):
        return FakePlatform()


@pytest.fixture
async def world(tmp_path):
    async with connected(tmp_path, FakeChannel, FakePlatform()) as world:
        yield world


async def test_an_unknown_account_is_not_found_before_anything_is_read(world):
    answer = await world.client.post("/channels/fake/other", data=b"x" * (MOST_BYTES + 1))
    assert answer.status == 404


async def test_a_body_over_a_megabyte_is_refused(world):
    answer = await world.client.post("/channels/fake/main", data=b"x" * (MOST_BYTES + 1))
    assert answer.status == 413


async def test_what_the_bot_says_is_in_the_outbox(world):
    assert await world.platform.say("你好") == 200

    await world.sent(1)
    view = await world.service.conversations.transcript("main:u1")
    assert [(line.author, line.text) for line in view.messages] == [
        ("consumer", "你好"),
        ("bot", "echo: 你好"),
    ]


async def test_what_cannot_be_read_is_answered_without_a_turn(world):
    assert await world.platform.show("voice") == 200
    assert await world.platform.say("长" * 3000, "m2") == 200
    lines = (await world.service.conversations.transcript("main:u1")).messages
    said = wording.texts()
    assert [line.text for line in lines] == [
        said["shown_voice"],
        said["voice"],
        "长" * 1999 + "…",
        said["too_long"],
    ]
    assert world.service.engine.turns == []


@pytest.mark.parametrize("most", [4, 7, 30])
def test_a_text_is_cut_between_letters_and_nothing_is_lost(most):
    text = "明天上午师傅会上门。请您在家等候，谢谢！" * 5
    pieces = wording.split(text, most)
    assert all(len(piece.encode()) <= most for piece in pieces)
    assert "".join(pieces) == text


def test_a_text_is_cut_where_a_thought_ends():
    assert wording.split("第一句话说完了。第二句话", 30) == ["第一句话说完了。", "第二句话"]
