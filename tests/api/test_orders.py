"""Orders and their windows over HTTP."""

from datetime import date

import pytest

from tests.api.service import ORDER_NO, is_problem

PATH = f"/api/v1/orders/{ORDER_NO}"


async def test_an_order(client):
    answer = await client.get(PATH)
    assert (await answer.json())["order_no"] == ORDER_NO
    assert "海尔" in await answer.text()


@pytest.mark.parametrize("number", ["1", "%00", "%2F", "x" * 200, "订单", "%FF"])
async def test_an_order_that_is_not_there(client, number):
    answer = await client.get(f"/api/v1/orders/{number}")
    assert is_problem(answer, await answer.json(), 404)


async def test_windows(server):
    answer = await server.client.get(f"{PATH}/availability?from=2026-11-21&days=3")
    assert await answer.json() == {
        "windows": [{"start": "2026-11-21T09:00:00+08:00", "end": "2026-11-21T12:00:00+08:00"}]
    }
    await server.client.get(f"{PATH}/availability")
    assert server.orders.asked == [(date(2026, 11, 21), 3), (None, 14)]


async def test_no_windows_and_why(server):
    server.orders.full = True
    answer = await server.client.get(f"{PATH}/availability")
    assert await answer.json() == {"windows": [], "reason": {"code": "full", "text": "都约满了。"}}


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ("from=tomorrow", "from"),
        ("from=2026-13-01", "from"),
        ("from=20261121", "from"),
        ("from=9999-12-31", "from"),
        ("from=0001-01-01", "from"),
        ("from=", "from"),
        ("from=２０２６-11-21", "from"),
        ("days=0", "days"),
        ("days=61", "days"),
        ("days=-1", "days"),
        ("days=1e1", "days"),
        ("days=", "days"),
        ("days=99999999999999999999", "days"),
        ("days=٣", "days"),
    ],
)
async def test_what_cannot_be_asked(client, query, parameter):
    answer = await client.get(f"{PATH}/availability?{query}")
    body = await answer.json()
    assert is_problem(answer, body, 400)
    assert body["parameter"] == parameter
    assert body["detail"].startswith(f"{parameter}:")
