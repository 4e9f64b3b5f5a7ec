"""Who calls too often is told when to come back; everybody else is served."""

import os
from ipaddress import ip_network

import pytest
from aiohttp.test_utils import make_mocked_request
from redis.asyncio import Redis
from redis.exceptions import RedisError

from bot.api.throttle import address_of
from bot.errors import SettingsError
from bot.ratelimit import Frames, RateLimiter
from bot.settings import RateLimits
from tests.api.service import is_problem, serving

TOKEN = "t" * 32


def from_(address):
    return {"X-Forwarded-For": address}


def limited(folder, **limits):
    return serving(folder, trusted_proxies="127.0.0.0/8", limits=RateLimits(**limits))


async def is_refused(answer):
    body = await answer.json()
    return is_problem(answer, body, 429) and int(answer.headers["Retry-After"]) >= 1


@pytest.mark.parametrize(
    ("method", "path", "body", "rule"),
    [
        ("POST", "/chat/sessions", {}, "limit_sessions"),
        ("POST", "/desk/api/login", {"login": "a", "password": "b" * 10}, "limit_login"),
        ("GET", "/chat/events", None, "limit_sockets"),
        ("GET", "/desk/api/events", None, "limit_sockets"),
        ("GET", "/", None, "limit_address"),
    ],
)
async def test_an_address_has_limits(tmp_path, method, path, body, rule):
    async with limited(tmp_path, **{rule: "2/minute"}) as server:
        for _ in range(2):
            answer = await server.client.request(method, path, json=body, headers=from_("1.2.3.4"))
            assert answer.status != 429
        again = await server.client.request(method, path, json=body, headers=from_("1.2.3.4"))
        assert await is_refused(again)
        other = await server.client.request(method, path, json=body, headers=from_("1.2.3.5"))
        assert other.status != 429


async def test_a_sender_has_a_limit_and_is_told(tmp_path):
    async with limited(tmp_path, limit_sender="2/minute") as server:
        session = await (await server.client.post("/chat/sessions", json={})).json()
        headers = {"Authorization": f"Bearer {session['token']}"}

        async def send(number):
            body = {"text": "你好", "message_id": f"m{number}"}
            return await server.client.post("/chat/messages", json=body, headers=headers)

        assert [(await send(n)).status for n in range(2)] == [202, 202]
        assert await is_refused(await send(2))
        said = (await server.service.conversations.transcript(session["sender"])).messages
        assert [m.text for m in said if m.author == "consumer"] == ["你好", "你好"]


async def test_a_sender_of_the_rest_webhook_may_have_one(tmp_path):
    async with limited(tmp_path, limit_rest_sender="1/minute") as server:
        assert (await server.say("你好"))[0] == 200
        status, body = await server.say("你好")
        assert (status, body["code"]) == (429, "too_many_requests")


async def test_wrong_tokens_are_counted_and_right_ones_have_their_own_limit(tmp_path):
    limits = RateLimits(limit_address="2/minute", limit_calls="3/minute")
    wrong = {"Authorization": "Bearer nothing", **from_("1.2.3.4")}
    right = {"Authorization": f"Bearer {TOKEN}", **from_("1.2.3.5")}
    async with serving(
        tmp_path, trusted_proxies="127.0.0.0/8", limits=limits, api_token=TOKEN
    ) as server:
        for expected in (401, 401, 429, 429):
            answer = await server.client.get("/metrics", headers=wrong)
            assert answer.status == expected
        for expected in (200, 200, 200, 429):
            answer = await server.client.get("/metrics", headers=right)
            assert answer.status == expected


async def test_probes_are_never_refused(tmp_path):
    async with limited(tmp_path, limit_address="1/minute") as server:
        for _ in range(3):
            answer = await server.client.get("/healthz", headers=from_("1.2.3.4"))
            assert answer.status == 200


@pytest.mark.parametrize(
    ("remote", "said", "address"),
    [
        ("10.0.0.1", "9.9.9.9", "9.9.9.9"),
        ("10.0.0.1", "6.6.6.6, 9.9.9.9", "9.9.9.9"),
        ("10.0.0.1", "6.6.6.6, 9.9.9.9, 10.0.0.2", "9.9.9.9"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("8.8.8.8", "9.9.9.9", "8.8.8.8"),
        ("8.8.8.8", "127.0.0.1", "8.8.8.8"),
        ("10.0.0.1", "x" * 5000, "x" * 64),
    ],
)
def test_only_trusted_proxies_say_who_calls(remote, said, address):
    class Transport:
        def get_extra_info(self, name, default=None):
            return (remote, 1) if name == "peername" else default

    request = make_mocked_request("GET", "/", headers=from_(said), transport=Transport())
    assert address_of(request, [ip_network("10.0.0.0/8")]) == address


async def test_redis_counts_for_all_processes():
    url = os.environ.get("BOT_TEST_REDIS_URL", "redis://127.0.0.1:6379/9")
    redis = Redis.from_url(url)
    try:
        await redis.ping()
    except RedisError as error:
        pytest.skip(f"no Redis: {error}")
    finally:
        await redis.aclose()
    who = os.urandom(8).hex()
    one, two = (RateLimiter(RateLimits(limit_sender="2/minute"), url) for _ in range(2))
    try:
        assert await one.hit("limit_sender", who) == 0
        assert await two.hit("limit_sender", who) == 0
        assert await one.hit("limit_sender", who) >= 1
        assert await two.test("limit_sender", who) >= 1
    finally:
        await one.close()
        await two.close()


async def test_without_its_redis_a_process_counts_by_itself(capsys):
    limiter = RateLimiter(RateLimits(limit_sender="2/minute"), "redis://127.0.0.1:1/0")
    waits = [await limiter.hit("limit_sender", "s") for _ in range(3)]
    assert waits[:2] == [0, 0]
    assert waits[2] >= 1
    assert capsys.readouterr().out.count("rate_limits_in_process") <= 1
    await limiter.close()


async def test_an_empty_rule_is_no_limit():
    limiter = RateLimiter(RateLimits(limit_sender=""))
    assert {await limiter.hit("limit_sender", "s") for _ in range(1000)} == {0}


def test_a_rule_that_is_none_stops_the_start():
    with pytest.raises(SettingsError, match="BOT_LIMIT_SENDER"):
        RateLimiter(RateLimits(limit_sender="often"))


async def test_a_socket_that_floods_is_closed(server):
    session = await (await server.client.post("/chat/sessions", json={})).json()
    async with server.client.ws_connect(f"/chat/events?token={session['token']}") as socket:
        for _ in range(60):
            await socket.send_str("x")
        while not socket.closed:
            await socket.receive(timeout=5)
        assert socket.close_code == 1008


def test_frames_are_counted_anew_after_a_while():
    frames = Frames(most=2, seconds=0.0)
    assert all(frames.take() for _ in range(5))
