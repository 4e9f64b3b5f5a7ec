"""The page in each of its states, as the accessibility checker axe sees it."""

import pytest
from playwright.async_api import expect

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


async def test_every_state_is_accessible(fake, open_page, faults):
    page = await open_page(fake.url)
    await expect(page.get_by_role("button", name="李女士")).to_be_visible()
    assert await faults(page) == []
    await page.get_by_role("button", name="李女士").click()
    await expect(page.get_by_text("您好，我是送装智能助手")).to_be_visible()
    assert await faults(page) == []

    await page.get_by_label("输入消息").fill("改到周六上午")
    await page.get_by_label("输入消息").press("Enter")
    await page.get_by_role("button", name="09:00–12:00").first.click()
    await expect(page.get_by_role("button", name="确认", exact=True)).to_be_visible()
    fake.answering.clear()
    await page.get_by_label("输入消息").fill("在吗")
    await page.get_by_label("输入消息").press("Enter")
    await expect(page.get_by_text("正在输入")).to_be_visible()
    assert await faults(page) == []

    for state, text in (
        ("queued", "正在为您排队"),
        ("human", "客服为您服务"),
        ("closed", "已结束"),
    ):
        await fake.conversation.move(state)
        await fake.conversation.say("system", f"状态：{state}")
        await fake.conversation.say("agent", f"您好：{state}")
        await expect(page.locator(".banner")).to_contain_text(text)
        assert await faults(page) == []

    await page.context.set_offline(True)
    await page.get_by_label("输入消息").fill("还在吗")
    await page.get_by_label("输入消息").press("Enter")
    await expect(page.get_by_role("button", name="点此重发")).to_be_visible()
    assert await faults(page) == []


async def test_the_keyboard_alone_is_enough(fake, open_page):
    page = await open_page(fake.url)
    await expect(page.get_by_role("button", name="李女士")).to_be_visible()
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("您好，我是送装智能助手")).to_be_visible()
    await page.get_by_label("输入消息").focus()
    await page.keyboard.type("改到周六上午")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("button", name="12:00–15:00")).to_be_visible()
    for _ in ("past the photo's button", "to the newest choice"):
        await page.keyboard.press("Shift+Tab")
    last = page.get_by_role("button", name="11月22日 周日 09:00–12:00")
    await expect(last).to_be_focused()
    assert await last.evaluate("e => getComputedStyle(e).outlineStyle") == "solid"
    await page.keyboard.press("Enter")
    await expect(last).to_be_focused()
    await expect(page.get_by_text("为您改到 11月22日")).to_be_visible()
