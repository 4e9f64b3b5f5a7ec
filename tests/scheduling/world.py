"""Documents in the contract's format, and a service over them, for tests."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from operator import itemgetter
from typing import Any

from sqlalchemy import delete, select, text

from bot.catalogue import Catalogue, load
from bot.clock import BUSINESS_ZONE, FixedClock
from bot.database import Database
from bot.scheduling import Caller, Feed, Scheduling, Window
from bot.scheduling.tables import crew_window, hold, metadata, visit
from bot.settings import BookingRules

NOW = datetime.fromisoformat("2026-11-24T10:00:00+08:00")
DAY = date(2026, 11, 26)
OWNER = Caller("talk-1", "tb_1001")
AC = ("split_ac",)
# An air conditioner's 90 minutes and 15 of travel.
AC_MINUTES = 105
CHARGED = ("scheduled", "en_route", "in_progress", "completed")


def at(day: date | str, clock: str) -> datetime:
    """Return an aware instant: `at("2026-11-26", "09:00")`."""
    return datetime.fromisoformat(f"{day}T{clock}").replace(tzinfo=BUSINESS_ZONE)


def window(day: date | str = DAY, start: str = "09:00", end: str = "12:00") -> Window:
    return Window(at(day, start), at(day, end))


def shift(day: date | str = DAY, start="09:00", end="12:00", capacity=180) -> dict[str, Any]:
    return {"date": str(day), "start": start, "end": end, "capacity_minutes": capacity}


def hub(hub_id="H1", adcodes=("310115",)) -> dict[str, Any]:
    return {"hub_id": hub_id, "name": "浦东服务网点", "adcodes": list(adcodes)}


def crew(crew_id="C1", shifts=None, skills=AC, **more: Any) -> dict[str, Any]:
    return {
        "crew_id": crew_id,
        "hub_id": "H1",
        "name": "王师傅组",
        "phone": "13800000001",
        "members": 2,
        "skills": list(skills),
        "shifts": [shift()] if shifts is None else shifts,
        **more,
    }


def visit_at(visit_id="V1", where: Window | None = None, **more: Any) -> dict[str, Any]:
    where = where or window()
    return {
        "visit_id": visit_id,
        "kind": "delivery_and_installation",
        "status": "scheduled",
        "crew_id": "C1",
        "window_start": where.start.isoformat(),
        "window_end": where.end.isoformat(),
        **more,
    }


def unscheduled(visit_id="V1", kind="delivery_and_installation") -> dict[str, Any]:
    return {"visit_id": visit_id, "kind": kind, "status": "unscheduled"}


def order(order_no="O1", category="split_ac", visits=(), consumer_id="tb_1001", **more: Any):
    address = {"adcode": "310115", "text": "上海市浦东新区锦绣路1000弄", "floor": 6}
    return {
        "order_no": order_no,
        "merchant": "海尔官方旗舰店",
        "consumer": {"consumer_id": consumer_id, "name": "李女士", "phone": "13912345678"},
        "address": {**address, "elevator": True, **more.pop("address", {})},
        "items": [{"sku": "S", "name": "家电", "category": category, "quantity": 1}],
        "visits": list(visits),
        **more,
    }


def document(*orders: dict[str, Any], crews=None, hubs=None) -> dict[str, Any]:
    return {
        "hubs": [hub()] if hubs is None else hubs,
        "crews": [crew()] if crews is None else crews,
        "orders": list(orders),
    }


async def emptied(database: Database) -> None:
    """Remove every row that can be removed; a new SQLite file has no history anyway."""
    async with database.transaction() as tx:
        if database.dialect == "postgresql":
            await tx.execute(text(f"TRUNCATE {', '.join(metadata.tables)} CASCADE"))
            return
        for table in reversed(metadata.sorted_tables):
            if table.name != "visit_event":
                await tx.execute(delete(table))


@dataclass
class World:
    """A service over one database and a clock that tests move."""

    database: Database
    clock: FixedClock = field(default_factory=lambda: FixedClock(NOW))
    rules: BookingRules = field(default_factory=BookingRules)
    catalogue: Catalogue = field(default_factory=load)

    @property
    def scheduling(self) -> Scheduling:
        return Scheduling(self.database, self.clock, self.catalogue, self.rules)

    @property
    def feed(self) -> Feed:
        return Feed(self.clock, load(), self.rules)

    async def take(self, *orders: dict[str, Any], **more: Any):
        return await self.scheduling.import_document(document(*orders, **more))

    async def rows(self, table: Any) -> list[dict[str, Any]]:
        async with self.database.reading() as tx:
            found = await tx.execute(select(table))
            return sorted((dict(r._mapping) for r in found), key=str)

    async def ledger(self) -> dict[tuple[str, datetime], tuple[int, int, int]]:
        """Return capacity, overrun and used minutes of each crew's window."""
        return {
            (r["crew_id"], datetime.fromtimestamp(r["start_at"], BUSINESS_ZONE)): (
                r["capacity_min"],
                r["overrun_min"],
                r["used_min"],
            )
            for r in sorted(await self.rows(crew_window), key=itemgetter("cw_id"))
        }

    async def ledger_is_sound(self) -> None:
        """Every window is charged what its visits and holds take, and no more than it may."""
        charges = [v for v in await self.rows(visit) if v["status"] in CHARGED]
        charges += await self.rows(hold)
        for row in await self.rows(crew_window):
            charged = sum(c["minutes"] for c in charges if c["cw_id"] == row["cw_id"])
            assert row["used_min"] == charged
            assert row["used_min"] <= row["capacity_min"] + row["overrun_min"]
