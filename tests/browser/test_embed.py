"""The chat on a page of a shop: another origin, the shop's identity, cards and photos."""

import asyncio
import base64
from contextlib import AsyncExitStack
from datetime import timedelta

import jwt
import pytest
import pytest_asyncio
from aiohttp import web
from playwright.async_api import expect
from sqlalchemy import select

from bot.clock import SystemClock
from bot.conversation.states import Command
from bot.conversation.tables import conversation, rating
from bot.dialogue.engine import Button, Reply, TurnResult
from tests.api.service import serving
from tests.conversation.service import WANG

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

SECRET = "a secret that the shop keeps for us"
DESKTOP = {"width": 1280, "height": 800}
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
SHOP = """<!doctype html><html lang="zh-CN"><head><meta charset="utf-8"><title>商城</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>html {{ font-size: 9px }} button {{ background: red !important; }}</style></head>
<body><main><h1>我的订单</h1><button>付款</button></main>
<script src="{bot}embed.js" {attributes}></script></body></html>"""

WINDOWS = [
    ("2026-11-21T09:00:00+08:00", "2026-11-21T12:00:00+08:00"),
    ("2026-11-22T12:00:00+08:00", "2026-11-22T15:00:00+08:00"),
]
CARD = {"card": "windows", "windows": [{"start": start, "end": end} for start, end in WINDOWS]}
TITLES = ("11月21日（周六）09:00–12:00", "11月22日（周日）12:00–15:00")
OFFER = Reply(
    "这些时段可以上门：", tuple(Button(title, f"/pick{n}") for n, title in enumerate(TITLES)), CARD
)
CONFIRM = Reply(
    "跟您确认一下：11月22日（周日）12:00–15:00上门，可以吗？",
    (Button("确认", "/affirm"), Button("换个时间", "/deny")),
    {
        "card": "confirm",
        "goods": "海尔1.5匹挂机空调",
        "kind": "送货并安装",
        "address": "上海市浦东新区锦绣路1000弄3号602室",
        "start": WINDOWS[1][0],
        "end": WINDOWS[1][1],
    },
)
PROGRESS = Reply(
    "您的海尔1.5匹挂机空调已到达浦东服务网点。",
    (),
    {
        "card": "progress", "goods": "海尔1.5匹挂机空调", "order_tail": "3456",
        "steps": [{"at": "2026-11-19T08:00:00+08:00", "text": "已到达浦东服务网点"}, {"at": "2026-11-18T20:00:00+08:00", "text": "离开上海转运中心"}],
        "visit": {"status": "scheduled", "start": WINDOWS[1][0], "end": WINDOWS[1][1]},
    },
)  # fmt: skip


def identity(consumer_id="tb_1001"):
    claims = {
        "sub": consumer_id,
        "aud": "yuezhuang",
        "exp": SystemClock().now() + timedelta(minutes=5),
    }
    return jwt.encode(claims, SECRET, "HS256")


@pytest_asyncio.fixture(loop_scope="session")
async def shop(tmp_path, open_page):
    """Open a page of the shop; `attributes` go to the script's tag."""
    async with AsyncExitStack() as stack:
        pages, bot = web.Application(), {}
        runner = web.AppRunner(pages, shutdown_timeout=1)

        async def page(request):
            html = SHOP.format(bot=bot["url"], attributes=request.query["attributes"])
            return web.Response(text=html, content_type="text/html")

        pages.router.add_get("/", page)
        await runner.setup()
        stack.push_async_callback(runner.cleanup)
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        site = f"http://127.0.0.1:{runner.addresses[0][1]}"
        server = await stack.enter_async_context(
            serving(tmp_path, shop_secrets=SECRET, widget_sites=site)
        )
        server.service.engine._script = {
            "查物流": TurnResult((PROGRESS,)),
            "约个时间": TurnResult((OFFER,)),
            "/pick1": TurnResult((CONFIRM,)),
        }
        bot["url"] = f"http://127.0.0.1:{server.client.port}/"

        async def opened(attributes, **options):
            return await open_page(f"{site}/?attributes={attributes}", **options)

        opened.server = server
        yield opened


def attributes(who="tb_1001", extra=""):
    return f"data-identity='{identity(who)}' {extra}"


async def say(page, text):
    await page.get_by_label("输入消息").fill(text)
    await page.get_by_label("输入消息").press("Enter")


async def test_a_shop_embeds_the_chat_with_one_tag(shop, shoot):
    page = await shop(attributes(), viewport=DESKTOP)
    await page.get_by_role("button", name="联系客服").click()
    await say(page, "查物流")
    await expect(page.get_by_role("region", name="订单进度")).to_contain_text("已到达浦东服务网点")
    await shoot(page, "1")
    assert shop.server.service.engine.turns[0].consumer_id == "tb_1001"
    panel = page.locator("section.panel")
    # Neither style reaches the other: the shop's letters are tiny, its buttons red.
    assert await panel.evaluate("e => getComputedStyle(e).fontSize") == "16px"
    send = page.get_by_role("button", name="发送", exact=True)
    assert await send.evaluate("e => getComputedStyle(e).backgroundColor") != "rgb(255, 0, 0)"
    await page.get_by_role("button", name="收起").click()
    await expect(panel).to_be_hidden()
    await page.get_by_role("button", name="联系客服").click()
    await expect(page.get_by_role("region", name="订单进度")).to_be_visible()


async def test_the_history_is_there_after_a_reload_and_on_a_second_device(shop):
    page = await shop(attributes(extra="data-open='true'"), viewport=DESKTOP)
    await say(page, "你好")
    await expect(page.get_by_text("echo: 你好")).to_be_visible()
    await page.reload()
    await expect(page.get_by_text("echo: 你好")).to_be_visible()
    other = await shop(attributes(extra="data-open='true'"))
    await expect(other.get_by_text("echo: 你好")).to_be_visible()
    await say(other, "在手机上")
    await expect(page.get_by_text("echo: 在手机上")).to_be_visible()
    stranger = await shop(attributes("tb_1002", "data-open='true'"))
    await expect(stranger.get_by_label("输入消息")).to_be_visible()
    await expect(stranger.get_by_text("echo: 你好")).to_have_count(0)


async def test_windows_are_picked_in_a_grid_and_confirmed_on_a_card(shop, shoot):
    page = await shop(attributes(extra="data-open='true'"))
    await say(page, "约个时间")
    grid = page.get_by_role("radiogroup", name="选择上门时段")
    await expect(page.get_by_role("button", name="选好了")).to_be_disabled()
    await grid.get_by_role("radio", name="11月22日 周日 12:00–15:00").check()
    await shoot(page, "1")
    await page.get_by_role("button", name="选好了").click()
    await expect(page.get_by_label("待确认的预约")).to_contain_text("锦绣路1000弄3号602室")
    await expect(grid.get_by_role("radio", name="11月22日 周日 12:00–15:00")).to_be_checked()
    await expect(grid.get_by_role("radio").first).to_be_disabled()
    await shoot(page, "2")
    assert [turn.text for turn in shop.server.service.engine.turns] == ["约个时间", "/pick1"]


async def test_a_photo_is_sent_and_is_there_after_a_reload(shop, shoot):
    page = await shop(attributes(extra="data-open='true'"))
    await page.get_by_label("发送图片").set_input_files(
        {"name": "wall.png", "mimeType": "image/png", "buffer": PNG}
    )
    await expect(page.get_by_role("img", name="图片")).to_have_count(1)
    await expect(page.get_by_text("看不了图片")).to_be_visible()
    await page.reload()
    picture = page.get_by_role("img", name="图片")
    await expect(picture).to_have_count(1)
    assert await picture.evaluate("e => e.decode().then(() => e.naturalWidth)") == 1
    await shoot(page, "1")


async def test_what_is_no_photo_is_not_sent(shop):
    page = await shop(attributes(extra="data-open='true'"))
    await page.get_by_label("发送图片").set_input_files(
        {"name": "a.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7"}
    )
    await expect(page.get_by_role("alert")).to_contain_text("只能发送 JPG")


async def test_an_identity_that_is_over_is_said(shop):
    page = await shop("data-identity='a.b.c' data-open='true'")
    await expect(page.get_by_text("身份信息已失效")).to_be_visible()


async def test_an_anonymous_visitor_talks_at_once(shop):
    page = await shop("data-open='true'")
    await say(page, "你好")
    await expect(page.get_by_text("echo: 你好")).to_be_visible()
    assert shop.server.service.engine.turns[0].consumer_id is None


async def test_axe_finds_nothing_in_it(shop, faults):
    page = await shop(attributes(extra="data-open='true'"), viewport=DESKTOP)
    await say(page, "约个时间")
    await expect(page.get_by_role("radiogroup")).to_be_visible()
    # The shop's red button is the shop's.
    found = [fault for fault in await faults(page) if "付款" not in fault[1]]
    assert found == []


async def test_a_person_is_waited_for_read_and_rated(shop, shoot, faults):
    """Place and cancelling in the queue, who speaks, marks both ways, stars with a reason."""
    service = shop.server.service
    service.engine._script["转人工"] = TurnResult((Reply("好的，为您转人工。"),), "request_human")
    await service.say("转人工", sender="somebody before")
    page = await shop(attributes(extra="data-open='true'"), viewport=DESKTOP)
    await say(page, "转人工")
    banner = page.locator(".banner")
    await expect(banner).to_contain_text("前面还有 1 位 · 约 10 分钟")
    await shoot(page, "1-queued")
    await service.say("不等了", sender="somebody before")
    await expect(banner).to_contain_text("您排在第一位 · 约 5 分钟")
    await banner.get_by_role("button", name="取消排队").click()
    await expect(banner).to_have_count(0)
    await say(page, "转人工")
    await expect(banner).to_contain_text("您排在第一位")

    name, talks = await their_case(service), service.conversations
    await service.move(Command.CLAIM, WANG, case=name)
    await expect(page.locator('[data-from="system"]')).to_contain_text("客服小王已接入")
    await expect(page.locator("header .status")).to_have_text("客服 小王 为您服务")
    await say(page, "在吗")
    await expect(page.locator(".delivery")).to_have_text("已送达")
    (line, *_) = reversed(await talks.after(name, 0))
    await talks.takeover.read(name, WANG, line.seq)
    await expect(page.locator(".delivery")).to_have_text("已读")
    sent = await talks.takeover.say(name, WANG, "您好", "c1")
    await expect(page.locator('[data-from="agent"] .name')).to_have_text("客服 小王")
    await until(lambda: read_seq(service, name), sent.message.seq)
    await shoot(page, "2-read")

    await service.move(Command.CLOSE, WANG, case=name, held_by=WANG.id, disposition="solved")
    form = page.get_by_role("form", name="服务评价")
    await form.get_by_role("radio", name="不满意", exact=True).check()
    await form.get_by_role("radio", name="没有解决").check()
    await form.get_by_label("想说的话").fill("等太久")
    await shoot(page, "3-rating")
    assert [fault for fault in await faults(page) if "付款" not in fault[1]] == []
    await form.get_by_role("button", name="提交评价").click()
    await expect(page.get_by_text("不满意；问题没有解决；等太久")).to_be_visible()
    await expect(form.get_by_role("button")).to_have_count(0)
    await shoot(page, "4-rated")
    async with service.database.reading() as tx:
        given = (await tx.execute(select(rating))).one()
    assert (given.stars, given.resolved, given.reason) == (2, False, "等太久")


async def test_a_chat_that_is_folded_reads_nothing(shop):
    service = shop.server.service
    page = await shop(attributes(extra="data-open='true'"), viewport=DESKTOP)
    await say(page, "你好")
    await expect(page.get_by_text("echo: 你好")).to_be_visible()
    name = await their_case(service)
    await service.move(Command.BARGE_IN, WANG, case=name)
    await expect(page.locator("header .status")).to_contain_text("小王")
    await page.get_by_role("button", name="收起").click()
    sent = await service.conversations.takeover.say(name, WANG, "您好", "c1")
    await expect(page.locator('[data-from="agent"]')).to_have_count(1)
    assert await read_seq(service, name) == 0
    await page.get_by_role("button", name="联系客服").click()
    await until(lambda: read_seq(service, name), sent.message.seq)


async def their_case(service):
    """The case of the shop's consumer."""
    async with service.database.reading() as tx:
        theirs = select(conversation.c.id).where(conversation.c.consumer_id == "tb_1001")
        return await tx.scalar(theirs)


async def read_seq(service, name):
    async with service.database.reading() as tx:
        found = select(conversation.c.consumer_read_seq).where(conversation.c.id == name)
        return await tx.scalar(found)


async def until(ask, wanted):
    async with asyncio.timeout(10):
        while await ask() != wanted:
            await asyncio.sleep(0.05)
