"""Access tokens shared by processes: fetched by one, used by all, replaced when refused."""

import asyncio

import pytest

from bot.channels.tokens import AccessToken, Tokens
from bot.errors import DeliveryRefused, RetryLater, TokenExpired
from tests.conversation.service import sqlite


class Maker:
    """A maker's token call: slow, counted, and failing where it is told to."""

    def __init__(self):
        self.given = 0
        self.fails = False

    async def fetch(self):
        await asyncio.sleep(0.05)
        if self.fails:
            raise RetryLater
        self.given += 1
        return AccessToken(f"token-{self.given}", 7200)


class Watch:
    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
async def database(tmp_path):
    async with sqlite(tmp_path) as database:
        yield database


@pytest.fixture
def watch():
    return Watch()


@pytest.fixture
def processes(database, watch):
    """Two processes on one database."""
    return [Tokens(database, watch) for _ in range(2)]


@pytest.fixture
def maker():
    return Maker()


async def test_ten_who_ask_at_once_cost_one_call(processes, maker):
    asking = (processes[n % 2].get("wx", "a", maker.fetch) for n in range(10))
    assert set(await asyncio.gather(*asking)) == {"token-1"}
    assert maker.given == 1


async def test_who_looked_before_another_fetched_takes_what_was_fetched(processes, maker):
    late, quick = processes
    look = late._read

    async def look_slowly(channel, account):
        row = await look(channel, account)
        await quick.get(channel, account, maker.fetch)
        return row

    late._read = look_slowly
    assert await late.get("wx", "a", maker.fetch) == "token-1"
    assert maker.given == 1


async def test_accounts_have_tokens_of_their_own(processes, maker):
    first = await processes[0].get("wx", "a", maker.fetch)
    assert await processes[0].get("wx", "b", maker.fetch) != first


async def test_a_token_is_renewed_before_its_end_and_serves_meanwhile(processes, maker, watch):
    await processes[0].get("wx", "a", maker.fetch)
    watch.now += 7200 - 301
    assert await processes[1].get("wx", "a", maker.fetch) == "token-1"
    watch.now += 2
    got = await asyncio.gather(*(one.get("wx", "a", maker.fetch) for one in processes))
    assert sorted(got) == ["token-1", "token-2"]
    assert maker.given == 2


async def test_a_refused_token_is_forgotten_and_a_newer_one_is_not(processes, maker):
    old = await processes[0].get("wx", "a", maker.fetch)
    await processes[0].forget("wx", "a", old)
    assert await processes[1].get("wx", "a", maker.fetch) == "token-2"
    # Another process finds out late that the old one is over.
    await processes[0].forget("wx", "a", old)
    assert await processes[0].get("wx", "a", maker.fetch) == "token-2"


async def test_where_fetching_fails_the_next_who_asks_tries_at_once(processes, maker):
    maker.fails = True
    with pytest.raises(RetryLater):
        await processes[0].get("wx", "a", maker.fetch)
    maker.fails = False
    assert await processes[1].get("wx", "a", maker.fetch) == "token-1"


async def test_a_process_that_died_while_fetching_holds_up_nobody_for_long(processes, maker, watch):
    dying = asyncio.create_task(processes[0].get("wx", "a", maker.fetch))
    await asyncio.sleep(0.02)
    dying.cancel()
    await asyncio.gather(dying, return_exceptions=True)
    watch.now += 21
    assert await processes[1].get("wx", "a", maker.fetch) == "token-1"


async def test_a_call_is_made_anew_once_and_no_more(processes, maker):
    used = []

    async def call():
        token = await processes[0].get("wx", "a", maker.fetch)
        used.append(token)
        if len(used) < 3:
            raise TokenExpired(token=token)
        raise DeliveryRefused(reason="-")

    with pytest.raises(RetryLater):
        await processes[0].renewing("wx", "a", call)
    assert used == ["token-1", "token-2"]
