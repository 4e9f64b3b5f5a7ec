"""Dispatchers put visits elsewhere on the board at the desk: by dragging, and by keyboard."""

import pytest
import pytest_asyncio
from playwright.async_api import expect

from bot.catalogue import load
from bot.conversation.conversations import host_seconds
from bot.desk.accounts import Accounts
from bot.desk.tables import audit
from bot.scheduling import Dispatch, Placing
from tests.api.service import serving
from tests.browser.test_board import DAY, DESKTOP, _cell, _document
from tests.scheduling import world as w
from tests.scheduling.world import World

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

PASSWORD = "correct horse"


@pytest_asyncio.fixture(loop_scope="session")
async def orders(tmp_path):
    """The board's orders behind a desk with one account; `url` is the desk's."""
    crews, visits = _document()
    async with serving(tmp_path) as server:
        service = server.service
        world = World(service.database, service.clock)
        await world.take(*visits, crews=crews, hubs=[w.hub()])
        accounts = Accounts(service.database, host_seconds())
        await accounts.create("zhao", "赵", "小赵", "agent", PASSWORD)
        world.url = str(server.client.make_url("/desk"))
        yield world


@pytest_asyncio.fixture(loop_scope="session")
async def page(orders, open_page):
    page = await open_page(orders.url, DESKTOP)
    await page.get_by_label("工号").fill("zhao")
    await page.get_by_label("密码").fill(PASSWORD)
    await page.keyboard.press("Enter")
    await page.get_by_role("button", name="派单看板").click()
    await _cell(page, "王师傅组", 0).click()
    await expect(page.locator("aside [data-visit=V1]")).to_be_visible()
    return page


async def where(orders, visit_id):
    (row,) = [r for r in await orders.rows(w.visit) if r["visit_id"] == visit_id]
    return row["crew_id"], row["window_start"]


NOON = int(w.window(DAY, "12:00", "15:00").start.timestamp())
AFTERNOON = int(w.window(DAY, "15:00", "18:00").start.timestamp())


async def test_a_visit_is_dragged_to_another_crew(orders, page, shoot):
    await page.locator("aside [data-visit=V1]").drag_to(_cell(page, "李师傅组", 1))
    dialog = page.get_by_role("dialog")
    await expect(dialog).to_contain_text("12:00–15:00 李师傅组")
    await expect(dialog).to_contain_text("会通知顾客")
    assert (await where(orders, "V1"))[0] == "C1"
    await shoot(page, "1")
    await dialog.get_by_role("button", name="确认移动").click()
    await expect(page.locator(".told")).to_contain_text("已移到")
    await expect(_cell(page, "李师傅组", 1)).to_contain_text("105/180分 · 1单")
    assert await where(orders, "V1") == ("C2", NOON)
    (trace,) = [row for row in await orders.rows(audit) if row["action"] == "place_visit"]
    assert (trace["account_id"] is not None, trace["detail"]["visit_id"]) == (True, "V1")


async def test_the_keyboard_moves_a_visit_too(orders, page, faults):
    await page.locator("aside [data-visit=V2]").get_by_role("button", name="移动").focus()
    await page.keyboard.press("Enter")
    await expect(page.locator(".carrying")).to_contain_text("正在移动")
    await expect(_cell(page, "王师傅组", 0)).to_be_focused()
    assert await faults(page) == []
    for key in ("ArrowRight", "ArrowRight", "Enter"):
        await page.keyboard.press(key)
    await expect(page.get_by_role("dialog")).to_be_visible()
    assert await faults(page) == []
    await page.get_by_role("button", name="确认移动").press("Enter")
    await expect(page.locator(".told")).to_contain_text("已移到")
    assert await where(orders, "V2") == ("C1", AFTERNOON)


async def test_escape_puts_it_back(orders, page):
    before = await where(orders, "V2")
    await page.locator("aside [data-visit=V2]").get_by_role("button", name="移动").press("Enter")
    await page.keyboard.press("Escape")
    await expect(page.locator(".carrying")).not_to_contain_text("正在移动")
    await page.keyboard.press("ArrowRight")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("dialog")).to_have_count(0)
    assert await where(orders, "V2") == before


async def test_what_is_refused_says_why(orders, page):
    await page.locator("aside [data-visit=V2]").drag_to(_cell(page, "张师傅组", 2))
    await page.get_by_role("button", name="确认移动").click()
    await expect(page.locator(".told")).to_contain_text("没有足够的工时")
    assert (await where(orders, "V2"))[0] == "C1"


async def test_what_somebody_else_moved_meanwhile_is_not_moved(orders, page):
    await page.locator("aside [data-visit=V2]").drag_to(_cell(page, "李师傅组", 1))
    dispatch = Dispatch(orders.database, orders.clock, load(), orders.rules)
    afternoon = w.window(DAY, "15:00", "18:00")
    await dispatch.place(Placing("V2", "C1", afternoon, 0, "somebody else's"))
    await page.get_by_role("button", name="确认移动").click()
    await expect(page.locator(".told")).to_contain_text("刚被别处改过")
    assert await where(orders, "V2") == ("C1", AFTERNOON)


async def test_the_board_outside_of_the_desk_moves_nothing(orders, open_page):
    page = await open_page(orders.url.replace("/desk", "/board"), DESKTOP)
    await _cell(page, "王师傅组", 0).click()
    await expect(page.locator("aside [data-visit=V1]")).to_be_visible()
    await expect(page.get_by_role("button", name="移动")).to_have_count(0)
