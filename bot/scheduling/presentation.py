"""An order in the contract's format, as it now stands."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from bot.scheduling.models import Order, Visit


def order_document(order: Order) -> dict[str, Any]:
    """Return the JSON of section 4 of the contract, with the site."""
    document: dict[str, Any] = {
        "order_no": order.order_no,
        "merchant": order.merchant,
        "consumer": {
            "consumer_id": order.consumer_id,
            "name": order.consumer_name,
            "phone": order.phone,
        },
        "address": address_document(order),
        "items": [_present(vars(item)) for item in order.items],
        "tracking": [
            _present({**vars(step), "at": step.at.isoformat()}) for step in order.tracking
        ],
        "visits": [visit_document(visit) for visit in order.visits],
        "site": order.site,
    }
    if order.closed:
        document["closed"] = True
    if order.provider is not None:
        document["provider"] = order.provider
    if order.goods_expected_at is not None:
        document["goods_expected_at"] = order.goods_expected_at.isoformat()
    return document


def address_document(order: Order) -> dict[str, Any]:
    """Return where an order goes, as far as it is known."""
    return _present(
        {
            "adcode": order.adcode,
            "text": order.address_text,
            "floor": order.floor,
            "elevator": order.elevator,
            "lon": order.lon,
            "lat": order.lat,
        }
    )


def snapshot(visit: Visit | None) -> dict[str, Any] | None:
    """Return what the history keeps of a visit's state."""
    if visit is None:
        return None
    document = visit_document(visit)
    names = ("status", "crew_id", "window_start", "window_end")
    return {name: document[name] for name in names}


def visit_document(visit: Visit) -> dict[str, Any]:
    """Return one visit in the contract's format."""
    window = visit.window
    return {
        "visit_id": visit.visit_id,
        "kind": visit.kind,
        "status": visit.status,
        "crew_id": visit.crew.crew_id if visit.crew else None,
        "window_start": _iso(window.start) if window else None,
        "window_end": _iso(window.end) if window else None,
    }


def _iso(at: datetime) -> str:
    return at.isoformat()


def _present(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}
