"""Notices in the whole system: due by its clock, and their buttons pressed."""

import time

import pytest

from bot.database import Database
from bot.scheduling import notices
from bot.scheduling.store import read_order
from tests.browser.world import DOCUMENT, ORDER_NO
from tests.scheduling import world as w
from tests.system import serving

pytestmark = pytest.mark.engine

# The visit is on the 26th; its reminder is due half a minute later.
CLOCK = "2026-11-25T14:59:30+08:00"
WAIT_SECONDS = 90


@pytest.fixture(scope="module")
def system(tmp_path_factory):
    with serving(tmp_path_factory.mktemp("var"), DOCUMENT, clock=CLOCK) as running:
        yield running


def _say(system, text, sender="n1", consumer_id="tb_1001"):
    body = {"sender": sender, "message": text, "metadata": {"consumer_id": consumer_id}}
    replies = system.post("/webhooks/rest/webhook", body)
    return "\n".join(reply.get("text", "") for reply in replies)


def _notice(system, kind, sender="n1"):
    deadline = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < deadline:
        for message in system.get(f"/api/v1/conversations/{sender}")["messages"]:
            if (message.get("custom") or {}).get("notice", {}).get("kind") == kind:
                return message
        time.sleep(0.3)
    raise AssertionError(f"no notice {kind}")


def _press(system, message, title, **who):
    pressed = next(b["payload"] for b in message["buttons"] if title in b["title"])
    return _say(system, pressed, **who)


def test_a_reminder_is_told_and_answered(system):
    assert _say(system, "你好")
    reminder = _notice(system, "reminder")
    assert "11月26日（明天，周四）09:00–12:00" in reminder["text"]
    assert "11月26日（明天，周四）09:00–12:00" in _press(system, reminder, "时间没问题")
    (visit,) = system.get("/api/v1/crews/C01/visits?date=2026-11-26")["visits"]
    assert (visit["order_no"], visit["assented"]) == (ORDER_NO, True)
    offer = _press(system, reminder, "改约时间")
    assert "请问您选哪个" in offer


def test_a_visit_is_told_of_to_its_end_and_rated(system):
    steps = (("en_route", "en_route"), ("in_progress", None), ("completed", "done"))
    for number, (status, kind) in enumerate(steps):
        body = {"status": status, "command_id": f"c{number}"}
        system.post("/api/v1/visits/V1/status", body)
        if kind == "en_route":
            assert "王师傅组" in _notice(system, kind)["text"]
    done = _notice(system, "done")
    assert "谢谢您的评价" in _press(system, done, "非常满意")
    assert "转人工" in _press(system, done, "不满意")


async def _record(system, order_no, kind, window):
    """Write a notice as the waitlist does, straight into the running system's database."""
    database = Database(f"sqlite:///{system.var_dir / 'yuezhuang.db'}")
    async with database.transaction() as tx:
        order = await read_order(tx, order_no)
        await notices.record(tx, kind, order, None, w.at("2026-11-25", "14:00"), window=window)
    await database.close()


async def test_a_window_that_opened_is_booked_from_its_notice_and_so_is_a_failed_visit(system):
    number, sender = "2811234567890123457", {"sender": "n2", "consumer_id": "tb_1002"}
    assert _say(system, "你好", **sender)
    await _record(system, number, "window_opened", w.window("2026-11-28"))
    opened = _notice(system, "window_opened", "n2")
    asked = _press(system, opened, "约这个时间", **sender)
    assert "11月28日（周六）09:00–12:00" in asked
    assert "确认预约吗" in asked
    assert "已为您约好" in _say(system, "确认", **sender)
    (visit,) = system.get(f"/api/v1/orders/{number}")["visits"]
    report = {
        "status": "failed",
        "reason": "site_not_ready",
        "next_contact_at": "2026-11-26T10:00:00+08:00",
        "command_id": "f1",
    }
    system.post(f"/api/v1/visits/{visit['visit_id']}/status", report)
    failed = _notice(system, "failed", "n2")
    assert "现场条件还不具备" in failed["text"]
    assert "请问您选哪个" in _press(system, failed, "现在预约", **sender)
