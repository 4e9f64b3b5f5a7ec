"""Events as others send them: what each type says, and what part of an order it is about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from bot.errors import ImportRejected
from bot.scheduling import contract as c
from bot.scheduling.contract import path_of
from bot.scheduling.importing import rejected


class _Said(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Closed(_Said):
    """An order is refunded or given up."""

    order_no: c.Id


class Tracked(_Said):
    """The goods have moved."""

    order_no: c.Id
    steps: Annotated[list[c.TrackingStep], Field(min_length=1, max_length=200)]


class Arrived(_Said):
    """The goods have reached the hub, or will."""

    order_no: c.Id
    at: AwareDatetime


class Changed(_Said):
    """A visit was booked, moved, cancelled or done elsewhere."""

    order_no: c.Id
    visit: c.Visit


TYPES: dict[str, type[BaseModel]] = {
    "order.created": c.Order,
    "order.updated": c.Order,
    "order.closed": Closed,
    "tracking.added": Tracked,
    "goods.arrived": Arrived,
    "visit.changed": Changed,
}


class Envelope(_Said):
    """The body of a webhook, before its type is looked at."""

    type: str
    timestamp: AwareDatetime
    data: dict[str, Any]


@dataclass(frozen=True)
class Event:
    """One fact: what was said (`data`, a model of TYPES), and when it happened."""

    type: str
    at: datetime
    data: Any
    raw: dict[str, Any]

    @property
    def order_no(self) -> str:
        """The order that it is about."""
        return str(self.data.order_no)

    @property
    def subject(self) -> str | None:
        """The part of the order of which only the newest word counts; None where all count."""
        if isinstance(self.data, Changed):
            return f"visit:{self.data.visit.visit_id}"
        return {"goods.arrived": "goods", "tracking.added": None}.get(self.type, "order")


def read(body: Any) -> Event:
    """Return the event that a body says. Raises ImportRejected with the path of each fault."""
    envelope = _checked(Envelope, body, ())
    if envelope.type not in TYPES:
        detail = f"one of {', '.join(TYPES)}"
        raise rejected([{"path": "$.type", "detail": detail}])
    return event_of(envelope.type, envelope.timestamp, envelope.data)


def event_of(kind: str, at: datetime, data: dict[str, Any]) -> Event:
    """Return the event of a known type. Raises ImportRejected."""
    return Event(kind, at, _checked(TYPES[kind], data, ("data",)), data)


def in_event(refused: ImportRejected, event: Event) -> ImportRejected:
    """Return the faults of an import as those of the event that was imported."""
    visit = "$.data.visit" if isinstance(event.data, Changed) else "$.data.visits[0]"
    return rejected(
        [
            {**fault, "path": _moved(fault["path"], visit)}
            for fault in refused.facts.get("faults", [])
        ]
    )


def _moved(path: str, visit: str) -> str:
    return path.replace("$.orders[0].visits[0]", visit).replace("$.orders[0]", "$.data")


def _checked(model: type[Any], value: Any, way: Sequence[str]) -> Any:
    try:
        return model.model_validate(value)
    except ValidationError as error:
        raise rejected(
            [
                {"path": path_of((*way, *fault["loc"])), "detail": fault["msg"]}
                for fault in error.errors(include_url=False)
            ]
        ) from None
