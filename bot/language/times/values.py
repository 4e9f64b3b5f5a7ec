"""Groups of pieces to instants: which day, which hour, from when to when."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from bot.language.times.atoms import Clock, Part
from bot.language.times.days import Days, one_day
from bot.language.times.groups import Group
from bot.language.times.past import is_past

_HOUR = timedelta(hours=1)
_HALF_DAY, _DAY = 12, 24
# Hours in which a crew may come: what a bare 3点 or 8点 can mean.
_FIRST_HOUR, _LAST_HOUR, _EVENING_FROM = 8, 21, 7
_NIGHT_TURNS, _EVENING_BEGINS = 5, 17


@dataclass(frozen=True)
class Value:
    """From `earliest` up to, not including, `latest`."""

    earliest: datetime
    latest: datetime


@dataclass(frozen=True)
class TimeMention:
    """A time at `text[start:end]`: from `earliest` up to, not including, `latest`.

    None is an open end. `rejected` is a time that the consumer does not want. `dated` tells
    whether a day was told, or only hours ("下午那个") that may mean another day than the next.
    """

    start: int
    end: int
    earliest: datetime | None
    latest: datetime | None
    rejected: bool = False
    dated: bool = True

    @property
    def value(self) -> dict[str, str | None]:
        """The contract's `{"from": ISO or None, "to": ISO or None}`."""
        return {
            "from": self.earliest.isoformat() if self.earliest else None,
            "to": self.latest.isoformat() if self.latest else None,
        }


@dataclass
class Reader:
    """Reads groups from left to right, remembering the day and the evening hour last told."""

    text: str
    now: datetime
    day: date | None = field(default=None)
    evening: datetime | None = field(default=None)

    def read(self, group: Group, *, before: bool = False) -> Value:
        """Return what `group` stands for; `before` says that it bounds from above."""
        if group.instant:
            return Value(group.instant.at, group.instant.at + group.instant.length)
        if group.clock:
            return self._clock(group, group.clock, before=before)
        if group.part:
            return self._part(group, group.part)
        days = group.days or one_day(self.now.date())
        self._remember(days)
        return Value(self._at(days.first), self._at(days.end))

    def read_end(self, group: Group, first: Group, start: Value) -> Value:
        """Return what `group` stands for as the end of a range that `start` (of `first`) began."""
        if not group.clock:
            if group.part and not group.days:
                return self._part(group, group.part, day=start.earliest.date())
            return self.read(group)
        day = group.days.first if group.days else start.earliest.date()
        hour = self._end_hour(group, first, group.clock, self._at(day), start)
        at = self._at(day) + hour
        return Value(at, at + _HOUR)

    def _end_hour(
        self, group: Group, first: Group, clock: Clock, midnight: datetime, start: Value
    ) -> timedelta:
        if group.part:
            return _length(_hour_in(clock, group.part), clock.minute)
        if group.days and first.part is None:
            return _length(_plausible(clock)[0], clock.minute)
        return _first_after(start.earliest - midnight, clock)

    def _at(self, day: date) -> datetime:
        return datetime.combine(day, time(), self.now.tzinfo)

    def _remember(self, days: Days) -> None:
        if days.first >= self.now.date() or (days.end > self.now.date() and not days.single):
            self.day = max(days.first, self.now.date())

    def _part(self, group: Group, part: Part, day: date | None = None) -> Value:
        days = group.days or one_day(day or self._day_of_part(group, part))
        self._remember(days)
        return Value(
            self._at(days.first) + timedelta(hours=part.first),
            self._at(days.end) - timedelta(hours=_DAY - part.end),
        )

    def _day_of_part(self, group: Group, part: Part) -> date:
        if self.day:
            return self.day
        today = self.now.date()
        over = self._at(today) + timedelta(hours=part.end) <= self.now
        if over and not is_past(self.text, group.start, group.end):
            return today + timedelta(days=1)
        return today

    def _clock(self, group: Group, clock: Clock, *, before: bool) -> Value:
        past = is_past(self.text, group.start, group.end)
        fixed = group.days.first if group.days else self.day
        start = self._moment(group, clock, fixed, past=past, before=before)
        self._remember(group.days or one_day(fixed or start.date()))
        self.evening = start if group.part and group.part.first >= _EVENING_BEGINS else None
        end = start + _HOUR
        if clock.until:
            midnight = self._at(fixed or start.date())
            end = midnight + _first_after(start - midnight, clock.until)
        if group.days and group.days.count > 1:
            end += timedelta(days=group.days.count - 1)
        return Value(start, end)

    def _moment(
        self, group: Group, clock: Clock, fixed: date | None, *, past: bool, before: bool
    ) -> datetime:
        """Return when `clock` strikes: on the day told, else the next time that it does."""
        hours = [_hour_in(clock, group.part)] if group.part else _plausible(clock)
        day = fixed or self.now.date()
        if not group.part and self._goes_on(day, clock):
            hours = [clock.hour + _HALF_DAY]
        moments = [self._at(day) + _length(hour, clock.minute) for hour in hours]
        ahead = [m for m in moments if m > self.now or (m == self.now and not before)]
        if past or (fixed and not ahead):
            return moments[0]
        return ahead[0] if ahead else moments[0] + timedelta(days=1)

    def _goes_on(self, day: date, clock: Clock) -> bool:
        """Return whether `clock` follows an evening hour of that day: 晚上八点下班，到家九点."""
        last = self.evening
        if last is None or last.date() != day or clock.exact or clock.hour >= _HALF_DAY:
            return False
        return clock.hour + _HALF_DAY > last.hour


def _length(hour: int, minute: int) -> timedelta:
    return timedelta(hours=hour, minutes=minute)


def _hour_in(clock: Clock, part: Part) -> int:
    """Return the hour from midnight that `clock` means in `part`; 晚上十二点 is hour 24."""
    hour = clock.hour
    if clock.exact and hour >= _HALF_DAY:
        return hour
    if part.name == "凌晨":
        return hour % _HALF_DAY
    if part.first >= _EVENING_FROM + 11:
        return hour + (_DAY if hour < _NIGHT_TURNS else _HALF_DAY)
    if part.first >= _HALF_DAY:
        return hour if hour >= _HALF_DAY else hour + _HALF_DAY
    if part.first > _FIRST_HOUR:
        return hour + _HALF_DAY if hour < _NIGHT_TURNS else hour
    return hour


def _plausible(clock: Clock) -> list[int]:
    """Return the hours from midnight that `clock` may mean, the likelier first."""
    hour = clock.hour
    if clock.exact or hour >= _HALF_DAY or hour == 0:
        return [hour]
    likely = [h for h in (hour, hour + _HALF_DAY) if _FIRST_HOUR <= h < _LAST_HOUR]
    return likely or [hour]


def _first_after(start: timedelta, clock: Clock) -> timedelta:
    """Return the first time that `clock` strikes after `start`, both from one midnight."""
    steps = (0, _DAY) if clock.exact else (0, _HALF_DAY, _DAY, _DAY + _HALF_DAY)
    lengths = [_length(clock.hour + step, clock.minute) for step in steps]
    return next((one for one in lengths if one > start), lengths[-1])
