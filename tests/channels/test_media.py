"""Fetching media: from the maker's hosts only, not too much, and never from inside."""

import asyncio
import socket

import pytest
from aiohttp import web
from aiohttp.abc import AbstractResolver
from aiohttp.test_utils import TestServer

from bot.channels.media import MediaFetcher, MediaRules, PublicResolver
from bot.errors import MediaRefused, MediaUnavailable, TooLarge

LIMIT = 1000


class Maker:
    """A server with media, which notes what it was asked for."""

    def __init__(self):
        self.asked = []
        self.answers = {}

    async def answer(self, request):
        self.asked.append((request.path, dict(request.headers)))
        make = self.answers.get(request.path, lambda: web.Response(body=b"picture"))
        made = make()
        return await made(request) if callable(made) else made


@pytest.fixture
async def maker():
    maker = Maker()
    app = web.Application()
    app.router.add_get("/{path:.*}", maker.answer)
    async with TestServer(app) as server:
        maker.origin = f"http://127.0.0.1:{server.port}"
        maker.server = server
        yield maker


@pytest.fixture
async def fetcher(maker):
    rules = MediaRules({"api.maker.example"}, LIMIT, {maker.origin}, timeout=2)
    async with MediaFetcher(rules) as fetcher:
        yield fetcher


async def test_an_origin_of_the_operators_is_asked_with_its_headers(maker, fetcher):
    data = await fetcher.fetch(f"{maker.origin}/one", {"Authorization": "Bearer s"})
    assert data == b"picture"
    assert maker.asked[0][1]["Authorization"] == "Bearer s"
    assert maker.asked[0][1]["Accept-Encoding"] == "identity"


@pytest.mark.parametrize(
    "url",
    [
        "http://api.maker.example/x",
        "https://api.maker.example:8443/x",
        "https://evil.example/x",
        "https://api.maker.example.evil.example/x",
        "https://xapi.maker.example/x",
        "https://127.0.0.1/x",
        "https://[::1]/x",
        "https://169.254.169.254/latest/meta-data",
        "file:///etc/passwd",
        "https://evil.example\\@api.maker.example/x",
        "https://api.maker.example@evil.example/x",
        "https://[broken/x",
        "//api.maker.example/x",
        "x",
        "",
    ],
)
async def test_other_addresses_are_not_asked(fetcher, url):
    with pytest.raises(MediaRefused):
        await fetcher.fetch(url)


async def test_a_name_before_the_operators_origin_does_not_make_it_theirs(maker, fetcher):
    with pytest.raises(MediaRefused):
        await fetcher.fetch(maker.origin.replace("//", "//user@"))
    assert maker.asked == []


async def test_another_port_of_the_operators_host_is_not_theirs(maker, fetcher):
    with pytest.raises(MediaRefused):
        await fetcher.fetch(f"http://127.0.0.1:{maker.server.port + 1}/x")


@pytest.mark.parametrize("to", ["http://127.0.0.1:1/x", "https://evil.example/x", "//10.0.0.1/x"])
async def test_a_redirect_leads_nowhere_else(maker, fetcher, to):
    maker.answers["/one"] = lambda: web.Response(status=302, headers={"Location": to})
    with pytest.raises(MediaRefused):
        await fetcher.fetch(f"{maker.origin}/one")


async def test_a_redirect_at_the_same_origin_keeps_the_headers(maker, fetcher):
    maker.answers["/one"] = lambda: web.Response(status=302, headers={"Location": "/two"})
    assert await fetcher.fetch(f"{maker.origin}/one", {"Authorization": "s"}) == b"picture"
    assert [path for path, _ in maker.asked] == ["/one", "/two"]
    assert maker.asked[1][1]["Authorization"] == "s"


async def test_a_redirect_to_another_origin_does_not_get_the_headers(maker):
    async with TestServer(maker.server.app) as other:
        origin = f"http://127.0.0.1:{other.port}"
        there = f"{origin}/two"
        maker.answers["/one"] = lambda: web.Response(status=302, headers={"Location": there})
        rules = MediaRules((), LIMIT, {maker.origin, origin})
        async with MediaFetcher(rules) as fetcher:
            await fetcher.fetch(f"{maker.origin}/one", {"Authorization": "s"})
    (first, second) = maker.asked
    assert "Authorization" in first[1]
    assert "Authorization" not in second[1]


async def test_going_round_in_circles_ends(maker, fetcher):
    maker.answers["/one"] = lambda: web.Response(status=307, headers={"Location": "/one"})
    with pytest.raises(MediaRefused):
        await fetcher.fetch(f"{maker.origin}/one")
    assert len(maker.asked) == 4


async def test_too_much_is_refused_as_it_is_announced(maker, fetcher):
    async def announced(request):
        stream = web.StreamResponse(headers={"Content-Length": str(LIMIT + 1)})
        await stream.prepare(request)
        await asyncio.sleep(5)

    maker.answers["/one"] = lambda: announced
    with pytest.raises(TooLarge):
        await fetcher.fetch(f"{maker.origin}/one")


async def test_too_much_is_refused_as_it_comes(maker, fetcher):
    sent = 0

    async def endless(request):
        nonlocal sent
        stream = web.StreamResponse()
        await stream.prepare(request)
        while sent < 200:
            sent += 1
            await stream.write(b"x" * LIMIT)
            await asyncio.sleep(0.005)
        return stream

    maker.answers["/one"] = lambda: endless
    with pytest.raises(TooLarge):
        await fetcher.fetch(f"{maker.origin}/one")
    assert sent < 200


async def test_one_that_does_not_end_is_given_up(maker):
    async def silent(_request):
        await asyncio.sleep(5)

    maker.answers["/one"] = lambda: silent
    async with MediaFetcher(MediaRules((), LIMIT, {maker.origin}, timeout=0.2)) as fetcher:
        with pytest.raises(MediaUnavailable):
            await fetcher.fetch(f"{maker.origin}/one")


@pytest.mark.parametrize(
    ("status", "error"),
    [(404, MediaRefused), (401, MediaRefused), (429, MediaUnavailable), (502, MediaUnavailable)],
)
async def test_the_error_says_whether_a_later_try_may_help(maker, fetcher, status, error):
    maker.answers["/one"] = lambda: web.Response(status=status)
    with pytest.raises(error):
        await fetcher.fetch(f"{maker.origin}/one")


class Names(AbstractResolver):
    """A resolver that knows what it is told."""

    def __init__(self, *addresses):
        self.addresses = addresses

    async def resolve(self, host, port=0, family=socket.AF_INET):
        return [
            {"hostname": host, "host": one, "port": port, "family": family, "proto": 0, "flags": 0}
            for one in self.addresses
        ]

    async def close(self):
        pass


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.1.2.3",
        "192.168.0.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "::1",
        "fc00::1",
        "::ffff:10.0.0.1",
    ],
)
async def test_a_name_of_the_makers_that_leads_inside_is_not_asked(address):
    with pytest.raises(OSError, match="no public address"):
        await PublicResolver(Names(address)).resolve("api.maker.example", 443)


async def test_of_several_addresses_the_public_ones_are_taken():
    found = await PublicResolver(Names("10.0.0.1", "149.154.167.220")).resolve("x", 443)
    assert [one["host"] for one in found] == ["149.154.167.220"]


async def test_the_fetcher_resolves_the_makers_names_so(monkeypatch):
    monkeypatch.setattr("bot.channels.media.ThreadedResolver", lambda: Names("127.0.0.1"))
    async with MediaFetcher(MediaRules({"api.maker.example"}, LIMIT)) as fetcher:
        with pytest.raises(MediaUnavailable, match="no public address"):
            await fetcher.fetch("https://api.maker.example/x")


async def test_all_names_below_one_are_known_by_a_dot(monkeypatch):
    monkeypatch.setattr("bot.channels.media.ThreadedResolver", lambda: Names("127.0.0.1"))
    async with MediaFetcher(MediaRules({".maker.example"}, LIMIT)) as fetcher:
        with pytest.raises(MediaUnavailable):
            await fetcher.fetch("https://cdn.maker.example/x")
        with pytest.raises(MediaRefused):
            await fetcher.fetch("https://maker.example.evil.example/x")
