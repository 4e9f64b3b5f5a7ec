"""The one clock: every part of the system that needs the time asks it."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

BUSINESS_ZONE = ZoneInfo("Asia/Shanghai")


class Clock(Protocol):
    """Tells the time in the business time zone."""

    def now(self) -> datetime:
        """Return the present instant, aware, in the business time zone."""

    def today(self) -> date:
        """Return the calendar day of `now()`."""


class SystemClock:
    """The host's clock, optionally started at another instant from which it runs on."""

    def __init__(self, start: datetime | None = None, zone: ZoneInfo = BUSINESS_ZONE) -> None:
        self._zone = zone
        real = datetime.now(zone)  # noqa: TID251 - the one place that reads the host's time
        self._shift = start - real if start is not None else timedelta(0)

    def now(self) -> datetime:
        """Return the present instant, aware, in the business time zone."""
        return datetime.now(self._zone) + self._shift  # noqa: TID251

    def today(self) -> date:
        """Return the calendar day of `now()`."""
        return self.now().date()


class FixedClock:
    """A clock that stands still until it is moved; for tests and for replaying one turn."""

    def __init__(self, instant: datetime) -> None:
        self._instant = instant

    def now(self) -> datetime:
        """Return the instant the clock was set to, in that instant's own zone."""
        return self._instant

    def today(self) -> date:
        """Return the calendar day of `now()`."""
        return self._instant.date()

    def advance(self, by: timedelta) -> None:
        """Move the clock forward by `by`."""
        self._instant += by
