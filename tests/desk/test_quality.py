"""From a turn that was missed to a file that Rasa learns from."""

import io
import zipfile

import pytest
import yaml

from bot.dialogue.engine import Button, Reply, TurnResult
from bot.quality import grouping
from tests.desk.conftest import PASSWORD, signed_in

ODD = "能把空调装到狗屋里吗"


def understood(text, intent="nlu_fallback", confidence=0.3, second=0.25, **more):
    """A turn as the engine answers it, not certain of what it read."""
    name = "ask_install_info" if intent == "nlu_fallback" else intent
    nlu = {
        "text": text,
        "intent": {"name": intent, "confidence": confidence},
        "entities": more.pop("entities", []),
        "intent_ranking": [
            {"name": intent, "confidence": confidence},
            {"name": name, "confidence": confidence},
            {"name": "ask_fees", "confidence": second},
        ][intent != "nlu_fallback" :],
    }
    return TurnResult(
        (Reply("请换个说法", more.pop("buttons", ())),), more.pop("handover", None), nlu
    )


async def say(world, text, sender="s1", **more):
    world.service.engine._script = {text: understood(text, **more)}
    await world.service.say(text, sender=sender)


async def groups(world, query="", person=None):
    status, body = await (person or world.boss).get(f"/quality/groups?{query}")
    assert status == 200, body
    return body["groups"]


async def label(world, group, decision="intent", **more):
    body = {"version": group["version"], "decision": decision, **more}
    return await world.boss.post(f"/quality/groups/{group['id']}/label", **body)


async def test_what_is_not_understood_is_grouped_labelled_and_exported(world):
    await say(
        world, ODD, entities=[{"entity": "appliance", "value": "split_ac", "start": 2, "end": 4}]
    )
    await say(world, f"你们{ODD}？我电话13912345678", sender="s2")
    await say(world, "送花给我", sender="s2", intent="out_of_scope", confidence=0.9)
    first, second = await groups(world)
    assert (first["count"], first["reasons"], first["channels"]) == (2, ["fallback"], ["rest"])
    assert [g["intent"] for g in first["guesses"]] == ["ask_install_info", "ask_fees"]
    assert second["reasons"] == ["out_of_scope"]
    await say(world, f"{ODD}呀", sender="s3")
    first, _ = await groups(world)
    assert first["count"] == 3
    _, whole = await world.boss.get(f"/quality/groups/{first['id']}")
    shown = next(one for one in whole["group"]["texts"] if one["text"] == ODD)
    assert shown["entities"] == [{"entity": "appliance", "start": 2, "end": 4}]
    status, body = await label(
        world, first, intent="ask_install_info",
        examples=[{"text": ODD, "entities": shown["entities"]}],
    )  # fmt: skip
    assert (status, body["group"]["decision"], body["group"]["decided_by"]) == (
        200,
        "intent",
        "boss",
    )
    assert first["id"] not in [g["id"] for g in await groups(world)]

    answer = await world.boss.client.post("/desk/api/quality/export.zip")
    files = zipfile.ZipFile(io.BytesIO(await answer.read()))
    assert files.namelist() == ["ask_install_info_from_consumers.yml", "REVIEW.md"]
    text = files.read("ask_install_info_from_consumers.yml").decode()
    assert yaml.safe_load(text) == {
        "version": "3.1",
        "nlu": [
            {"intent": "ask_install_info", "examples": "- 能把[空调](appliance)装到狗屋里吗\n"}
        ],
    }
    _, review = await world.boss.get("/quality/review?since=1")
    assert (review["counts"], review["exports"][0]["examples"]) == ({}, 1)
    _, again = await world.boss.get("/quality/review")
    assert again["counts"] == {"ask_install_info": 1}


async def test_personal_data_is_neither_stored_nor_shown(world):
    await say(world, "收货人张小凡 13912345678 放门口鞋柜行不行")
    _, body = await world.boss.get(f"/quality/groups/{(await groups(world))[0]['id']}")
    assert "13912345678" not in str(body)


async def test_who_was_slower_is_told_and_overwrites_nothing(world):
    await say(world, ODD)
    (group,) = await groups(world)
    status, _ = await label(world, group, "ignored")
    assert status == 200
    status, body = await label(world, group, "new_skill", note="狗屋")
    assert (status, body["code"]) == (409, "group_changed")
    _, whole = await world.boss.get(f"/quality/groups/{group['id']}")
    assert whole["group"]["decision"] == "ignored"


async def test_a_label_is_undone_and_stands_in_the_trail(world):
    await say(world, ODD)
    (group,) = await groups(world)
    _, body = await label(world, group, "out_of_scope", examples=[{"text": ODD}])
    status, body = await label(world, body["group"], "open")
    assert (status, [g["id"] for g in await groups(world)]) == (200, [group["id"]])
    _, review = await world.boss.get("/quality/review")
    assert review["counts"] == {}
    _, audit = await world.boss.get("/supervisor/audit")
    labels = [e["detail"]["decision"] for e in audit["entries"] if e["action"] == "label"]
    assert labels == ["open", "out_of_scope"]


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        ({"decision": "intent", "intent": "fly", "examples": [{"text": "a"}]}, "intent"),
        ({"decision": "intent", "intent": "urge"}, "examples"),
        ({"decision": "new_skill"}, "note"),
        ({"decision": "nonsense"}, "decision"),
        (
            {"decision": "intent", "intent": "urge", "examples": [
                {"text": "abc", "entities": [{"entity": "brand", "start": 1, "end": 9}]}]},
            "examples.0.entities",
        ),
    ],
)  # fmt: skip
async def test_a_label_that_cannot_be_is_refused_by_field(world, body, fault):
    await say(world, ODD)
    (group,) = await groups(world)
    status, answer = await label(world, group, **body)
    assert status == 400
    assert fault in answer["detail"]


async def test_agents_report_but_do_not_label(world):
    name = await world.queue("a")
    assert (await world.wang.get("/quality/groups"))[0] == 403
    await say(
        world, "几点到呀师傅们", sender="b", intent="track_order", confidence=0.99, second=0.001
    )
    assert await groups(world) == []
    lines = await world.service.lines()
    turn = next(line for line in lines if line.text == "几点到呀师傅们")
    body = {"message_id": turn.id, "intent": "ask_crew"}
    status, _ = await world.wang.post(
        f"/conversations/{turn.conversation_id}/misunderstood", **body
    )
    assert status == 204
    (group,) = await groups(world)
    assert (group["reasons"], group["chosen"]) == (["reported"], {"ask_crew": 1})
    status, _ = await world.wang.post(f"/conversations/{name}/misunderstood", **body)
    assert status == 400


async def test_what_was_chosen_of_two_readings_is_a_label(world):
    buttons = tuple(Button(t, t) for t in ("了解安装要求", "了解收费", "都不是"))
    await say(world, ODD, buttons=buttons)
    await say(
        world, "2", intent="select_option", confidence=0.99, second=0.01,
        entities=[{"entity": "option", "value": 2, "start": 0, "end": 1}],
    )  # fmt: skip
    (group,) = await groups(world, "reason=two_choices")
    assert group["chosen"] == {"ask_fees": 1}


async def test_saying_it_again_correcting_and_calling_a_person_count(world):
    sure = {"confidence": 0.97, "second": 0.01}
    await say(world, "师傅带梯子吗", intent="ask_crew", **sure)
    await say(world, "我问师傅有没有梯子", intent="ask_crew", **sure)
    await say(world, "不是这个意思", intent="deny", **sure)
    found = {g["text"]: g["reasons"] for g in await groups(world)}
    assert found == {"师傅带梯子吗": ["repeated"], "我问师傅有没有梯子": ["corrected"]}
    await say(world, ODD)
    await say(world, "叫人来", intent="request_human", **sure)
    (group,) = await groups(world, "reason=escalated")
    assert group["text"] == ODD


async def test_an_agent_who_barges_in_marks_the_last_turn(world):
    await say(world, "师傅带梯子吗", intent="ask_crew", confidence=0.97, second=0.01)
    await world.wang.post(f"/conversations/{await world.service.case()}/barge-in")
    assert [g["reasons"] for g in await groups(world)] == [["taken_over"]]


async def test_filters_and_numbers(world):
    await say(world, ODD)
    await say(world, "师傅带梯子吗", sender="s2", intent="ask_crew", confidence=0.97, second=0.01)
    assert await groups(world, "channel=web") == []
    assert await groups(world, "reason=out_of_scope") == []
    assert await groups(world, "intent=ask_crew") == []
    assert await groups(world, "from=2026-11-01&to=2026-11-19") == []
    assert len(await groups(world, "intent=nlu_fallback&channel=rest&reason=fallback")) == 1
    _, numbers = await world.boss.get("/quality/numbers")
    assert numbers["days"] == [{"day": "2026-11-20", "channel": "rest", "turns": 2, "missed": 1}]
    assert numbers["intents"] == [{"intent": "nlu_fallback", "count": 1}]
    assert numbers["groups"] == {"open": 1}
    assert (await world.boss.get("/quality/groups?reason=x"))[0] == 400
    assert (await world.boss.get("/quality/numbers?from=2020-01-01"))[0] == 400


async def test_a_supervisor_of_one_merchant_sees_its_consumers_and_exports_nothing(world):
    from tests.desk.test_merchants import HAIER, OTHER, _orders
    from tests.scheduling import world as w

    await _orders(
        world,
        w.order("A1", consumer_id="a"),
        w.order("B1", consumer_id="b") | {"merchant": OTHER},
    )
    await say(world, "x")
    for sender, text in (("a", ODD), ("b", "送花给我行吗")):
        world.service.engine._script = {text: understood(text)}
        await world.service.say(text, sender=sender, consumer_id=sender)
    more = {"merchants": [HAIER]}
    await world.desk.accounts.create("chen", "陈", "小陈", "supervisor", PASSWORD, 3, **more)
    chen = await signed_in(world.server, "chen")
    assert {g["text"] for g in await groups(world)} == {"x", ODD, "送花给我行吗"}
    assert {g["text"] for g in await groups(world, person=chen)} == {"x", ODD}
    other = next(g for g in await groups(world) if g["text"] == "送花给我行吗")
    assert (await chen.get(f"/quality/groups/{other['id']}"))[0] == 404
    # One group of both merchants' consumers, begun by the other's.
    world.service.engine._script = {"送花给我行吗？": understood("送花给我行吗？")}
    await world.service.say("送花给我行吗？", sender="a", consumer_id="a")
    await groups(world)
    _, body = await chen.get(f"/quality/groups/{other['id']}")
    assert (
        [t["text"] for t in body["group"]["texts"]] == [body["group"]["text"]] == ["送花给我行吗？"]
    )
    assert (await chen.get("/quality/review"))[0] == 403
    await chen.client.close()


async def test_grouping_twice_changes_nothing(world):
    await say(world, ODD)
    await grouping.group_new(world.service.database)
    assert await grouping.group_new(world.service.database) == 0
