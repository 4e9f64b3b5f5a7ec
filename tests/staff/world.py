"""The desk, scheduling and staff on a messenger that a test plays, over one database."""

import asyncio
from collections import Counter
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer

from bot.api.problems import problems
from bot.catalogue import load
from bot.channels.base import Kit
from bot.channels.staff import Address, Card, Heard, Person, StaffAccount, StaffChannel
from bot.channels.tokens import Tokens
from bot.conversation.conversations import host_seconds
from bot.desk.service import DeskService
from bot.dialogue.engine import Reply, TurnResult
from bot.scheduling import Dispatch, Scheduling
from bot.settings import BookingRules
from bot.staff.bindings import Bound
from bot.staff.service import StaffService
from tests.conversation.service import Service, running
from tests.scheduling import world as w

PASSWORD = "correct horse"
DAY = "2026-11-20"
# Pauses after failures are random, and machines slow.
SECONDS = 15
ALERTS = ("待接入", "重新排队")


@dataclass
class Sent:
    """One card as the messenger has it."""

    address: Address
    card: Card
    key: str
    faces: list[Card] = field(default_factory=list)

    @property
    def text(self) -> str:
        return "\n".join((self.card.title, *self.card.lines))


class Messenger(StaffChannel[StaffAccount]):
    """A messenger in memory. `errors` are raised by the next sendings, one each."""

    name = "messenger"
    replaces = True
    account = "main"

    def __init__(self, kit: Kit, staff: Any, group: str) -> None:
        super().__init__(kit, {self.account: StaffAccount(alert_group=group)}, staff)
        self.cards: list[Sent] = []
        self.errors: list[Exception] = []
        self.gate: asyncio.Event | None = None
        self._events = 0

    async def take(self, request):
        raise NotImplementedError

    async def send(self, address, card, key):
        if self.gate is not None:
            await self.gate.wait()
        if self.errors:
            raise self.errors.pop(0)
        self.cards.append(Sent(address, card, key))
        return str(len(self.cards) - 1)

    async def replace(self, account, shown, card):
        self.cards[int(shown)].faces.append(card)

    def of(self, place: str) -> list[Sent]:
        return [one for one in self.cards if one.address.place == place]

    def answers(self, user: str) -> list[Sent]:
        """What somebody was sent but alerts, which come between."""
        return [one for one in self.of(user) if not one.card.title.startswith(ALERTS)]

    def alerts(self, user: str) -> list[Sent]:
        return [one for one in self.of(user) if one.card.title.startswith(ALERTS)]

    def heard(self, user: str, words: str, event: str | None = None) -> Heard:
        self._events += 1
        person = Person(self.name, self.account, user)
        return Heard(person, event or f"e{self._events}", words)

    async def say(self, user: str, words: str, event: str | None = None) -> None:
        await self.staff.accept(self.heard(user, words, event))

    async def ask(self, user: str, words: str, event: str | None = None) -> Sent:
        """Say something and return the card that comes back."""
        before = len(self.answers(user))
        await self.say(user, words, event)
        await eventually(lambda: len(self.answers(user)) > before)
        return self.answers(user)[before]

    async def press(self, user: str, sent: Sent, title: str) -> Sent:
        """Press the button with that title."""
        found = [one for one in sent.card.choices if one.title == title]
        assert found, f"no button {title} under {sent.card}"
        return await self.ask(user, found[0].words)


class Observer:
    """Counts what was sent, by channel and outcome."""

    def __init__(self) -> None:
        self.outcomes: Counter[tuple[str, str]] = Counter()

    def sent(self, channel: str, outcome: str) -> None:
        self.outcomes[channel, outcome] += 1


@dataclass
class World:
    """All of it, and what a test does with it."""

    service: Service
    desk: DeskService
    scheduling: Scheduling
    staff: StaffService
    messenger: Messenger
    server: TestServer
    accounts: dict[str, str]
    observer: Observer
    made: list[StaffChannel]
    robot: tuple[str, str] = (Messenger.name, Messenger.account)

    async def bind(self, user: str, login: str | None = None, crew: str | None = None) -> None:
        person = Person(*self.robot, user)
        whom = Bound(self.accounts[login] if login else None, crew)
        await self.staff.bindings.bind(person, whom)

    async def queue(self, sender="s1", reason="request_human", **more: Any) -> str:
        self.service.engine._script = {"转": TurnResult((Reply("好的"),), reason)}
        await self.service.say("转", sender=sender, **more)
        return await self.service.case(sender)

    async def take(self, *orders: dict[str, Any], **more: Any) -> None:
        await self.scheduling.import_document(w.document(*orders, **more))

    async def visits(self, day: str = DAY, number: int = 1) -> None:
        """Orders with a visit each of crew C1, whose shifts have room."""
        shifts = [w.shift(day, end="21:00", capacity=720)]
        orders = [
            w.order(
                f"O{n}",
                consumer_id=f"tb_{n}",
                visits=[w.visit_at(f"V{n}", w.window(day, f"{8 + n:02}:00", f"{9 + n:02}:00"))],
            )
            for n in range(1, number + 1)
        ]
        await self.take(*orders, crews=[w.crew(shifts=shifts), w.crew("C2", shifts=[])])

    async def status(self, visit_id: str = "V1") -> str:
        order = await self.scheduling.api_order(f"O{visit_id[1:]}")
        return next(one["status"] for one in order["visits"] if one["visit_id"] == visit_id)


async def eventually(happened, seconds: float = SECONDS) -> None:
    async with asyncio.timeout(seconds):
        while True:
            found = happened()
            if asyncio.iscoroutine(found):
                found = await found
            if found:
                return
            await asyncio.sleep(0.02)


@asynccontextmanager
async def staffed(database, group: str = "", channels=()):
    """A running world; `channels` make further channels from the kit and the service of staff."""
    async with running(database) as service, ClientSession() as http:
        scheduling = Scheduling(database, service.clock, load(), BookingRules())
        desk = DeskService(
            database, service.clock, service.conversations, scheduling, service.engine
        )
        dispatch = Dispatch(database, service.clock, load(), BookingRules())
        observer = Observer()
        staff = StaffService(database, desk.desk, dispatch, observer, host_seconds())
        kit = Kit(service.conversations, http, Tokens(database, host_seconds()))
        messenger = Messenger(kit, staff, group)
        made = [make(kit, staff) for make in channels]
        app = web.Application(middlewares=[problems])
        app.add_routes([*desk.routes(), *(route for one in made for route in one.routes())])
        async with TestServer(app) as server:
            accounts = {}
            for login, role in (("wang", "agent"), ("li", "agent"), ("boss", "supervisor")):
                accounts[login] = await desk.accounts.create(
                    login, f"真名{login}", f"客服{login}", role, PASSWORD, 2
                )
            await desk.start()
            await staff.start([messenger, *made])
            yield World(
                service, desk, scheduling, staff, messenger, server, accounts, observer, made
            )
            await staff.stop()
            await desk.stop()
