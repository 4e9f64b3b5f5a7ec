"""Why an order has no window: one query for what its hubs have, then one sieve after another."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import and_, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.catalogue import Catalogue
from bot.scheduling import calendar, skills
from bot.scheduling import rules as rule
from bot.scheduling import tables as t
from bot.scheduling.contract import epoch
from bot.scheduling.models import Order, Reason, Window
from bot.scheduling.reasons import has_day, reason
from bot.scheduling.rules import Need
from bot.scheduling.slots import Span, free_minutes, lapsed_minutes, of_provider, open_windows
from bot.scheduling.store import window_of
from bot.settings import BookingRules

Scope = Callable[[Window], bool]
# How far behind the horizon to look for the first day with room.
LOOK_AHEAD_DAYS = 60


def everything(_window: Window) -> bool:
    """Be the scope that nothing is outside of."""
    return True


@dataclass(frozen=True)
class Inquiry:
    """Why `order` gets none of the windows of `span` that are in `scope`, as a question.

    With `crew_id` why it does not get them from this crew.
    """

    connection: AsyncConnection
    order: Order
    need: Need
    span: Span
    scope: Scope
    now: datetime
    rules: BookingRules
    crew_id: str | None = None


@dataclass(frozen=True)
class _Seen:
    """One window of one crew, with all that decides whether the order can have it."""

    hub_id: str
    crew_id: str
    window: Window
    valid_mask: int
    free: int


@dataclass(frozen=True)
class _Crew:
    mask: int
    licences: dict[str, str]
    members: int

    def may(self, skill: str, day: date) -> bool:
        listed = bool(self.mask & skills.mask([skill]))
        return listed and self.licences.get(skill, "9999") >= day.isoformat()


async def explain(inquiry: Inquiry, horizon_ends: date, catalogue: Catalogue) -> Reason:
    """Return the reason, with the first day on which it is over where one is known.

    That is the first day behind the horizon with room, or the one after the goods are due.
    """
    code = await _code(inquiry, horizon_ends)
    day = await _over_on(inquiry, code, horizon_ends)
    return reason(code, day, skill=skill_name(code, catalogue))


async def _over_on(inquiry: Inquiry, code: str, horizon_ends: date) -> date | None:
    there = rule.goods_there(inquiry.order)
    if code == "goods_not_arrived" and there is not None and not inquiry.order.goods_missing:
        return there.date()
    if inquiry.scope is everything and has_day(code):
        return await _first_day_after(inquiry, horizon_ends)
    return None


def skill_name(code: str, catalogue: Catalogue) -> str:
    """Return how consumers call the goods of a skill that a code names."""
    skill = code.rpartition(":")[2]
    known = catalogue.categories.get(skill)
    return known.name if known else skill


async def _code(inquiry: Inquiry, horizon_ends: date) -> str:
    rows = await _rows(inquiry)
    if not rows:
        return "no_hub"
    if _goods_too_late(inquiry.order, horizon_ends):
        return "goods_not_arrived"
    crews = {r.crew_id: _Crew(r.skill_mask, r.licences, r.members) for r in rows if r.crew_id}
    if not crews:
        return "no_shift"
    able, code = _able(inquiry, crews)
    if code:
        return code
    seen = [s for s in map(_seen, rows) if s is not None and inquiry.scope(s.window)]
    own = [s for s in seen if s.crew_id in able]
    if not own:
        return _nobody_then(inquiry, seen, crews)
    return await _sift(inquiry, own)


def _goods_too_late(order: Order, horizon_ends: date) -> bool:
    expected = order.goods_expected_at
    return order.goods_missing or (expected is not None and expected.date() >= horizon_ends)


async def _rows(inquiry: Inquiry) -> Sequence[Any]:
    w, c = t.crew_window.c, t.crew.c
    start, end = inquiry.span.epochs
    lapsed = lapsed_minutes(inquiry.order.order_no, epoch(inquiry.now))
    hubs, crews = _serving(inquiry.order.provider)
    query = (
        select(t.hub_area.c.hub_id, c.crew_id, c.skill_mask, c.licences, c.members)
        .add_columns(w.start_at, w.end_at, w.skill_mask.label("valid_mask"))
        .add_columns(free_minutes(lapsed).label("free"))
        .select_from(t.hub_area)
        .join(t.hub, hubs)
        .outerjoin(t.crew, crews)
        .outerjoin(
            t.crew_window,
            and_(w.crew_id == c.crew_id, w.start_at >= start, w.start_at < end),
        )
        .where(t.hub_area.c.adcode == inquiry.order.adcode)
    )
    if inquiry.crew_id is not None:
        query = query.where(c.crew_id == inquiry.crew_id)
    return (await inquiry.connection.execute(query)).all()


def _serving(provider: str | None) -> tuple[Any, Any]:
    """Return the conditions on the hubs and the crews of them that an order may have."""
    hubs = t.hub.c.hub_id == t.hub_area.c.hub_id
    crews = t.crew.c.hub_id == t.hub_area.c.hub_id
    if provider is None:
        return hubs, crews
    shared = or_(t.hub.c.provider.is_(None), t.hub.c.provider == provider)
    return and_(hubs, shared), and_(crews, of_provider(provider))


def _seen(row: Any) -> _Seen | None:
    window = window_of(row.start_at, row.end_at)
    if window is None:
        return None
    return _Seen(row.hub_id, row.crew_id, window, row.valid_mask, row.free)


def _able(inquiry: Inquiry, crews: dict[str, _Crew]) -> tuple[dict[str, _Crew], str | None]:
    """Return the crews with every skill and enough hands, or what the last ones lack."""
    first = max(inquiry.span.first, inquiry.now.date())
    for skill in inquiry.need.skills:
        crews = {crew_id: crew for crew_id, crew in crews.items() if crew.may(skill, first)}
        if not crews:
            return {}, f"no_skill:{skill}"
    crews = {i: crew for i, crew in crews.items() if crew.members >= inquiry.need.members}
    return crews, None if crews else "crew_too_small"


def _nobody_then(inquiry: Inquiry, seen: list[_Seen], crews: dict[str, _Crew]) -> str:
    """Tell "nobody works then" from "nobody who works then can do it"."""
    if inquiry.scope is everything:
        return "no_shift"
    working = {s.crew_id: crews[s.crew_id] for s in seen}
    if not working:
        return "no_shift"
    _, code = _able(inquiry, working)
    if code is None or not code.startswith("no_skill:"):
        return "no_shift"
    return code.replace("no_skill:", "no_shift:")


async def _sift(inquiry: Inquiry, seen: list[_Seen]) -> str:
    """Return what the last windows were lost to."""
    days = await calendar.read(inquiry.connection, inquiry.span)
    wanted = skills.mask(inquiry.need.skills)
    there = rule.goods_there(inquiry.order)
    live = inquiry.order.live_visit
    present = live.window if live is not None else None
    sieves: Sequence[tuple[str, Callable[[_Seen], bool]]] = (
        (_expired(inquiry, seen), lambda s: s.valid_mask & wanted == wanted),
        ("too_late", lambda s: rule.is_open(s.window, inquiry.now, inquiry.rules)),
        ("blackout", lambda s: not days.is_blackout(s.hub_id, s.window.start.date())),
        ("goods_later", lambda s: there is None or s.window.start >= there),
        ("before_delivery", lambda s: _after_delivery(inquiry.order, s)),
        ("full", lambda s: s.free >= inquiry.need.minutes and s.window != present),
    )
    for code, keeps in sieves:
        seen = [s for s in seen if keeps(s)]
        if not seen:
            return code
    return "full"  # sold between two looks


def _expired(inquiry: Inquiry, seen: list[_Seen]) -> str:
    """Name the first needed skill that is valid in none of the windows, else the first one."""
    valid = 0
    for s in seen:
        valid |= s.valid_mask
    missing = [k for k in inquiry.need.skills if not valid & skills.mask([k])]
    return f"no_skill:{[*missing, *inquiry.need.skills][0]}"


def _after_delivery(order: Order, seen: _Seen) -> bool:
    delivery = rule.delivery_before(order)
    if delivery is None or delivery.window is None or seen.window.start >= delivery.window.end:
        return True
    stays = delivery.crew is not None and delivery.crew.crew_id == seen.crew_id
    return stays and seen.window.start >= delivery.window.start


async def _first_day_after(inquiry: Inquiry, horizon_ends: date) -> date | None:
    span = Span(horizon_ends + timedelta(days=1), horizon_ends + timedelta(days=LOOK_AHEAD_DAYS))
    found = await open_windows(
        inquiry.connection, inquiry.order, inquiry.need, span, epoch(inquiry.now)
    )
    return found[0].start.date() if found else None
