"""The day's board: what it shows, by keyboard, at twice the size, and to the checker axe."""

import pytest
import pytest_asyncio
from playwright.async_api import expect

from bot.catalogue import load
from bot.scheduling import Dispatch
from bot.scheduling.status import StatusUpdate
from tests.api.service import serving
from tests.scheduling import world as w
from tests.scheduling.world import World

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

DAY = "2026-11-20"
DESKTOP = {"width": 1280, "height": 800}
# A browser at 200 % shows half as many of its pixels.
ZOOMED = {"width": 640, "height": 400}
HOURS = (("09:00", "12:00"), ("12:00", "15:00"), ("15:00", "18:00"))


def _visit(number, crew_id, hours):
    window = w.window(DAY, *hours)
    visit = w.visit_at(f"V{number}", window, crew_id=crew_id)
    person = {
        "consumer_id": f"tb_{number}",
        "name": f"{'李王赵钱孙'[number % 5]}女士",
        "phone": "13900000000",
    }
    return w.order(f"28110000{number:04d}", visits=[visit], consumer=person)


def _document():
    skills = ["split_ac"]
    crews = [
        w.crew(f"C{n}", [w.shift(DAY, *hours) for hours in HOURS], skills, name=f"{name}师傅组")
        for n, name in enumerate("王李张", 1)
    ]
    crews[1]["shifts"] = crews[1]["shifts"][:2]
    crews[2]["shifts"][2]["capacity_minutes"] = 120
    seats = [
        ("C1", HOURS[0]),
        ("C1", HOURS[0]),
        ("C1", HOURS[1]),
        ("C3", HOURS[2]),
        ("C2", HOURS[2]),
    ]
    return crews, [_visit(n, *seat) for n, seat in enumerate(seats, 1)]


@pytest_asyncio.fixture(loop_scope="session")
async def server(tmp_path):
    crews, orders = _document()
    async with serving(tmp_path) as server:
        service = server.service
        world = World(service.database, service.clock)
        await world.take(*orders, crews=crews, hubs=[w.hub()])
        dispatch = Dispatch(service.database, service.clock, load(), world.rules)
        at = w.at(DAY, "16:00")
        await dispatch.report(StatusUpdate("V3", "failed", "c1", "site_not_ready", at))
        await world.scheduling.assent(w.Caller("t", "tb_4"), "281100000004", "c2")
        yield server


@pytest_asyncio.fixture(loop_scope="session")
async def page(server, open_page):
    return await open_page(str(server.client.make_url("/board")), DESKTOP)


def _cell(page, crew, column):
    return page.get_by_role("row", name=crew).get_by_role("button").nth(column)


async def test_it_says_how_full_each_window_is(page, shoot):
    await expect(_cell(page, "王师傅组", 0)).to_contain_text("超额")
    await expect(_cell(page, "王师傅组", 0)).to_contain_text("210/180分 · 2单")
    await expect(_cell(page, "王师傅组", 2)).to_contain_text("空闲")
    await expect(_cell(page, "李师傅组", 2)).to_contain_text("未排班")
    await expect(_cell(page, "张师傅组", 2)).to_contain_text("约满")
    await expect(page.get_by_text("无排班的预约")).to_be_visible()
    await expect(page.get_by_text("当天待回访")).to_be_visible()
    await _cell(page, "王师傅组", 0).click()
    details = page.locator("aside")
    await expect(details.get_by_role("listitem")).to_have_count(2)
    await expect(details.get_by_text("订单尾号0001")).to_be_visible()
    await shoot(page, "desktop")


async def test_the_keyboard_is_enough(page):
    first = _cell(page, "王师傅组", 0)
    await expect(first).to_be_visible()
    await first.focus()
    for key in ("ArrowDown", "ArrowDown", "ArrowRight", "ArrowRight", "ArrowRight"):
        await page.keyboard.press(key)
    last = _cell(page, "张师傅组", 2)
    await expect(last).to_be_focused()
    assert await last.evaluate("e => getComputedStyle(e).outlineStyle") == "solid"
    await page.keyboard.press("Enter")
    await expect(page.locator("aside")).to_contain_text("顾客已确认时间")
    await expect(last).to_have_attribute("aria-pressed", "true")


async def test_another_day_and_another_hub(page):
    await page.get_by_label("网点").select_option("H1")
    await expect(_cell(page, "王师傅组", 0)).to_be_visible()
    await page.get_by_label("日期").fill("2026-11-23")
    await expect(page.get_by_text("当天没有排班。")).to_be_visible()


async def test_axe_finds_nothing(page, faults):
    await _cell(page, "王师傅组", 0).click()
    assert await faults(page) == []


async def test_at_twice_the_size_nothing_is_out_of_reach(server, open_page, shoot):
    page = await open_page(str(server.client.make_url("/board")), ZOOMED, device_scale_factor=2)
    await expect(_cell(page, "王师傅组", 0)).to_be_visible()
    wider = "() => document.documentElement.scrollWidth > document.documentElement.clientWidth"
    assert not await page.evaluate(wider)
    await _cell(page, "张师傅组", 2).click()
    await expect(page.locator("aside")).to_contain_text("孙女士")
    await shoot(page, "zoomed")


async def test_with_a_token_the_page_asks_for_it(tmp_path, open_page, faults, shoot):
    async with serving(tmp_path, api_token="secret", host="0.0.0.0") as server:
        page = await open_page(str(server.client.make_url("/board")), DESKTOP)
        await expect(page.get_by_role("heading", name="请输入接口令牌")).to_be_visible()
        assert await faults(page) == []
        await shoot(page, "token")
        for token, seen in (("wrong", "令牌不正确"), ("secret", "这个网点还没有师傅组")):
            await page.get_by_label("接口令牌").fill(token)
            await page.get_by_role("button", name="进入").click()
            await expect(page.get_by_text(seen)).to_be_visible()
        await page.reload()
        await expect(page.get_by_text("这个网点还没有师傅组")).to_be_visible()
