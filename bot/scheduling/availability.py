"""Which windows an order's next visit can have, and why there are none."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.catalogue import Catalogue
from bot.clock import BUSINESS_ZONE
from bot.scheduling import rules as rule
from bot.scheduling import tables as t
from bot.scheduling.models import UNDER_WAY, Availability, Offer, Order, Reason, TimeRange, Window
from bot.scheduling.reasons import reason
from bot.scheduling.store import instant
from bot.settings import BookingRules


@dataclass(frozen=True)
class Slot:
    """One crew's window: where it stands in the ledger and what is left of it, in minutes."""

    cw_id: int
    crew_id: str
    window: Window
    free: int
    surplus_skills: int


@dataclass(frozen=True)
class Span:
    """Days to search, first and last inclusive."""

    first: date
    last: date

    @property
    def epochs(self) -> tuple[int, int]:
        """The span's first instant and the one after its last, in epoch seconds."""
        return _midnight(self.first), _midnight(self.last + timedelta(days=1))


@dataclass(frozen=True)
class Search:
    """Looks for windows under one set of rules at one instant."""

    connection: AsyncConnection
    catalogue: Catalogue
    rules: BookingRules
    now: datetime

    @property
    def horizon(self) -> Span:
        """The days that can be booked."""
        today = self.now.date()
        return Span(today, today + timedelta(days=self.rules.horizon_days))

    async def availability(self, order: Order, span: Span) -> Availability:
        """Return the open windows of the days, or the reason why there are none."""
        slots, why = await self.slots(order, span)
        windows = tuple(sorted({slot.window for slot in slots}))
        return Availability(windows, None if windows else reason(why or "full"))

    async def slots(self, order: Order, span: Span) -> tuple[list[Slot], str | None]:
        """Return what can be booked, best crew first in each window, or a reason's code."""
        blocked = self._blocked(order) or self._out_of_range(span)
        if blocked:
            return [], blocked
        crews, why = await self._crews(order, span)
        if why:
            return [], why
        found = await self._crew_windows(crews, span)
        return self._bookable(order, found)

    def _blocked(self, order: Order) -> str | None:
        live = order.live_visit
        if live is not None and live.status in UNDER_WAY:
            return "visit_in_progress"
        if order.all_done:
            return "visit_completed"
        return None

    def _out_of_range(self, span: Span) -> str | None:
        if span.last < self.horizon.first:
            return "past"
        return "beyond_horizon" if span.first > self.horizon.last else None

    async def _crews(self, order: Order, span: Span) -> tuple[dict[str, _Fit], str | None]:
        """Return the crews that may do the visit, or why none may."""
        rows = await self.connection.execute(
            select(
                t.crew.c.crew_id, t.crew.c.members, t.crew_skill.c.skill, t.crew_skill.c.valid_until
            )
            .join(t.hub_area, t.hub_area.c.hub_id == t.crew.c.hub_id)
            .outerjoin(t.crew_skill, t.crew_skill.c.crew_id == t.crew.c.crew_id)
            .where(t.hub_area.c.adcode == order.adcode)
        )
        crews: dict[str, _Fit] = {}
        for row in rows:
            fit = crews.setdefault(row.crew_id, _Fit(row.members, {}))
            if row.skill:
                fit.skills[row.skill] = row.valid_until or date.max
        if not crews and not await self._has_hub(order.adcode):
            return {}, "no_hub"
        if self._goods_too_late(order):
            return {}, "goods_not_arrived"
        return self._fitting(order, crews, span)

    async def _has_hub(self, adcode: str) -> bool:
        found = await self.connection.execute(
            select(t.hub_area.c.hub_id).where(t.hub_area.c.adcode == adcode).limit(1)
        )
        return found.first() is not None

    def _goods_too_late(self, order: Order) -> bool:
        expected = order.goods_expected_at
        return expected is not None and expected.date() >= self.horizon.last

    def _fitting(
        self, order: Order, crews: dict[str, _Fit], span: Span
    ) -> tuple[dict[str, _Fit], str | None]:
        if not crews:
            return {}, "no_shift"
        first = max(span.first, self.horizon.first)
        for skill in rule.needed_skills(order.items, order.site, self.catalogue):
            crews = {
                crew_id: fit.needing(skill)
                for crew_id, fit in crews.items()
                if fit.skills.get(skill, date.min) >= first
            }
            if not crews:
                return {}, f"no_skill:{skill}"
        members = rule.needed_members(order.items, self.catalogue)
        crews = {crew_id: fit for crew_id, fit in crews.items() if fit.members >= members}
        return crews, None if crews else "crew_too_small"

    async def _crew_windows(self, crews: dict[str, _Fit], span: Span) -> list[Slot]:
        start, end = span.epochs
        cw = t.crew_window.c
        rows = await self.connection.execute(
            select(cw.cw_id, cw.crew_id, cw.start_at, cw.end_at, cw.capacity_min, cw.used_min)
            .where(cw.crew_id.in_(list(crews)), cw.start_at >= start, cw.start_at < end)
            .order_by(cw.start_at, cw.crew_id)
        )
        slots = []
        for row in rows:
            fit, opens, closes = crews[row.crew_id], instant(row.start_at), instant(row.end_at)
            if opens and closes and opens.date() <= fit.valid_until:
                window = Window(opens, closes)
                free = row.capacity_min - row.used_min
                slots.append(Slot(row.cw_id, row.crew_id, window, free, fit.surplus))
        return slots

    def _bookable(self, order: Order, found: list[Slot]) -> tuple[list[Slot], str | None]:
        """Sift the windows, remembering what the last of them was lost to."""
        if not found:
            return [], "no_shift"
        sieves: Sequence[tuple[str, Callable[[Slot], bool]]] = (
            ("too_late", lambda slot: rule.is_open(slot.window, self.now, self.rules)),
            ("goods_later", lambda slot: slot.window.start >= _earliest(order)),
            ("full", self._has_room(order)),
        )
        for why, keeps in sieves:
            found = [slot for slot in found if keeps(slot)]
            if not found:
                return [], why
        found.sort(key=lambda s: (s.window, s.surplus_skills, -s.free, s.crew_id))
        return found, None

    def _has_room(self, order: Order) -> Callable[[Slot], bool]:
        live = order.live_visit
        present = live.window if live is not None else None
        need = rule.needed_minutes(order, self.catalogue, self.rules)
        return lambda slot: slot.free >= need and slot.window != present

    async def offer(
        self,
        order: Order,
        wish: Sequence[TimeRange],
        refused: Sequence[TimeRange],
        limit: int,
    ) -> Offer:
        """Return up to `limit` windows of the wish, else the nearest others and why."""
        everything = await self.availability(order, self.horizon)
        allowed = [w for w in everything.windows if not _in_any(w, refused)]
        wanted = [w for w in allowed if not wish or _in_any(w, wish)]
        if wanted or not wish:
            why = everything.reason or (None if wanted else reason("full"))
            return Offer(tuple(wanted[:limit]), matching=bool(wanted), reason=why)
        why = await self._why_not(order, wish, everything)
        return Offer(_nearest(allowed, wish, limit), matching=False, reason=why)

    async def _why_not(
        self, order: Order, wish: Sequence[TimeRange], everything: Availability
    ) -> Reason:
        if everything.reason is not None:
            return everything.reason
        _, why = await self.slots(order, self._span(wish[0]))
        return reason(why or "full")

    def _span(self, wish: TimeRange) -> Span:
        first = wish.earliest.date() if wish.earliest else self.horizon.first
        if wish.latest is None:
            return Span(first, max(first, self.horizon.last))
        last = (wish.latest - timedelta(seconds=1)).date()
        return Span(first, max(first, last))


@dataclass(frozen=True)
class _Fit:
    members: int
    skills: dict[str, date]
    needed: tuple[str, ...] = ()

    def needing(self, skill: str) -> _Fit:
        return _Fit(self.members, self.skills, (*self.needed, skill))

    @property
    def surplus(self) -> int:
        return len(self.skills) - len(self.needed)

    @property
    def valid_until(self) -> date:
        return min((self.skills[skill] for skill in self.needed), default=date.max)


def _earliest(order: Order) -> datetime:
    """Return when the next visit may begin at the earliest: goods there, delivery done."""
    earliest = datetime.min.replace(tzinfo=BUSINESS_ZONE) + timedelta(days=1)
    if order.goods_expected_at is not None:
        day = order.goods_expected_at.date() + timedelta(days=1)
        earliest = datetime.combine(day, time(), tzinfo=BUSINESS_ZONE)
    if order.next_visit_kind == "installation":
        ends = [
            visit.window.end
            for visit in order.visits
            if visit.kind == "delivery" and visit.window and visit.status == "scheduled"
        ]
        earliest = max([earliest, *ends])
    return earliest


def _in_any(window: Window, ranges: Iterable[TimeRange]) -> bool:
    return any(in_range(window, wanted) for wanted in ranges)


def in_range(window: Window, wanted: TimeRange) -> bool:
    """Say whether a window answers a wish.

    It lies inside the wish; or the wish is shorter than the window ("下午三点") and begins in
    it; or it holds more than half of the window ("中午").
    """
    first = max(window.start, wanted.earliest or window.start)
    last = min(window.end, wanted.latest or window.end)
    if first >= last:
        return False
    if wanted.earliest is not None and wanted.latest is not None:
        short = wanted.latest - wanted.earliest < window.end - window.start
        if short and window.start <= wanted.earliest < window.end:
            return True
    return (last - first) * 2 > window.end - window.start


def _nearest(
    windows: Sequence[Window], wish: Sequence[TimeRange], limit: int
) -> tuple[Window, ...]:
    anchors = [r.earliest or r.latest for r in wish]
    aims = [anchor for anchor in anchors if anchor is not None]

    def distance(window: Window) -> timedelta:
        return min((abs(window.start - aim) for aim in aims), default=timedelta())

    return tuple(sorted(sorted(windows, key=distance)[:limit]))


def _midnight(day: date) -> int:
    return int(datetime.combine(day, time(), tzinfo=BUSINESS_ZONE).timestamp())
