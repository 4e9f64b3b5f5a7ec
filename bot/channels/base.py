"""What every channel does alike; docs/channels/README.md tells how to write one of your own."""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from enum import StrEnum
from typing import Any, ClassVar, Generic, Protocol, TypeVar

from aiohttp import ClientSession, web
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.channels import wording
from bot.channels.order_handles import OrderLink
from bot.channels.tokens import Tokens
from bot.conversation.conversations import Conversations
from bot.conversation.delivery import Encoded, Limits, Outbound, Payload, Sent
from bot.conversation.notices import ByTelephone
from bot.conversation.records import Event, Grant, Incoming, Message, Receipt, on_account
from bot.conversation.takeover import Guard
from bot.database.text import storable
from bot.errors import (
    DeliveryRefused,
    MalformedRequest,
    NotFound,
    Refused,
)
from bot.ratelimit import RateLimiter
from bot.requests import MAX_NAME, MAX_TEXT, Body, read_bytes
from bot.settings import RateLimits
from bot.wakeups import Wakeups

MOST_BYTES = 1024 * 1024

Account = TypeVar("Account", bound=Body)
# What happened in which conversation.
Told = tuple[str, Event]


class Channel(ABC):
    """A way by which consumers reach the bot: verifies, decodes, encodes. `name` is stored."""

    name: ClassVar[str]
    # Whether senders wait for the answer to each single message.
    hurried: ClassVar[bool] = False
    # Whether anybody may send in a sender's name: then a message proves nothing.
    spoofable: ClassVar[bool] = False

    def __init__(self, conversations: Conversations) -> None:
        self._conversations = conversations

    @abstractmethod
    def routes(self) -> list[web.RouteDef]:
        """Return what the channel answers over HTTP."""

    async def _receive(
        self, sender: str, text: str, message_id: str | None, consumer_id: str | None
    ) -> Receipt:
        return await self._conversations.receive(
            Incoming(self.name, sender, text, message_id, consumer_id, self.hurried)
        )


class Kind(StrEnum):
    """What a consumer sent."""

    TEXT = "text"
    IMAGE = "image"
    VOICE = "voice"
    VIDEO = "video"
    FILE = "file"
    LOCATION = "location"
    OTHER = "other"


@dataclass(frozen=True)
class Received:
    """A request of the platform's as it came: what was signed are these bytes, no others.

    Names in `headers` are in lower case. `path` is the address that was called.
    """

    account: str
    method: str
    headers: Mapping[str, str]
    query: Mapping[str, str]
    body: bytes
    remote: str | None = None
    path: str = ""


@dataclass(frozen=True)
class Inbound:
    """One message. `sender` and `message_id` are the platform's own names.

    `text`: what was written, or what a place is called. A pressed button is the `payload` it
    was shown with. `source`: what the channel's `fetch` needs to get a picture.
    """

    sender: str
    message_id: str
    text: str = ""
    kind: Kind = Kind.TEXT
    source: dict[str, Any] | None = None
    consumer_id: str | None = None
    grant: Grant | None = None


@dataclass(frozen=True)
class Happening:
    """Something that is no message. `key` is the same whenever the platform tells it again."""

    key: str
    name: str
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Decoded:
    """What a request holds, and what the platform wants to hear back at once."""

    messages: Sequence[Inbound] = ()
    events: Sequence[Happening] = ()
    answer: web.Response = field(default_factory=web.Response)


class Telephones(Protocol):
    """Knows whose telephone a number is."""

    async def has_open_order(self, phone: str) -> bool:
        """Whether an order with a visit left to make has this telephone, eleven digits."""


class Strangers:
    """Knows nobody's telephone."""

    async def has_open_order(self, phone: str) -> bool:
        """Say no, whatever the number."""
        del phone
        return False


@dataclass(frozen=True)
class Kit:
    """What a channel works with. `http` is for calls to the platform, with its own time limits.

    `wakeups`: the process that hears a platform may be another than the one that works.
    """

    conversations: Conversations
    http: ClientSession
    tokens: Tokens
    telephones: Telephones = field(default_factory=Strangers)
    limiter: RateLimiter = field(default_factory=lambda: RateLimiter(RateLimits()))
    wakeups: Wakeups = field(default_factory=Wakeups)


class PlatformChannel(Channel, Generic[Account]):
    """A platform that calls us, and that we call to answer. `accounts` are ours there, by name.

    A subclass says how a request is proven and read, and how a reply is written and sent. This
    class stores what came in one transaction before it is acknowledged, once however often it
    is redelivered; the answer goes out through the outbox.
    """

    limits: ClassVar[Limits] = Limits()
    # What one account needs, as it stands in the file of channels.
    account_model: ClassVar[type[Body]]

    def __init__(self, kit: Kit, accounts: Mapping[str, Account]) -> None:
        super().__init__(kit.conversations)
        self.kit = kit
        self.accounts = accounts

    def routes(self) -> list[web.RouteDef]:
        """Return the one address of each account: `/channels/<name>/<account>`."""
        path = f"/channels/{self.name}/{{account}}"
        return [web.post(path, self._webhook), web.get(path, self._webhook)]

    def by_telephone(self) -> ByTelephone | None:
        """Return what reaches consumers who have no chat: nothing, by default."""
        return None

    async def start(self) -> None:
        """Begin what goes on beside the requests, such as a connection of ours to the platform."""

    async def stop(self) -> None:
        """End it."""

    @abstractmethod
    async def verify_and_decode(self, request: Received) -> Decoded:
        """Return what a request holds. Raises Unauthorized where it is not the platform's."""

    @abstractmethod
    def encode(self, outbound: Outbound) -> list[Payload]:
        """Return the calls for a reply whose text and buttons are within the limits."""

    @abstractmethod
    async def send(self, payload: Payload) -> Sent:
        """Make one call.

        Raises the errors of `deliver`, and TokenExpired with the `token` that it used.
        """

    async def on_event(
        self, tx: AsyncConnection, account: str, event: Happening
    ) -> Sequence[Told] | None:
        """Act on an event, once, in the transaction that stores the request's messages.

        What is returned is told to those who listen once that is committed.
        """

    async def fetch(self, account: str, source: Mapping[str, Any]) -> bytes:
        """Return the bytes of a picture. Raises RetryLater, or Refused where it is gone."""
        raise Refused(f"{self.name} has no pictures to fetch from {account}: {sorted(source)}")

    async def order_links(self, order_no: str, life: timedelta) -> Sequence[OrderLink]:
        """Return what leads a consumer from an order's page into a chat that knows the order.

        Nothing by default. Raises MalformedRequest where the number is too long for a link, and
        DeliveryFailed where the platform makes none.
        """
        del order_no, life
        return ()

    def late(self, outbound: Outbound) -> Encoded:
        """Return what is sent once the platform takes no more replies: nothing, by default."""
        raise DeliveryRefused(reason="the time for replies is over", key=outbound.key)

    def shows(self, buttons: Sequence[Mapping[str, str]]) -> bool:
        """Whether the platform shows these buttons; else they become numbered lines."""
        return len(buttons) <= self.limits.buttons and all(
            len(button["title"].encode()) <= self.limits.title_bytes for button in buttons
        )

    def payloads(self, outbound: Outbound) -> Encoded:
        """Return the calls for a reply, with numbered lines for buttons that do not fit."""
        buttons = outbound.buttons
        fit = self.shows(buttons)
        text = outbound.text
        if not fit:
            text = wording.numbered(text, [button["title"] for button in buttons])
            buttons = ()
        pieces = wording.split(text, self.limits.text_bytes) or [""]
        payloads: list[Payload] = []
        for number, piece in enumerate(pieces):
            last = number == len(pieces) - 1
            part = replace(
                outbound,
                key=f"{outbound.key}-{number}",
                text=piece,
                buttons=buttons if last else (),
                custom=outbound.custom if last else None,
            )
            payloads += self.encode(part)
        return Encoded(payloads, numbered=not fit)

    async def deliver(self, payload: Payload) -> Sent:
        """Send one part, with a new access token where the platform no longer takes the old."""
        return await self.kit.tokens.renewing(
            self.name, payload.account, lambda: self.send(payload)
        )

    async def take(
        self, account: str, decoded: Decoded, also: Guard | None = None
    ) -> list[Receipt]:
        """Store messages and events in one transaction; return the messages' receipts.

        For what comes over a connection of ours too. `also` runs first in the transaction, and
        refuses all of it by raising.
        """
        told: list[Told] = []

        async def events(tx: AsyncConnection) -> None:
            if also is not None:
                await also(tx)
            for event in decoded.events:
                if await self._conversations.first_time(tx, self.name, account, event.key):
                    told.extend(await self.on_event(tx, account, event) or ())

        incoming = [
            await self._paced(self._incoming(account, message)) for message in decoded.messages
        ]
        receipts = await self._conversations.receive_all(incoming, events)
        for conversation_id, happened in told:
            self._conversations.publish(conversation_id, happened)
        return receipts

    async def _paced(self, incoming: Incoming) -> Incoming:
        """Hold back the turn of who writes too much: the platform was promised every message."""
        who = (self.name, incoming.sender)
        wait = await self.kit.limiter.hit("limit_sender", *who)
        if not wait or incoming.answer is not None:
            return incoming
        told = await self.kit.limiter.hit("limit_notice", *who)
        return replace(incoming, wait=wait, notice=None if told else wording.texts()["too_fast"])

    async def _webhook(self, request: web.Request) -> web.Response:
        received = await receive(request, self.accounts)
        decoded = await self.verify_and_decode(received)
        await self.take(received.account, decoded)
        return decoded.answer

    def _incoming(self, account: str, message: Inbound) -> Incoming:
        text, answer = _readable(message)
        sender = on_account(account, message.sender)
        if len(sender) > MAX_NAME or sender != _storable(sender):
            raise MalformedRequest("the sender's name is longer than any that is known")
        return Incoming(
            self.name,
            sender,
            text,
            _short(_storable(message.message_id)),
            message.consumer_id,
            self.hurried,
            account,
            message.grant,
            answer,
            message.source if message.kind is Kind.IMAGE else None,
        )


async def receive(request: web.Request, accounts: Collection[str]) -> Received:
    """Return a request for one of the accounts. Raises NotFound, TooLarge."""
    account = request.match_info["account"]
    if account not in accounts:
        raise NotFound
    return Received(
        account,
        request.method,
        {name.lower(): value for name, value in request.headers.items()},
        dict(request.query),
        await read_bytes(request, MOST_BYTES),
        request.remote,
        request.path,
    )


def _readable(message: Inbound) -> tuple[str, str | None]:
    """Return a message as a line of text, and what is said where the bot cannot read it."""
    said = wording.texts()
    text = _storable(message.text)
    if message.kind is not Kind.TEXT or not text.strip():
        kind = Kind.OTHER if message.kind is Kind.TEXT else message.kind
        line = " ".join(part for part in (said[f"shown_{kind}"], text.strip()) if part)
        return line[:MAX_TEXT], said[kind]
    if len(text) > MAX_TEXT:
        return text[: MAX_TEXT - 1] + "…", said["too_long"]
    return text, None


def _short(name: str) -> str:
    """Return a name that fits, the same whenever it is the same."""
    return name if len(name) <= MAX_NAME else hashlib.sha256(name.encode()).hexdigest()


def _storable(text: str) -> str:
    """Return a text without what no database takes."""
    try:
        return storable(text)
    except ValueError:
        return text.replace("\x00", "").encode(errors="ignore").decode()


def shown(message: Message) -> dict[str, Any]:
    """Return what a consumer may see of a message beside its text, in Rasa's words."""
    extras: dict[str, Any] = {}
    if message.buttons:
        extras["buttons"] = [dict(choice) for choice in message.buttons]
    if message.custom:
        extras["custom"] = message.custom
    return extras
