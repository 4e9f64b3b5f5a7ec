"""An agent's desk in a browser, with a stand-in behind it."""

import pytest
import pytest_asyncio
from aiohttp import web
from playwright.async_api import expect

from tests.browser.fake_desk import LI, FakeDesk
from tests.browser.fake_desk_world import at

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

WIDE = {"width": 1440, "height": 860}
SIDEWAYS = "document.documentElement.scrollWidth - document.documentElement.clientWidth"

ENTER = """(field, more) => field.dispatchEvent(
  new KeyboardEvent('keydown', {key: 'Enter', bubbles: true, cancelable: true, ...more}))"""


@pytest_asyncio.fixture(loop_scope="session")
async def fake():
    desk = FakeDesk()
    runner = web.AppRunner(desk.app(), shutdown_timeout=1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    desk.url = f"http://127.0.0.1:{runner.addresses[0][1]}/desk"
    yield desk
    await runner.cleanup()


@pytest_asyncio.fixture(loop_scope="session")
async def desk(fake, open_page):
    """Open the desk, signed in."""

    async def opened(viewport=WIDE, **options):
        fake.signed_in = True
        page = await open_page(fake.url, viewport=viewport, **options)
        await expect(page.locator("[data-id=k1]")).to_be_visible()
        return page

    return opened


async def claimed(page, identity="k1"):
    await page.locator(f"[data-id={identity}]").click()
    await page.get_by_role("button", name="接入", exact=True).click()
    await expect(page.locator("[data-hand=mine]")).to_be_visible()


def reply(page):
    return page.get_by_label("回复顾客")


def said(fake, kind="messages"):
    return [body["text"] for path, body in fake.calls if path.endswith(f"/{kind}")]


async def test_signing_in(fake, open_page):
    page = await open_page(fake.url, viewport=WIDE)
    await page.get_by_label("工号").fill("xiaowang")
    await page.get_by_label("密码").fill("wrong")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("alert")).to_contain_text("工号或密码不对")
    await page.get_by_label("密码").fill("geheim-geheim")
    await page.keyboard.press("Enter")
    await expect(page.locator("[data-id=k1]")).to_be_visible()
    await page.get_by_role("button", name="退出").click()
    await expect(page.get_by_label("工号")).to_be_visible()


async def test_the_queue_has_danger_first_and_says_who_waits_too_long(desk, shoot):
    page = await desk()
    rows = page.locator(".queue [data-id]")
    assert await rows.evaluate_all("all => all.map(e => e.dataset.id)") == ["k2", "k3", "k1"]
    await expect(page.locator("[data-id=k2]")).to_contain_text("安全")
    await expect(page.locator("[data-id=k3] .wait")).to_contain_text("超时")
    await expect(page.locator("[data-id=k1] .wait")).to_contain_text("较久")
    await expect(page).to_have_title("(3) 约装工作台")
    await shoot(page, "1")


async def test_a_chat_is_read_claimed_and_answered(fake, desk, shoot):
    page = await desk()
    await page.locator("[data-id=k1]").click()
    await expect(page.locator('[data-visibility="suppressed"]')).to_contain_text("未发出")
    await expect(page.locator('[data-command="hand_over"]')).to_contain_text("用户要求")
    await expect(reply(page)).to_be_disabled()
    await page.get_by_role("button", name="识别结果").first.click()
    await expect(page.locator(".nlu")).to_contain_text("93%")
    await page.get_by_role("button", name="接入", exact=True).click()
    await reply(page).fill("您好")
    await reply(page).press("Shift+Enter")
    assert said(fake) == []
    await page.keyboard.type("我是小王")
    await reply(page).press("Enter")
    await expect(page.locator('[data-from="agent"]')).to_contain_text("您好\n我是小王")
    assert said(fake) == ["您好\n我是小王"]
    await expect(reply(page)).to_have_value("")
    await expect(page.locator("[aria-current=true]")).to_have_attribute("data-id", "k1")
    await shoot(page, "1")


async def test_enter_of_an_input_method_does_not_send(fake, desk):
    page = await desk()
    await claimed(page)
    await reply(page).fill("nihao")
    for keys in ({"isComposing": True}, {"keyCode": 229}):
        await reply(page).evaluate(ENTER, keys)
    await expect(reply(page)).to_have_value("nihao")
    assert said(fake) == []


async def test_a_note_is_no_reply(fake, desk, shoot):
    page = await desk()
    await claimed(page)
    await page.locator(".pane").focus()
    await page.keyboard.press("n")
    await page.keyboard.type("物业周日不让施工")
    await expect(page.get_by_text("仅客服可见").first).to_be_visible()
    await shoot(page, "1")
    await page.keyboard.press("Enter")
    await expect(page.locator('[data-visibility="note"]')).to_contain_text("物业周日不让施工")
    assert (said(fake), said(fake, "notes")) == ([], ["物业周日不让施工"])


async def test_a_lost_race_keeps_the_draft_and_names_the_winner(fake, desk):
    page = await desk()
    await claimed(page)
    await reply(page).fill("我马上帮您看")
    fake.refuse["messages"] = (409, {"code": "conversation_taken", "owner": LI})
    await reply(page).press("Enter")
    await expect(page.locator(".notice")).to_contain_text("已由小李接待")
    await expect(reply(page)).to_have_value("我马上帮您看")
    await fake.taken_by("k1", LI)
    await expect(page.locator("[data-hand=other]")).to_contain_text("小李 接待中")
    await expect(reply(page)).to_be_disabled()
    await expect(reply(page)).to_have_value("我马上帮您看")


async def test_a_claim_that_came_too_late_says_so(fake, desk):
    page = await desk()
    await page.locator("[data-id=k1]").click()
    fake.refuse["/claim"] = (409, {"code": "conversation_taken", "owner": LI})
    await page.get_by_role("button", name="接入", exact=True).click()
    await expect(page.locator(".notice")).to_contain_text("小李")


async def test_what_is_missed_offline_comes_once_and_nothing_is_sent_blind(fake, desk, shoot):
    page = await desk()
    await claimed(page)
    await page.context.set_offline(True)
    await expect(page.get_by_text("连接已断开")).to_be_visible()
    await reply(page).fill("在的")
    await expect(page.get_by_role("button", name="发送")).to_be_disabled()
    await reply(page).press("Enter")
    await shoot(page, "1")
    fake.cases["k1"].say("consumer", "还在吗")
    await page.context.set_offline(False)
    await expect(page.get_by_text("连接已断开")).to_have_count(0)
    await expect(page.locator(".line .bubble").filter(has_text="还在吗")).to_have_count(1)
    await expect(reply(page)).to_have_value("在的")
    assert said(fake) == []


async def test_a_suggestion_is_a_draft_and_never_sent_by_itself(fake, desk):
    page = await desk()
    await claimed(page)
    await page.get_by_role("button", name="建议回复").click()
    await expect(page.get_by_text("不会自动发送")).to_be_visible()
    assert said(fake) == []
    await page.get_by_role("button", name="放入输入框").click()
    await expect(reply(page)).to_have_value(fake.suggestion["text"])
    await reply(page).fill("周六上午可以吗？")
    await reply(page).press("Enter")
    await expect(page.locator('[data-from="agent"]')).to_contain_text("周六上午可以吗")
    outcomes = [body["outcome"] for path, body in fake.calls if path.endswith("outcome")]
    assert (said(fake), outcomes) == (["周六上午可以吗？"], ["edited"])


async def named(locator):
    return await locator.get_attribute("id")


async def test_the_field_says_which_canned_reply_is_meant(desk, faults):
    page = await desk()
    await claimed(page)
    await reply(page).focus()
    await page.keyboard.type("/")
    options = page.locator(".canned").get_by_role("option")
    await expect(options.nth(1)).to_be_visible()
    for index, key in ((0, "ArrowUp"), (1, "ArrowDown")):
        await page.keyboard.press(key)
        meant = await named(options.nth(index))
        await expect(reply(page)).to_have_attribute("aria-activedescendant", meant)
        await expect(options.nth(index)).to_have_attribute("aria-selected", "true")
    assert await reply(page).get_attribute("aria-controls") == await named(
        page.get_by_role("listbox")
    )
    assert await faults(page) == []
    await page.keyboard.type("没有这样的")
    await expect(options).to_have_count(0)
    assert await reply(page).get_attribute("aria-activedescendant") is None
    assert await faults(page) == []


async def test_canned_replies_are_found_by_typing(fake, desk):
    page = await desk()
    await claimed(page)
    await reply(page).focus()
    await page.keyboard.type("/确认")
    options = page.locator(".canned").get_by_role("option")
    await expect(options).to_have_count(1)
    await expect(reply(page)).to_have_attribute("aria-activedescendant", await named(options))
    await page.keyboard.press("Enter")
    assert await reply(page).get_attribute("aria-activedescendant") is None
    await expect(reply(page)).to_have_value("您的空调预约在11月22日 09:00–12:00上门。")
    assert said(fake) == []


async def test_a_visit_is_moved_to_an_offered_window(fake, desk):
    page = await desk()
    await claimed(page)
    await page.get_by_role("button", name="改约", exact=True).click()
    await page.get_by_role("radio", name="11月21日 周六 12:00–15:00").check(force=True)
    await page.get_by_role("button", name="确认改为").click()
    await expect(page.locator(".visit strong")).to_have_text("11月21日 周六 12:00–15:00")
    (booked,) = [body for path, body in fake.calls if path.endswith("/visit")]
    assert booked["window"]["start"] == "2026-11-21T12:00:00+08:00"
    assert (booked["version"], len(booked["command_id"])) == (4, 32)


async def test_personal_data_is_shown_on_demand_only(fake, desk):
    page = await desk()
    await claimed(page)
    assert "13912345678" not in await page.content()
    await page.get_by_role("button", name="查看完整电话").click()
    await expect(page.get_by_text("13912345678")).to_be_visible()
    assert [body["field"] for path, body in fake.calls if path.endswith("/reveal")] == ["phone"]


async def test_closing_needs_a_result(fake, desk):
    page = await desk()
    await claimed(page)
    await page.locator(".pane").focus()
    await page.keyboard.press("e")
    await expect(page.get_by_label("服务小结")).to_have_value(
        "海尔1.5匹挂机空调：顾客要求改约，楼里周日不能施工。"
    )
    await page.get_by_role("dialog").get_by_role("button", name="结束会话").click()
    await expect(page.get_by_text("请选择处理结果")).to_be_visible()
    await page.get_by_label("已改约").check()
    await page.get_by_role("dialog").get_by_role("button", name="结束会话").click()
    await expect(page.locator("[data-hand=closed]")).to_contain_text("已改约")
    await expect(reply(page)).to_have_count(0)


async def test_handing_back_chooses_the_line(fake, desk):
    page = await desk()
    await claimed(page)
    await page.locator(".pane").focus()
    await page.keyboard.press("b")
    await page.get_by_label("有其他问题").check()
    await page.get_by_role("button", name="交还", exact=True).click()
    await expect(page.locator("[data-hand=bot]")).to_be_visible()
    assert [body["line"] for path, body in fake.calls if path.endswith("/return")] == ["more"]


async def test_the_keyboard_is_enough_and_letters_are_letters_while_typing(fake, desk):
    page = await desk()
    await page.keyboard.press("j")
    await page.keyboard.press("j")
    await page.keyboard.press("k")
    await page.keyboard.press("Enter")
    await expect(page.locator("[data-id=k2]")).to_have_attribute("aria-current", "true")
    await page.keyboard.press("c")
    await expect(page.locator("[data-hand=mine]")).to_be_visible()
    await page.keyboard.press("r")
    await expect(reply(page)).to_be_focused()
    await page.keyboard.type("jkcrneb?")
    await expect(reply(page)).to_have_value("jkcrneb?")
    await expect(page.get_by_role("dialog")).to_have_count(0)
    await page.keyboard.press("Escape")
    await page.keyboard.press("?")
    await expect(page.get_by_role("dialog")).to_contain_text("接入下一位")
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("dialog")).to_have_count(0)
    await page.keyboard.press("Alt+ArrowDown")
    await expect(page.locator("[data-id=k3]")).to_have_attribute("aria-current", "true")


async def test_focus_stays_where_it_is_while_things_happen(fake, desk):
    page = await desk()
    await claimed(page)
    await reply(page).fill("稍等")
    await fake.consumer_says("k1", "好的")
    await fake.taken_by("k2", LI)
    await expect(page.locator(".line .bubble").filter(has_text="好的").last).to_be_visible()
    await expect(reply(page)).to_be_focused()
    await expect(reply(page)).to_have_value("稍等")
    # What is open and looked at counts as read.
    await expect(page.locator("[data-id=k1] .unread")).to_have_count(0)


async def test_a_supervisor_sees_load_sample_and_audit(fake, desk, shoot):
    fake.agent["role"] = "supervisor"
    page = await desk()
    await page.get_by_role("button", name="主管").click()
    await expect(page.get_by_role("region", name="客服负荷")).to_contain_text("4/5")
    await page.get_by_role("button", name="抽取").click()
    await expect(page.get_by_role("table", name="质检抽样")).to_contain_text("评分 5 星")
    await expect(page.get_by_role("table", name="审计记录")).to_contain_text("查看隐私")
    missed = page.get_by_role("table", name="未接待的顾客")
    await expect(missed).to_contain_text("排队超时")
    await expect(missed).to_contain_text("31:00")
    await expect(page.get_by_role("link", name="导出 CSV")).to_be_visible()
    await shoot(page, "1")
    await (
        page.get_by_role("region", name="审计记录").get_by_role("button", name="查看").first.click()
    )
    await expect(page.locator("[data-hand]")).to_be_visible()


async def test_a_supervisor_sends_anew_what_no_platform_took(fake, desk, shoot):
    fake.agent["role"] = "supervisor"
    error = {"code": "delivery_refused", "label": "平台拒收"}
    line = {"conversation_id": "k1", "channel": "webhook", "at": at(-3), "from": "agent"}
    fake.lost = [
        {**line, "id": "o2", "seq": 8, "text": "师傅明天上午到，请留意电话。", "error": error},
        {**line, "id": "o1", "seq": 7, "text": "您好，我来帮您看。", "error": error},
    ]
    page = await desk()
    await page.get_by_role("button", name="主管").click()
    lost = page.get_by_role("region", name="未送达的消息")
    await expect(lost.get_by_role("row")).to_have_count(3)
    await expect(lost).to_contain_text("平台拒收")
    await shoot(page, "1")
    # The lines of one conversation go together, so that there is one button.
    await lost.get_by_role("button", name="重新发送").click()
    await expect(lost).to_contain_text("没有未送达的消息")
    assert ("conversations/k1/resend", {}) in fake.calls


async def test_an_agent_sees_no_supervisors_view(desk):
    page = await desk()
    await expect(page.get_by_role("button", name="主管")).to_have_count(0)


@pytest.mark.parametrize(("width", "height"), [(720, 430), (390, 844), (1280, 720)])
async def test_nothing_is_wider_than_the_screen(desk, shoot, width, height):
    page = await desk(viewport={"width": width, "height": height})
    await shoot(page, "1")
    assert await page.evaluate(SIDEWAYS) == 0
    await page.locator("[data-id=k1]").click()
    await page.get_by_role("button", name="接入", exact=True).click()
    await expect(page.get_by_role("button", name="发送")).to_be_visible()
    await page.get_by_role("button", name="发送").scroll_into_view_if_needed()
    await shoot(page, "2")
    assert await page.evaluate(SIDEWAYS) == 0
    if width < 960:
        await page.get_by_role("button", name="资料").click()
    await expect(page.get_by_role("button", name="改约", exact=True)).to_be_visible()
    await shoot(page, "3")
    assert await page.evaluate(SIDEWAYS) == 0


async def test_axe_finds_nothing(fake, desk, open_page, faults):
    page = await open_page(fake.url, viewport=WIDE)
    await expect(page.get_by_label("工号")).to_be_visible()
    assert await faults(page) == []
    fake.agent["role"] = "supervisor"
    page = await desk()
    assert await faults(page) == []
    await page.locator("[data-id=k1]").click()
    await expect(page.locator('[data-visibility="suppressed"]')).to_be_visible()
    assert await faults(page) == []
    await page.get_by_role("button", name="接入", exact=True).click()
    await page.get_by_role("button", name="建议回复").click()
    await page.get_by_role("button", name="识别结果").first.click()
    await page.get_by_role("button", name="改约", exact=True).click()
    await expect(page.get_by_role("radiogroup")).to_be_visible()
    assert await faults(page) == []
    await page.get_by_role("button", name="内部备注").click()
    await page.keyboard.type("备注")
    await page.keyboard.press("Enter")
    await page.get_by_role("button", name="快捷回复").count()
    assert await faults(page) == []
    await page.get_by_role("button", name="结束", exact=True).click()
    await expect(page.get_by_role("dialog")).to_be_visible()
    assert await faults(page) == []
    await page.keyboard.press("Escape")
    await page.get_by_role("button", name="主管").click()
    await expect(page.get_by_role("table", name="审计记录")).to_be_visible()
    assert await faults(page) == []


async def test_motion_stops_for_those_who_ask(desk):
    page = await desk(reduced_motion="reduce")
    moving = await page.evaluate(
        "[...document.querySelectorAll('*')].filter(e => parseFloat(getComputedStyle(e).animationDuration) > 0 "
        "&& getComputedStyle(e).animationName !== 'none').length"
    )
    assert moving == 0


async def test_markup_is_text(fake, desk):
    fake.cases["k1"].say("consumer", "<img src=x onerror=alert(1)>")
    page = await desk()
    await page.locator("[data-id=k1]").click()
    await expect(page.locator(".bubble").filter(has_text="<img src=x")).to_be_visible()
    await expect(page.locator(".bubble img")).to_have_count(0)
