"""Values as they are said to consumers, by the patterns of `data/texts/wording.yml`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from bot.scheduling import Fee, Order, TrackingStep, Visit, Window

_FILE = Path(__file__).resolve().parent.parent / "data" / "texts" / "wording.yml"


@cache
def _texts() -> dict[str, Any]:
    texts: dict[str, Any] = yaml.safe_load(_FILE.read_text(encoding="utf-8"))
    return texts


def label(name: str) -> str:
    """Return the text of the button `name`."""
    return str(_texts()["buttons"][name])


def meaning(intent: str) -> str | None:
    """Return an intent as a choice to pick from, or None where it is none."""
    found = _texts()["meanings"].get(intent)
    return None if found is None else str(found)


def day(value: date, today: date) -> str:
    """Say a day, with 今天, 明天 or 后天 where it is one."""
    texts = _texts()
    facts = {"month": value.month, "day": value.day, "weekday": texts["weekdays"][value.weekday()]}
    relative = texts["relative_days"].get((value - today).days)
    if relative is None:
        return str(texts["day"].format(**facts))
    return str(texts["day_relative"].format(relative=relative, **facts))


def window(value: Window | None, today: date) -> str:
    """Say a window: its day and its hours."""
    if value is None:
        return str(_texts()["no_window"])
    return str(
        _texts()["window"].format(
            day=day(value.start.date(), today),
            start=f"{value.start:%H:%M}",
            end=f"{value.end:%H:%M}",
        )
    )


def options(texts: Sequence[str]) -> str:
    """Return the texts as a list numbered from 1, one a line."""
    pattern = _texts()["option"]
    return "\n".join(pattern.format(number=n, text=text) for n, text in enumerate(texts, 1))


def listed(texts: Iterable[str]) -> str:
    """Join texts as an enumeration."""
    return str(_texts()["joiner"].join(texts))


def goods(order: Order) -> str:
    """Name what was ordered."""
    return listed(item.name for item in order.items)


def new_address(address: str, district: str, adcode: str) -> str:
    """Note a new address for the agent who will change it."""
    pattern = _texts()["new_address"]
    return str(pattern.format(address=address, district=district, adcode=adcode))


def order(value: Order) -> str:
    """Name an order so that its consumer recognises it."""
    return str(_texts()["order"].format(goods=goods(value), tail=value.order_no[-4:]))


def kind(visit_kind: str) -> str:
    """Say what the visit is for."""
    return str(_texts()["kinds"][visit_kind])


def status(visit: Visit) -> str:
    """Say how far the crew is."""
    return str(_texts()["status"].get(visit.status, ""))


def crew_line(visit: Visit | None) -> str:
    """Say who comes and their number, or nothing where no crew is known."""
    if visit is None or visit.crew is None:
        return ""
    return str(_texts()["crew_line"].format(name=visit.crew.name, phone=visit.crew.phone))


def visit_line(visit: Visit, today: date) -> str:
    """Say how the visit stands."""
    return str(
        _texts()["visit"][visit.status].format(
            window=window(visit.window, today), kind=kind(visit.kind), crew_line=crew_line(visit)
        )
    )


def goods_line(value: Order, today: date) -> str:
    """Say where the goods are: their last step, and when they are due where that is known."""
    texts = _texts()["goods"]
    parts = [_step(value.tracking[-1])] if value.tracking else []
    due = None if value.goods_missing else value.goods_expected_at
    if due is not None and due.date() >= today:
        parts.append(texts["expected"].format(day=day(due.date(), today)))
    return "\n".join(parts) or str(texts["none"])


def _step(step: TrackingStep) -> str:
    return str(_texts()["goods"]["step"].format(at=instant(step.at), text=step.text))


def instant(at: datetime) -> str:
    """Say a moment by its day and minute."""
    return str(_texts()["instant"].format(month=at.month, day=at.day, time=f"{at:%H:%M}"))


def fee(value: Fee) -> str:
    """Say one line of a merchant's fee table."""
    texts = _texts()
    condition = texts["fee_condition"].format(condition=value.condition) if value.condition else ""
    return str(
        texts["fee"].format(
            name=value.name, amount=f"{value.amount:g}", unit=value.unit, condition=condition
        )
    )


def facts(site: dict[str, Any]) -> str:
    """Read site facts back; a fact without a wording is left out."""
    patterns = _texts()["facts"]
    said = [_fact(patterns[name], value) for name, value in site.items() if name in patterns]
    return listed(text for text in said if text)


def _fact(pattern: Any, value: Any) -> str:
    if isinstance(pattern, dict):
        return str(pattern.get(value, ""))
    return str(pattern.format(value=value))
