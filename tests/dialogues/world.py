"""Builds the orders, crews and shifts that a dialogue script starts from.

Each script has a hub, a crew and consumers of its own, so that scripts cannot meet.
"""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from bot.scheduling.divisions import divisions

ZONE = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 11, 24, 10, tzinfo=ZONE)
NAMES = {
    "split_ac": "海尔1.5匹挂机空调",
    "refrigerator": "容声对开门冰箱",
    "gas_water_heater": "万和燃气热水器",
    "washing_machine": "小天鹅滚筒洗衣机",
    "tv": "海信65英寸电视",
}
BRANDS = {
    "split_ac": "海尔",
    "refrigerator": "容声",
    "gas_water_heater": "万和",
    "washing_machine": "小天鹅",
    "tv": "海信",
}
ALL_SKILLS = [*NAMES, "gas", "heavy_carry", "high_altitude"]
DISTRICTS = sorted(code for code in divisions() if not code.endswith(("00", "01")))
HOURS = {"09:00": "12:00", "12:00": "15:00", "15:00": "18:00", "18:00": "21:00"}


def order_no(number: int, position: int = 0) -> str:
    return f"28110000{number:06d}{position:03d}"


def consumer_id(number: int) -> str:
    return f"c{number:05d}"


def phone(number: int) -> str:
    return f"1390000{number:04d}"


def document(number: int, given: dict) -> dict:
    """The import document of script `number`; `given` is the script's own start."""
    hub, crew = f"H{number}", f"K{number}"
    adcode = DISTRICTS[number]
    closed = set(given.get("closed", ()))
    return {
        "hubs": [{"hub_id": hub, "name": "测试网点", "adcodes": [adcode]}],
        "crews": [
            {
                "crew_id": crew,
                "hub_id": hub,
                "name": "周师傅组",
                "phone": "13800000001",
                "members": 2,
                "skills": given.get("skills", ALL_SKILLS),
                "shifts": _shifts(closed, given.get("hours", list(HOURS))),
            }
        ],
        "merchants": given.get("merchants", []),
        "orders": [
            _order(number, position, order, adcode, crew)
            for position, order in enumerate(given.get("orders", [{}]))
        ],
    }


def _shifts(closed: set[str], hours: list[str]) -> list[dict]:
    days = [NOW.date() + timedelta(days=n) for n in range(15)]
    return [
        {"date": day.isoformat(), "start": start, "end": HOURS[start], "capacity_minutes": 180}
        for day in days
        for start in hours
        if f"{day.isoformat()} {start}" not in closed and day.isoformat() not in closed
    ]


def _order(number: int, position: int, order: dict, adcode: str, crew: str) -> dict:
    goods = order.get("goods", "split_ac")
    return {
        "order_no": order_no(number, position),
        "merchant": order.get("merchant", "测试旗舰店"),
        "consumer": {
            "consumer_id": consumer_id(number),
            "name": "李女士",
            "phone": phone(number),
        },
        "address": {
            "adcode": adcode,
            "text": "测试路1弄2号601室",
            "floor": order.get("floor", 6),
            "elevator": order.get("elevator", True),
        },
        "items": [
            {
                "sku": f"SKU-{goods}",
                "name": NAMES[goods],
                "brand": BRANDS[goods],
                "category": goods,
                "quantity": 1,
            }
        ],
        "tracking": [
            {
                "at": "2026-11-23T08:00:00+08:00",
                "code": "arrived_hub",
                "text": "已到达测试网点",
                "location": "上海",
            }
        ],
        "visits": [_visit(number, position, order["visit"], crew)] if order.get("visit") else [],
    }


def _visit(number: int, position: int, visit: dict, crew: str) -> dict:
    start = datetime.fromisoformat(visit["start"]).replace(tzinfo=ZONE)
    return {
        "visit_id": f"V{number}-{position}",
        "kind": visit.get("kind", "delivery_and_installation"),
        "status": visit.get("status", "scheduled"),
        "crew_id": crew,
        "window_start": start.isoformat(),
        "window_end": (start + timedelta(hours=3)).isoformat(),
    }
