"""Plays the scripts of the folders beside this file and compares text, slots and rows."""

import asyncio
import uuid

import pytest

from tests import told
from tests.dialogues.agent import agent
from tests.dialogues.conftest import scripts
from tests.dialogues.world import NOW, consumer_id, order_no, phone

pytestmark = pytest.mark.engine

SCRIPTS = scripts()
# What may happen before a turn.
BEFORE = {
    "engine dies": lambda system, _sender: system.kill_engine(),
    "a person takes over": lambda system, sender: agent(system).takes_over(sender),
    "a person gives back": lambda system, sender: agent(system).gives_back(sender),
}


def test_there_are_scripts_of_every_kind():
    kinds = {script["kind"] for script in SCRIPTS}
    assert len(SCRIPTS) >= 40
    assert kinds == {
        "happy",
        "correction",
        "digression",
        "cancellation",
        "invalid",
        "handover",
        "expiry",
        "outage",
    }


@pytest.mark.parametrize("script", SCRIPTS, ids=[f"{s['kind']}: {s['name']}" for s in SCRIPTS])
def test_dialogue(script, system, slots_of):
    number = script["number"]
    sender = f"s{number}-{uuid.uuid4().hex[:6]}"
    buttons: list[dict] = []
    for turn in script["turns"]:
        if "before" in turn:
            BEFORE[turn["before"]](system, sender)
        if "notice" in turn:
            replies = [_notice(system, turn["notice"], number, sender)]
        else:
            say = _filled(turn["say"], number) if "say" in turn else None
            said = say or _payload(buttons, turn["press"])
            replies = system.post("/webhooks/rest/webhook", _message(sender, said, script))
        heard = "\n".join(reply.get("text", "") for reply in replies)
        buttons = [b for reply in replies for b in reply.get("buttons", [])] or buttons
        _check_heard(turn, heard, number)
    state = system.get(f"/api/v1/conversations/{sender}")
    assert state["state"] == script.get("state", "bot")
    if "reason" in script:
        assert state["reason"] == script["reason"]
    if "slots" in script:
        kept = slots_of(sender)
        assert {name: kept.get(name) for name in script["slots"]} == script["slots"]
    _check_order(script, system)


def _message(sender: str, text: str, script: dict) -> dict:
    vouched = script.get("vouched", True)
    metadata = {"metadata": {"consumer_id": consumer_id(script["number"])}} if vouched else {}
    return {"sender": sender, "message": text, **metadata}


def _notice(system, kind: str, number: int, sender: str) -> dict:
    """Tell the consumer of the visit of the script's first order."""
    asyncio.run(told.write(system, order_no(number), kind, NOW))
    return told.awaited(system, kind, sender)


def _filled(text: str, number: int) -> str:
    return text.replace("<order>", order_no(number)).replace("<tail>", phone(number)[-4:])


def _payload(buttons: list[dict], title: str) -> str:
    return next(b["payload"] for b in buttons if title in b["title"])


def _check_heard(turn: dict, heard: str, number: int) -> None:
    assert heard or turn.get("silent"), f"no answer to {turn}"
    for part in turn.get("hear", []):
        assert _filled(part, number) in heard, f"{part!r} not in:\n{heard}"
    for part in turn.get("not_hear", []):
        assert part not in heard, f"{part!r} in:\n{heard}"


def _check_order(script: dict, system) -> None:
    wanted = script.get("then")
    if wanted is None:
        return
    order = system.get(f"/api/v1/orders/{order_no(script['number'], wanted.get('position', 0))}")
    for fact, value in wanted.get("site", {}).items():
        assert order["site"].get(fact) == value
    if "visits" in wanted:
        assert len(order["visits"]) == wanted["visits"]
    if "reasons" in wanted:
        history = system.get(f"/api/v1/orders/{order['order_no']}/history")
        assert [event["reason"] for event in history["events"]] == wanted["reasons"]
    for fact in ("status", "window_start", "kind"):
        if fact in wanted:
            assert str(order["visits"][-1][fact]) == wanted[fact]
