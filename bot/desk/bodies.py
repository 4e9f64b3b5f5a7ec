"""What the page sends, read strictly."""

from __future__ import annotations

from datetime import tzinfo
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, AwareDatetime, ConfigDict, Field, StringConstraints

from bot.database.text import storable
from bot.requests import Body, Name, Text
from bot.scheduling import CHANGE_REASONS, Window

Seq = Annotated[int, Field(ge=0, le=2**31 - 1)]
Key = Annotated[str, StringConstraints(min_length=1, max_length=64)]
Secret = Annotated[str, StringConstraints(min_length=1, max_length=200)]


def _known_reason(code: str) -> str:
    if code not in CHANGE_REASONS:
        raise ValueError(f"one of {', '.join(CHANGE_REASONS)}")
    return code


class SignIn(Body):
    """`POST /login`."""

    login: Key
    password: Secret


class Presence(Body):
    """`POST /presence`."""

    presence: Literal["online", "busy", "away"]


class Nothing(Body):
    """A call without a body of its own."""


class Moving(Body):
    """`claim`, `barge-in`, `release`."""

    epoch: Seq | None = None


class Transfer(Moving):
    """`transfer`."""

    to: Key


class Return(Moving):
    """`return`."""

    line: Key | None = None


class Close(Moving):
    """`close`."""

    disposition: Key
    summary: Annotated[str, StringConstraints(max_length=2000)] = ""


class Said(Body):
    """`messages` and `notes`."""

    client_id: Key
    text: Text


class Read(Body):
    """`read`."""

    seq: Seq


class TypingNow(Body):
    """`typing`."""

    on: bool


class Outcome(Body):
    """`suggestion/outcome`."""

    id: Key
    outcome: Literal["accepted", "edited", "rejected"]


class Reveal(Body):
    """`reveal`."""

    order_no: Name
    field: Key


class Span(Body):
    """A window as it is sent."""

    model_config = ConfigDict(strict=False, extra="forbid", frozen=True)

    start: AwareDatetime
    end: AwareDatetime

    def window(self, zone: tzinfo | None) -> Window:
        """Return the window in the business zone."""
        return Window(self.start.astimezone(zone), self.end.astimezone(zone))


class Book(Body):
    """`visit`."""

    order_no: Name
    window: Span
    version: Seq | None
    command_id: Key


class Place(Body):
    """`board/visits`."""

    crew_id: Key
    window: Span
    version: Seq
    command_id: Key


class CancelVisit(Body):
    """`visit/cancel`."""

    order_no: Name
    version: Seq | None
    reason: Annotated[str, AfterValidator(_known_reason)] | None = None
    command_id: Key


class Site(Body):
    """`site`."""

    order_no: Name
    facts: dict[Key, Any]
    command_id: Key


class QualitySpan(Body):
    """An entity marked in an example."""

    entity: Key
    start: Seq
    end: Seq


class QualityExample(Body):
    """A text of a group as an example."""

    text: Text
    entities: Annotated[list[QualitySpan], Field(max_length=50, default_factory=list)]


class QualityLabel(Body):
    """`quality/groups/{id}/label`."""

    version: Seq
    decision: Literal["open", "intent", "out_of_scope", "ignored", "new_skill"]
    intent: Key | None = None
    note: Annotated[str, StringConstraints(max_length=500), AfterValidator(storable)] = ""
    examples: Annotated[list[QualityExample], Field(max_length=50, default_factory=list)]


class QualityReport(Body):
    """`conversations/{id}/misunderstood`."""

    message_id: Key
    intent: Key
