"""What the conversation hands out: plain values, without a database behind them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time
from enum import StrEnum
from typing import Any

from bot.conversation.states import State


class Author(StrEnum):
    """Who said a message."""

    CONSUMER = "consumer"
    BOT = "bot"
    AGENT = "agent"


class Visibility(StrEnum):
    """Who may see a message: everybody, or only those who work on the conversation."""

    PUBLIC = "public"
    SUPPRESSED = "suppressed"
    NOTE = "note"


class Purpose(StrEnum):
    """Why a line is sent: which share of what a platform lets us send it may use."""

    BOT = "bot"
    HUMAN = "human"
    NOTICE = "notice"
    SAFETY = "safety"


@dataclass(frozen=True)
class Agent:
    """A person who answers: the account's id, and the only name that consumers learn."""

    id: str
    alias: str


@dataclass(frozen=True)
class Actor:
    """Who moved a conversation: `bot`, `consumer`, `system`, or an `agent`."""

    kind: str
    agent: Agent | None = None


BOT = Actor("bot")
CONSUMER = Actor("consumer")
SYSTEM = Actor("system")


@dataclass(frozen=True)
class Grant:
    """What a platform lets us send after a consumer did something: so many messages, so long.

    `seconds` count from now. `token` is what a reply has to name, where the platform wants it.
    """

    replies: int
    seconds: float
    token: str | None = None


@dataclass(frozen=True)
class Opinion:
    """What a consumer may add to their stars: whether it is solved, and why the stars."""

    resolved: bool | None = None
    reason: str | None = None


@dataclass(frozen=True)
class Incoming:
    """What a channel received. `message_id` is the platform's, or None where it has none.

    `consumer_id` is who the channel vouches for, or None. `hurried`: somebody waits for the
    answer to just this message, so that it is not held back for more to come. `account`: ours
    on the platform, where what is said has to be sent there; `sender` then begins with it (see
    `on_account`). `answer`: what the bot says to it at once, in place of a turn. `source`: the
    message is a picture that its channel fetches with this. `opinion` goes with stars.
    `wait`: how many seconds its turn is held back, as the sender writes too much; `notice`: what
    the bot says about that at once, beside the turn.
    """

    channel: str
    sender: str
    text: str
    message_id: str | None = None
    consumer_id: str | None = None
    hurried: bool = False
    account: str | None = None
    grant: Grant | None = None
    answer: str | None = None
    source: dict[str, Any] | None = None
    opinion: Opinion | None = None
    wait: float = 0.0
    notice: str | None = None


def on_account(account: str, user: str) -> str:
    """Return the sender that a platform's user is for us: two accounts never share one."""
    return f"{account}:{user}"


@dataclass(frozen=True)
class Receipt:
    """A stored message. `id` names it, its row in the inbox and its turn."""

    id: str
    conversation_id: str
    seq: int
    repeated: bool = False


@dataclass(frozen=True)
class Message:
    """One line of a transcript. `seq` orders the lines of a conversation; `at` is aware."""

    id: str
    conversation_id: str
    seq: int
    at: datetime
    author: Author
    text: str | None
    buttons: tuple[dict[str, str], ...] = ()
    custom: dict[str, Any] | None = None
    visibility: Visibility = Visibility.PUBLIC
    agent: Agent | None = None
    client_id: str | None = None


@dataclass(frozen=True)
class ConversationView:
    """A sender's conversation as it stands, with its public messages in order.

    `agent` is the name that consumers know; `read_seq` how far whoever had it has read.
    """

    conversation_id: str
    channel: str
    sender: str
    consumer_id: str | None
    state: State
    reason: str | None
    agent: str | None
    epoch: int
    messages: tuple[Message, ...] = ()
    read_seq: int = 0


@dataclass(frozen=True)
class Place:
    """A place in the queue for a person, from 1.

    `minutes`: about how long it takes; None outside of the hours, and `opens` is when they begin.
    """

    position: int
    minutes: int | None = None
    opens: time | None = None


@dataclass(frozen=True)
class MessageAdded:
    """A public message was stored."""

    message: Message


@dataclass(frozen=True)
class StateChanged:
    """Somebody else answers now."""

    state: State
    reason: str | None
    epoch: int
    agent: Agent | None = None


@dataclass(frozen=True)
class Typing:
    """Somebody began or stopped writing; the bot counts as writing while it works."""

    on: bool
    by: Author


@dataclass(frozen=True)
class ReadUpTo:
    """The consumer, or the agent who has the conversation, has read the lines up to `seq`."""

    seq: int
    by: Author


@dataclass(frozen=True)
class Placed:
    """A waiting consumer's place in the queue is another one now."""

    place: Place


@dataclass(frozen=True)
class Looked:
    """Another process wrote in the conversation: read it. `moved`: who answers it may differ.

    `seq` and `epoch` are those of the line or move that the other process told of, else 0.
    """

    moved: bool = False
    seq: int = 0
    epoch: int = 0


Event = MessageAdded | StateChanged | Typing | ReadUpTo | Placed | Looked
