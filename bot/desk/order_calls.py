"""The desk's calls about orders and visits."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from bot.desk import bodies, cards
from bot.desk.accounts import Account
from bot.desk.base import Calls, answer, name_of
from bot.desk.queries import count, day
from bot.requests import read
from bot.scheduling import Seen

_MOST_DAYS = 60


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
        since = day(request, "from", self.desk.clock.today())
        days = count(request, "days", 14, _MOST_DAYS)
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
