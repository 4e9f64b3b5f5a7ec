"""The desk's calls for supervisors: load, who was missed, samples, the trail, the export."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from typing import Any

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.desk import encode, queries, rows, trail
from bot.desk.accounts import Account
from bot.desk.base import Calls, answer
from bot.desk.desk import require_supervisor
from bot.desk.trail import Entry

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


class SupervisorCalls(Calls):
    """What supervisors see beyond their own chats."""

    def routes(self) -> list[web.RouteDef]:
        """Return the calls."""
        return [
            self.get("/supervisor/overview", self._overview),
            self.get("/supervisor/sample", self._sample),
            self.get("/supervisor/missed", self._missed),
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
                "agents": [{**encode.agent(one), "seen_at": self._seen(one)} for one in found],
                "conversations": await self.desk.rows(account, held),
            }
        )

    async def _sample(self, request: web.Request, account: Account) -> web.Response:
        require_supervisor(account)
        since, until = self._span(request)
        count = queries.count(request, "count", 10, _MOST_SAMPLED)
        return answer({"conversations": await self.desk.sample(account, count, since, until)})

    async def _audit(self, request: web.Request, account: Account) -> web.Response:
        require_supervisor(account)
        before = queries.instant(request, "before")
        about = {name: request.query.get(name) for name in ("conversation_id", "agent_id")}
        async with self.desk.database.reading() as tx:
            page = await trail.entries(tx, before, **about)
            seen = await self._visible(tx, account, page.entries)
        names = {one.id: one.alias for one in await self.desk.accounts.all()}
        return answer(
            {
                "entries": [self._entry(entry, names) for entry in seen],
                "before": self.desk.encoder.at(page.before),
            }
        )

    async def _visible(
        self, tx: AsyncConnection, account: Account, entries: Sequence[Entry]
    ) -> Sequence[Entry]:
        """Return what an account may see: of some merchants only, or its own doing."""
        if account.merchants is None:
            return entries
        named = {entry.conversation_id for entry in entries if entry.conversation_id}
        theirs = {row.id for row in await rows.some(tx, account, list(named))}
        return [
            entry
            for entry in entries
            if entry.conversation_id in theirs or entry.actor_id == account.id
        ]

    async def _missed(self, request: web.Request, account: Account) -> web.Response:
        require_supervisor(account)
        since, until = self._span(request)
        async with self.desk.database.reading() as tx:
            found = await trail.missed(tx, since, until)
            those = await rows.some(tx, account, [one.conversation_id for one in found])
        shown = {row["id"]: row for row in await self.desk.rows(account, those)}
        missed = [
            {
                "conversation": shown[one.conversation_id],
                "at": self.desk.encoder.at(one.at),
                "command": one.command,
                "waited_seconds": one.waited_seconds,
            }
            for one in found
            if one.conversation_id in shown
        ]
        return answer({"missed": missed})

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

    def _entry(self, entry: Entry, names: dict[str, str]) -> dict[str, Any]:
        alias = names.get(entry.actor_id or "", entry.actor_alias)
        return {
            "id": entry.id,
            "at": self.desk.encoder.at(entry.at),
            "action": entry.action,
            "actor": {"kind": entry.actor, "id": entry.actor_id, "alias": alias},
            "conversation_id": entry.conversation_id,
            "detail": entry.detail,
        }

    def _span(self, request: web.Request) -> tuple[datetime, datetime]:
        today = self.desk.clock.today()
        zone = self.desk.clock.now().tzinfo
        since = queries.day(request, "from", today - timedelta(days=30))
        until = queries.day(request, "to", today) + timedelta(days=1)
        return datetime.combine(since, time.min, zone), datetime.combine(until, time.min, zone)

    def _seen(self, account: Account) -> str | None:
        """Return when an account last gave a sign of life, None for never."""
        if account.seen_at == 0:
            return None
        return self.desk.encoder.at(datetime.fromtimestamp(account.seen_at, UTC))


def _cell(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    # A spreadsheet would take these for formulas.
    if isinstance(value, str) and value.startswith(("=", "+", "-", "@", "\t", "\r")):
        return f"'{value}"
    return value
