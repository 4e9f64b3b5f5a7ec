"""Notices in the whole system: due by its clock, and their buttons pressed."""

import time

import pytest

from tests.browser.world import DOCUMENT, ORDER_NO
from tests.system import serving

pytestmark = pytest.mark.engine

# The visit is on the 26th; its reminder is due half a minute later.
CLOCK = "2026-11-25T14:59:30+08:00"
WAIT_SECONDS = 90


@pytest.fixture(scope="module")
def system(tmp_path_factory):
    with serving(tmp_path_factory.mktemp("var"), DOCUMENT, clock=CLOCK) as running:
        yield running


def _say(system, text):
    body = {"sender": "n1", "message": text, "metadata": {"consumer_id": "tb_1001"}}
    replies = system.post("/webhooks/rest/webhook", body)
    return "\n".join(reply.get("text", "") for reply in replies)


def _notice(system, kind):
    deadline = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < deadline:
        for message in system.get("/api/v1/conversations/n1")["messages"]:
            if (message.get("custom") or {}).get("notice", {}).get("kind") == kind:
                return message
        time.sleep(0.3)
    raise AssertionError(f"no notice {kind}")


def _press(system, message, title):
    return _say(system, next(b["payload"] for b in message["buttons"] if title in b["title"]))


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
