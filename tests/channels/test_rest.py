"""Rasa's REST channel: the wire, repeats, waiting, and buttons."""

import asyncio

from bot.dialogue.engine import Button, Reply, TurnResult
from tests.api.service import is_problem, serving


async def test_the_wire(server):
    offer = Reply("选一个", (Button("好", "/affirm"),))
    replies = (offer, Reply(custom={"card": 1}), Reply("再见"))
    server.service.engine._script = {"转": TurnResult(replies, "request_human")}
    status, body = await server.say("转", metadata={"consumer_id": "tb_1001"})
    button = body[0]["buttons"][0]
    assert status == 200
    assert button["payload"].startswith("btn_")
    *said, place = body
    assert "排队" in place["text"]
    assert said == [
        {"recipient_id": "s1", "text": "选一个", "buttons": [{"title": "好", **button}]},
        {"recipient_id": "s1", "custom": {"card": 1}},
        {"recipient_id": "s1", "text": "再见"},
    ]
    turn = server.service.engine.turns[0]
    assert (turn.consumer_id, turn.trusted) == ("tb_1001", False)


async def test_nobody_is_vouched_for_without_the_caller_saying_so(server):
    await server.say("你好", metadata=None)
    await server.say("你好", metadata={})
    assert [turn.consumer_id for turn in server.service.engine.turns] == [None, None]


async def test_parallel_repeats_get_one_answer(server):
    answers = await asyncio.gather(*(server.say("约周六", message_id="m1") for _ in range(20)))
    assert answers == [answers[0]] * 20
    assert answers[0] == (200, [{"recipient_id": "s1", "text": "echo: 约周六"}])
    assert len(server.service.engine.turns) == 1


async def test_a_pressed_and_a_typed_button(server):
    offer = TurnResult((Reply("选一个", (Button("好", "/affirm"),)),))
    server.service.engine._script = {"约": offer}
    _, body = await server.say("约")
    await server.say(body[0]["buttons"][0]["payload"])
    await server.say("约")
    await server.say("好")
    turns = [(turn.text, turn.trusted) for turn in server.service.engine.turns]
    assert turns == [("约", False), ("/affirm", True), ("约", False), ("/affirm", True)]


async def test_a_turn_that_takes_long_goes_on(tmp_path):
    async with serving(tmp_path, turn_timeout_seconds=0.1) as server:
        server.service.engine.gate.clear()
        body = {"sender": "s1", "message": "约", "message_id": "m1"}
        answer = await server.client.post("/webhooks/rest/webhook", json=body)
        assert is_problem(answer, await answer.json(), 504)
        assert answer.headers["Retry-After"]
        server.service.engine.gate.set()
        status, replies = 504, []
        while status == 504:
            status, replies = await server.say("约", message_id="m1")
        assert (status, replies) == (200, [{"recipient_id": "s1", "text": "echo: 约"}])
        assert len(server.service.engine.turns) == 1


async def test_a_caller_who_hangs_up_does_not_stop_the_turn(server):
    server.service.engine.gate.clear()
    calling = asyncio.create_task(server.say("约", message_id="m1"))
    while not server.service.engine.turns:
        await asyncio.sleep(0.01)
    calling.cancel()
    server.service.engine.gate.set()
    _, replies = await server.say("约", message_id="m1")
    assert replies[0]["text"] == "echo: 约"
    assert len(server.service.engine.turns) == 1


async def test_commands_of_rasa_are_not_trusted(server):
    await server.say("/restart")
    assert not server.service.engine.turns[0].trusted


async def test_a_body_needs_no_content_type(server):
    answer = await server.client.post(
        "/webhooks/rest/webhook",
        data='{"sender": "s1", "message": "你好"}'.encode(),
        headers={"Content-Type": "application/x-www-form-urlencoded"},
    )
    assert (await answer.json())[0]["text"] == "echo: 你好"
