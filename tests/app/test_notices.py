"""Notices in the whole system: due by its clock, and their buttons pressed."""

import pytest

from tests import told
from tests.browser.world import DOCUMENT, ORDER_NO
from tests.scheduling import world as w
from tests.system import serving

pytestmark = pytest.mark.engine

# The visit is on the 26th; its reminder is due half a minute later.
CLOCK = "2026-11-25T14:59:30+08:00"


@pytest.fixture(scope="module")
def system(tmp_path_factory):
    with serving(tmp_path_factory.mktemp("var"), DOCUMENT, clock=CLOCK) as running:
        yield running


def _say(system, text, sender="n1", consumer_id="tb_1001"):
    body = {"sender": sender, "message": text, "metadata": {"consumer_id": consumer_id}}
    replies = system.post("/webhooks/rest/webhook", body)
    return "\n".join(reply.get("text", "") for reply in replies)


def _press(system, message, title, **who):
    pressed = next(b["payload"] for b in message["buttons"] if title in b["title"])
    return _say(system, pressed, **who)


def test_a_reminder_is_told_and_answered(system):
    assert _say(system, "你好")
    reminder = told.awaited(system, "reminder", "n1")
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
            assert "王师傅组" in told.awaited(system, kind, "n1")["text"]
    done = told.awaited(system, "done", "n1")
    assert "谢谢您的评价" in _press(system, done, "非常满意")
    assert "转人工" in _press(system, done, "不满意")


async def test_a_window_that_opened_is_booked_from_its_notice_and_so_is_a_failed_visit(system):
    number, sender = "2811234567890123457", {"sender": "n2", "consumer_id": "tb_1002"}
    assert _say(system, "你好", **sender)
    now = w.at("2026-11-25", "14:00")
    await told.write(system, number, "window_opened", now, w.window("2026-11-28"))
    opened = told.awaited(system, "window_opened", "n2")
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
    failed = told.awaited(system, "failed", "n2")
    assert "现场条件还不具备" in failed["text"]
    assert "请问您选哪个" in _press(system, failed, "现在预约", **sender)
