"""What the server starts: documents taken, changes told and Tmall heard, put together as it runs."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from sqlalchemy import delete

from bot.errors import SettingsError
from bot.providers.party import Party
from bot.providers.service import Providers
from bot.providers.tables import event, event_clock, outlet, tmall_card, upload
from bot.providers.tmall import messages
from bot.settings import Settings
from tests.providers.simulators.tmall import APP_KEY, SECRET, SESSION, FakeTmall
from tests.scheduling import world as w

NOW = w.NOW.timestamp()
ORDER = "2811234567890123456"
OWNER = Party("erp")


@pytest.fixture
async def platform():
    fake = FakeTmall(NOW)
    fake.cards[7] = {"id": 7, "parent_biz_order_id": int(ORDER)}
    async with TestServer(fake.app()) as server:
        fake.base = str(server.make_url("")).rstrip("/")
        yield fake


def _settings(tmp_path, base):
    account = {
        "name": "haier",
        "app_key": APP_KEY,
        "app_secret": SECRET,
        "session": SESSION,
        "merchant": "海尔官方旗舰店",
        "gateway": f"{base}/router/rest",
        "messages": f"{base.replace('http', 'ws')}/messages",
    }
    file = tmp_path / "providers.yml"
    file.write_text(json.dumps({"tmall": [account]}), encoding="utf-8")
    return replace(Settings(), providers_file=str(file))


async def _until(holds):
    async with asyncio.timeout(30):
        while not await holds():
            await asyncio.sleep(0.05)


async def test_a_document_comes_in_and_its_visit_goes_out_to_everybody(world, tmp_path, platform):
    async with world.database.transaction() as tx:
        for table in (outlet, event, event_clock, tmall_card, upload):
            await tx.execute(delete(table))
    told = []

    async def hear(request):
        told.append((await request.json())["type"])
        return web.Response()

    app = web.Application()
    app.router.add_post("/hook", hear)
    settings = _settings(tmp_path, platform.base)
    providers = Providers(world.database, world.feed, settings, lambda: NOW)
    async with TestServer(app) as receiver:
        await providers.start()
        await providers.webhooks.add(OWNER, str(receiver.make_url("/hook")), None)

        async def body():
            yield json.dumps(w.document(w.order(ORDER)), ensure_ascii=False).encode()

        brought = await providers.uploads.receive(OWNER, "k", body(), None)

        async def taken():
            return (await providers.uploads.status(OWNER, brought["id"]))["state"] == "taken"

        await _until(taken)
        task = {"id": 7, "change_type": "RESERVE", "main_status": 1000}
        name = platform.push(messages.TASK, {**task, "service_time": "2026-11-26 09:00:00"})
        await platform.until_confirmed(name)

        async def written():
            return told and [call for call, _ in platform.calls][-1] == "assignworker"

        await _until(written)
        await providers.stop()
    assert told == ["visit.booked"]
    assert [call for call, _ in platform.calls] == ["query", "reserve", "assignworker"]


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("tmall: [{name: x}]", "tmall.0.app_key"),
        ("events: [{name: wms, secrets: [whsec_AAAA]}]", "events.0.secrets.0"),
        ("events: [{name: wms, secrets: []}]", "events.0.secrets"),
        ("evnets: []", "evnets"),
        ("tmall: [{gateway: 'http://eco.taobao.com/'}]", "tmall.0.gateway"),
        ("[", "cannot be read"),
    ],
)
async def test_a_file_that_cannot_be_used_is_named_without_its_secrets(
    world, tmp_path, text, named
):
    file = tmp_path / "providers.yml"
    file.write_text(text, encoding="utf-8")
    settings = replace(Settings(), providers_file=str(file))
    with pytest.raises(SettingsError) as refused:
        Providers(world.database, world.feed, settings, lambda: NOW)
    assert named in str(refused.value)
    assert "AAAA" not in str(refused.value)
