"""What happened to a visit, as others are told of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.scheduling import tables as t
from bot.scheduling.store import instant

# What the history calls it, and what it is called outside. The rest is nobody's business.
TYPES = {
    "scheduled": "visit.booked",
    "rescheduled": "visit.moved",
    "moved_along": "visit.moved",
    "reassigned": "visit.reassigned",
    "flagged": "visit.flagged",
    "cancelled": "visit.cancelled",
    "en_route": "visit.en_route",
    "in_progress": "visit.in_progress",
    "completed": "visit.completed",
    "failed": "visit.failed",
    "rated": "visit.rated",
}


@dataclass(frozen=True)
class Change:
    """One event of a visit's history; `before` and `after` are the visit's state around it."""

    event_id: int
    type: str
    at: datetime
    order_no: str
    merchant: str
    provider: str | None
    visit_id: str
    kind: str
    actor: str
    reason: str | None
    before: dict[str, Any] | None
    after: dict[str, Any] | None

    def document(self) -> dict[str, Any]:
        """Return what is sent of it. `sequence` tells which of two changes came later."""
        return {
            "type": self.type,
            "timestamp": self.at.isoformat(),
            "data": {
                "sequence": self.event_id,
                "order_no": self.order_no,
                "merchant": self.merchant,
                "provider": self.provider,
                "visit_id": self.visit_id,
                "kind": self.kind,
                "actor": self.actor,
                "reason": self.reason,
                "before": self.before,
                "after": self.after,
            },
        }


async def read(connection: AsyncConnection, event_id: int) -> Change | None:
    """Return an event of a visit's history; None where others are not told of its kind."""
    e, v, o = t.visit_event, t.visit.c, t.orders.c
    found = await connection.execute(
        select(e, v.kind, o.order_no, o.merchant, o.provider)
        .join(t.visit, v.visit_id == e.c.visit_id)
        .join(t.orders, o.order_no == v.order_no)
        .where(e.c.id == event_id)
    )
    row = found.one_or_none()
    at = instant(row.at) if row is not None else None
    if row is None or at is None or row.what not in TYPES:
        return None
    return Change(
        event_id=row.id,
        type=TYPES[row.what],
        at=at,
        order_no=row.order_no,
        merchant=row.merchant,
        provider=row.provider,
        visit_id=row.visit_id,
        kind=row.kind,
        actor=row.actor,
        reason=row.reason,
        before=row.before,
        after=row.after,
    )
