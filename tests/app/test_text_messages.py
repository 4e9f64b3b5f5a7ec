"""Text messages in the whole system: a reminder, its answer, and what an answer may not do."""

import asyncio
import json
import time
from contextlib import asynccontextmanager

import pytest
from aiohttp import ClientSession

from tests.browser.world import DOCUMENT, ORDER_NO
from tests.channels.simulators.aliyun_sms import FakeAliyun
from tests.system import serving

pytestmark = pytest.mark.engine

# The visit is on the 26th; its reminder is due half a minute later.
CLOCK = "2026-11-25T14:59:30+08:00"
WHO, PHONE = "李女士", "13912345678"
WAIT_SECONDS = 90
# After which nothing more follows.
SILENCE = 0.7


@pytest.fixture
async def talk(tmp_path):
    """A consumer with a telephone and nothing else."""
    platform = FakeAliyun()
    platform.users[PHONE] = WHO
    await platform.start()
    channels = tmp_path / "channels.yml"
    # JSON is YAML, too.
    channels.write_text(json.dumps({"sms": {"main": platform.account()}}))
    try:
        async with (
            served(tmp_path / "var", channels) as system,
            ClientSession(system.url) as client,
        ):
            platform.client = client
            yield Talk(system, platform)
    finally:
        await platform.stop()


@asynccontextmanager
async def served(folder, channels):
    """The system, started and ended beside the loop that answers it."""
    folder.mkdir()
    block = serving(folder, DOCUMENT, clock=CLOCK, channels_file=str(channels))
    system = await asyncio.to_thread(block.__enter__)
    try:
        yield system
    finally:
        await asyncio.to_thread(block.__exit__, None, None, None)


class Talk:
    """What is said by text message, and what becomes of the visit."""

    def __init__(self, system, platform):
        self.system = system
        self.platform = platform
        self.said = 0
        self.read = 0

    async def hears(self):
        """Wait for what is said next, however many text messages it takes."""
        deadline = time.monotonic() + WAIT_SECONDS
        while len(self.platform.heard) == self.read:
            assert time.monotonic() < deadline, "no text message came"
            await asyncio.sleep(SILENCE)
        before, self.read = self.read, len(self.platform.heard)
        await asyncio.sleep(SILENCE)
        while len(self.platform.heard) > self.read:
            self.read = len(self.platform.heard)
            await asyncio.sleep(SILENCE)
        return "\n".join(heard.text for heard in self.platform.heard[before:])

    async def says(self, text):
        self.said += 1
        assert await self.platform.say(text, f"s{self.said}", WHO) == 200
        return await self.hears()

    async def visit(self):
        order = await asyncio.to_thread(self.system.get, f"/api/v1/orders/{ORDER_NO}")
        (visit,) = [one for one in order["visits"] if one["visit_id"] == "V1"]
        return visit["status"], visit["window_start"]


async def test_a_reminder_is_answered_and_nothing_else_is_done_without_proof(talk):
    reminder = await talk.hears()
    assert "改约时间回复2" in reminder
    before = await talk.visit()

    offer = await talk.says("2")
    assert "1. 11月" in offer
    asked = await talk.says("1")
    assert await talk.visit() == before
    assert "1. 确认" in asked
    await talk.says("1")
    moved = await talk.visit()
    assert moved != before

    # Not asked for: whoever sends this in her name is asked for proof, and a yes proves nothing.
    assert "订单号" in await talk.says("取消预约")
    for words in ("确认取消", "1"):
        await talk.says(words)
        assert await talk.visit() == moved

    proof = await talk.says(f"订单{ORDER_NO}，手机尾号{PHONE[-4:]}")
    assert "取消" in proof
    await talk.says("确认取消")
    assert (await talk.visit())[0] == "cancelled"


async def test_an_answer_to_a_reminder_does_not_cancel(talk):
    await talk.hears()
    before = await talk.visit()
    assert "1. 11月" in await talk.says("2")
    assert "订单号" in await talk.says("我要取消上门安装")
    await talk.says("对，取消")
    await talk.says("确认")
    assert await talk.visit() == before
