"""A consumer with a phone moves a visit: the page, the engine and the database together."""

import re

import pytest
from playwright.async_api import expect

from tests.browser.world import BOOKED, ORDER_NO

pytestmark = [pytest.mark.browser, pytest.mark.engine, pytest.mark.asyncio(loop_scope="session")]

ANSWER_MS = 60_000


def starts(live_server):
    visits = live_server.get(f"/api/v1/orders/{ORDER_NO}")["visits"]
    return [visit["window_start"] for visit in visits]


async def say(page, text):
    await page.get_by_label("输入消息").fill(text)
    await page.get_by_label("输入消息").press("Enter")


def answers(page):
    return page.locator('[data-from="bot"] .bubble')


async def test_a_consumer_moves_a_visit(live_server, open_page, shoot):
    page = await open_page(live_server.url)
    await expect(page.get_by_role("button", name="王先生")).to_be_visible()
    await shoot(page, "1-consumers")
    await page.get_by_role("button", name="李女士").click()
    await expect(page.get_by_text("当前顾客：李女士")).to_be_visible()
    await shoot(page, "2-welcome")

    await say(page, "我的空调到哪了")
    await expect(answers(page).first).to_contain_text("浦东服务网点", timeout=ANSWER_MS)
    await expect(page.get_by_text("11月26日").first).to_be_visible()
    await shoot(page, "3-tracking")

    await say(page, "换到周六下午吧")
    window = page.get_by_role("radio", name=re.compile(r"11月28日.*15:00–18:00"))
    await expect(window).to_be_visible(timeout=ANSWER_MS)
    await window.check()
    await shoot(page, "4-windows")
    await page.get_by_role("button", name="选好了").click()
    await expect(window).to_be_disabled()

    confirm = page.get_by_role("button", name="确认", exact=True)
    await expect(confirm).to_be_visible(timeout=ANSWER_MS)
    assert starts(live_server) == [BOOKED]
    await shoot(page, "5-summary")
    await confirm.click()
    await expect(answers(page).last).to_contain_text("已改好", timeout=ANSWER_MS)
    await shoot(page, "6-moved")
    assert starts(live_server) == ["2026-11-28T15:00:00+08:00"]


async def test_an_anonymous_visitor_sees_no_order_and_reaches_a_person(
    live_server, open_page, shoot
):
    page = await open_page(live_server.url)
    await page.get_by_role("button", name="匿名访客").click()
    await say(page, "我的空调到哪了")
    await expect(answers(page).first).to_contain_text("订单号", timeout=ANSWER_MS)
    await expect(page.get_by_text("浦东服务网点")).to_have_count(0)
    await page.locator("header").get_by_role("button", name="转人工").click()
    await expect(page.get_by_text("排队等待人工")).to_be_visible(timeout=ANSWER_MS)
    await shoot(page, "queued")
    await page.reload()
    await expect(page.get_by_text("我的空调到哪了")).to_be_visible()
    await expect(page.get_by_text("排队等待人工")).to_be_visible()
