"""What a dialogue engine is to the rest of the system: a turn in, replies out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

HANDOVER = "handover"


@dataclass(frozen=True)
class Missed:
    """A line of a stretch without the engine. `by`: `consumer`, `agent` or `bot`."""

    by: str
    text: str


@dataclass(frozen=True)
class Turn:
    """One message of a consumer, with all that its answer may depend on.

    `turn_id` is unique to the message: an engine that gets it again repeats its answer and
    acts no second time. `trusted` says that `text` is a button's payload made by the engine
    itself; only then may a leading "/" be a command. `consumer_id` is vouched for by the
    channel, or None. `now` is aware. `fresh` says that others have answered since the last
    turn: what was half filled in then is void, and `missed` is what was said meanwhile.
    `spoofable` says that anybody may have sent it in the sender's name; `asked_order` is then
    the order of the notice whose question it answers.
    """

    conversation_id: str
    turn_id: str
    text: str
    trusted: bool
    consumer_id: str | None
    now: datetime
    fresh: bool = False
    missed: tuple[Missed, ...] = ()
    spoofable: bool = False
    asked_order: str | None = None


@dataclass(frozen=True)
class Button:
    """A choice offered with a reply; `payload` is what the engine wants back for it."""

    title: str
    payload: str


@dataclass(frozen=True)
class Reply:
    """One bubble of the bot: a text, buttons, or a custom JSON object for the channel."""

    text: str | None = None
    buttons: tuple[Button, ...] = ()
    custom: Mapping[str, Any] | None = None

    @property
    def empty(self) -> bool:
        """Whether there is nothing to show."""
        return not (self.text or self.buttons or self.custom)


@dataclass(frozen=True)
class TurnResult:
    """What a turn came to: `handover` is why a person has to go on, or None."""

    replies: tuple[Reply, ...] = ()
    handover: str | None = None
    nlu: Mapping[str, Any] = field(default_factory=dict)


class DialogueEngine(Protocol):
    """Understands a consumer and answers.

    Calls raise EngineUnavailable where the engine cannot be reached or is loading (repeating
    the same turn is safe), EngineTimeout where it took too long, EngineFailed where it
    answered with an error.
    """

    async def turn(self, turn: Turn) -> TurnResult:
        """Run one turn of a dialogue."""

    async def parse(self, text: str, now: datetime | None = None) -> dict[str, Any]:
        """Return Rasa's parse of one text, without a dialogue."""

    async def ready(self) -> bool:
        """Whether a turn would be answered now."""


def read_replies(rows: Sequence[Mapping[str, Any]]) -> tuple[tuple[Reply, ...], str | None]:
    """Read Rasa's list of bot messages: the replies to show and the wish for a person."""
    handover: str | None = None
    replies: list[Reply] = []
    for row in rows:
        custom = dict(row.get("custom") or {})
        handover = custom.pop(HANDOVER, None) or handover
        reply = Reply(row.get("text") or None, _buttons(row), custom or None)
        if not reply.empty:
            replies.append(reply)
    return tuple(replies), handover


def _buttons(row: Mapping[str, Any]) -> tuple[Button, ...]:
    return tuple(
        Button(str(b["title"]), str(b.get("payload") or b["title"]))
        for b in row.get("buttons") or ()
    )
