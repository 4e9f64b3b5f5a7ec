"""What the stand-in for the desk's server knows: cases, an order, words."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

NOW = datetime.fromisoformat("2026-11-20T10:00:00+08:00")
WANG = {"id": "a1", "alias": "小王"}
LI = {"id": "a2", "alias": "小李"}

TEXTS = {
    "reasons": {"request_human": "用户要求"},
    "dispositions": [
        {"code": "solved", "label": "已解决"},
        {"code": "rescheduled", "label": "已改约"},
        {"code": "complaint", "label": "投诉升级"},
        {"code": "offline", "label": "转线下"},
        {"code": "silent", "label": "无响应"},
    ],
    "return_lines": [
        {"code": "done", "text": "人工服务已结束，接下来由智能助手继续为您服务。"},
        {"code": "more", "text": "有其他问题可以继续问智能助手。"},
    ],
    "commands": {
        "hand_over": "转人工",
        "claim": "接入",
        "barge_in": "接管",
        "return": "交还机器人",
        "reveal": "查看隐私",
        "nobody_came": "排队超时",
    },
    "facts": [
        {"key": "floor", "label": "楼层", "type": "integer"},
        {
            "key": "elevator",
            "label": "电梯",
            "values": [{"value": True, "label": "有电梯"}, {"value": False, "label": "没有电梯"}],
        },
        {
            "key": "wall",
            "label": "墙体",
            "values": [
                {"value": "brick", "label": "砖墙"},
                {"value": "concrete", "label": "混凝土墙"},
            ],
        },
    ],
}

CANNED = [
    {
        "id": "c1",
        "group": "问候",
        "title": "开场",
        "text": "李女士您好，我是客服小王，很高兴为您服务。",
        "missing": [],
    },
    {
        "id": "c2",
        "group": "预约",
        "title": "确认时间",
        "text": "您的空调预约在11月22日 09:00–12:00上门。",
        "missing": [],
    },
    {
        "id": "c3",
        "group": "师傅",
        "title": "师傅电话",
        "text": "师傅的电话是{crew_phone}。",
        "missing": ["师傅电话"],
    },
]

CARD = {
    "order_no": "2811234567890123456",
    "merchant": "海尔官方旗舰店",
    "name": "李**",
    "phone": "139****5678",
    "address": "上海市浦东新区****",
    "items": [{"name": "海尔1.5匹挂机空调", "category": "split_ac", "quantity": 1}],
    "tracking": [
        {"at": "2026-11-19T08:00:00+08:00", "text": "已到达浦东服务网点", "location": "上海浦东"},
        {"at": "2026-11-18T20:10:00+08:00", "text": "离开上海转运中心", "location": "上海"},
        {"at": "2026-11-17T09:30:00+08:00", "text": "商家已发货", "location": "青岛"},
    ],
    "visit": {
        "visit_id": "V1",
        "kind": "delivery_and_installation",
        "status": "scheduled",
        "start": "2026-11-22T09:00:00+08:00",
        "end": "2026-11-22T12:00:00+08:00",
        "crew": {"name": "王师傅组", "phone": "13800000001"},
        "changes": 0,
        "version": 4,
        "attention": False,
    },
    "site": {"floor": 6, "elevator": False},
}
SECRETS = {"name": "李梅", "phone": "13912345678", "address": "上海市浦东新区锦绣路1000弄3号602室"}
REASONS = {
    "request_human": "用户要求",
    "report_hazard": "安全：燃气·漏电·漏水",
    "misunderstood": "连续未识别×3",
    "complain": "投诉",
}


def at(minutes: float) -> str:
    return (NOW + timedelta(minutes=minutes)).isoformat()


class Case:
    """One conversation of the stand-in."""

    def __init__(
        self, name: str, identity: str, *, state: str = "queued", waited: float = 1.0, **more: Any
    ):
        self.row: dict[str, Any] = {
            "id": identity, "case_no": 1, "state": state, "epoch": 1, "channel": "web", "name": name,
            "agent": None, "reason": None, "priority": 2, "opened_at": at(-20), "queued_at": None,
            "deadline_at": None, "waiting_since": None, "position": None, "last_seq": 0, "unread": 0, "read_seq": 0,
            "last_message": None, "appliance": "海尔1.5匹挂机空调", "visit_day": "2026-11-22",
            "disposition": None, "summary": None, "closed_at": None, "rating": None,
        } | more  # fmt: skip
        if state == "queued":
            self.row |= {"queued_at": at(-waited), "waiting_since": at(-waited)}
        self.lines: list[dict[str, Any]] = []
        self.moves: list[dict[str, Any]] = []

    def say(
        self, speaker: str, text: str, visibility: str = "public", **more: Any
    ) -> dict[str, Any]:
        seq = len(self.lines) + 1
        line = {
            "id": f"{self.row['id']}-{seq}", "seq": seq, "at": at(-15 + seq / 2), "from": speaker,
            "visibility": visibility, "text": text, **more,
        }  # fmt: skip
        self.lines.append(line)
        if visibility == "public":
            self.row["last_message"] = {key: line[key] for key in ("seq", "at", "from", "text")}
        self.row["last_seq"] = seq
        return line

    def move(
        self, command: str, to: str, actor: dict[str, Any], agent: Any = None, reason: Any = None
    ) -> dict[str, Any]:
        before = self.row["state"]
        self.row |= {"state": to, "agent": agent, "epoch": self.row["epoch"] + 1}
        if reason:
            self.row["reason"] = {"code": reason, "label": REASONS[reason]}
        if to != "queued":
            self.row |= {"queued_at": None, "position": None}
        if to == "bot":
            self.row["waiting_since"] = None
        move = {
            "epoch": self.row["epoch"], "seq": len(self.lines), "at": at(-15 + len(self.lines) / 2),
            "command": command, "from": before, "to": to, "reason": self.row["reason"] if reason else None,
            "actor": actor, "agent": agent,
        }  # fmt: skip
        self.moves.append(move)
        return move


def first_cases() -> dict[str, Case]:
    li = Case("李**", "k1", waited=2.2, unread=2)
    li.row["state"] = "bot"
    li.say("consumer", "我的空调什么时候装", nlu={
        "intent": {"name": "track_order", "confidence": 0.93},
        "entities": [{"entity": "appliance", "value": "split_ac"}],
    })  # fmt: skip
    li.say(
        "bot",
        "您的海尔1.5匹挂机空调预约在11月22日（周日）09:00–12:00上门，送货并安装。\n需要改约可以直接告诉我。",
        buttons=[
            {"title": "改约时间", "payload": "btn_1"},
            {"title": "安装要准备什么", "payload": "btn_2"},
        ],
    )
    li.say("consumer", "楼里周日不让装修，能不能找个人帮我协调一下", nlu={
        "intent": {"name": "request_human", "confidence": 0.71},
        "entities": [{"entity": "time", "value": "2026-11-22"}],
    })  # fmt: skip
    li.say("bot", "好的，马上为您转接人工客服。")
    li.move("hand_over", "queued", {"kind": "bot"}, reason="request_human")
    li.row |= {"queued_at": at(-2.2), "waiting_since": at(-2.2), "position": 2}
    li.say("bot", "周日下午还有时段，需要我为您改约吗？", "suppressed")
    li.say("consumer", "在吗")
    gas = Case(
        "王**", "k2", waited=0.5, unread=1, priority=0, appliance="万和燃气热水器", visit_day=None
    )
    gas.row["reason"] = {"code": "report_hazard", "label": REASONS["report_hazard"]}
    gas.say("consumer", "厨房有煤气味，热水器刚装好")
    gas.row["position"] = 1
    late = Case(
        "张**", "k3", waited=4, unread=3, appliance="西门子对开门冰箱", visit_day="2026-11-21"
    )
    late.row["reason"] = {"code": "misunderstood", "label": REASONS["misunderstood"]}
    late.say("consumer", "你到底听不听得懂")
    late.row["position"] = 3
    bot = Case("陈**", "k4", state="bot", appliance="美的滚筒洗衣机", visit_day="2026-11-24")
    bot.say("consumer", "安装要准备什么")
    bot.say("bot", "请提前确认上下水和插座位置。")
    other = Case("赵**", "k5", state="human", agent=LI, waiting_since=at(-0.4))
    other.say("consumer", "什么时候能来")
    return {case.row["id"]: case for case in (li, gas, late, bot, other)}
