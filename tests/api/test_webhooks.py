"""The calls about webhooks; tests/providers has what they do."""

import pytest

from tests.api.service import is_problem

URL = "https://erp.example/visits"


async def _add(client, **body):
    answer = await client.post("/api/v1/webhooks", json={"url": URL, **body})
    return answer, await answer.json()


async def test_a_webhook_is_made_listed_and_removed(client):
    answer, made = await _add(client, types=["visit.moved"])
    assert answer.status == 201
    secret = made.pop("secret")
    assert secret.startswith("whsec_")
    listed = await (await client.get("/api/v1/webhooks")).json()
    assert listed == {"webhooks": [made]}
    assert made["types"] == ["visit.moved"]
    log = await client.get(f"/api/v1/webhooks/{made['id']}/deliveries")
    assert await log.json() == {"deliveries": []}
    assert (await client.delete(f"/api/v1/webhooks/{made['id']}")).status == 204
    again = await client.delete(f"/api/v1/webhooks/{made['id']}")
    assert is_problem(again, await again.json(), 404)


@pytest.mark.parametrize(
    "url",
    [
        "http://erp.example/",
        "ftp://erp.example/",
        "https://",
        "https://user:pw@erp.example/",
        "https://erp.example/#x",
        "http://[",
        "erp.example",
    ],
)
async def test_an_address_that_is_not_safe_is_refused(client, url):
    answer, body = await _add(client, url=url)
    assert is_problem(answer, body, 400)


@pytest.mark.parametrize("types", [[], ["visit.dreamt"], "visit.moved"])
async def test_types_that_there_are_not_are_refused(client, types):
    answer, body = await _add(client, types=types)
    assert is_problem(answer, body, 400)


@pytest.mark.parametrize("number", ["7", "x", "9" * 40])
async def test_a_delivery_that_there_is_not_is_named(client, number):
    _, made = await _add(client)
    answer = await client.post(f"/api/v1/webhooks/{made['id']}/deliveries/{number}")
    assert is_problem(answer, await answer.json(), 404)
