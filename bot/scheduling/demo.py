"""Demo data: the same for a given day, plausible, and clearly nobody's."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from bot.clock import BUSINESS_ZONE
from bot.scheduling.models import DemoConsumer, Order

_FILE = Path(__file__).resolve().parent.parent.parent / "data" / "demo" / "world.yml"
ORDERS = 300
SHIFT_DAYS = 15
SHIFTS = (("09:00", "12:00"), ("12:00", "15:00"), ("15:00", "18:00"), ("18:00", "21:00"))
PICKED = 12
COMMON = ["refrigerator", "freezer", "washing_machine", "dryer", "tv", "furniture"]
WATER_AND_KITCHEN = [
    "electric_water_heater",
    "gas_water_heater",
    "gas_hob",
    "gas",
    "range_hood",
    "dishwasher",
    "oven",
    "water_purifier",
    "electrical",
]
COLD = ["split_ac", "central_ac", "electrical"]


@cache
def _world() -> dict[str, Any]:
    world: dict[str, Any] = yaml.safe_load(_FILE.read_text(encoding="utf-8"))
    return world


def demo_document(today: date) -> dict[str, Any]:
    """Return hubs, crews with fourteen days of shifts, and orders in every state."""
    dice = random.Random(f"yuezhuang {today.isoformat()}")  # noqa: S311 - nothing secret
    world = _world()
    merchants = [
        {
            "merchant": m["name"],
            "fees": [
                {**fee, "valid_from": today.replace(month=1, day=1).isoformat()}
                for fee in m["fees"]
            ],
        }
        for m in world["merchants"]
    ]
    hubs = [
        {"hub_id": h["hub_id"], "name": h["name"], "adcodes": [h["adcode"]]} for h in world["hubs"]
    ]
    crews = _crews(today, dice)
    seats = _Seats(crews, dice)
    orders = [_order(number, today, seats, dice) for number in range(ORDERS)]
    return {"hubs": hubs, "merchants": merchants, "crews": crews, "orders": orders}


def summaries(orders: Sequence[Order]) -> list[DemoConsumer]:
    """Return one line a consumer about their orders, in the picker's order."""
    world = _world()
    lines: dict[str, list[str]] = {}
    names = {}
    for order in orders:
        status = order.visits[-1].status if order.visits else "none"
        goods = order.items[0].name
        line = world["summary"].format(goods=goods, status=world["status"][status])
        lines.setdefault(order.consumer_id, []).append(line)
        names[order.consumer_id] = order.consumer_name
    return [
        DemoConsumer(who, names[who], world["joiner"].join(lines[who])) for who in sorted(lines)
    ]


def _crews(today: date, dice: random.Random) -> list[dict[str, Any]]:
    crews: list[dict[str, Any]] = []
    for hub in _world()["hubs"]:
        for position in range(hub["crews"]):
            number = len(crews) + 1
            crews.append(
                {
                    "crew_id": f"C{number:02d}",
                    "hub_id": hub["hub_id"],
                    "name": f"{_world()['surnames'][number % 20]}师傅组",
                    "phone": f"1380000{number:04d}",
                    "members": 2,
                    "skills": _skills(position),
                    "shifts": _shifts(today, position, dice),
                }
            )
    return crews


def _skills(position: int) -> list[str]:
    sets = [
        [*COLD, "high_altitude"],
        [*COMMON, "heavy_carry", "fitness_equipment"],
        WATER_AND_KITCHEN,
        [*COMMON, *COLD],
        [*WATER_AND_KITCHEN, *COMMON, "heavy_carry"],
    ]
    return list(dict.fromkeys(sets[position % len(sets)]))


def _shifts(today: date, position: int, dice: random.Random) -> list[dict[str, Any]]:
    shifts = []
    for offset in range(SHIFT_DAYS):
        if (offset + position) % 7 == 6:  # noqa: PLR2004 - one day off in seven
            continue
        day = (today + timedelta(days=offset)).isoformat()
        for start, end in SHIFTS[: 4 if dice.random() < 0.3 else 3]:  # noqa: PLR2004
            shifts.append({"date": day, "start": start, "end": end, "capacity_minutes": 180})
    return shifts


class _Seats:
    """Hands out windows of fitting crews, one visit a window, so that nothing overflows."""

    def __init__(self, crews: list[dict[str, Any]], dice: random.Random) -> None:
        self._free = [(crew, shift) for crew in crews for shift in crew["shifts"]]
        dice.shuffle(self._free)

    def take(self, hub_id: str, category: str, day: date | None) -> tuple[str, str, str] | None:
        for position, (crew, shift) in enumerate(self._free):
            fits = crew["hub_id"] == hub_id and category in crew["skills"]
            if fits and (day is None or shift["date"] == day.isoformat()):
                del self._free[position]
                stamp = f"{shift['date']}T{{}}:00+08:00"
                return crew["crew_id"], stamp.format(shift["start"]), stamp.format(shift["end"])
        return None


def _order(number: int, today: date, seats: _Seats, dice: random.Random) -> dict[str, Any]:
    world = _world()
    hub = world["hubs"][number % len(world["hubs"])]
    goods = world["goods"][(number * 7 + number // 12) % len(world["goods"])]
    state = world["states"][(number // 2) % len(world["states"])]
    # Every third consumer has two orders.
    who = number * 2 // 3 + 1
    order = {
        "order_no": f"2811{today:%y%m%d}{number + 1:09d}",
        "merchant": goods["merchant"],
        "consumer": {
            "consumer_id": f"demo_{who:03d}",
            "name": f"{world['surnames'][who % 20]}{world['titles'][who % 2]}",
            "phone": f"1390000{who:04d}",
        },
        "address": {
            "adcode": hub["adcode"],
            "text": f"{hub['city']}{dice.choice(world['roads'])}{dice.randint(1, 900)}号"
            f"{dice.choice(world['communities'])}{dice.randint(1, 20)}栋"
            f"{dice.randint(101, 2402)}室",
            "floor": dice.randint(1, 24),
            "elevator": dice.random() < 0.75,  # noqa: PLR2004
        },
        "items": [{k: v for k, v in goods.items() if k != "merchant"} | {"quantity": 1}],
        "tracking": _tracking(state, hub, today),
        "visits": _visits(number, state, hub["hub_id"], goods["category"], today, seats),
    }
    if state == "expected":
        arrives = datetime.combine(today + timedelta(days=2), time(12), tzinfo=BUSINESS_ZONE)
        order["goods_expected_at"] = arrives.isoformat()
    return order


def _tracking(state: str, hub: dict[str, Any], today: date) -> list[dict[str, Any]]:
    known = {"expected": 2, "completed": 4}.get(state, 3)
    return [
        {
            "at": datetime.combine(
                today - timedelta(days=4 - position), time(8 + position), tzinfo=BUSINESS_ZONE
            ).isoformat(),
            "code": step["code"],
            "text": step["text"].format(hub=hub["name"]),
            "location": step["location"].format(city=hub["city"]),
        }
        for position, step in enumerate(_world()["tracking"][:known])
    ]


def _visits(
    number: int, state: str, hub_id: str, category: str, today: date, seats: _Seats
) -> list[dict[str, Any]]:
    visit: dict[str, Any] = {"visit_id": f"DV{number + 1:04d}", "kind": "delivery_and_installation"}
    if state in {"none", "expected"}:
        return []
    if state == "unscheduled":
        return [{**visit, "status": state}]
    if state in {"scheduled", "en_route"}:
        seat = seats.take(hub_id, category, today if state == "en_route" else None)
        if seat is None:
            return [{**visit, "status": "unscheduled"}]
        crew_id, start, end = seat
        return [
            {**visit, "status": state, "crew_id": crew_id, "window_start": start, "window_end": end}
        ]
    day = today - timedelta(days=1)
    start = datetime.combine(day, time(9), tzinfo=BUSINESS_ZONE).isoformat()
    end = datetime.combine(day, time(12), tzinfo=BUSINESS_ZONE).isoformat()
    return [{**visit, "status": state, "window_start": start, "window_end": end}]
