"""Two gateways, two workers, two engines and the actions: one system to whoever talks to it."""

import asyncio
import time
from collections import Counter

import pytest
from sqlalchemy import select

from bot.conversation.tables import conversation
from bot.database import Database
from tests.conversation.service import POSTGRES, postgresql
from tests.roles.cluster import REDIS, Cluster, agent, consumer, say
from tests.roles.nginx import NGINX, Nginx

pytestmark = [pytest.mark.nightly, pytest.mark.postgres]


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    if not POSTGRES:
        pytest.skip("BOT_TEST_POSTGRES_URL is not set")
    if REDIS is None:
        pytest.skip("redis-server is not installed")
    with asyncio.Runner() as runner:
        opened = postgresql()
        database = runner.run(opened.__aenter__())
        url = database.url.render_as_string(hide_password=False)
        running = Cluster(tmp_path_factory.mktemp("cluster"), url)
        try:
            running.start_all()
            runner.run(running.add_agent("wang"))
            yield running
        finally:
            running.stop()
            runner.run(opened.__aexit__(None, None, None))


@pytest.fixture
def front(cluster, tmp_path):
    if NGINX is None:
        pytest.skip("nginx is not installed")
    nginx = Nginx(tmp_path, [cluster.url("gateway1"), cluster.url("gateway2")])
    nginx.start()
    yield nginx
    nginx.stop()


async def test_a_chat_at_one_gateway_and_its_agent_at_the_other(cluster):
    """Everything here but the first look comes quicker than the next look for changes."""
    a, b = cluster.url("gateway1"), cluster.url("gateway2")
    chat, desk = await consumer(a), await agent(b, "wang")
    await say(chat, "你好")
    await chat.text("echo: 你好")
    await desk.socket.send_json({"type": "lists", "lists": ["queued", "mine", "bot"]})
    listed = await desk.expect(
        lambda f: f["type"] == "snapshot" and f["list"] == "bot" and f["conversations"]
    )
    case = listed["conversations"][0]["id"]
    await desk.socket.send_json({"type": "watch", "conversation_id": case})
    await desk.text("echo: 你好")

    began = time.monotonic()
    await say(chat, "想改时间")
    await desk.text("echo: 想改时间", 4)
    await desk.post(f"/desk/api/conversations/{case}/barge-in", {}, 200)
    await chat.expect(
        lambda f: (
            f["type"] == "message"
            and (f["message"].get("custom") or {}).get("event") == "agent_joined"
        ),
        4,
    )
    spoken = {"client_id": "c1", "text": "我来帮您"}
    await desk.post(f"/desk/api/conversations/{case}/messages", spoken, 201)
    await chat.text("我来帮您", 4)
    await chat.post("/chat/typing", {"on": True}, 204)
    await desk.expect(lambda f: f["type"] == "typing" and f["on"], 4)
    await desk.post(f"/desk/api/conversations/{case}/typing", {"on": True}, 204)
    await chat.expect(lambda f: f["type"] == "typing" and f["on"], 4)
    await say(chat, "谢谢")
    await desk.text("谢谢", 4)
    assert time.monotonic() - began < 15
    assert "谢谢" not in {text for _, _, _, text, _ in cluster.journal()}
    for person in (chat, desk):
        await person.close()


async def test_one_turn_of_a_conversation_at_a_time_and_each_once(cluster):
    urls = [cluster.url("gateway1"), cluster.url("gateway2")]
    people = [await consumer(urls[n % 2]) for n in range(12)]
    for line in range(5):
        await asyncio.gather(
            *(say(one, _number(n, line), urls[(n + line) % 2]) for n, one in enumerate(people))
        )
    for n, one in enumerate(people):
        for line in range(5):
            await one.text(f"echo: {_number(n, line)}", 60)
        said = [f["message"]["text"] for f in one.frames if f["type"] == "message"]
        echoes = [text for text in said if text.startswith("echo")]
        assert echoes == [f"echo: {_number(n, line)}" for line in range(5)]
        await one.close()
    journal = [row for row in cluster.journal() if row[3].isdigit()]
    assert len(journal) == 2 * 12 * 5
    assert max(Counter(turn for what, _, turn, _, _ in journal if what == "begin").values()) == 1
    assert len({process for *_, process in journal}) == 2
    under_way = Counter()
    for what, name, *_ in journal:
        under_way[name] += 1 if what == "begin" else -1
        assert under_way[name] in (0, 1)


def _number(n, line):
    """A line of the nth consumer; bare values are never joined with the lines before them."""
    return str(1000 + 10 * n + line)


async def test_without_redis_it_takes_longer_and_nothing_is_lost(cluster):
    chat = await consumer(cluster.url("gateway1"))
    await say(chat, "你好")
    await chat.text("echo: 你好")
    cluster.redis.kill()
    cluster.redis.wait()
    for text in ("还在吗？", "那就好。"):
        await say(chat, text)
        await chat.text(f"echo: {text}", 20)
    cluster.start_redis()
    # It is found again within seconds: then the agent's typing crosses once more.
    desk = await agent(cluster.url("gateway2"), "wang")
    await desk.socket.send_json({"type": "watch", "conversation_id": await _case(cluster, chat)})
    async with asyncio.timeout(30):
        while not any(frame["type"] == "typing" for frame in desk.frames):
            await chat.post("/chat/typing", {"on": True}, 204)
            await asyncio.sleep(0.2)
    for person in (chat, desk):
        await person.close()


async def test_an_engine_that_is_killed_is_stood_in_for_and_comes_back(cluster):
    chat = await consumer(cluster.url("gateway1"))
    await say(chat, "慢慢来。")
    process = await _worked_on(cluster, "慢慢来。")
    await asyncio.to_thread(_kill, process)
    (cluster.folder / "go").touch()
    await chat.text("echo: 慢慢来。", 30)
    began = [row for row in cluster.journal() if row[0] == "begin" and row[3] == "慢慢来。"]
    assert len({row[4] for row in began}) == 2
    (cluster.folder / "go").unlink()
    await chat.close()


async def test_a_worker_that_is_killed_loses_the_message_to_the_other(cluster):
    chat = await consumer(cluster.url("gateway2"))
    await say(chat, "慢一点。")
    await _worked_on(cluster, "慢一点。")
    owner = await _worker_of(cluster, chat)
    assert cluster.processes[owner].end(9) == -9
    (cluster.folder / "go").touch()
    await chat.text("echo: 慢一点。", 60)
    said = [f["message"]["text"] for f in chat.frames if f["type"] == "message"]
    assert said == ["慢一点。", "echo: 慢一点。"]
    await say(chat, "还在吗？")
    await chat.text("echo: 还在吗？", 4)
    await chat.close()


async def test_through_nginx_a_gateway_may_end(cluster, front):
    """The page, whose socket breaks, connects again and misses nothing."""
    assert front.check().returncode == 0, front.check().stderr
    chat = await consumer(front.url)
    await say(chat, "在吗？")
    await chat.text("echo: 在吗？")
    desk = await agent(front.url, "wang")
    await desk.close()
    async with chat.http.get(f"{front.url}/metrics") as answer:
        assert answer.status == 404
    assert await asyncio.to_thread(cluster.processes["gateway1"].end) == 0
    again = await consumer(front.url, chat.token)
    await say(again, "还在吗？")
    await again.text("echo: 在吗？")
    await again.text("echo: 还在吗？")
    for person in (chat, again):
        await person.close()


async def test_all_end_cleanly(cluster):
    left = [one for one in cluster.processes.values() if one.popen.poll() is None]
    assert len(left) >= 5
    assert await asyncio.gather(*(asyncio.to_thread(one.end) for one in left)) == [0] * len(left)


async def _worked_on(cluster, text):
    """The engine's process that works on a text, once one does."""
    async with asyncio.timeout(20):
        while True:
            for what, _, _, said, process in cluster.journal():
                if said == text and what == "begin":
                    return process
            await asyncio.sleep(0.05)


def _kill(process):
    import os

    os.kill(process, 9)


async def _of(cluster, person, column):
    """What stands in the row of a consumer's conversation."""
    database = Database(cluster.database_url)
    async with database.reading() as tx:
        found = await tx.execute(select(column).where(conversation.c.sender == person.sender))
        value = found.scalar_one()
    await database.close()
    return value


async def _case(cluster, person):
    return await _of(cluster, person, conversation.c.id)


async def _worker_of(cluster, person):
    """The name of the worker that has a consumer's lane."""
    pid = int((await _of(cluster, person, conversation.c.worker)).split()[1])
    return next(n for n, one in cluster.processes.items() if one.popen.pid == pid)
