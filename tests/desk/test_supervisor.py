"""What supervisors see: who waits, who was missed, what was done by anybody."""

import csv
import io
from datetime import datetime, timedelta

from bot.dialogue.engine import Reply, TurnResult


async def test_the_overview_counts_the_queue_the_longest_wait_and_each_agents_load(world):
    first = await world.queue("a")
    world.service.clock.advance(timedelta(seconds=95))
    await world.queue("b")
    third = await world.queue("c")
    await world.wang.post(f"/conversations/{third}/claim")
    _, overview = await world.boss.get("/supervisor/overview")
    assert (overview["queued"], overview["longest_wait_seconds"], overview["human"]) == (2, 95, 1)
    loads = {agent["login"]: (agent["chats"], agent["max_chats"]) for agent in overview["agents"]}
    assert loads == {"wang": (1, 3), "li": (0, 3), "boss": (0, 3)}
    assert [row["id"] for row in overview["conversations"]] == [third]
    assert all(datetime.fromisoformat(agent["seen_at"]).tzinfo for agent in overview["agents"])
    assert first != third


async def test_the_trail_holds_what_consumers_and_the_system_did_too(world):
    name = await world.queue("a")
    await world.service.say("不等了", sender="a")
    world.service.engine._script = {"转": TurnResult((Reply("好的"),), "request_human")}
    await world.service.say("转", sender="a")
    world.service.clock.advance(timedelta(minutes=31))
    await world.service.conversations.takeover.sweep()
    await world.wang.post(f"/conversations/{name}/barge-in")
    _, audit = await world.boss.get(f"/supervisor/audit?conversation_id={name}")
    done = [(entry["action"], entry["actor"]["kind"]) for entry in audit["entries"]]
    assert done == [
        ("barge_in", "agent"),
        ("nobody_came", "system"),
        ("hand_over", "bot"),
        ("leave_queue", "consumer"),
        ("hand_over", "bot"),
    ]
    assert audit["entries"][0]["actor"] == {"kind": "agent", "id": world.wang.id, "alias": "wang"}
    assert audit["entries"][1]["detail"]["from"] == "queued"
    _, wangs = await world.boss.get(f"/supervisor/audit?agent_id={world.wang.id}")
    assert [entry["action"] for entry in wangs["entries"]] == ["barge_in", "sign_in"]


async def test_the_trail_is_read_page_by_page_without_gap_or_double(world):
    name = await world.queue("a")
    for number in range(130):
        world.service.clock.advance(timedelta(seconds=1))
        if number % 3:
            body = {"id": f"s{number}", "outcome": "rejected"}
            await world.wang.post(f"/conversations/{name}/suggestion/outcome", **body)
        elif number % 2:
            await world.wang.post(f"/conversations/{name}/claim")
        else:
            await world.wang.post(f"/conversations/{name}/release")
    seen, before = [], ""
    while True:
        _, page = await world.boss.get(f"/supervisor/audit?conversation_id={name}{before}")
        seen += page["entries"]
        if page["before"] is None:
            break
        before = f"&before={page['before'].replace('+', '%2B')}"
    assert len({entry["id"] for entry in seen}) == len(seen) > 120
    assert [entry["at"] for entry in seen] == sorted((e["at"] for e in seen), reverse=True)


async def test_who_left_or_waited_in_vain_is_missed_until_somebody_serves_them(world):
    left = await world.queue("left")
    world.service.clock.advance(timedelta(minutes=3))
    await world.service.say("不等了", sender="left")
    waited = await world.queue("waited")
    served = await world.queue("served")
    world.service.clock.advance(timedelta(minutes=31))
    await world.service.conversations.takeover.sweep()
    _, body = await world.boss.get("/supervisor/missed")
    assert {one["conversation"]["id"] for one in body["missed"]} == {left, waited, served}
    await world.wang.post(f"/conversations/{served}/barge-in")
    _, body = await world.boss.get("/supervisor/missed")
    told = {
        one["conversation"]["id"]: (one["command"], one["waited_seconds"]) for one in body["missed"]
    }
    assert told == {left: ("leave_queue", 180), waited: ("nobody_came", 31 * 60)}
    _, body = await world.boss.get("/supervisor/missed?from=2026-11-01&to=2026-11-02")
    assert body["missed"] == []


async def test_the_export_has_a_line_a_case_and_no_formulas(world):
    name = await world.queue("a")
    await world.wang.post(f"/conversations/{name}/claim")
    await world.wang.post(
        f"/conversations/{name}/close", disposition="solved", summary="=HYPERLINK(1)"
    )
    world.service.clock.advance(timedelta(seconds=1))
    answer = await world.boss.client.get("/desk/api/supervisor/export.csv")
    (row,) = csv.DictReader(io.StringIO(await answer.text()))
    assert (row["id"], row["disposition"], row["summary"]) == (name, "solved", "'=HYPERLINK(1)")
    assert (row["stars"], row["resolved"]) == ("", "")
    _, audit = await world.boss.get("/supervisor/audit")
    assert audit["entries"][0]["action"] == "export"


async def test_a_sample_is_of_cases_that_people_worked_on(world):
    for sender in ("a", "b", "c"):
        name = await world.queue(sender)
        await world.wang.post(f"/conversations/{name}/claim")
        await world.wang.post(f"/conversations/{name}/close", disposition="solved", summary="")
    _, body = await world.boss.get("/supervisor/sample?count=2")
    assert len({row["id"] for row in body["conversations"]}) == 2
    assert all(row["state"] == "closed" for row in body["conversations"])


async def test_what_stands_in_the_address_is_read_strictly(world):
    for query in ("audit?before=812", "missed?from=yesterday", "sample?count=many"):
        status, body = await world.boss.get(f"/supervisor/{query}")
        assert (status, body["code"]) == (400, "malformed_request")
