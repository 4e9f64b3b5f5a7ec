"""What the whole system knows when the page is tested against it."""

from datetime import date, timedelta

CLOCK = "2026-11-24T10:00:00+08:00"
ORDER_NO = "2811234567890123456"
BOOKED = "2026-11-26T09:00:00+08:00"
HOURS = (("09:00", "12:00"), ("12:00", "15:00"), ("15:00", "18:00"))


def _shifts():
    days = [date(2026, 11, 24) + timedelta(days=n) for n in range(14)]
    return [
        {"date": day.isoformat(), "start": start, "end": end, "capacity_minutes": 180}
        for day in days
        for start, end in HOURS
    ]


def _order(order_no, consumer, item, visits):
    return {
        "order_no": order_no,
        "merchant": "海尔官方旗舰店",
        "consumer": consumer,
        "address": {
            "adcode": "310115",
            "text": "上海市浦东新区锦绣路1000弄3号602室",
            "floor": 6,
            "elevator": True,
        },
        "items": [{**item, "brand": "海尔", "quantity": 1}],
        "tracking": [
            {
                "at": "2026-11-23T08:00:00+08:00",
                "code": "arrived_hub",
                "text": "已到达浦东服务网点",
                "location": "上海浦东",
            }
        ],
        "visits": visits,
    }


DOCUMENT = {
    "hubs": [{"hub_id": "SH-PD", "name": "浦东服务网点", "adcodes": ["310115"]}],
    "crews": [
        {
            "crew_id": "C01",
            "hub_id": "SH-PD",
            "name": "王师傅组",
            "phone": "13800000001",
            "members": 2,
            "skills": ["split_ac", "high_altitude", "washing_machine"],
            "shifts": _shifts(),
        }
    ],
    "orders": [
        _order(
            ORDER_NO,
            {"consumer_id": "tb_1001", "name": "李女士", "phone": "13912345678"},
            {"sku": "KFR-35GW", "name": "海尔1.5匹挂机空调", "category": "split_ac"},
            [
                {
                    "visit_id": "V1",
                    "kind": "delivery_and_installation",
                    "status": "scheduled",
                    "crew_id": "C01",
                    "window_start": BOOKED,
                    "window_end": "2026-11-26T12:00:00+08:00",
                }
            ],
        ),
        _order(
            "2811234567890123457",
            {"consumer_id": "tb_1002", "name": "王先生", "phone": "13912345679"},
            {"sku": "XQG100", "name": "海尔10公斤滚筒洗衣机", "category": "washing_machine"},
            [],
        ),
    ],
}
