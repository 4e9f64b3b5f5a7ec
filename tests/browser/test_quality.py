"""From an odd sentence to a training example, on the whole running system."""

import zipfile

import pytest
import pytest_asyncio
import yaml
from playwright.async_api import expect

from tests.browser.test_takeover import ANSWER_MS, WIDE, say

pytestmark = [pytest.mark.browser, pytest.mark.engine, pytest.mark.asyncio(loop_scope="session")]

ODD = "空调给狗窝挂一个能行吧"
HALF = {"width": 720, "height": 430}  # what a page of 1440 is at 200 %
SUPERVISOR = "zhuguan"


@pytest_asyncio.fixture(loop_scope="session")
async def missed(live_server, open_page):
    """A consumer who said something odd twice."""
    phone = await open_page(live_server.url)
    await phone.get_by_role("button", name="王先生").click()
    for words in (ODD, f"{ODD}？"):
        answers = await phone.locator('[data-from="bot"]').count()
        await say(phone, words)
        await expect(phone.locator('[data-from="bot"]').nth(answers)).to_be_visible(
            timeout=ANSWER_MS
        )


@pytest_asyncio.fixture(loop_scope="session")
async def desk(live_server, open_page, missed):
    page = await open_page(f"{live_server.url}/desk#/quality", viewport=WIDE)
    await page.get_by_label("工号").fill(SUPERVISOR)
    await page.get_by_label("密码").fill(live_server.accounts[SUPERVISOR])
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name="相似的话")).to_be_visible()
    return page


async def test_an_odd_sentence_becomes_a_training_example(desk, shoot, faults, tmp_path):
    group = desk.locator(".groups button", has_text=ODD).first
    await group.click()
    await expect(group).to_contain_text("2 次")
    text = desk.get_by_role("textbox", name=ODD, exact=True)
    await expect(text).to_be_visible()
    found = desk.get_by_role("button", name="取消标注")
    while await found.count():
        await found.first.click()
    await text.focus()
    await text.evaluate("field => field.setSelectionRange(0, 2)")
    await text.press("Shift")
    await desk.get_by_role("button", name="家电", exact=True).click()
    await expect(desk.locator("mark", has_text="空调").first).to_be_visible()
    await shoot(desk, "1-marked")
    assert await faults(desk) == []
    await desk.get_by_role("button", name="超出范围 (O)").click()
    await expect(desk.locator(".groups button", has_text=ODD)).to_have_count(0)
    await desk.keyboard.press("u")
    await group.click()
    await expect(desk.locator("mark")).to_have_count(2)
    await found.last.click()
    await text.focus()
    await text.evaluate("field => field.setSelectionRange(0, 2)")
    await text.press("Shift")
    await desk.get_by_role("button", name="家电", exact=True).click()
    await desk.get_by_label("搜索意图").fill("安装怎么装")
    await desk.get_by_role("button", name="问安装怎么装").click()
    await expect(desk.get_by_role("status").filter(has_text="已保存")).to_be_visible()
    await expect(desk.locator(".groups button", has_text=ODD)).to_have_count(0)

    export = desk.get_by_role("region", name="导出训练语料")
    await expect(export).to_contain_text("问安装怎么装、需要什么、要多久 2")
    async with desk.expect_download() as downloading:
        await export.get_by_role("button", name="导出 ZIP").click()
    path = tmp_path / "nlu.zip"
    await (await downloading.value).save_as(path)
    files = zipfile.ZipFile(path)
    block = yaml.safe_load(files.read("ask_install_info_from_consumers.yml"))["nlu"][0]
    # The other one was left without its entity.
    assert block["examples"].splitlines() == [f"- [空调](appliance){ODD[2:]}", f"- {ODD}？"]

    await desk.set_viewport_size(HALF)
    wide = await desk.evaluate("document.documentElement.scrollWidth > innerWidth")
    assert not wide
    await shoot(desk, "2-half")
    assert await faults(desk) == []
