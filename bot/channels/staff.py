"""What channels of staff do alike: they carry words and presses in, and cards out.

Dispatchers, agents and crews write to a robot of their company's messenger and press buttons
on its cards. A channel knows how a messenger signs, encrypts and draws; who somebody is and
what they may do is decided behind `Staff`, which `bot.staff` implements.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, ClassVar, Generic, Protocol, TypeVar

from aiohttp import web
from pydantic import Field, StringConstraints

from bot.channels.base import Kit, Received, receive
from bot.errors import DeliveryRefused
from bot.requests import Body

Account = TypeVar("Account", bound="StaffAccount")


@dataclass(frozen=True)
class Person:
    """Somebody on a messenger: `account` is our robot there, `user` its name for them."""

    channel: str
    account: str
    user: str


@dataclass(frozen=True)
class Address:
    """Where a card goes: to one person, or into the group `place` of an account."""

    channel: str
    account: str
    place: str
    group: bool = False


@dataclass(frozen=True)
class Choice:
    """A button: pressing it says `words`, which may as well be typed."""

    title: str
    words: str
    main: bool = False


@dataclass(frozen=True)
class Card:
    """What staff is shown: plain text, without any messenger's marks. `urgent` stands out."""

    title: str
    lines: tuple[str, ...] = ()
    choices: tuple[Choice, ...] = ()
    urgent: bool = False


@dataclass(frozen=True)
class Heard:
    """What somebody wrote or pressed. `event_id` is the messenger's name of this one event."""

    person: Person
    event_id: str
    words: str


class Staff(Protocol):
    """Whom channels tell what they heard."""

    async def accept(self, heard: Heard) -> None:
        """Store an event; once this returns it is not lost, and answered later. Once each."""

    async def answer(self, heard: Heard, seconds: float) -> Card | None:
        """Store an event and return its answer, None where that takes longer than `seconds`.

        Then it is sent when it is there. A repeated event has the answer of the first.
        """


Secret = Annotated[str, StringConstraints(min_length=1), Field(repr=False)]


class StaffAccount(Body):
    """What an account of every messenger may have.

    `alert_group` is a group that is told who waits, beside the agents themselves.
    """

    alert_group: str = ""


class StaffChannel(ABC, Generic[Account]):
    """A messenger of staff that calls us, and that we call. `accounts` are our robots, by name.

    A subclass says how a request is proven and read, and how a card is drawn and sent. `name`
    is stored.
    """

    name: ClassVar[str]
    # Whether a card that was sent can be shown anew in its place.
    replaces: ClassVar[bool] = False
    account_model: ClassVar[type[StaffAccount]]

    def __init__(self, kit: Kit, accounts: Mapping[str, Account], staff: Staff) -> None:
        self.kit = kit
        self.accounts = accounts
        self.staff = staff

    def routes(self) -> list[web.RouteDef]:
        """Return the one address of each account: `/channels/<name>/<account>`."""
        return [web.post(f"/channels/{self.name}/{{account}}", self._webhook)]

    async def start(self) -> None:
        """Begin what goes on beside the requests, such as a connection of ours."""

    async def stop(self) -> None:
        """End it."""

    @abstractmethod
    async def take(self, request: Received) -> web.Response:
        """Tell `staff` what a request holds, then answer it.

        Raises Unauthorized where it is not the messenger's.
        """

    @abstractmethod
    async def send(self, address: Address, card: Card, key: str) -> str:
        """Send a card and return the messenger's name of it.

        `key` has 32 letters; the same again is the same card, where the messenger can tell.
        Raises TokenExpired with the `token` that it used, and what else DeliveryFailed is.
        """

    async def replace(self, account: str, shown: str, card: Card) -> None:  # noqa: ARG002
        """Show another card where `shown` was sent. Raises as `send` does."""
        raise DeliveryRefused(reason=f"{self.name} shows cards as they were sent")

    async def deliver(self, address: Address, card: Card, key: str, shown: str | None) -> str:
        """Send a card, or show it in the place of `shown`; return the messenger's name of it."""

        async def call() -> str:
            if shown is None:
                return await self.send(address, card, key)
            await self.replace(address.account, shown, card)
            return shown

        return await self.kit.tokens.renewing(self.name, address.account, call)

    async def _webhook(self, request: web.Request) -> web.Response:
        return await self.take(await receive(request, self.accounts))
