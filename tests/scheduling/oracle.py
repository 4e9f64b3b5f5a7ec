"""What ought to be bookable, worked out from the imported document alone, by brute force.

It shares no code with the product but the numbers of the catalogue. Slow and plain on purpose.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

WINDOWS = [(9, 12), (12, 15), (15, 18), (18, 21)]
CARRIED = {
    "refrigerator",
    "freezer",
    "washing_machine",
    "dryer",
    "furniture",
    "fitness_equipment",
}
CHARGED = {"scheduled", "en_route", "in_progress", "completed"}


def skills_needed(order: dict[str, Any]) -> list[str]:
    categories = [item["category"] for item in order["items"]]
    needed = list(categories)
    needed += ["gas" for c in categories if c in {"gas_water_heater", "gas_hob"}]
    address = order["address"]
    by_stairs = address["elevator"] is False and address["floor"] >= 4
    if by_stairs and CARRIED & set(categories):
        needed.append("heavy_carry")
    return list(dict.fromkeys(needed))


def minutes_needed(order: dict[str, Any], minutes: dict[str, int]) -> int:
    work = sum(minutes[i["category"]] * i["quantity"] for i in order["items"])
    if "heavy_carry" in skills_needed(order):
        work += 15
    return min(work + 15, 180)


def members_needed(order: dict[str, Any]) -> int:
    return max(
        2 if i["category"] in CARRIED and i.get("weight_kg", 0) > 80 else 1 for i in order["items"]
    )


def crew_windows(crew: dict[str, Any], zone: Any) -> list[tuple[datetime, datetime, int]]:
    """All windows of a crew: its shifts cut at the standard windows, minutes by length."""
    found = []
    for shift in crew["shifts"]:
        day = date.fromisoformat(shift["date"])
        start, end = (int(shift[k][:2]) for k in ("start", "end"))
        parts = [(max(start, a), min(end, b)) for a, b in WINDOWS if max(start, a) < min(end, b)]
        parts = parts or [(start, end)]  # outside of all standard windows: one of its own
        hours = sum(b - a for a, b in parts)
        passed = given = 0
        for a, b in parts:
            passed += b - a
            upto = shift["capacity_minutes"] * passed // hours
            opens = datetime(day.year, day.month, day.day, a, tzinfo=zone)
            found.append((opens, opens + timedelta(hours=b - a), upto - given))
            given = upto
    return found


def has_licences(crew: dict[str, Any], needed: list[str], day: date) -> bool:
    ends = {}
    for skill in crew["skills"]:
        if isinstance(skill, dict):
            ends[skill["skill"]] = skill["valid_until"]
        else:
            ends[skill] = "9999-12-31"
    return all(ends.get(skill, "") >= day.isoformat() for skill in needed)


def factor(document: dict[str, Any], hub_id: str, day: date) -> float:
    general, own = 1.0, None
    for entry in document["calendar"]:
        if entry["date"] != day.isoformat():
            continue
        value = 0.0 if entry["kind"] == "blackout" else entry["capacity_factor"]
        if entry.get("hub_id") == hub_id:
            own = value
        elif "hub_id" not in entry:
            general = value
    return general if own is None else own


def used(document: dict[str, Any], crew_id: str, start: datetime, minutes: dict[str, int]) -> int:
    return sum(
        minutes_needed(order, minutes)
        for order in document["orders"]
        for visit in order["visits"]
        if visit.get("crew_id") == crew_id
        and visit["status"] in CHARGED
        and datetime.fromisoformat(visit["window_start"]) == start
    )


def is_open(start: datetime, end: datetime, now: datetime) -> bool:
    ahead = (start.date() - now.date()).days
    if ahead == 0:
        return now < end - timedelta(hours=2)
    if ahead == 1:
        return now.hour < 18
    return 2 <= ahead <= 14


def goods_from(order: dict[str, Any], zone: Any) -> datetime:
    due = order.get("goods_expected_at")
    if due is None:
        return datetime(1970, 1, 2, tzinfo=zone)
    day = datetime.fromisoformat(due).astimezone(zone).date() + timedelta(days=1)
    return datetime(day.year, day.month, day.day, tzinfo=zone)


def serving_hubs(document: dict[str, Any], order: dict[str, Any]) -> set[str]:
    bound = order.get("provider")
    return {
        h["hub_id"]
        for h in document["hubs"]
        if order["address"]["adcode"] in h["adcodes"]
        and (bound is None or h.get("provider") in {None, bound})
    }


def works_for(document: dict[str, Any], crew: dict[str, Any], bound: str | None) -> bool:
    hub = next(h for h in document["hubs"] if h["hub_id"] == crew["hub_id"])
    return bound is None or (crew.get("provider") or hub.get("provider")) == bound


def bookable(
    document: dict[str, Any], order: dict[str, Any], now: datetime, minutes: dict[str, int]
) -> set[tuple[datetime, datetime]]:
    """Every window that some crew could take for the order's first visit."""
    return {
        (start, end)
        for start, end in with_room(document, order, now, minutes)
        if is_open(start, end, now)
    }


def first_day_behind(
    document: dict[str, Any], order: dict[str, Any], now: datetime, minutes: dict[str, int]
) -> date | None:
    """The first day after the last that can be booked which has room."""
    ends = now.date() + timedelta(days=14)
    days = (start.date() for start, _ in with_room(document, order, now, minutes))
    return min((day for day in days if day > ends), default=None)


def with_room(
    document: dict[str, Any], order: dict[str, Any], now: datetime, minutes: dict[str, int]
) -> set[tuple[datetime, datetime]]:
    """Every window with a crew that may and can, whatever the cut-offs and the horizon."""
    hubs = serving_hubs(document, order)
    needed = skills_needed(order)
    found = set()
    for crew in document["crews"]:
        if crew["hub_id"] not in hubs or crew["members"] < members_needed(order):
            continue
        if not works_for(document, crew, order.get("provider")):
            continue
        for start, end, capacity in crew_windows(crew, now.tzinfo):
            share = int(capacity * factor(document, crew["hub_id"], start.date()) + 1e-9)
            room = share - used(document, crew["crew_id"], start, minutes)
            if (
                has_licences(crew, needed, start.date())
                and start >= goods_from(order, now.tzinfo)
                and room >= minutes_needed(order, minutes)
            ):
                found.add((start, end))
    return found


def answers(wish: tuple[datetime, datetime], start: datetime, end: datetime) -> bool:
    """Say whether more than half of a window lies in a wish that is longer than any window."""
    inside = min(end, wish[1]) - max(start, wish[0])
    return inside > timedelta() and inside * 2 > end - start


def reason(  # noqa: C901, PLR0911 - one question after another, as it is told
    document: dict[str, Any],
    order: dict[str, Any],
    now: datetime,
    minutes: dict[str, int],
    wish: tuple[datetime, datetime] | None = None,
) -> str:
    """Why nothing is bookable in the next 14 days, or in a wish of one day, where nothing is."""
    hubs = serving_hubs(document, order)
    if not hubs:
        return "no_hub"
    horizon = now.date() + timedelta(days=14)
    if goods_from(order, now.tzinfo).date() > horizon:
        return "goods_not_arrived"
    crews = [
        c
        for c in document["crews"]
        if c["hub_id"] in hubs and works_for(document, c, order.get("provider"))
    ]
    if not crews:
        return "no_shift"
    first = max(wish[0].date(), now.date()) if wish else now.date()
    for n, skill in enumerate(skills_needed(order), 1):
        so_far = skills_needed(order)[:n]
        if not any(all(has_licences(c, [s], first) for s in so_far) for c in crews):
            return f"no_skill:{skill}"
    crews = [c for c in crews if has_licences(c, skills_needed(order), first)]
    crews = [c for c in crews if c["members"] >= members_needed(order)]
    if not crews:
        return "crew_too_small"
    left = [
        (c, s, e, m)
        for c in crews
        for s, e, m in crew_windows(c, now.tzinfo)
        if (answers(wish, s, e) if wish else now.date() <= s.date() <= horizon)
    ]
    if not left:
        return "no_shift"
    needed = skills_needed(order)
    valid = [x for x in left if has_licences(x[0], needed, x[1].date())]
    if not valid:
        lost = [s for s in needed if not any(has_licences(x[0], [s], x[1].date()) for x in left)]
        return f"no_skill:{(lost or needed)[0]}"
    left = [x for x in valid if is_open(x[1], x[2], now)]
    if not left:
        return "too_late"
    blackouts = {
        (x[0]["hub_id"], x[1].date())
        for x in left
        if _is_blackout(document, x[0]["hub_id"], x[1].date())
    }
    left = [x for x in left if (x[0]["hub_id"], x[1].date()) not in blackouts]
    if not left:
        return "blackout"
    return "full" if any(x[1] >= goods_from(order, now.tzinfo) for x in left) else "goods_later"


def _is_blackout(document: dict[str, Any], hub_id: str, day: date) -> bool:
    entries = [e for e in document["calendar"] if e["date"] == day.isoformat()]
    own = [e for e in entries if e.get("hub_id") == hub_id]
    return any(e["kind"] == "blackout" for e in own or [e for e in entries if "hub_id" not in e])
