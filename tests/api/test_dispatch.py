"""Dispatchers' calls over HTTP, on a real database."""

import pytest
from icalendar import Calendar

from tests.api.service import is_problem, serving
from tests.scheduling import world as w
from tests.scheduling.world import World

TOKEN = {"Authorization": "Bearer secret"}


@pytest.fixture
async def day(server):
    """The server, with a visit of today."""
    today = server.service.clock.today()
    visit = w.visit_at(where=w.window(today))
    await World(server.service.database, server.service.clock).take(
        w.order(visits=[visit]), crews=[w.crew(shifts=[w.shift(today)])]
    )
    return server


async def _report(server, visit_id="V1", **body):
    answer = await server.client.post(f"/api/v1/visits/{visit_id}/status", json=body)
    return answer, await answer.json(content_type=None)


async def test_a_report_and_its_repeat(day):
    body = {"status": "en_route", "command_id": "c1", "at": "2026-11-20T09:55:00+08:00"}
    answer, first = await _report(day, **body)
    assert (answer.status, first["order_no"], first["visit"]["status"]) == (200, "O1", "en_route")
    again, second = await _report(day, **body)
    assert (again.status, second) == (200, first)


async def test_an_illegal_move_says_which_are_legal(day):
    answer, body = await _report(day, status="completed", command_id="c1")
    assert is_problem(answer, body, 409)
    assert (body["code"], body["allowed"]) == ("illegal_status", ["en_route", "failed"])


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({}, "reason"),
        ({"reason": "crew"}, "next_contact_at"),
        ({"reason": "bored"}, "reason"),
        ({"reason": "crew", "next_contact_at": "tomorrow"}, "next_contact_at"),
        ({"reason": "crew", "next_contact_at": "2026-11-21T10:00:00"}, "next_contact_at"),
        ({"reason": "crew", "next_contact_at": 5}, "next_contact_at"),
        ({"reason": "crew", "window": {"start": "2026-11-21T10:00:00+08:00"}}, "window.end"),
        ({"status": "cancelled"}, "status"),
        ({"status": "scheduled"}, "status"),
        ({"command_id": ""}, "command_id"),
        ({"command_id": "x" * 101}, "command_id"),
        ({"command_id": None}, "command_id"),
        ({"note": "x"}, "note"),
    ],
)
async def test_a_report_that_cannot_be_taken_is_named(day, more, field):
    answer, body = await _report(day, **{"status": "failed", "command_id": "c1", **more})
    assert is_problem(answer, body, 400)
    assert field in body["detail"]


@pytest.mark.parametrize("visit_id", ["V9", "%00", "x" * 100, "预约"])
async def test_a_visit_that_is_not_there(day, visit_id):
    answer, body = await _report(day, visit_id, status="en_route", command_id="c1")
    assert is_problem(answer, body, 404)
    assert body["code"] == "visit_not_found"


async def test_new_goods_for_damaged_ones(day):
    await _report(
        day,
        status="failed",
        command_id="c1",
        reason="damaged",
        next_contact_at="2026-11-21T10:00:00+08:00",
    )
    path, body = "/api/v1/orders/O1/replacement", {"goods_expected_at": "2026-11-22T10:00:00+08:00"}
    answer = await day.client.post(path, json=body)
    order = await answer.json()
    assert (answer.status, [v["status"] for v in order["visits"]]) == (
        200,
        ["failed", "unscheduled"],
    )
    assert order["goods_expected_at"] == body["goods_expected_at"]
    for order_no, sent, status in (
        ("O9", body, 404),
        ("O1", {}, 400),
        ("O1", {"goods_expected_at": "2026-11-22"}, 400),
        ("O1", {**body, "note": "x"}, 400),
    ):
        answer = await day.client.post(f"/api/v1/orders/{order_no}/replacement", json=sent)
        assert is_problem(answer, await answer.json(), status)


async def test_an_orders_history(day):
    await _report(day, status="en_route", command_id="c1", at="2026-11-20T09:55:00+08:00")
    await _report(
        day,
        status="failed",
        command_id="c2",
        reason="site_not_ready",
        next_contact_at="2026-11-21T10:00:00+08:00",
    )
    answer = await day.client.get("/api/v1/orders/O1/history")
    first, second = (await answer.json())["events"]
    assert first["at"] == "2026-11-20T09:55:00+08:00"
    assert (first["visit_id"], first["what"], first["reason"]) == ("V1", "en_route", None)
    assert (first["before"]["status"], first["after"]["status"]) == ("scheduled", "en_route")
    assert (second["actor"], second["what"], second["reason"]) == (
        "crew",
        "failed",
        "site_not_ready",
    )
    answer = await day.client.get("/api/v1/orders/O9/history")
    assert is_problem(answer, await answer.json(), 404)


async def test_a_crews_day(day):
    answer = await day.client.get("/api/v1/crews/C1/visits?date=2026-11-20")
    body = await answer.json()
    assert [v["visit_id"] for v in body["visits"]] == ["V1"]
    assert body["visits"][0]["consumer"]["phone"] == "13912345678"
    today = await (await day.client.get("/api/v1/crews/C1/visits")).json()
    assert today == body
    for path, status in (("crews/C9/visits", 404), ("crews/C1/visits?date=heute", 400)):
        answer = await day.client.get(f"/api/v1/{path}")
        assert is_problem(answer, await answer.json(), status)


async def test_the_board(day):
    answer = await day.client.get("/api/v1/board?date=2026-11-20&hub=H1")
    (line,) = (await answer.json())["crews"]
    assert [(c["capacity"], c["visits_minutes"], c["free"]) for c in line["cells"]] == [
        (180, 105, 75)
    ]
    for query, status in (("hub=H9", 404), ("date=2026-02-30", 400)):
        answer = await day.client.get(f"/api/v1/board?{query}")
        assert is_problem(answer, await answer.json(), status)


async def test_a_calendar_is_read_by_its_address_alone(tmp_path):
    async with serving(tmp_path, api_token="secret", host="0.0.0.0") as server:
        today = server.service.clock.today()
        await World(server.service.database, server.service.clock).take(
            w.order(visits=[w.visit_at(where=w.window(today))]),
            w.order("O2", consumer_id="tb_2"),
            crews=[w.crew(shifts=[w.shift(today)])],
        )
        day = await server.client.get("/api/v1/crews/C1/visits", headers=TOKEN)
        address = (await day.json())["calendar_url"]
        feed = await server.client.get(address)
        assert (feed.status, feed.content_type) == (200, "text/calendar")
        (event,) = Calendar.from_ical(await feed.read()).walk("VEVENT")
        assert event["UID"] == "V1@yuezhuang"
        for other in (
            address[:-1] + ("0" if address[-1] != "0" else "1"),
            address.replace("C1", "C2"),
            address.split("?")[0],
            address.split("?")[0] + "?token=%FF",
        ):
            answer = await server.client.get(other)
            assert is_problem(answer, await answer.json(), 401), other


@pytest.mark.parametrize(
    "path", ["/api/v1/board", "/api/v1/crews/C1/visits", "/api/v1/orders/x%2Fcalendar.ics"]
)
async def test_the_rest_needs_the_token(tmp_path, path):
    async with serving(tmp_path, api_token="secret", host="0.0.0.0") as server:
        answer = await server.client.get(path)
        assert is_problem(answer, await answer.json(), 401)
