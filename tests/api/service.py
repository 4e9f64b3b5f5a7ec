"""The HTTP server around a scripted engine and orders that a test makes up."""

from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from aiohttp.test_utils import TestClient, TestServer

from bot.api.metrics import Metrics
from bot.app.parts import Parts
from bot.app.web import make_web
from bot.catalogue import load
from bot.conversation.conversations import host_seconds
from bot.desk.service import DeskService
from bot.errors import OrderNotFound
from bot.platforms import staff_connections
from bot.providers.service import Providers
from bot.ratelimit import RateLimiter
from bot.scheduling import Availability, DemoConsumer, Dispatch, Feed, Reason, Window
from bot.settings import Settings
from bot.staff.service import StaffService
from tests.conversation.service import Service, running, sqlite

ORDER_NO = "2811234567890123456"


@dataclass
class Orders:
    """Scheduling as far as the HTTP server asks it."""

    asked: list[Any] = field(default_factory=list)
    full: bool = False

    async def api_order(self, order_no):
        if order_no != ORDER_NO:
            raise OrderNotFound(order_no=order_no)
        return {"order_no": order_no, "merchant": "海尔官方旗舰店"}

    async def availability(self, order_no, from_date, days):
        await self.api_order(order_no)
        self.asked.append((from_date, days))
        if self.full:
            return Availability((), Reason("full", "都约满了。"))
        start = datetime.fromisoformat("2026-11-21T09:00:00+08:00")
        return Availability((Window(start, start + timedelta(hours=3)),), None)

    async def consumers_for_demo(self):
        return [DemoConsumer("demo_001", "李先生", "空调，待预约")]


@dataclass
class Server:
    """A client of the running server, and what is behind it."""

    client: TestClient
    service: Service
    orders: Orders

    async def say(self, words, **more):
        body = {"sender": "s1", "message": words, **more}
        answer = await self.client.post("/webhooks/rest/webhook", json=body)
        return answer.status, await answer.json(content_type=None)


@asynccontextmanager
async def serving(folder: Path, **settings: Any):
    """A running server; `settings` differ from the defaults."""
    values = {"var_dir": folder, "turn_timeout_seconds": 5.0, **settings}
    async with sqlite(folder) as database, running(database) as service:
        orders = Orders()
        loaded = replace(Settings(), **values)
        parts = _parts(loaded, service, orders)
        staff = StaffService(
            database, parts.desk.desk, parts.dispatch, parts.metrics, host_seconds()
        )
        async with (
            staff_connections(
                loaded.channels_file, database, service.conversations, staff
            ) as channels,
            TestClient(TestServer(make_web(replace(parts, channels=channels)))) as client,
        ):
            yield Server(client, service, orders)


def _parts(settings, service, orders):
    async def database_answers():
        await service.database.ping()
        return True

    probes = {"database": database_answers, "engine": service.engine.ready}
    feed = Feed(service.clock, load(), settings.booking)
    dispatch = Dispatch(service.database, service.clock, load(), settings.booking)
    return Parts(
        settings,
        orders,
        dispatch,
        service.engine,
        service.conversations,
        DeskService(service.database, service.clock, service.conversations, orders, service.engine),
        Providers(service.database, feed, settings, host_seconds()),
        Metrics(),
        probes,
        lambda: 0,
        RateLimiter(settings.limits, settings.redis_url),
    )


def is_problem(answer, body, status):
    """Whether an answer is a problem that helps."""
    return (
        answer.status == status == body["status"]
        and answer.content_type == "application/problem+json"
        and len(body["detail"]) > 5
        and {"type", "title", "code"} <= body.keys()
    )
