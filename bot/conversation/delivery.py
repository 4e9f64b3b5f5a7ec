"""What sending needs of a channel, in the words of the conversation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from bot.conversation.records import Purpose


@dataclass(frozen=True)
class Limits:
    """What a platform takes.

    `text_bytes`: longest text of one message, in UTF-8. `buttons`: most of them under one
    text, 0 where there are none; `title_bytes`: longest title of one. `replies`: messages that
    may follow one of the consumer's, None for any number. `timed`: they may follow only as long
    as a Grant says, which holds for counted ones anyway. `keyed`: the platform knows a message
    by our key and takes it once, so that what may have got there can be sent again.
    """

    text_bytes: int = 2000
    buttons: int = 0
    title_bytes: int = 60
    replies: int | None = None
    timed: bool = False
    keyed: bool = False

    @property
    def windowed(self) -> bool:
        """Whether what is sent later goes another way."""
        return self.timed or self.replies is not None


@dataclass(frozen=True)
class Outbound:
    """What is to be said to one person at once, whole.

    `to` is the platform's name of them, `account` ours there. `key` has at most 30 letters of
    [0-9a-z-] and is the same whenever the same is sent again. `token` is of the newest Grant.
    `agent` is the name of the person who says it, None where it is the bot.
    """

    channel: str
    account: str
    to: str
    key: str
    text: str
    buttons: tuple[dict[str, str], ...] = ()
    custom: dict[str, Any] | None = None
    purpose: Purpose = Purpose.BOT
    token: str | None = None
    agent: str | None = None


@dataclass(frozen=True)
class Payload:
    """One call to the platform. `body` is what the channel itself made of it."""

    account: str
    to: str
    key: str
    body: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Encoded:
    """What is sent for one Outbound; `numbered` where lines with numbers stand for buttons."""

    payloads: Sequence[Payload]
    numbered: bool = False


@dataclass(frozen=True)
class Sent:
    """What the platform calls a message that it took, where it says."""

    platform_id: str | None = None


class Deliverer(Protocol):
    """A channel as the sender sees it."""

    @property
    def name(self) -> str:
        """The channel's name, as it is stored."""

    @property
    def limits(self) -> Limits:
        """What the platform takes."""

    def payloads(self, outbound: Outbound) -> Encoded:
        """Return what is sent, each part within the limits."""

    def late(self, outbound: Outbound) -> Encoded:
        """Return what is sent where the platform no longer takes replies.

        Raises DeliveryRefused where there is no other way.
        """

    async def deliver(self, payload: Payload) -> Sent:
        """Send one part.

        Raises RetryLater, RateLimited, DeliveryRefused or DeliveryUnknown: what to do about it.
        """
