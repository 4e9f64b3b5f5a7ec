"""Orders, crews, shifts and visits: what can be booked, and what is."""

from bot.scheduling.dispatch import Dispatch
from bot.scheduling.models import (
    Availability,
    Caller,
    Crew,
    DemoConsumer,
    Fee,
    ImportReport,
    Item,
    Offer,
    Order,
    Reason,
    SiteChange,
    TimeRange,
    TrackingStep,
    Visit,
    Window,
)
from bot.scheduling.service import Scheduling

__all__ = [
    "Availability",
    "Caller",
    "Crew",
    "DemoConsumer",
    "Dispatch",
    "Fee",
    "ImportReport",
    "Item",
    "Offer",
    "Order",
    "Reason",
    "Scheduling",
    "SiteChange",
    "TimeRange",
    "TrackingStep",
    "Visit",
    "Window",
]
