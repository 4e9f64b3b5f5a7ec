"""The desk's calls about what the bot missed: groups, labels, numbers, the export."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any

from aiohttp import web

from bot.conversation import misses, texts
from bot.conversation.misses import Reason
from bot.desk import bodies, queries, rows
from bot.desk.accounts import Account
from bot.desk.base import Calls, answer, name_of, nothing
from bot.desk.desk import require_supervisor
from bot.errors import Forbidden, GroupNotFound, MalformedRequest
from bot.quality import export, labels, listing
from bot.quality.grouping import group_new
from bot.quality.labels import Label, Marked, Span
from bot.quality.tables import DECISIONS
from bot.requests import read

_MOST_DAYS = 92
_MOST_OFFSET = 100_000
# A page must not wait long; the rest is grouped in the background.
_GROUPED_AT_ONCE = 400
_DIGITS = 9


class QualityCalls(Calls):
    """Supervisors label and export; agents report what was understood wrongly."""

    def routes(self) -> list[web.RouteDef]:
        """Return the calls."""
        return [
            self.get("/quality/choices", self._choices),
            self.get("/quality/groups", self._groups),
            self.get("/quality/groups/{id}", self._group),
            self.post("/quality/groups/{id}/label", self._label),
            self.get("/quality/numbers", self._numbers),
            self.get("/quality/review", self._review),
            self.post("/quality/export.zip", self._export),
            self.post("/conversations/{id}/misunderstood", self._misunderstood),
        ]

    async def _choices(self, _request: web.Request, _account: Account) -> web.Response:
        said = texts.table("quality")
        return answer(
            {
                "intents": [{"name": n, "label": said["intents"][n]} for n in labels.intents()],
                "entities": [{"name": n, "label": said["entities"][n]} for n in labels.entities()],
            }
        )

    async def _groups(self, request: web.Request, account: Account) -> web.Response:
        require_supervisor(account)
        wanted = self._filter(request, account)
        offset = queries.count(request, "offset", 0, _MOST_OFFSET)
        await group_new(self.desk.database, _GROUPED_AT_ONCE)
        async with self.desk.database.reading() as tx:
            found = await listing.groups(tx, wanted, offset)
        page = [self._encoded(group) for group in found[: listing.PAGE]]
        return answer({"groups": page, "more": len(found) > listing.PAGE})

    async def _group(self, request: web.Request, account: Account) -> web.Response:
        require_supervisor(account)
        return answer({"group": await self._one(request, account)})

    async def _label(self, request: web.Request, account: Account) -> web.Response:
        require_supervisor(account)
        body = await read(request, bodies.QualityLabel)
        await self._one(request, account)  # refuses who may not see it
        group_id = _id(request)
        async with self.desk.database.transaction() as tx:
            await labels.decide(tx, group_id, _read(body), account.alias, self.desk.clock.now())
        detail = {"group": group_id, "decision": body.decision, "intent": body.intent}
        await self.desk.trace(account, "label", detail=detail)
        return answer({"group": await self._one(request, account)})

    async def _numbers(self, request: web.Request, account: Account) -> web.Response:
        require_supervisor(account)
        since, until = self._span(request)
        await group_new(self.desk.database, _GROUPED_AT_ONCE)
        async with self.desk.database.reading() as tx:
            found = await listing.numbers(tx, since, until, since.tzinfo, rows.scope(account))
        return answer(found)

    async def _review(self, request: web.Request, account: Account) -> web.Response:
        _require_everything(account)
        async with self.desk.database.reading() as tx:
            made = await export.prepare(tx, _since(request))
            past = await export.exports(tx)
        return answer(
            {
                "counts": made.counts,
                "left_out": made.left_out,
                "exports": [{**one, "at": self.desk.encoder.at(one["at"])} for one in past],
            }
        )

    async def _export(self, request: web.Request, account: Account) -> web.Response:
        _require_everything(account)
        async with self.desk.database.reading() as tx:
            made = await export.prepare(tx, _since(request))
        async with self.desk.database.transaction() as tx:
            number = await export.record(tx, made, account.alias, self.desk.clock.now())
        await self.desk.trace(
            account, "export_examples", detail={"export": number, "examples": made.counts}
        )
        headers = {
            "Content-Disposition": f"attachment; filename=nlu-{number}.zip",
            "Cache-Control": "no-store",
        }
        return web.Response(
            body=export.archive(made), content_type="application/zip", headers=headers
        )

    async def _misunderstood(self, request: web.Request, account: Account) -> web.Response:
        body = await read(request, bodies.QualityReport)
        if body.intent not in labels.intents():
            raise MalformedRequest(f"intent: one of {', '.join(labels.intents())}")
        row = await self.desk.raw(account, name_of(request))
        async with self.desk.database.transaction() as tx:
            known = await misses.report(tx, row.id, body.message_id, body.intent)
        if not known:
            raise MalformedRequest("message_id: a line of the consumer that the bot has read")
        detail = {"message_id": body.message_id, "intent": body.intent}
        await self.desk.trace(account, "misunderstood", row.id, detail)
        return nothing()

    async def _one(self, request: web.Request, account: Account) -> dict[str, Any]:
        async with self.desk.database.reading() as tx:
            found = await listing.group(tx, _id(request), rows.scope(account))
        return self._encoded(found)

    def _encoded(self, group: dict[str, Any]) -> dict[str, Any]:
        at = self.desk.encoder.at
        instants = ("first", "last", "decided_at")
        return {**group, **{str(name): at(group[name]) for name in instants if name in group}}

    def _filter(self, request: web.Request, account: Account) -> listing.Filter:
        since, until = self._span(request)
        decision = request.query.get("decision", "open")
        if decision not in {*DECISIONS, "any"}:
            raise MalformedRequest(f"decision: one of {', '.join(DECISIONS)}, any")
        return listing.Filter(
            since,
            until,
            request.query.get("channel") or None,
            _reason(request),
            request.query.get("intent") or None,
            None if decision == "any" else decision,
            rows.scope(account),
        )

    def _span(self, request: web.Request) -> tuple[datetime, datetime]:
        today = self.desk.clock.today()
        zone = self.desk.clock.now().tzinfo
        since = queries.day(request, "from", today - timedelta(days=27))
        until = queries.day(request, "to", today) + timedelta(days=1)
        if not timedelta(0) < until - since <= timedelta(days=_MOST_DAYS):
            raise MalformedRequest(f"from, to: one to {_MOST_DAYS} days, the earlier day first")
        return datetime.combine(since, time.min, zone), datetime.combine(until, time.min, zone)


def _require_everything(account: Account) -> None:
    """Refuse who sees some merchants only: an export holds everybody's sentences."""
    require_supervisor(account)
    if account.merchants is not None:
        raise Forbidden("supervisors of all merchants only")


def _reason(request: web.Request) -> Reason | None:
    name = request.query.get("reason")
    if not name:
        return None
    if name.upper() not in Reason.__members__:
        raise MalformedRequest(f"reason: one of {', '.join(misses.named(-1))}")
    return Reason[name.upper()]


def _id(request: web.Request) -> int:
    name = name_of(request)
    if not (name.isascii() and name.isdigit() and len(name) <= _DIGITS):
        raise GroupNotFound(group=name[:32])
    return int(name)


def _since(request: web.Request) -> int | None:
    """Return the export after which to begin; None: from the first."""
    return queries.count(request, "since", 0, 2**31 - 1) if "since" in request.query else None


def _read(body: bodies.QualityLabel) -> Label:
    return Label(
        body.decision,
        body.version,
        body.intent,
        body.note,
        tuple(
            Marked(one.text, tuple(Span(e.entity, e.start, e.end) for e in one.entities))
            for one in body.examples
        ),
    )
