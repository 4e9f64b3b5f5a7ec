"""Webhooks on changes of visits: asked for over HTTP, signed, with a log of what was sent."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Sequence
from typing import Any

from aiohttp import ClientSession
from sqlalchemy import ColumnElement, Row, delete, insert, select, update

from bot.channels.calling import call_bytes
from bot.channels.crypto import standard_webhooks
from bot.database import Database
from bot.errors import DeliveryNotFound, DeliveryRefused, RetryLater, WebhookNotFound
from bot.providers.changes import Change
from bot.providers.delivering import Outlet
from bot.providers.party import Party
from bot.providers.tables import delivery, outlet
from bot.scheduling.store import instant

KIND = "webhook"
_LOGGED = 100


class Webhooks:
    """The webhooks of one database; each caller knows its own only."""

    def __init__(self, database: Database, seconds: Callable[[], float]) -> None:
        self._database = database
        self._seconds = seconds

    async def add(self, owner: Party, url: str, types: Sequence[str] | None) -> dict[str, Any]:
        """Make a webhook and return it with its secret, which is told only now."""
        secret = standard_webhooks.new_secret()
        row = {
            "id": uuid.uuid4().hex,
            "kind": KIND,
            "owner": owner.name,
            "url": url,
            "secret": secret,
            "types": None if types is None else sorted(types),
            "merchants": None if owner.merchants is None else sorted(owner.merchants),
            "active": True,
            "since": self._seconds(),
        }
        async with self._database.transaction() as tx:
            made = await tx.execute(insert(outlet).values(**row).returning(outlet))
            return {**_webhook(made.one()), "secret": secret}

    async def all(self, owner: Party) -> list[dict[str, Any]]:
        """Return the caller's webhooks, oldest first."""
        async with self._database.reading() as tx:
            query = select(outlet).where(outlet.c.owner == owner.name, outlet.c.kind == KIND)
            return [_webhook(row) for row in await tx.execute(query.order_by(outlet.c.since))]

    async def remove(self, owner: Party, webhook_id: str) -> None:
        """Remove a webhook and its log. Raises WebhookNotFound."""
        async with self._database.transaction() as tx:
            gone = await tx.execute(delete(outlet).where(_own(owner, webhook_id)))
        if not gone.rowcount:
            raise WebhookNotFound(webhook_id=webhook_id)

    async def log(self, owner: Party, webhook_id: str) -> list[dict[str, Any]]:
        """Return the last deliveries, newest first. Raises WebhookNotFound."""
        d = delivery.c
        async with self._database.reading() as tx:
            if (
                await tx.execute(select(outlet.c.id).where(_own(owner, webhook_id)))
            ).first() is None:
                raise WebhookNotFound(webhook_id=webhook_id)
            rows = await tx.execute(
                select(delivery)
                .where(d.outlet_id == webhook_id)
                .order_by(d.event_id.desc())
                .limit(_LOGGED)
            )
            return [_logged(row) for row in rows]

    async def again(self, owner: Party, webhook_id: str, delivery_id: int) -> dict[str, Any]:
        """Let a delivery be made once more, now. Raises DeliveryNotFound."""
        d = delivery.c
        own = select(outlet.c.id).where(_own(owner, webhook_id))
        async with self._database.transaction() as tx:
            done = await tx.execute(
                update(delivery)
                .where(d.id == delivery_id, d.outlet_id.in_(own), d.status.in_(("sent", "dead")))
                .values(status="new", attempts=0, not_before=0.0)
                .returning(delivery)
            )
            row = done.one_or_none()
        if row is None:
            raise DeliveryNotFound(delivery_id=delivery_id)
        return _logged(row)


class WebhookTeller:
    """Sends a change as Standard Webhooks says. The same event always has the same id."""

    def __init__(self, http: ClientSession, seconds: Callable[[], float]) -> None:
        self._http = http
        self._seconds = seconds

    async def tell(self, to: Outlet, change: Change) -> None:
        """Send it. Raises DeliveryFailed; what is refused now may be taken later."""
        body = json.dumps(change.document(), ensure_ascii=False).encode()
        name = f"evt_{to.id}_{change.event_id}"
        sent = standard_webhooks.headers([to.secret], name, self._seconds(), body)
        try:
            await call_bytes(self._http, to.url, body, sent)
        except DeliveryRefused as error:
            raise RetryLater(error.detail) from error


def _own(owner: Party, webhook_id: str) -> ColumnElement[bool]:
    return (outlet.c.id == webhook_id) & (outlet.c.owner == owner.name) & (outlet.c.kind == KIND)


def _webhook(row: Row[Any]) -> dict[str, Any]:
    return {"id": row.id, "url": row.url, "types": row.types, "active": row.active}


def _logged(row: Row[Any]) -> dict[str, Any]:
    return {
        "id": row.id,
        "sequence": row.event_id,
        "visit_id": row.visit_id,
        "status": "waiting" if row.status == "new" else row.status,
        "attempts": row.attempts,
        "tried_at": _iso(row.tried_at),
        "next_at": _iso(row.not_before) if row.status == "new" else None,
        "error": row.error,
    }


def _iso(seconds: float | None) -> str | None:
    at = instant(int(seconds)) if seconds is not None else None
    return at.isoformat() if at is not None else None
