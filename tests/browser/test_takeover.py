"""Two agents and a consumer on the whole running system: the engine, the database, both pages."""

import re
from contextlib import suppress
from pathlib import Path

import pytest
from playwright.async_api import TimeoutError as GaveUp
from playwright.async_api import expect

from tests.browser.test_embed import PNG

pytestmark = [pytest.mark.browser, pytest.mark.engine, pytest.mark.asyncio(loop_scope="session")]

WIDE = {"width": 1440, "height": 860}
ANSWER_MS = 60_000
# A page may only hear of what another process did when it looks by itself.
expect.set_options(timeout=20_000)
ORDER_NO = "2811234567890123457"


async def signed_in(live_server, open_page, login):
    page = await open_page(f"{live_server.url}/desk", viewport=WIDE)
    await page.get_by_label("工号").fill(login)
    await page.get_by_label("密码").fill(live_server.accounts[login])
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("button", name="退出")).to_be_visible()
    await page.get_by_label("我的状态").select_option("online")
    return page


async def say(page, text):
    await page.get_by_label("输入消息").fill(text)
    await page.get_by_label("输入消息").press("Enter")


async def test_a_person_takes_over_helps_and_gives_back(live_server, open_page, shoot):
    one = await signed_in(live_server, open_page, "xiaowang")
    two = await signed_in(live_server, open_page, "xiaoli")

    phone = await open_page(live_server.url)
    await phone.get_by_role("button", name="王先生").click()
    await say(phone, "我的洗衣机到哪了")
    await expect(phone.get_by_role("region", name="订单进度").last).to_be_visible(timeout=ANSWER_MS)
    await phone.get_by_label("发送图片").set_input_files(
        {"name": "wall.png", "mimeType": "image/png", "buffer": PNG}
    )
    await expect(phone.get_by_role("img", name="图片").last).to_be_visible()
    await phone.locator("header").get_by_role("button", name="转人工").click()
    await expect(phone.locator(".banner")).to_contain_text("分钟", timeout=ANSWER_MS)

    for page in (one, two):
        # Other tests of this server may have left somebody in the queue.
        await page.locator(".queue [data-id]", has_text="王**").click()
        await expect(page.get_by_role("button", name="接入", exact=True)).to_be_visible()
    await expect(one.get_by_role("img", name="顾客发来的图片")).to_be_visible()
    await shoot(one, "1-queued")
    # Both press at once: one has it, the other is told who.
    clicks = [page.get_by_role("button", name="接入", exact=True) for page in (one, two)]
    await clicks[0].dispatch_event("click")
    # The button goes where the other's claim has been heard of before it is pressed.
    with suppress(GaveUp):
        await clicks[1].dispatch_event("click", timeout=1_000)
    await expect(one.locator("[data-hand=mine]")).to_be_visible()
    await expect(two.locator("[data-hand=other]")).to_be_visible()
    await expect(two.get_by_label("回复顾客")).to_be_disabled()

    await one.get_by_label("回复顾客").fill("您好，我来帮您看看")
    await one.get_by_label("回复顾客").press("Enter")
    await expect(phone.locator('[data-from="agent"]')).to_contain_text("您好，我来帮您看看")
    await expect(phone.locator(".banner")).to_contain_text("为您服务")
    await say(phone, "周六下午可以吗")
    await expect(one.locator(".line .bubble").filter(has_text="周六下午可以吗")).to_be_visible()
    await expect(two.locator(".line .bubble").filter(has_text="周六下午可以吗")).to_be_visible()

    await one.get_by_role("button", name="预约时间", exact=True).click()
    window = one.get_by_role("radio", name=re.compile("11月28日 周六 12:00"))
    await window.check(force=True)
    await one.get_by_role("button", name="确认预约").click()
    await expect(one.locator(".visit strong")).to_have_text("11月28日 周六 12:00–15:00")
    visit = live_server.get(f"/api/v1/orders/{ORDER_NO}")["visits"][0]
    assert visit["window_start"] == "2026-11-28T12:00:00+08:00"
    await shoot(one, "2-moved")

    await phone.reload()
    await expect(phone.locator('[data-from="agent"]')).to_contain_text("您好，我来帮您看看")
    await one.get_by_role("button", name="结束", exact=True).click()
    await one.get_by_label("已改约").check()
    await one.get_by_role("dialog").get_by_role("button", name="结束会话").click()
    await expect(one.locator("[data-hand=closed]")).to_be_visible()
    await shoot(phone, "3-closed")
    form = phone.get_by_role("form", name="服务评价")
    await form.get_by_role("radio", name="非常满意").check()
    await form.get_by_role("radio", name="解决了", exact=True).check()
    await form.get_by_role("button", name="提交评价").click()
    await expect(phone.get_by_text("非常满意；问题已解决")).to_be_visible()


async def test_the_board_is_at_the_desk(live_server, open_page, shoot):
    page = await signed_in(live_server, open_page, next(iter(live_server.accounts)))
    await page.get_by_role("button", name="派单看板").click()
    await expect(page.get_by_role("main").get_by_text("王师傅组").first).to_be_visible()
    await shoot(page, "1")
    await page.get_by_role("button", name="退出").click()
    kept = Path(live_server.var_dir) / "serve.log"
    assert "Traceback" not in kept.read_text()
