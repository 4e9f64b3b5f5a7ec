"""The desk's calls about orders and visits, and those of supervisors."""

from __future__ import annotations

import csv
import io
from datetime import date, datetime, time, timedelta
from typing import Any

from aiohttp import web

from bot.desk import bodies, cards, encode, rows
from bot.desk.accounts import Account
from bot.desk.base import Calls, answer, name_of
from bot.desk.desk import require_supervisor
from bot.errors import MalformedRequest
from bot.requests import read
from bot.scheduling import Seen

_MOST_DAYS = 60
_MOST_SAMPLED = 100
_COLUMNS = (
    "id",
    "case_no",
    "channel",
    "state",
    "reason",
    "opened_at",
    "queued_at",
    "claimed_at",
    "answered_at",
    "closed_at",
    "agent_alias",
    "disposition",
    "summary",
    "stars",
    "resolved",
    "rating_reason",
)


class OrderCalls(Calls):
    """The order card: read, reveal, book, cancel, describe."""

    def routes(self) -> list[web.RouteDef]:
        """Return the calls."""
        return [
            self.get("/conversations/{id}/orders", self._orders),
            self.post("/conversations/{id}/reveal", self._reveal),
            self.get("/conversations/{id}/windows", self._windows),
            self.post("/conversations/{id}/visit", self._book),
            self.post("/conversations/{id}/visit/cancel", self._cancel),
            self.post("/conversations/{id}/site", self._site),
        ]

    async def _orders(self, request: web.Request, account: Account) -> web.Response:
        row = await self.desk.raw(account, name_of(request))
        return answer(
            {"orders": [cards.card(o) for o in await self.desk.orders.of(row, account.merchants)]}
        )

    async def _reveal(self, request: web.Request, account: Account) -> web.Response:
        body = await read(request, bodies.Reveal)
        row = await self.desk.raw(account, name_of(request))
        value = cards.revealed(await self.desk.order(account, row, body.order_no), body.field)
        detail = {"order_no": body.order_no, "field": body.field}
        await self.desk.trace(account, "reveal", row.id, detail)
        return answer({"value": value})

    async def _windows(self, request: web.Request, account: Account) -> web.Response:
        row = await self.desk.raw(account, name_of(request))
        order = await self.desk.order(account, row, request.query.get("order_no", ""))
        since = _day(request, "from", self.desk.clock.today())
        days = _count(request, "days", 14, _MOST_DAYS)
        found = await self.desk.scheduling.availability(order.order_no, since, days, "agent")
        body: dict[str, Any] = {
            "windows": [
                {"start": window.start.isoformat(), "end": window.end.isoformat()}
                for window in found.windows
            ]
        }
        if found.reason is not None:
            body["reason"] = {"code": found.reason.code, "text": found.reason.text}
        return answer(body)

    async def _book(self, request: web.Request, account: Account) -> web.Response:
        body = await read(request, bodies.Book)
        window = body.window.window(self.desk.clock.now().tzinfo)
        order = await self.desk.book(
            account, name_of(request), body.order_no, window, Seen(body.version), body.command_id
        )
        return answer({"order": order})

    async def _cancel(self, request: web.Request, account: Account) -> web.Response:
        body = await read(request, bodies.CancelVisit)
        row = await self.desk.owned(account, name_of(request))
        await self.desk.order(account, row, body.order_no)
        name = f"desk:{account.id}:{body.command_id}"
        await self.desk.scheduling.cancel(
            cards.caller(row),
            body.order_no,
            name,
            body.reason,
            actor="agent",
            seen=Seen(body.version),
        )
        detail = {"order_no": body.order_no, "reason": body.reason}
        await self.desk.trace(account, "cancel_visit", row.id, detail)
        return answer({"order": cards.card(await self.desk.order(account, row, body.order_no))})

    async def _site(self, request: web.Request, account: Account) -> web.Response:
        body = await read(request, bodies.Site)
        row = await self.desk.owned(account, name_of(request))
        await self.desk.order(account, row, body.order_no)
        name = f"desk:{account.id}:{body.command_id}"
        changed = await self.desk.scheduling.describe_site(
            cards.caller(row), body.order_no, dict(body.facts), name, "agent"
        )
        detail = {"order_no": body.order_no, "facts": dict(body.facts)}
        await self.desk.trace(account, "site", row.id, detail)
        order = cards.card(await self.desk.order(account, row, body.order_no))
        return answer({"order": order, "conflict": changed.conflict})


class SupervisorCalls(Calls):
    """What supervisors see beyond their own chats."""

    def routes(self) -> list[web.RouteDef]:
        """Return the calls."""
        return [
            self.get("/supervisor/overview", self._overview),
            self.get("/supervisor/sample", self._sample),
            self.get("/supervisor/audit", self._audit),
            self.get("/supervisor/export.csv", self._export),
        ]

    async def _overview(self, _request: web.Request, account: Account) -> web.Response:
        require_supervisor(account)
        async with self.desk.database.reading() as tx:
            held = await rows.in_human_hands(tx, account)
            counted = await rows.counts(tx, account, self.desk.clock.now())
        found = await self.desk.accounts.all()
        return answer(
            {
                "queued": counted["queued"],
                "longest_wait_seconds": counted["longest_wait_seconds"],
                "bot": counted["bot"],
                "human": len(held),
                "agents": [{**encode.agent(one), "seen_at": one.seen_at} for one in found],
                "conversations": await self.desk.rows(account, held),
            }
        )

    async def _sample(self, request: web.Request, account: Account) -> web.Response:
        require_supervisor(account)
        since, until = self._span(request)
        count = _count(request, "count", 10, _MOST_SAMPLED)
        return answer({"conversations": await self.desk.sample(account, count, since, until)})

    async def _audit(self, request: web.Request, account: Account) -> web.Response:
        require_supervisor(account)
        before = _count(request, "before", 0, 2**31) or None
        asked = {"conversation_id": "conversation_id", "agent_id": "account_id"}
        conditions = {
            column: request.query[name] for name, column in asked.items() if name in request.query
        }
        found = await self.desk.audited(before, conditions)
        names = {one.id: one.alias for one in await self.desk.accounts.all()}
        entries = [self._entry(row, names) for row in found]
        return answer({"entries": entries, "before": found[-1].id if found else None})

    async def _export(self, request: web.Request, account: Account) -> web.Response:
        require_supervisor(account)
        since, until = self._span(request)
        found = await self.desk.closed(account, since, until, by_people=False)
        await self.desk.trace(account, "export", detail={"cases": len(found)})
        sheet = io.StringIO()
        writer = csv.writer(sheet)
        writer.writerow(_COLUMNS)
        writer.writerows([_cell(getattr(row, name)) for name in _COLUMNS] for row in found)
        return web.Response(
            text=sheet.getvalue(),
            content_type="text/csv",
            charset="utf-8",
            headers={"Content-Disposition": "attachment; filename=cases.csv"},
        )

    def _entry(self, row: Any, names: dict[str, str]) -> dict[str, Any]:
        kind = "system" if row.account_id is None else "agent"
        alias = names.get(row.account_id)
        return {
            "id": row.id,
            "at": self.desk.encoder.at(row.at),
            "action": row.action,
            "actor": {"kind": kind, "id": row.account_id, "alias": alias},
            "conversation_id": row.conversation_id,
            "detail": row.detail,
        }

    def _span(self, request: web.Request) -> tuple[datetime, datetime]:
        today = self.desk.clock.today()
        zone = self.desk.clock.now().tzinfo
        since = _day(request, "from", today - timedelta(days=30))
        until = _day(request, "to", today) + timedelta(days=1)
        return datetime.combine(since, time.min, zone), datetime.combine(until, time.min, zone)


def _cell(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    # A spreadsheet would take these for formulas.
    if isinstance(value, str) and value.startswith(("=", "+", "-", "@", "\t", "\r")):
        return f"'{value}"
    return value


def _day(request: web.Request, name: str, default: date) -> date:
    text = request.query.get(name)
    try:
        return default if text is None else date.fromisoformat(text)
    except ValueError as error:
        raise MalformedRequest(f"{name}: write a day such as 2026-11-20") from error


def _count(request: web.Request, name: str, default: int, most: int) -> int:
    text = request.query.get(name)
    if text is None:
        return default
    if not (text.isascii() and text.isdigit() and int(text[:12]) <= most):
        raise MalformedRequest(f"{name}: must be an integer up to {most}")
    return int(text)
