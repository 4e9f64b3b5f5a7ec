"""Orders, crews, shifts and visits: what can be booked, and what is."""

from bot.scheduling.dispatch import Dispatch
from bot.scheduling.feed import Feed
from bot.scheduling.history import CHANGE_REASONS
from bot.scheduling.models import (
    Availability,
    Caller,
    Crew,
    DemoConsumer,
    Fee,
    Hold,
    ImportReport,
    Item,
    Offer,
    Order,
    Reason,
    Seen,
    SiteChange,
    TimeRange,
    TrackingStep,
    Visit,
    Window,
)
from bot.scheduling.placing import Placing
from bot.scheduling.service import Scheduling

__all__ = [
    "CHANGE_REASONS",
    "Availability",
    "Caller",
    "Crew",
    "DemoConsumer",
    "Dispatch",
    "Fee",
    "Feed",
    "Hold",
    "ImportReport",
    "Item",
    "Offer",
    "Order",
    "Placing",
    "Reason",
    "Scheduling",
    "Seen",
    "SiteChange",
    "TimeRange",
    "TrackingStep",
    "Visit",
    "Window",
]
