"""The chat page's calls: sessions, messages, and a socket that misses nothing."""

import asyncio
import json
from contextlib import suppress
from datetime import time, timedelta

import aiohttp
import jwt
import pytest

from bot.channels import pages
from bot.channels.sessions import Sessions, session_secret
from bot.clock import SystemClock
from bot.conversation.records import Author, Incoming
from bot.conversation.states import Command
from bot.conversation.waiting import Staffing
from bot.dialogue.engine import Button, Reply, TurnResult
from bot.errors import Unauthorized
from tests.api.service import is_problem, serving
from tests.conversation.service import WANG, Service
from tests.conversation.service import heard as happened

SHOP = "a secret that the shop keeps for us"
SITE = "https://www.shop.example"


async def opened(server, **body):
    answer = await server.client.post("/chat/sessions", json=body)
    assert answer.status == 201
    return await answer.json()


async def send(server, token, text, message_id):
    answer = await server.client.post(
        "/chat/messages",
        json={"text": text, "message_id": message_id},
        headers={"Authorization": f"Bearer {token}"},
    )
    assert answer.status == 202
    return await answer.json()


def events(server, token, after_seq=0, **headers):
    path = f"/chat/events?token={token}&after_seq={after_seq}"
    return server.client.ws_connect(path, headers=headers)


async def frames(socket, until):
    found = []
    async with asyncio.timeout(10):
        while not found or not until(found[-1]):
            found.append(json.loads((await socket.receive()).data))
    return found


def says(text):
    return lambda frame: frame["type"] == "message" and frame["message"]["text"] == text


async def test_a_chat(server):
    server.service.engine._script = {"约": TurnResult((Reply("选", (Button("好", "/affirm"),)),))}
    session = await opened(server)
    async with events(server, session["token"]) as socket:
        # Typing is told to those who listen already, and never again.
        heard = await frames(socket, lambda frame: frame["type"] == "state")
        receipt = await send(server, session["token"], "约", "m1")
        heard += await frames(socket, says("选"))
    messages = [frame["message"] for frame in heard if frame["type"] == "message"]
    assert [(m["seq"], m["from"], m["text"]) for m in messages] == [
        (1, "consumer", "约"),
        (2, "bot", "选"),
    ]
    assert messages[0]["id"] == receipt["id"]
    assert messages[0]["at"] == "2026-11-20T10:00:00+08:00"
    assert messages[1]["buttons"][0]["payload"].startswith("btn_")
    assert {"type": "state", "state": "bot", "reason": None, "agent": None} in heard
    assert {"type": "typing", "on": True} in heard


async def test_a_repeat_is_stored_once(server):
    session = await opened(server)
    first = await send(server, session["token"], "约", "m1")
    assert await send(server, session["token"], "约", "m1") == first


async def test_a_socket_that_was_away_catches_up_from_where_it_was(server):
    session = await opened(server)
    for number in range(5):
        await send(server, session["token"], str(number), f"m{number}")
    async with events(server, session["token"]) as socket:
        everything = await frames(socket, says("echo: 4"))
    seqs = [f["message"]["seq"] for f in everything if f["type"] == "message"]
    assert seqs == list(range(1, 11))
    for cut in range(1, 10):
        async with events(server, session["token"], after_seq=cut) as socket:
            rest = await frames(socket, says("echo: 4"))
        assert [f["message"]["seq"] for f in rest if f["type"] == "message"] == seqs[cut:]


async def test_a_socket_cut_at_every_frame_ends_with_what_was_said(server):
    session = await opened(server)
    held, states = [], []
    for n in range(8):
        async with events(server, session["token"], held[-1]["seq"] if held else 0) as socket:
            await send(server, session["token"], f"第{n}句，完。", f"m{n}")
            with suppress(TimeoutError):
                for _ in range(n + 1):
                    frame = json.loads((await asyncio.wait_for(socket.receive(), 2)).data)
                    held += [frame["message"]] if frame["type"] == "message" else []
                    states += [frame["state"]] if frame["type"] == "state" else []
            # Cut as a network does it: no closing frame.
            socket._response.connection.transport.abort()
    async with events(server, session["token"], held[-1]["seq"] if held else 0) as socket:
        # Lines that came while the bot was at work are answered together.
        while not (held and held[-1]["from"] == "bot" and "第7句" in held[-1]["text"]):
            frame = json.loads((await asyncio.wait_for(socket.receive(), 10)).data)
            held += [frame["message"]] if frame["type"] == "message" else []
    view = await server.service.conversations.transcript(session["sender"])
    assert [line["id"] for line in held] == [line.id for line in view.messages]
    assert [line["seq"] for line in held] == list(range(1, len(held) + 1))
    assert [line["text"] for line in held if line["from"] == "consumer"] == [
        f"第{n}句，完。" for n in range(8)
    ]
    assert set(states) <= {"bot"}


async def test_a_hand_over_is_told(server):
    server.service.engine._script = {"转": TurnResult((Reply("请稍候"),), "request_human")}
    session = await opened(server)
    async with events(server, session["token"]) as socket:
        await send(server, session["token"], "转", "m1")
        heard = await frames(socket, lambda frame: frame.get("state") == "queued")
    assert heard[-1] == {
        "type": "state",
        "state": "queued",
        "reason": "request_human",
        "agent": None,
    }


async def test_a_message_of_another_process_is_told_by_looking(server):
    session = await opened(server)
    other = Service(server.service.database)
    other.build()  # it never starts: this process works on what it takes in
    async with events(server, session["token"]) as socket:
        await frames(socket, lambda frame: frame["type"] == "state")
        await other.conversations.receive(Incoming("web", session["sender"], "a"))
        heard = await frames(socket, says("a"))
    assert [f["message"]["text"] for f in heard if f["type"] == "message"][-1] == "a"


async def test_one_session_hears_nothing_of_another(server):
    one, other = await opened(server), await opened(server)
    assert one["sender"] != other["sender"]
    async with events(server, other["token"]) as socket:
        await send(server, one["token"], "秘密", "m1")
        await send(server, other["token"], "我的", "m1")
        heard = await frames(socket, says("echo: 我的"))
    assert "秘密" not in str(heard)


@pytest.mark.parametrize("after_seq", ["-1", "x", "1.5", "", "9" * 30, "٣"])
async def test_a_seq_that_is_none(server, after_seq):
    session = await opened(server)
    answer = await server.client.get(
        "/chat/events", params={"token": session["token"], "after_seq": after_seq}
    )
    assert is_problem(answer, await answer.json(), 400)


async def test_a_call_that_opens_no_socket(server):
    session = await opened(server)
    answer = await server.client.get("/chat/events", params={"token": session["token"]})
    assert is_problem(answer, await answer.json(), 400)


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "é"])
async def test_strangers_are_refused(server, token):
    answer = await server.client.get("/chat/events", params={"token": token})
    assert is_problem(answer, await answer.json(), 401)
    answer = await server.client.post(
        "/chat/messages",
        json={"text": "a", "message_id": "m"},
        headers={"Authorization": f"Bearer {token}"},
    )
    assert is_problem(answer, await answer.json(), 401)


async def test_a_socket_for_another_site_is_refused(server):
    session = await opened(server)
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await events(server, session["token"], Origin="https://evil.example")
    assert refused.value.status == 403
    host = f"{server.client.host}:{server.client.port}"
    async with events(server, session["token"], Origin=f"http://{host}"):
        pass


async def test_nobody_can_be_played_outside_the_demonstration(server):
    answer = await server.client.get("/chat/consumers")
    assert is_problem(answer, await answer.json(), 404)
    answer = await server.client.post("/chat/sessions", json={"consumer_id": "demo_001"})
    assert is_problem(answer, await answer.json(), 404)


async def test_the_demonstration(tmp_path):
    async with serving(tmp_path, demo=True) as server:
        answer = await server.client.get("/chat/consumers")
        consumer = {"consumer_id": "demo_001", "name": "李先生", "summary": "空调，待预约"}
        assert await answer.json() == [consumer]
        answer = await server.client.post("/chat/sessions", json={"consumer_id": "tb_1001"})
        assert is_problem(answer, await answer.json(), 404)
        session = await opened(server, consumer_id="demo_001")
        async with events(server, session["token"]) as socket:
            await send(server, session["token"], "a", "m1")
            await frames(socket, says("echo: a"))
        assert server.service.engine.turns[0].consumer_id == "demo_001"


async def test_the_page_is_served_with_its_guards(tmp_path):
    async with serving(tmp_path) as server:
        answer = await server.client.get("/")
    assert answer.status == 200
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


async def test_pages_and_nothing_beside_them(tmp_path, aiohttp_client):
    (tmp_path / "assets").mkdir()
    (tmp_path / "index.html").write_text("<p>您好")
    (tmp_path / "assets" / "a-1.js").write_text("1")
    (tmp_path / "secret").write_text("x")
    app = aiohttp.web.Application()
    app.add_routes(pages.routes(tmp_path))
    client = await aiohttp_client(app)
    assert "您好" in await (await client.get("/")).text()
    answer = await client.get("/assets/a-1.js")
    assert "immutable" in answer.headers["Cache-Control"]
    for path in ("..%2Fsecret", "none.js", "%00", "x" * 300):
        assert (await client.get(f"/assets/{path}")).status == 404


async def test_pages_that_are_not_built(tmp_path, aiohttp_client):
    app = aiohttp.web.Application()
    app.add_routes(pages.routes(tmp_path))
    client = await aiohttp_client(app)
    assert "make run" in await (await client.get("/")).text()


def test_the_secret_is_made_once_and_is_ours(tmp_path):
    assert session_secret("given", tmp_path) == "given"
    made = session_secret("", tmp_path / "var")
    assert session_secret("", tmp_path / "var") == made
    (file,) = (tmp_path / "var").iterdir()
    assert file.stat().st_mode & 0o777 == 0o600


def identity(secret=SHOP, **claims):
    now = SystemClock().now()
    signed = {"sub": "tb_1001", "aud": "yuezhuang", "exp": now + timedelta(minutes=10), **claims}
    return jwt.encode({k: v for k, v in signed.items() if v is not None}, secret, "HS256")


@pytest.fixture
async def shop(tmp_path):
    keys = f"{'old-secret' * 4}, {SHOP}"
    async with serving(tmp_path, shop_secrets=keys, widget_sites=SITE) as server:
        yield server


async def test_the_shop_says_who_is_there(shop):
    session = await opened(shop, identity=identity())
    async with events(shop, session["token"]) as socket:
        await send(shop, session["token"], "a", "m1")
        await frames(socket, says("echo: a"))
    assert shop.service.engine.turns[0].consumer_id == "tb_1001"


async def test_one_consumer_has_one_conversation_on_every_device(shop):
    first = await opened(shop, identity=identity())
    await send(shop, first["token"], "a", "m1")
    second = await opened(shop, identity=identity("old-secret" * 4))
    assert second["sender"] == first["sender"]
    async with events(shop, second["token"]) as socket:
        assert await frames(socket, says("echo: a"))
    other = await opened(shop, identity=identity(sub="tb_1002"))
    assert other["sender"] != first["sender"]


@pytest.mark.parametrize(
    "token",
    [
        "",
        "x",
        "a.b.c",
        "é" * 20,
        identity("another secret of the right length"),
        identity(sub=None),
        identity(aud="another"),
        identity(aud=None),
        identity(exp=None),
        identity(exp=SystemClock().now() - timedelta(minutes=5)),
        identity(exp=SystemClock().now() + timedelta(days=30)),
        identity(sub=" "),
        identity(sub="x" * 201),
        jwt.encode({"sub": "tb_1001", "aud": "yuezhuang", "exp": 9e9}, "", "none"),
    ],
)
async def test_an_identity_that_is_not_the_shops(shop, token):
    answer = await shop.client.post("/chat/sessions", json={"identity": token})
    body = await answer.json()
    assert is_problem(answer, body, 401 if token else 400)


async def test_without_a_shop_no_identity_is_taken(server):
    answer = await server.client.post("/chat/sessions", json={"identity": identity()})
    assert is_problem(answer, await answer.json(), 404)


async def test_the_shops_pages_may_embed_the_chat_and_no_others(shop):
    calling = {"Origin": SITE, "Sec-Fetch-Site": "cross-site"}
    asked = await shop.client.options("/chat/sessions", headers=calling)
    assert asked.status == 204
    assert asked.headers["Access-Control-Allow-Origin"] == SITE
    assert "Authorization" in asked.headers["Access-Control-Allow-Headers"]
    answer = await shop.client.post("/chat/sessions", json={}, headers=calling)
    assert (answer.status, answer.headers["Access-Control-Allow-Origin"]) == (201, SITE)
    refused = await shop.client.post("/chat/sessions", json={"identity": "x"}, headers=calling)
    assert (refused.status, refused.headers["Access-Control-Allow-Origin"]) == (401, SITE)
    token = (await answer.json())["token"]
    async with events(shop, token, Origin=SITE):
        pass
    for path, origin in (("/chat/sessions", "https://evil.example"), ("/model/parse", SITE)):
        headers = {"Origin": origin, "Sec-Fetch-Site": "cross-site"}
        answer = await shop.client.post(path, json={}, headers=headers)
        assert is_problem(answer, await answer.json(), 403)
        assert "Access-Control-Allow-Origin" not in answer.headers


def test_a_session_of_another_secret_is_none():
    token, _ = Sessions("a").open("tb_1001")
    assert Sessions("a").read(token).consumer_id == "tb_1001"
    with pytest.raises(Unauthorized):
        Sessions("b").read(token)


async def post(server, token, path, **body):
    headers = {"Authorization": f"Bearer {token}"}
    answer = await server.client.post(f"/chat/{path}", json=body, headers=headers)
    return answer.status


HUMAN = TurnResult((Reply("好的"),), "request_human")


async def test_a_place_in_the_queue_is_told_as_a_number_and_gets_better(server):
    server.service.engine._script = {"转": HUMAN}
    for sender in ("a", "b"):
        await server.service.say("转", sender=sender)
    session = await opened(server)
    async with events(server, session["token"]) as socket:
        await send(server, session["token"], "转", "m1")
        heard = await frames(socket, lambda f: f["type"] == "queue")
        assert [f["state"] for f in heard if f["type"] == "state"][-1] == "queued"
        assert heard[-1] == {"type": "queue", "position": 3, "minutes": 15, "opens": None}
        await server.service.say("不等了", sender="a")
        heard = await frames(socket, lambda f: f["type"] == "queue")
        assert (heard[-1]["position"], heard[-1]["minutes"]) == (2, 10)
        await server.service.move(
            Command.CLAIM, WANG, case=await server.service.case(session["sender"])
        )
        heard = await frames(socket, lambda f: f["type"] == "state")
        assert "queue" not in [f["type"] for f in heard]
    # Told again to a page that comes back.
    async with events(server, session["token"]) as socket:
        heard = await frames(socket, lambda f: f["type"] == "state")
    assert (heard[-1]["state"], heard[-1]["agent"]) == ("human", "小王")


async def test_outside_of_the_hours_the_place_names_the_opening(tmp_path):
    async with serving(tmp_path) as server:
        talks = server.service.conversations
        talks._staffing = Staffing((time(14), time(18)))
        server.service.engine._script = {"转": HUMAN}
        session = await opened(server)
        await send(server, session["token"], "转", "m1")
        async with events(server, session["token"]) as socket:
            heard = await frames(socket, lambda f: f["type"] == "queue")
        assert heard[-1] == {"type": "queue", "position": 1, "minutes": None, "opens": "14:00"}


async def test_marks_of_reading_go_both_ways(server):
    session = await opened(server)
    await send(server, session["token"], "你好。", "m1")
    async with events(server, session["token"]) as socket:
        await frames(socket, says("echo: 你好。"))
        name = await server.service.case(session["sender"])
        await server.service.move(Command.BARGE_IN, WANG, case=name)
        await server.service.conversations.takeover.read(name, WANG, 2)
        heard = await frames(socket, lambda f: f["type"] == "read")
        assert heard[-1]["seq"] == 2
        await server.service.conversations.takeover.say(name, WANG, "您好", "c1")
        heard = await frames(socket, says("您好"))
        assert heard[-1]["message"]["agent"] == "小王"
        with server.service.conversations.subscribe(name) as subscription:
            assert await post(server, session["token"], "read", seq=4) == 204
            assert (await happened(subscription)).seq == 4
            assert await post(server, session["token"], "typing", on=True) == 204
            assert (await happened(subscription)).by is Author.CONSUMER
    async with events(server, session["token"], after_seq=4) as socket:
        heard = await frames(socket, lambda f: f["type"] == "read")
    assert [f["seq"] for f in heard if f["type"] == "read"] == [2]


async def test_ones_own_typing_is_not_told_back(server):
    session = await opened(server)
    async with events(server, session["token"]) as socket:
        await frames(socket, lambda f: f["type"] == "state")
        await post(server, session["token"], "typing", on=True)
        await send(server, session["token"], "你好。", "m1")
        heard = await frames(socket, says("你好。"))
    assert [f["type"] for f in heard] == ["message"]


async def test_stars_are_given_with_an_opinion_once(server):
    session = await opened(server)
    await send(server, session["token"], "你好。", "m1")
    name = await server.service.case(session["sender"])
    await server.service.move(Command.BARGE_IN, WANG, case=name)
    await server.service.move(Command.CLOSE, WANG, case=name, held_by=WANG.id, disposition="solved")
    view = await server.service.conversations.transcript(session["sender"])
    assert view.messages[-1].custom == {"card": "rating"}
    stars = view.messages[-1].buttons[0]["payload"]
    body = {"stars": stars, "message_id": "r1", "resolved": True, "reason": "很快"}
    for _ in range(2):
        assert await post(server, session["token"], "ratings", **body) == 202
    view = await server.service.conversations.transcript(session["sender"])
    assert [line.text for line in view.messages[-2:]] == [
        "非常满意；问题已解决；很快",
        "谢谢您的评价！",
    ]
    other = {**body, "stars": "5星", "message_id": "r2"}
    assert await post(server, session["token"], "ratings", **other) == 400
