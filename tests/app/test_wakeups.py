"""Hints by way of Redis: heard by the others, lost without a word of complaint, heard again."""

import asyncio
import os
from contextlib import suppress
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from redis.asyncio import Redis
from redis.exceptions import RedisError

from bot.errors import SettingsError
from bot.wakeups import RedisWakeups, Wakeups, make

URL = os.environ.get("BOT_TEST_REDIS_URL", "redis://127.0.0.1:6379/9")


class Wire:
    """A TCP proxy before Redis, which a test cuts and mends."""

    def __init__(self):
        self._writers = set()
        self._server = None
        self.port = 0

    @property
    def url(self):
        return f"redis://127.0.0.1:{self.port}/9"

    async def mend(self):
        self._server = await asyncio.start_server(self._join, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def cut(self):
        self._server.close()
        for writer in self._writers:
            writer.transport.abort()
        await self._server.wait_closed()

    async def _join(self, reader, writer):
        there = urlsplit(URL)
        other, onward = await asyncio.open_connection(there.hostname, there.port)
        self._writers |= {writer, onward}
        await asyncio.gather(_copy(reader, onward), _copy(other, writer))


async def _copy(reader, writer):
    with suppress(ConnectionError):
        while data := await reader.read(4096):
            writer.write(data)
    writer.close()


class Process:
    """One who tells and hears."""

    def __init__(self, url, system):
        self.wakeups = RedisWakeups(url, system)
        self.heard = []
        self.news = asyncio.Event()
        self.wakeups.hear("work", self._hear)

    def _hear(self, body):
        self.heard.append(body)
        self.news.set()

    async def expect(self, body):
        async with asyncio.timeout(5):
            while body not in self.heard:
                self.news.clear()
                await self.news.wait()


@pytest.fixture
async def wire():
    redis = Redis.from_url(URL)
    try:
        await redis.ping()
    except RedisError as error:
        pytest.skip(f"no Redis: {error}")
    finally:
        await redis.aclose()
    wire = Wire()
    await wire.mend()
    yield wire
    await wire.cut()


@pytest.fixture
async def pair(wire):
    system = uuid4().hex
    both = Process(wire.url, system), Process(wire.url, system)
    for one in both:
        await one.wakeups.start()
        await asyncio.wait_for(one.wakeups.hearing.wait(), 5)
    yield both
    for one in both:
        await one.wakeups.stop()


async def test_the_others_hear_in_order_and_the_teller_does_not(pair):
    a, b = pair
    for n in range(250):
        a.wakeups.tell("work", n)
    a.wakeups.tell("nobody-listens", {})
    await b.expect(249)
    assert b.heard == list(range(250))
    b.wakeups.tell("work", "back")
    await a.expect("back")
    assert a.heard == ["back"]


async def test_other_systems_on_the_same_redis_hear_nothing(wire, pair):
    a, b = pair
    stranger = Process(wire.url, uuid4().hex)
    await stranger.wakeups.start()
    await asyncio.wait_for(stranger.wakeups.hearing.wait(), 5)
    a.wakeups.tell("work", 1)
    await b.expect(1)
    stranger.wakeups.tell("work", 2)
    a.wakeups.tell("work", 3)
    await b.expect(3)
    assert stranger.heard == []
    assert b.heard == [1, 3]
    await stranger.wakeups.stop()


async def test_while_redis_is_away_telling_is_free_and_afterwards_it_is_heard(wire, pair):
    a, b = pair
    await wire.cut()
    for n in range(5000):  # more than is kept
        a.wakeups.tell("work", n)
    async with asyncio.timeout(5):
        while a.wakeups.hearing.is_set() or b.wakeups.hearing.is_set():
            await asyncio.sleep(0.01)
    await wire.mend()
    await asyncio.wait_for(b.wakeups.hearing.wait(), 10)
    async with asyncio.timeout(10):
        while "new" not in b.heard:
            a.wakeups.tell("work", "new")
            await asyncio.sleep(0.05)


async def test_what_is_not_understood_ends_nothing(pair):
    a, b = pair
    b.wakeups.hear("broken", lambda body: body["no such thing"])
    a.wakeups.tell("broken", {})
    a.wakeups.tell("work", "after")
    await b.expect("after")


def test_an_address_that_is_none():
    with pytest.raises(SettingsError, match="BOT_REDIS_URL"):
        make("postgres://nowhere", "x")


def test_without_redis_there_is_nobody_to_tell():
    assert type(make("", "x")) is Wakeups
