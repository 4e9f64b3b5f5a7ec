"""Links from an order's page into a chat."""

from datetime import timedelta

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from bot.api import chat_links
from bot.api.problems import problems
from bot.channels.order_handles import OrderLink
from bot.errors import RetryLater
from tests.api.service import ORDER_NO, Orders, is_problem

LINK = OrderLink("wecom_kf", "shop", "link", "https://work.weixin.qq.com/kf/k?scene_param=x")


class Channel:
    """A channel with one link, unless it is away."""

    def __init__(self):
        self.asked = []
        self.away = False

    async def order_links(self, order_no, life):
        self.asked.append((order_no, life))
        if self.away:
            raise RetryLater("the platform cannot be reached")
        return [LINK]


@pytest.fixture
def channel():
    return Channel()


@pytest.fixture
async def client(channel):
    app = web.Application(middlewares=[problems])
    app.add_routes(chat_links.routes(Orders(), [channel]))
    async with TestClient(TestServer(app)) as client:
        yield client


def path(order_no=ORDER_NO, query=""):
    return f"/api/v1/orders/{order_no}/chat-links{query}"


async def test_each_channels_links_with_how_long_they_hold(client, channel):
    answer = await client.get(path(query="?days=3"))
    assert await answer.json() == {
        "links": [
            {"channel": "wecom_kf", "account": "shop", "kind": "link", "url": LINK.url},
        ]
    }
    await client.get(path())
    assert channel.asked == [(ORDER_NO, timedelta(days=3)), (ORDER_NO, timedelta(days=7))]


async def test_an_order_that_is_none_has_no_links(client, channel):
    answer = await client.get(path("2811234567890999999"))
    assert is_problem(answer, await answer.json(), 404)
    assert channel.asked == []


@pytest.mark.parametrize("days", ["0", "31", "-1", "x", "１"])
async def test_days_that_are_none_are_refused(client, days):
    answer = await client.get(path(query=f"?days={days}"))
    assert is_problem(answer, await answer.json(), 400)


async def test_a_platform_that_is_away_is_a_problem(client, channel):
    channel.away = True
    answer = await client.get(path())
    assert is_problem(answer, await answer.json(), 502)
