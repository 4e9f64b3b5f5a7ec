"""The desk over HTTP: who may do what, and what the consumer sees of it."""

import asyncio
import csv
import io
from functools import partial

import pytest
from aiohttp import CookieJar
from aiohttp.test_utils import TestClient

from bot.conversation import texts
from bot.conversation.records import Author, Incoming, Opinion, Typing
from bot.conversation.states import State
from bot.errors import MalformedRequest


async def test_nobody_comes_in_without_signing_in(world):
    client = TestClient(world.server, cookie_jar=CookieJar(unsafe=True))
    for path in ("me", "conversations", "counts", "events"):
        answer = await client.get(f"/desk/api/{path}")
        assert (answer.status, (await answer.json())["code"]) == (401, "not_signed_in")
    await client.close()


async def test_guessing_is_locked_out(world):
    login = partial(world.wang.post, "/login", login="li", password="wrong")
    assert [(await login())[0] for _ in range(6)] == [401] * 5 + [429]
    status, body = await world.wang.post("/login", login="li", password="correct horse")
    assert (status, body["code"]) == (429, "login_locked")
    assert body["retry_after"] > 0


async def test_a_session_ends_with_signing_out(world):
    await world.wang.post("/logout")
    assert (await world.wang.get("/me"))[0] == 401


async def test_fifty_claimants_get_one_conversation(world):
    name = await world.queue()
    people = [world.wang, world.li]
    answers = await asyncio.gather(
        *(people[n % 2].post(f"/conversations/{name}/claim", epoch=1) for n in range(50))
    )
    statuses = sorted(status for status, _ in answers)
    assert statuses == [200] + [409] * 49
    owner = next(body for status, body in answers if status == 200)["conversation"]["agent"]["id"]
    losers = [body for status, body in answers if status == 409]
    assert {body["owner"]["id"] for body in losers} == {owner}
    lines = [line for line in await world.service.lines() if line.custom]
    assert [line.custom["event"] for line in lines] == ["agent_joined"]


async def test_only_the_owner_speaks_and_once(world):
    name = await world.queue()
    path = f"/conversations/{name}/messages"
    assert (await world.li.post(path, client_id="c", text="您好"))[0] == 409
    await world.wang.post(f"/conversations/{name}/claim")
    status, body = await world.li.post(path, client_id="c", text="您好")
    assert (status, body["code"], body["owner"]["id"]) == (409, "conversation_taken", world.wang.id)
    sent = await asyncio.gather(
        *(world.wang.post(path, client_id="c1", text="您好") for _ in range(20))
    )
    assert sorted(status for status, _ in sent) == [200] * 19 + [201]
    assert len({body["message"]["id"] for _, body in sent}) == 1
    view = await world.service.conversations.transcript("s1")
    assert [line.text for line in view.messages].count("您好") == 1


async def test_what_is_internal_never_leaves(world):
    name = await world.queue()
    await world.wang.post(f"/conversations/{name}/claim")
    await world.wang.post(f"/conversations/{name}/notes", client_id="n", text="难缠")
    view = await world.service.conversations.transcript("s1")
    seen = str(view.messages) + str(view.agent)
    assert "难缠" not in seen
    assert "真名" not in seen
    _, whole = await world.li.get(f"/conversations/{name}")
    assert "难缠" in str(whole["messages"])


async def test_an_agent_takes_no_more_than_fit(world):
    names = [await world.queue(f"s{n}") for n in range(6)]
    answers = await asyncio.gather(
        *(world.wang.post(f"/conversations/{name}/claim") for name in names)
    )
    assert sorted(status for status, _ in answers) == [200] * 3 + [409] * 3
    assert {body["code"] for status, body in answers if status == 409} == {"agent_full"}


async def test_an_agent_who_is_gone_loses_the_chats(world):
    name = await world.queue()
    later = await world.queue("s2")
    await world.wang.post(f"/conversations/{name}/claim")
    seconds = world.desk.accounts._seconds
    world.desk.accounts._seconds = lambda: seconds() + 61
    # The desk looks by itself, too: either of the two is the one that released it.
    await world.desk.desk.release_the_gone()
    _, body = await world.li.get("/conversations?list=queued")
    assert [row["id"] for row in body["conversations"]] == [name, later]
    status, _ = await world.wang.post(f"/conversations/{name}/messages", client_id="c", text="在")
    assert status == 409


async def test_a_chat_is_passed_on_given_back_and_ended(world):
    name = await world.queue()
    await world.wang.post(f"/conversations/{name}/claim")
    status, body = await world.wang.post(f"/conversations/{name}/transfer", to=world.li.id)
    assert (status, body["conversation"]["agent"]["alias"]) == (200, "li")
    assert (await world.wang.post(f"/conversations/{name}/return"))[0] == 409
    status, body = await world.li.post(f"/conversations/{name}/return", line="done")
    assert (status, body["conversation"]["state"]) == (200, "bot")
    await world.boss.post(f"/conversations/{name}/barge-in")
    status, body = await world.boss.post(
        f"/conversations/{name}/close", disposition="solved", summary="改约"
    )
    assert (status, body["conversation"]["disposition"]) == (200, "solved")
    (thanks,) = await world.service.say("5")
    assert "谢谢" in thanks.text
    assert (await world.boss.get(f"/conversations/{name}"))[1]["conversation"]["rating"][
        "stars"
    ] == 5
    await world.service.say("你好")
    view = await world.service.conversations.transcript("s1")
    assert view.state is State.BOT
    assert view.conversation_id != name


async def test_agents_see_nothing_of_supervisors(world):
    for path in ("overview", "missed", "sample", "audit", "export.csv"):
        answer = await world.wang.client.get(f"/desk/api/supervisor/{path}")
        assert answer.status == 403
        answer = await world.boss.client.get(f"/desk/api/supervisor/{path}")
        assert answer.status == 200


async def test_a_socket_tells_lists_lines_and_moves_once_each(world):
    async with world.wang.client.ws_connect("/desk/api/events") as socket:
        assert (await socket.receive_json())["type"] == "hello"
        name = await world.queue()
        await told(socket, lambda f: f["type"] == "conversation" and f["lists"] == ["queued"])
        await socket.send_json({"type": "watch", "conversation_id": name, "after_seq": 0})
        await world.wang.post(f"/conversations/{name}/claim")
        heard = await told(
            socket, lambda f: f["type"] == "message" and "已接入" in f["message"]["text"]
        )
    seqs = [f["message"]["seq"] for f in heard if f["type"] == "message"]
    assert seqs == list(range(1, len(seqs) + 1))
    assert [f["move"]["command"] for f in heard if f["type"] == "move"] == ["hand_over", "claim"]


async def test_a_page_of_another_site_opens_no_socket(world):
    answer = await world.wang.client.get(
        "/desk/api/events", headers={"Origin": "https://evil.example"}
    )
    assert answer.status == 403


async def told(socket, condition):
    heard = []
    async with asyncio.timeout(5):
        while not heard or not condition(heard[-1]):
            heard.append(await socket.receive_json())
    return heard


def test_every_fact_of_a_home_has_a_name_for_agents():
    assert texts.table("desk")["facts"].keys() == texts.table("wording")["facts"].keys()


async def rated(world, **opinion):
    """A case that Wang closed and its consumer rated; its id."""
    name = await world.queue()
    await world.wang.post(f"/conversations/{name}/claim")
    await world.wang.post(f"/conversations/{name}/close", disposition="solved", summary="")
    view = await world.service.conversations.transcript("s1")
    star = view.messages[-1].buttons[3]
    incoming = Incoming("rest", "s1", star["payload"], "r1", opinion=Opinion(**opinion))
    await world.service.conversations.receive(incoming)
    await world.service.conversations.receive(incoming)
    return name


async def test_a_rating_says_whether_it_is_solved_and_why(world):
    name = await rated(world, resolved=False, reason="师傅=没来")
    _, whole = await world.boss.get(f"/conversations/{name}")
    rating = whole["conversation"]["rating"]
    assert (rating["stars"], rating["resolved"], rating["reason"]) == (2, False, "师傅=没来")
    assert [line["text"] for line in whole["messages"]].count(
        "不满意；问题没有解决；师傅=没来"
    ) == 1
    _, sample = await world.boss.get("/supervisor/sample")
    assert sample["conversations"][0]["rating"]["reason"] == "师傅=没来"
    answer = await world.boss.client.get("/desk/api/supervisor/export.csv")
    (row,) = csv.DictReader(io.StringIO(await answer.text()))
    assert (row["stars"], row["resolved"], row["rating_reason"]) == ("2", "False", "师傅=没来")


async def test_an_opinion_without_stars_is_refused(world):
    name = await rated(world)
    with pytest.raises(MalformedRequest):
        await world.service.conversations.receive(
            Incoming("rest", "s1", "很好", "r2", opinion=Opinion(resolved=True))
        )
    assert await world.service.case() == name


async def test_the_consumer_sees_what_the_owner_has_read_and_nobody_elses_looking(world):
    name = await world.queue()
    await world.li.post(f"/conversations/{name}/read", seq=2)
    assert (await world.service.conversations.newest_case(name)).read_seq == 0
    await world.wang.post(f"/conversations/{name}/claim")
    await world.wang.post(f"/conversations/{name}/read", seq=3)
    assert (await world.service.conversations.newest_case(name)).read_seq == 3


async def test_an_agent_sees_the_consumer_read_and_type(world):
    name = await world.queue()
    await world.wang.post(f"/conversations/{name}/claim")
    async with world.wang.client.ws_connect("/desk/api/events") as socket:
        await socket.send_json({"type": "watch", "conversation_id": name, "after_seq": 0})
        await told(socket, lambda f: f["type"] == "message" and "已接入" in f["message"]["text"])
        await world.wang.post(f"/conversations/{name}/typing", on=True)
        await world.service.conversations.read_up_to(name, 4)
        heard = await told(
            socket, lambda f: f["type"] == "conversation" and f["conversation"]["read_seq"] == 4
        )
        # An agent's own typing is nothing that the consumer does.
        assert "typing" not in [frame["type"] for frame in heard]
        world.service.conversations.publish(name, Typing(on=True, by=Author.CONSUMER))
        assert (await told(socket, lambda f: f["type"] == "typing"))[-1]["on"]
