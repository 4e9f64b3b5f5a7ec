"""What every channel has to do. Its test subclasses `Conformance` with its own simulator.

A subclass names the channel's class and makes the platform; where the maker gives no time
stamp (`timed`), keeps no count of replies, or has no buttons, the tests of that are skipped.
"""

import asyncio
import logging
from abc import ABC, abstractmethod
from contextlib import asynccontextmanager
from time import monotonic

import pytest
import structlog

from bot import log as logs
from bot.channels import wording
from bot.channels.base import PlatformChannel
from bot.conversation.states import Command
from bot.dialogue.engine import Button, Reply, TurnResult
from tests.channels.simulators.platform import USER, Platform
from tests.channels.soon import until
from tests.channels.world import World, connected

OFFER = TurnResult(
    (
        Reply(
            "约哪天？",
            tuple(Button(f"周{day}上午九点到十二点", f"/pick{day}") for day in "一二三四五六日"),
        ),
    )
)
TEXTS = wording.texts()


async def _breaks(*_args, **_more):
    raise RuntimeError("a fault of ours")


class Conformance(ABC):
    """The tests. `deadline`: seconds within which the maker wants to hear from us."""

    channel_class: type[PlatformChannel]
    deadline = 1.0
    # Whether the maker signs when it sent a request, so that an old one can be refused.
    timed = False
    # Statuses that refuse, and that acknowledge.
    refused = range(400, 500)
    taken = range(200, 300)

    @abstractmethod
    def make_platform(self) -> Platform:
        """Return a new fake server of the maker's."""

    @pytest.fixture
    async def world(self, tmp_path):
        async with self.open(tmp_path) as world:
            yield world

    @pytest.fixture
    def written(self, capsys, monkeypatch):
        """What the log holds so far, all of it, written as a running system writes it."""
        configure = structlog.configure
        # Else the loggers of all later tests would be these.
        fresh = {"cache_logger_on_first_use": False}
        monkeypatch.setattr(structlog, "configure", lambda **how: configure(**how | fresh))
        root = logging.getLogger()
        handlers, level = root.handlers[:], root.level
        logs.configure(level="DEBUG")
        yield lambda: capsys.readouterr().err
        root.handlers[:] = handlers
        root.setLevel(level)
        structlog.reset_defaults()

    @asynccontextmanager
    async def open(self, folder):
        async with connected(folder, self.channel_class, self.make_platform()) as world:
            yield world

    async def say(self, world: World, text: str, message_id: str = "m1", user: str = USER) -> None:
        assert await world.platform.say(text, message_id, user) in self.taken

    # What comes in

    @pytest.mark.parametrize("how", [{"forged": True}, {"unsigned": True}])
    async def test_what_is_not_signed_by_the_maker_is_refused(self, world, how):
        assert await world.platform.say("你好", **how) in self.refused
        assert world.service.engine.turns == []
        assert await world.service.lines() == []

    @pytest.mark.parametrize("age", [600, -600])
    async def test_what_is_late_or_early_is_refused(self, world, age):
        if not self.timed:
            pytest.skip("the maker gives no time stamp")
        assert await world.platform.say("你好", age=age) in self.refused
        assert await world.service.lines() == []

    async def test_a_redelivery_is_acted_on_once(self, world):
        statuses = await asyncio.gather(*(world.platform.say("约周六", "m1") for _ in range(3)))
        await world.sent(1)
        statuses.append(await world.platform.say("约周六", "m1"))
        assert all(status in self.taken for status in statuses)
        await self.say(world, "好了", "m2")
        await world.sent(2)
        assert world.service.engine.texts == ["约周六", "好了"]
        assert world.platform.texts() == ["echo: 约周六", "echo: 好了"]

    async def test_two_consumers_with_one_message_id_are_two(self, world):
        await self.say(world, "我是甲", "m1", "u1")
        await self.say(world, "我是乙", "m1", "u2")
        await world.sent(2)
        assert world.platform.texts("u1") == ["echo: 我是甲"]
        assert world.platform.texts("u2") == ["echo: 我是乙"]

    async def test_it_is_acknowledged_whatever_the_engine_does(self, world):
        world.service.engine.gate.clear()
        began = monotonic()
        await self.say(world, "你好")
        assert monotonic() - began < self.deadline
        assert world.platform.heard == []
        world.service.engine.gate.set()
        await world.sent(1)

    async def test_what_is_said_in_order_is_answered_in_order(self, world):
        for number in range(6):
            await self.say(world, f"第{number}句话，请问怎么办？", f"m{number}")
            await world.turns(number + 1)
        await world.sent(6)
        assert "\n\n".join(world.platform.texts()) == "\n\n".join(
            f"echo: 第{number}句话，请问怎么办？" for number in range(6)
        )

    @pytest.mark.parametrize("kind", ["voice", "strange"])
    async def test_what_cannot_be_read_is_answered_politely(self, world, kind):
        assert await world.platform.show(kind) in self.taken
        await world.sent(1)
        answer = TEXTS["voice" if kind == "voice" else "other"]
        assert world.platform.texts() == [answer]
        assert world.service.engine.turns == []

    async def test_what_is_too_long_is_answered_politely(self, world):
        await self.say(world, "长" * 2500)
        await world.sent(1)
        assert world.platform.texts() == [TEXTS["too_long"]]

    async def test_a_command_of_rasas_is_read_as_text(self, world):
        await self.say(world, "/restart")
        await world.sent(1)
        assert [turn.trusted for turn in world.service.engine.turns] == [False]

    async def test_a_picture_is_taken_in_by_what_it_is(self, world):
        assert await world.platform.show("image", "k1") in self.taken
        assert await world.platform.show("html", "k2") in self.taken
        await world.sent(2)
        shown = [line.custom for line in await world.service.lines() if line.author == "consumer"]
        kinds = [custom["photo"]["type"] if custom else None for custom in shown]
        assert sorted(kinds, key=str) == [None, "image/jpeg"]
        assert TEXTS["image"] in "\n\n".join(world.platform.texts())

    # What goes out

    async def test_a_list_that_does_not_fit_is_numbered_and_two_is_the_second(self, world):
        world.service.engine._script = {"约": OFFER}
        for turn, (pick, day) in enumerate(
            [("2", "二"), ("２", "二"), ("二", "二"), ("第3个", "三")]
        ):
            await self.say(world, "约", f"a{turn}")
            await world.sent(2 * turn + 1)
            await self.say(world, pick, f"b{turn}")
            await world.sent(2 * turn + 2)
            asked = world.service.engine.turns[-1]
            if "2. 周二上午九点到十二点" in world.platform.heard[-2].text:
                assert (asked.text, asked.trusted) == (f"/pick{day}", True)
            else:
                assert world.platform.heard[-2].buttons.keys() >= {"周二上午九点到十二点"}

    async def test_a_button_is_pressed_by_what_it_was_shown_with(self, world):
        world.service.engine._script = {
            "改": TurnResult((Reply("确认吗？", (Button("确认", "/affirm"),)),))
        }
        await self.say(world, "改", "m1")
        await world.sent(1)
        heard = world.platform.heard[0]
        await world.platform.press(heard.buttons.get("确认", "1"))
        await world.sent(2)
        assert (world.service.engine.turns[-1].text, world.service.engine.turns[-1].trusted) == (
            "/affirm",
            True,
        )
        assert "/affirm" not in heard.text + str(heard.buttons)

    async def test_a_long_answer_is_sent_whole(self, world):
        most = self.channel_class.limits.text_bytes
        steps = [f"第{number}步要先量好孔位，再固定支架。" for number in range(most)]
        answer = "".join(steps)[: most * 2 // 3]
        world.service.engine._script = {"怎么装": answer}
        await self.say(world, "怎么装")
        await world.sent(1)
        assert "".join(world.platform.texts()) == answer
        assert all(len(text.encode()) <= most for text in world.platform.texts())

    async def test_no_reply_more_than_the_platform_takes(self, world):
        replies = self.channel_class.limits.replies
        if replies is None:
            pytest.skip("the platform takes any number")
        await self.say(world, "你好")
        await world.sent(1)
        await world.move(Command.BARGE_IN)
        for number in range(replies + 2):
            await world.agent_says(f"第{number}条", f"c{number}")
            await asyncio.sleep(0.05)
        await asyncio.sleep(0.3)
        assert len(world.platform.heard) <= replies
        await self.say(world, "收到", "m2")
        await world.sent(replies + 4)
        said = "\n\n".join(world.platform.texts())
        assert [said.index(f"第{number}条") for number in range(replies + 2)] == sorted(
            said.index(f"第{number}条") for number in range(replies + 2)
        )

    @pytest.mark.parametrize("fault", ["busy", "limited"])
    async def test_what_was_not_taken_is_sent_again_before_what_follows(self, world, fault):
        world.platform.faults = [fault]
        await self.say(world, "第一句话，可以吗？")
        await world.turns(1)
        await self.say(world, "第二句话，可以吗？", "m2")
        await world.sent(2)
        said = "\n\n".join(world.platform.texts())
        assert said == "echo: 第一句话，可以吗？\n\necho: 第二句话，可以吗？"

    async def test_a_call_that_broke_off_is_not_heard_twice(self, world):
        world.platform.faults = ["cut"]
        await self.say(world, "约周六")
        expected = "sent" if self.channel_class.limits.keyed else "dead"

        async def settled():
            return await world.statuses() == [expected]

        await until(settled)
        assert world.platform.texts() == ["echo: 约周六"]

    async def test_what_is_refused_is_dead_and_calls_a_person(self, world):
        world.platform.faults = ["refused"]
        await self.say(world, "约周六")

        async def queued():
            view = await world.service.conversations.transcript(world.sender())
            return (str(view.state), view.reason) == ("queued", "undelivered")

        await until(queued)
        assert await world.statuses() == ["dead"]

    async def test_a_person_takes_over_and_is_heard(self, world):
        await self.say(world, "约周六", "m1")
        await world.sent(1)
        await world.move(Command.BARGE_IN)
        await world.agent_says("您好，我来帮您看。", "c1")
        await world.sent(3)
        await self.say(world, "谢谢", "m2")
        said = "\n\n".join(world.platform.texts())
        assert said.startswith("echo: 约周六")
        assert said.endswith("您好，我来帮您看。")
        assert (await world.lines())[-1] == ("consumer", "谢谢")
        assert world.service.engine.texts == ["约周六"]

    async def test_secrets_are_in_no_log(self, world, written, monkeypatch):
        world.platform.faults = ["busy", "refused"]
        await self.say(world, "约周六，电话13812345678")
        await world.platform.say("你好", "m2", forged=True)

        async def dead():
            return "dead" in await world.statuses()

        await until(dead)
        monkeypatch.setattr(world.channel, "take", _breaks)
        assert await world.platform.say("你好", "m3") not in self.refused
        log = written()
        assert "not_delivered" in log
        assert "a fault of ours" in log
        for secret in [*self.secrets(world), "约周六", "13812345678"]:
            assert secret not in log

    def secrets(self, world: World) -> list[str]:
        """What must never be written down: every text of the account's settings that is long."""
        given = world.platform.account()
        flat = [
            one
            for value in given.values()
            for one in (value if isinstance(value, list) else [value])
        ]
        return [one for one in flat if isinstance(one, str) and len(one) >= 8 and "://" not in one]
