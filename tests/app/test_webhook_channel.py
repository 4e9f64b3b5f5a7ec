"""The signed webhook in the whole system: killed half-way, and taken over at the desk."""

import asyncio
import json
import os
import signal
import sys
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import ClientSession, CookieJar

from tests.browser.world import DOCUMENT
from tests.channels.simulators.shop import Shop
from tests.channels.soon import until
from tests.system import serving

ENGINE = Path(__file__).with_name("engine.py")
SECONDS = 60


@pytest.fixture
async def shop():
    shop = Shop()
    await shop.start()
    yield shop
    await shop.stop()


@pytest.fixture
def settings(tmp_path, shop):
    """What the server is started with: the shop's account, and an engine that echoes."""
    channels, engine = tmp_path / "channels.yml", tmp_path / "python"
    channels.write_text(json.dumps({"webhook": {"main": shop.account()}}))
    engine.write_text(f'#!/bin/sh\nexec {sys.executable} {ENGINE} "$@"\n')
    engine.chmod(0o755)
    (tmp_path / "var").mkdir()
    return {"channels_file": str(channels), "engine_python": str(engine), "demo": "true"}


@asynccontextmanager
async def served(folder, shop, settings):
    """The system, started and ended beside the loop that plays the shop."""
    block = serving(folder / "var", DOCUMENT, **settings)
    system = await asyncio.to_thread(block.__enter__)
    try:
        async with ClientSession(system.url, cookie_jar=CookieJar(unsafe=True)) as client:
            shop.client = client
            yield system
    finally:
        await asyncio.to_thread(block.__exit__, None, None, None)


async def test_what_was_acknowledged_is_answered_once_after_a_kill(tmp_path, shop, settings):
    async with served(tmp_path, shop, settings) as system:
        assert await shop.say("第一句话，可以吗？", "m1") == 202
        await until(lambda: shop.texts() == ["echo: 第一句话，可以吗？"], SECONDS)
        shop.faults = ["busy"] * 50
        assert await shop.say("第二句话，可以吗？", "m2") == 202
        await until(lambda: len(shop.faults) < 50, SECONDS)
        os.kill(system.pid, signal.SIGKILL)
    shop.faults = []
    async with served(tmp_path, shop, settings):
        assert await shop.say("第二句话，可以吗？", "m2") == 202
        assert await shop.say("第三句话，可以吗？", "m3") == 202
        await until(lambda: len(shop.heard) == 3, SECONDS)
    said = [f"echo: 第{number}句话，可以吗？" for number in "一二三"]
    assert shop.texts() == said
    assert [body["text"] for body in shop.bodies] == said


async def test_an_agent_takes_over_at_the_desk_and_the_shop_hears_it(tmp_path, shop, settings):
    async with served(tmp_path, shop, settings) as system:
        assert await shop.say("你好，在吗？", "m1") == 202
        await until(lambda: shop.texts() == ["echo: 你好，在吗？"], SECONDS)
        accounts = await until(lambda: system.accounts, SECONDS)
        login, password = next(iter(accounts.items()))
        desk = shop.client
        await desk.post("/desk/api/login", json={"login": login, "password": password})
        rows = await (await desk.get("/desk/api/conversations?list=bot")).json()
        (row,) = rows["conversations"]
        place = f"/desk/api/conversations/{row['id']}"
        answer = await desk.post(f"{place}/barge-in", json={"epoch": row["epoch"]})
        assert answer.status == 200
        line = {"text": "您好，我来帮您看。", "client_id": "c1"}
        assert (await desk.post(f"{place}/messages", json=line)).status in {200, 201}
        await until(lambda: len(shop.heard) == 3, SECONDS)
        assert await shop.say("谢谢您！", "m2") == 202
        _, joined, agent = shop.bodies
        assert joined["custom"]["event"] == "agent_joined"
        assert (agent["from"], agent["text"]) == ("agent", "您好，我来帮您看。")
        assert agent["agent"] == joined["custom"]["agent"]
        metrics = await (await desk.get("/metrics")).text()
        assert 'bot_sent_total{channel="webhook",outcome="sent"} 3.0' in metrics
