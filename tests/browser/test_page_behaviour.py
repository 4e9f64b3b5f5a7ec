"""How the chat page behaves, against a stand-in server that answers by script."""

import pytest
from playwright.async_api import expect

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

MORNING = "11月21日 周六 09:00–12:00"
SIDEWAYS = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
PANE_SIDEWAYS = (
    "() => { const p = document.querySelector('.pane'); return p.scrollWidth - p.clientWidth }"
)


def field(page):
    return page.get_by_label("输入消息")


def bubbles(page, sender):
    return page.locator(f'[data-from="{sender}"] .bubble')


def typing(page):
    return page.get_by_text("正在输入")


async def say(page, text):
    await field(page).fill(text)
    await field(page).press("Enter")


@pytest.fixture
def chat(fake, open_page):
    """Open the page and begin a chat as a demo consumer."""

    async def begun(**options):
        page = await open_page(fake.url, **options)
        await page.get_by_role("button", name="李女士").click()
        await expect(page.get_by_text("您好，我是送装智能助手")).to_be_visible()
        return page

    return begun


async def offered(page):
    await say(page, "改到周六上午")
    button = page.get_by_role("button", name=MORNING)
    await expect(button).to_be_visible()
    return button


async def test_a_starter_asks_its_question(chat):
    page = await chat()
    await page.get_by_role("button", name="查物流").click()
    await expect(bubbles(page, "consumer")).to_have_text("帮我查一下物流到哪了")
    await expect(bubbles(page, "bot").first).to_contain_text("已到达浦东服务网点")
    await expect(page.get_by_role("button", name="查物流")).to_have_count(0)


async def test_a_reload_keeps_the_chat(chat, fake):
    page = await chat()
    await say(page, "我的空调到哪了")
    await expect(bubbles(page, "bot")).to_have_count(2)
    before = await page.get_by_role("log").inner_text()
    await page.reload()
    await expect(bubbles(page, "bot")).to_have_count(2)
    assert await page.get_by_role("log").inner_text() == before
    assert len(fake.conversations) == 1


async def test_buttons_serve_once_and_show_the_choice(chat, fake):
    page = await chat()
    morning = await offered(page)
    await morning.dblclick()
    await expect(page.get_by_role("button", name="确认", exact=True)).to_be_visible()
    await expect(bubbles(page, "consumer").last).to_have_text(MORNING)
    for _ in range(2):
        await expect(morning).to_be_disabled()
        await expect(morning).to_contain_text("已选")
        await expect(page.get_by_role("button", name="12:00–15:00")).to_be_disabled()
        await expect(page.get_by_role("button", name="再想想")).to_be_enabled()
        await page.reload()
    assert [sent["text"] for sent in fake.received] == ["改到周六上午", "btn_2_0"]


async def test_typing_an_answer_freezes_the_buttons(chat):
    page = await chat()
    morning = await offered(page)
    await say(page, "都不方便")
    await expect(morning).to_be_disabled()
    await expect(page.get_by_text("已选")).to_have_count(0)


async def test_enter_belongs_to_the_input_method_while_it_composes(chat, fake):
    page = await chat()
    keyboard = await page.context.new_cdp_session(page)
    await field(page).focus()
    composing = {"text": "ni hao", "selectionStart": 6, "selectionEnd": 6}
    await keyboard.send("Input.imeSetComposition", composing)
    await page.keyboard.press("Enter")
    await expect(field(page)).not_to_have_value("")
    await expect(bubbles(page, "consumer")).to_have_count(0)
    await keyboard.send("Input.insertText", {"text": "你好"})
    await page.keyboard.press("Shift+Enter")
    await page.keyboard.type("在吗")
    await page.keyboard.press("Enter")
    await expect(bubbles(page, "consumer")).to_have_text("你好\n在吗", use_inner_text=True)
    assert [sent["text"] for sent in fake.received] == ["你好\n在吗"]


async def test_what_failed_offline_is_sent_again_once(chat, fake):
    page = await chat()
    await page.context.set_offline(True)
    await expect(page.get_by_text("网络连接已断开")).to_be_visible()
    await say(page, "明天能早点吗")
    retry = page.get_by_role("button", name="点此重发")
    await expect(retry).to_be_visible()
    assert fake.received == []
    await page.context.set_offline(False)
    await expect(page.get_by_text("网络连接已断开")).to_have_count(0)
    await retry.click()
    await expect(bubbles(page, "bot")).to_have_text("收到：明天能早点吗")
    await expect(bubbles(page, "consumer")).to_have_count(1)
    await expect(page.get_by_text("发送失败")).to_have_count(0)
    assert len(fake.received) == 1


async def test_lines_missed_offline_are_caught_up(chat, fake):
    page = await chat()
    await say(page, "在吗")
    await expect(bubbles(page, "bot")).to_have_count(1)
    await page.context.set_offline(True)
    await expect(page.get_by_text("网络连接已断开")).to_be_visible()
    await fake.conversation.say("bot", "师傅已出发")
    await expect(page.get_by_text("师傅已出发")).to_have_count(0)
    await page.context.set_offline(False)
    await expect(bubbles(page, "bot")).to_have_text(["收到：在吗", "师傅已出发"])


async def test_typing_is_shown_until_the_answer(chat, fake):
    page = await chat()
    fake.answering.clear()
    await say(page, "在吗")
    await expect(typing(page)).to_be_visible()
    fake.answering.set()
    await expect(bubbles(page, "bot")).to_have_text("收到：在吗")
    await expect(typing(page)).to_have_count(0)


async def test_typing_stops_when_a_person_takes_over(chat, fake):
    page = await chat()
    fake.answering.clear()
    await say(page, "在吗")
    await expect(typing(page)).to_be_visible()
    await fake.conversation.move("human")
    await expect(typing(page)).to_have_count(0)
    await expect(page.locator(".banner")).to_have_text("客服为您服务")


async def test_a_person_can_be_called_and_is_named(chat, fake):
    page = await chat()
    await page.locator("header").get_by_role("button", name="转人工").click()
    await expect(page.get_by_text("正在为您排队")).to_be_visible()
    await fake.conversation.move("human")
    await fake.conversation.say("agent", "您好，我是小王")
    await expect(page.locator('[data-from="agent"] .name')).to_have_text("客服")
    await expect(page.get_by_text("正在为您排队")).to_have_count(0)


async def test_markup_is_text(chat):
    page = await chat()
    await say(page, "<img src=x onerror=alert(1)>")
    await expect(bubbles(page, "bot")).to_have_text("收到：<img src=x onerror=alert(1)>")
    await expect(page.locator(".pane img")).to_have_count(0)


async def test_another_consumer_begins_afresh(chat, fake):
    page = await chat()
    await say(page, "在吗")
    await expect(bubbles(page, "bot")).to_have_count(1)
    await page.get_by_role("button", name="换一位顾客").click()
    await page.get_by_role("button", name="匿名访客").click()
    await expect(page.get_by_text("当前顾客：匿名访客")).to_be_visible()
    await expect(page.get_by_text("您好，我是送装智能助手")).to_be_visible()
    await expect(bubbles(page, "bot")).to_have_count(0)
    assert len(fake.conversations) == 2


async def test_without_the_demo_the_chat_begins_at_once(fake, open_page):
    fake.demo = False
    page = await open_page(fake.url)
    await expect(page.get_by_text("您好，我是送装智能助手")).to_be_visible()
    await expect(page.get_by_text("换一位顾客")).to_have_count(0)


async def test_an_expired_session_can_be_begun_again(chat, fake):
    page = await chat()
    fake.conversations.clear()
    await say(page, "在吗")
    await page.get_by_role("button", name="重新开始").click()
    await page.get_by_role("button", name="点此重发").click()
    await expect(bubbles(page, "bot")).to_have_text("收到：在吗")


async def test_a_session_that_the_server_forgot_is_noticed_without_sending(chat, fake):
    page = await chat()
    fake.conversations.clear()
    await page.reload()
    await expect(page.get_by_role("button", name="重新开始")).to_be_visible()


async def test_older_lines_stay_in_view_when_new_ones_come(chat, fake):
    page = await chat()
    for number in range(20):
        await fake.conversation.say("bot", f"第{number}行")
    await expect(page.get_by_text("第19行")).to_be_in_viewport()
    await page.locator(".pane").evaluate("pane => pane.scrollTo(0, 0)")
    await expect(page.get_by_text("第0行")).to_be_in_viewport()
    await fake.conversation.say("bot", "最新一行")
    newest = page.get_by_role("button", name="有新消息")
    await expect(newest).to_be_visible()
    await expect(page.get_by_text("第0行")).to_be_in_viewport()
    await newest.click()
    await expect(page.get_by_text("最新一行")).to_be_in_viewport()
    await expect(newest).to_have_count(0)


VIEWPORTS = {
    "narrow": {"width": 320, "height": 568},
    "phone": {"width": 390, "height": 844},
    "zoomed": {"width": 640, "height": 400},
    "desktop": {"width": 1280, "height": 800},
}


@pytest.mark.parametrize("size", VIEWPORTS)
async def test_nothing_is_wider_than_the_screen(fake, open_page, shoot, size):
    page = await open_page(fake.url, viewport=VIEWPORTS[size])
    await expect(page.get_by_role("button", name="李女士")).to_be_visible()
    await shoot(page, "1")
    assert await page.evaluate(SIDEWAYS) == 0
    await page.get_by_role("button", name="李女士").click()
    await expect(page.get_by_text("您好，我是送装智能助手")).to_be_visible()
    await shoot(page, "2")
    await say(page, "我的空调到哪了" + "W" * 200)
    await (await offered(page)).click()
    await expect(page.get_by_role("button", name="确认", exact=True)).to_be_visible()
    assert await page.evaluate(SIDEWAYS) == 0
    assert await page.evaluate(PANE_SIDEWAYS) == 0
    await expect(page.get_by_role("button", name="发送", exact=True)).to_be_in_viewport(ratio=1)
    await shoot(page, "3")


async def test_targets_are_large_enough_for_a_thumb(chat):
    page = await chat()
    await offered(page)
    sizes = await page.locator("button, textarea").evaluate_all(
        "all => all.map(e => [e.innerText, e.offsetWidth, e.offsetHeight])"
    )
    assert len(sizes) > 5
    assert [size for size in sizes if min(size[1:]) < 44] == []


async def test_motion_stops_for_those_who_ask(chat, fake):
    page = await chat(reduced_motion="reduce")
    fake.answering.clear()
    await say(page, "在吗")
    await expect(typing(page)).to_be_visible()
    dot = page.locator(".dots i").first
    assert await dot.evaluate("e => getComputedStyle(e).animationName") == "none"
