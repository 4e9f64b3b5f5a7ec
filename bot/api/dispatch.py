"""Calls of dispatchers and crews: how a visit goes, a crew's day, the board."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Protocol

from aiohttp import web
from pydantic import BeforeValidator, Field

from bot.api import parameters
from bot.api.answers import answer
from bot.api.calendars import Links
from bot.errors import CrewNotFound, OrderNotFound, VisitNotFound
from bot.requests import Body, read
from bot.scheduling import Window
from bot.scheduling.status import Failure, NewStatus, StatusUpdate


def _instant(value: Any) -> datetime:
    try:
        at = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        at = None
    if at is None or at.tzinfo is None:
        raise ValueError("must be ISO 8601 with an offset, such as 2026-11-20T10:00:00+08:00")
    return at


Instant = Annotated[datetime, BeforeValidator(_instant)]


class AgreedWindow(Body):
    """The window of `GET …/availability` that the consumer has agreed to."""

    start: Instant
    end: Instant


class Report(Body):
    """The body of `POST /api/v1/visits/{visit_id}/status`."""

    status: NewStatus
    command_id: Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[\x21-\x7e]+$")]
    reason: Failure | None = None
    next_contact_at: Instant | None = None
    window: AgreedWindow | None = None
    at: Instant | None = None


class Replacement(Body):
    """The body of `POST /api/v1/orders/{order_no}/replacement`."""

    goods_expected_at: Instant


class Dispatching(Protocol):
    """The part of scheduling that these calls need."""

    async def report(self, update: StatusUpdate) -> dict[str, Any]:
        """Take what a crew reports."""

    async def goods_replaced(self, order_no: str, expected_at: datetime) -> dict[str, Any]:
        """Take it that new goods for damaged ones reach the hub at an instant."""

    async def history(self, order_no: str) -> dict[str, Any]:
        """Return what happened to an order's visits."""

    async def crew_day(self, crew_id: str, day: date | None) -> dict[str, Any]:
        """Return a crew's visits of a day."""

    async def board(self, day: date | None, hub_id: str | None) -> dict[str, Any]:
        """Return crews by windows of a day."""


def routes(dispatch: Dispatching, links: Links) -> list[web.RouteDef]:
    """Return the calls."""

    async def report(request: web.Request) -> web.Response:
        visit_id = parameters.name(request, "visit_id", VisitNotFound)
        return answer(await dispatch.report(_update(visit_id, await read(request, Report))))

    async def replacement(request: web.Request) -> web.Response:
        order_no = parameters.name(request, "order_no", OrderNotFound)
        body = await read(request, Replacement)
        return answer(await dispatch.goods_replaced(order_no, body.goods_expected_at))

    async def history(request: web.Request) -> web.Response:
        return answer(await dispatch.history(parameters.name(request, "order_no", OrderNotFound)))

    async def crew_day(request: web.Request) -> web.Response:
        crew_id = parameters.name(request, "crew_id", CrewNotFound)
        found = await dispatch.crew_day(crew_id, parameters.day(request, "date"))
        return answer({**found, "calendar_url": links.crew(crew_id)})

    async def board(request: web.Request) -> web.Response:
        hub_id = request.query.get("hub") or None
        return answer(await dispatch.board(parameters.day(request, "date"), hub_id))

    return [
        web.post("/api/v1/visits/{visit_id}/status", report),
        web.post("/api/v1/orders/{order_no}/replacement", replacement),
        web.get("/api/v1/orders/{order_no}/history", history),
        web.get("/api/v1/crews/{crew_id}/visits", crew_day),
        web.get("/api/v1/board", board),
    ]


def _update(visit_id: str, body: Report) -> StatusUpdate:
    window = Window(body.window.start, body.window.end) if body.window else None
    return StatusUpdate(
        visit_id,
        body.status,
        body.command_id,
        body.reason,
        body.next_contact_at,
        window,
        body.at,
    )
