"""Lines that no platform took: who works on their conversations sees them and sends them anew."""

from __future__ import annotations

from typing import Any

from aiohttp import web
from sqlalchemy import Row

from bot.conversation import dead_letters, texts
from bot.conversation.conversations import host_seconds
from bot.conversation.states import State
from bot.desk.accounts import Account
from bot.desk.base import Calls, answer, name_of


class UndeliveredCalls(Calls):
    """The list of dead lines, and sending those of one conversation again."""

    def routes(self) -> list[web.RouteDef]:
        """Return the calls."""
        return [
            self.get("/undelivered", self._undelivered),
            self.post("/conversations/{id}/resend", self._resend),
        ]

    async def _undelivered(self, _request: web.Request, account: Account) -> web.Response:
        async with self.desk.database.reading() as tx:
            found = await dead_letters.listed(tx, host_seconds()())
        seen = [row for row in found if account.supervises or _near(row, account)]
        return answer({"lines": [self._line(row) for row in seen]})

    async def _resend(self, request: web.Request, account: Account) -> web.Response:
        name = name_of(request)
        row = await (self.desk.raw if account.supervises else self.desk.owned)(account, name)
        async with self.desk.database.transaction() as tx:
            lines = await dead_letters.send_again(tx, row.id)
        await self.desk.trace(account, "resend", row.id, {"lines": lines})
        return answer({"lines": lines})

    def _line(self, row: Row[Any]) -> dict[str, Any]:
        return {
            "id": row.id,
            "conversation_id": row.conversation_id,
            "channel": row.channel,
            "seq": row.seq,
            "at": self.desk.encoder.at(row.at),
            "from": "agent" if row.purpose == "human" else "bot",
            "text": row.text,
            "error": {"code": row.error or "behind", "label": label(row.error or "behind")},
        }


def label(code: str) -> str:
    """Return why a line was not sent, in the desk's words."""
    return str(texts.table("desk")["undelivered"].get(code, code))


def _near(row: Row[Any], account: Account) -> bool:
    return bool(row.agent == account.id or row.state == State.QUEUED)
