"""What scheduling tells others: plain frozen values. Times are aware, in the business zone."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal

LIVE = ("unscheduled", "scheduled", "en_route", "in_progress")
UNDER_WAY = ("en_route", "in_progress")


@dataclass(frozen=True)
class Caller:
    """Who asks: a conversation, and the consumer whom its channel vouches for, if any.

    `asked` is an order that the consumer was asked about and now answers for. Proofs count
    where they are not older than `proven_since`, in seconds since 1970; None: for ever.
    """

    conversation_id: str
    consumer_id: str | None = None
    asked: str | None = None
    proven_since: int | None = None


@dataclass(frozen=True)
class Seen:
    """What an agent saw of the visit to change: its version, None where none was to come."""

    version: int | None


@dataclass(frozen=True)
class TimeRange:
    """A wish for a time: start inclusive, end exclusive, None where open."""

    earliest: datetime | None
    latest: datetime | None


@dataclass(frozen=True, order=True)
class Window:
    """The time promised to a consumer: start inclusive, end exclusive."""

    start: datetime
    end: datetime


@dataclass(frozen=True)
class Reason:
    """Why something is not possible: a code of the contract and a Chinese sentence."""

    code: str
    text: str

    def __str__(self) -> str:
        return f"{self.code} ({self.text})"


@dataclass(frozen=True)
class Crew:
    """A crew as its consumer may know it."""

    crew_id: str
    name: str
    phone: str


@dataclass(frozen=True)
class Visit:
    """One appointment.

    `minutes` is what it is charged in its crew's ledger, in the row `cw_id`; `version` grows
    with every change; `attention` says that a person has to look at it.
    """

    visit_id: str
    kind: str
    status: str
    window: Window | None
    crew: Crew | None
    minutes: int
    changes: int
    attention: bool = False
    cw_id: int | None = None
    version: int = 0

    def missed(self, now: datetime) -> bool:
        """Say whether the window is over and no crew has ever set out for it."""
        return self.status == "scheduled" and self.window is not None and self.window.end <= now


@dataclass(frozen=True)
class Hold:
    """A window kept for an order until `expires_at`; `token` proves it when it is confirmed."""

    window: Window
    token: str
    expires_at: datetime


@dataclass(frozen=True)
class Item:
    """One line of an order."""

    sku: str
    name: str
    brand: str | None
    category: str
    quantity: int
    weight_kg: float | None = None


@dataclass(frozen=True)
class TrackingStep:
    """One step of the goods' way."""

    at: datetime
    code: str
    text: str
    location: str | None


@dataclass(frozen=True)
class Order:
    """An order with all that is known of it; `visits` in the order they were made.

    `waiting`: it is on the list for an earlier window. `held`: it holds a window, live or expired.
    """

    order_no: str
    merchant: str
    consumer_id: str
    consumer_name: str
    phone: str
    adcode: str
    address_text: str
    floor: int | None
    elevator: bool | None
    items: tuple[Item, ...]
    tracking: tuple[TrackingStep, ...]
    visits: tuple[Visit, ...]
    facts: dict[str, Any] = field(default_factory=dict)
    goods_expected_at: datetime | None = None
    goods_missing: bool = False
    waiting: bool = False
    held: bool = False
    lon: float | None = None
    lat: float | None = None
    provider: str | None = None
    closed: bool = False

    @property
    def site(self) -> dict[str, Any]:
        """The home: the address's floor and lift, and what the consumer said before them."""
        return {"floor": self.floor, "elevator": self.elevator, **self.facts}

    def with_visit(self, visit: Visit) -> Order:
        """Return the order with one visit changed, or added at the end."""
        others = tuple(visit if v.visit_id == visit.visit_id else v for v in self.visits)
        return replace(self, visits=others if visit in others else (*others, visit))

    @property
    def live_visit(self) -> Visit | None:
        """The visit that is next: under way, else to be booked, else booked.

        Of several alike a delivery goes before an installation.
        """
        ranks = {"in_progress": 0, "en_route": 1, "unscheduled": 2, "scheduled": 3}
        live = [visit for visit in self.visits if visit.status in LIVE]
        return min(live, key=lambda v: (ranks[v.status], v.kind == "installation"), default=None)

    @property
    def next_visit_kind(self) -> str:
        """What the next visit is for."""
        if self.live_visit is not None:
            return self.live_visit.kind
        over = [visit for visit in self.visits if visit.status != "completed"]
        if over:
            return over[-1].kind
        delivered = any(visit.kind == "delivery" for visit in self.visits)
        return "installation" if delivered else "delivery_and_installation"

    @property
    def all_done(self) -> bool:
        """Whether nothing is left to visit for."""
        if not self.visits or self.live_visit is not None:
            return False
        last = self.visits[-1]
        return last.status == "completed" and last.kind != "delivery"


@dataclass(frozen=True)
class Availability:
    """Open windows, soonest first; `reason` where there are none."""

    windows: tuple[Window, ...]
    reason: Reason | None


@dataclass(frozen=True)
class Alternative:
    """What there is instead of a wish, one of the windows of an offer.

    `soonest`: the first open window at all; `later`: the first from the wish on, with others
    before it; `last`: the last one there is, for all come before the wish.
    """

    kind: Literal["soonest", "later", "last"]
    window: Window


@dataclass(frozen=True)
class Offer:
    """Windows to name: those of the wish (`matching`), else the nearest others and why."""

    windows: tuple[Window, ...]
    matching: bool
    reason: Reason | None
    alternative: Alternative | None = None


@dataclass(frozen=True)
class SiteChange:
    """What a description of the home changed; `conflict`: the booked visit no longer fits."""

    site: dict[str, Any]
    minutes: int
    skills: tuple[str, ...]
    conflict: bool


@dataclass(frozen=True)
class Fee:
    """One line of a merchant's fee table. `amount` in yuan for one `unit`."""

    code: str
    name: str
    amount: Decimal
    unit: str
    condition: str | None
    valid_from: date


@dataclass(frozen=True)
class DemoConsumer:
    """A consumer for the page's picker."""

    consumer_id: str
    name: str
    summary: str


@dataclass(frozen=True)
class ImportReport:
    """How many objects of each list were taken, and what was accepted with a warning."""

    counts: dict[str, int]
    warnings: tuple[dict[str, str], ...]
