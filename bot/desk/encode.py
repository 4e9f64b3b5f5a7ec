"""The desk's wire shapes, as docs/desk-api.md has them."""

from __future__ import annotations

from datetime import datetime, tzinfo
from typing import Any

from sqlalchemy import Row

from bot.conversation import texts
from bot.conversation.records import Author, Message
from bot.desk import cards
from bot.desk.accounts import Account
from bot.desk.rows import Line
from bot.scheduling import Order


def agent(account: Account) -> dict[str, Any]:
    """Return an account as other agents know it."""
    return {
        "id": account.id,
        "login": account.login,
        "name": account.name,
        "alias": account.alias,
        "role": account.role,
        "presence": account.presence,
        "chats": account.chats,
        "max_chats": account.max_chats,
    }


class Encoder:
    """Encodes rows with times in the business zone."""

    def __init__(self, zone: tzinfo) -> None:
        self._zone = zone

    def row(self, row: Row[Any], order: Order | None, position: int | None) -> dict[str, Any]:
        """Return one row of a list."""
        return {
            "id": row.id,
            "case_no": row.case_no,
            "state": row.state,
            "epoch": row.epoch,
            "channel": row.channel,
            "name": cards.masked_name(order.consumer_name) if order else None,
            "agent": {"id": row.agent, "alias": row.agent_alias} if row.agent else None,
            "reason": reason(row.reason),
            "priority": row.priority,
            "opened_at": self.at(row.opened_at),
            "queued_at": self.at(row.queued_at),
            "deadline_at": self.at(row.deadline_at),
            "waiting_since": self.at(row.waiting_since),
            "position": position,
            "last_seq": row.last_seq,
            "unread": row.unread,
            "last_message": self._last(row),
            "appliance": order.items[0].name if order and order.items else None,
            "visit_day": cards.visit_day(order),
            "disposition": row.disposition,
            "summary": row.summary,
            "closed_at": self.at(row.closed_at),
            "read_seq": row.consumer_read_seq,
            "rating": self._rating(row),
        }

    def case(self, row: Row[Any]) -> dict[str, Any]:
        """Return an earlier case."""
        return {
            "id": row.id,
            "case_no": row.case_no,
            "opened_at": self.at(row.opened_at),
            "closed_at": self.at(row.closed_at),
            "state": row.state,
            "reason": reason(row.reason),
            "disposition": row.disposition,
            "summary": row.summary,
            "rating": self._rating(row),
        }

    def line(self, line: Line) -> dict[str, Any]:
        """Return a line with what was understood of it."""
        encoded = self.message(line.message)
        if line.nlu and line.message.author is Author.CONSUMER:
            encoded["nlu"] = {key: line.nlu.get(key) for key in ("intent", "entities")}
        return encoded

    def message(self, message: Message) -> dict[str, Any]:
        """Return a line."""
        encoded: dict[str, Any] = {
            "id": message.id,
            "seq": message.seq,
            "at": self.at(message.at),
            "from": message.author,
            "visibility": message.visibility,
            "text": message.text or "",
        }
        if message.buttons:
            encoded["buttons"] = [dict(choice) for choice in message.buttons]
        if message.custom:
            encoded["custom"] = message.custom
        if message.agent:
            encoded["agent"] = {"id": message.agent.id, "alias": message.agent.alias}
        if message.client_id:
            encoded["client_id"] = message.client_id
        return encoded

    def move(self, row: Row[Any]) -> dict[str, Any]:
        """Return a move."""
        actor = {"kind": row.actor}
        if row.actor_id:
            actor |= {"id": row.actor_id, "alias": row.actor_alias}
        return {
            "epoch": row.epoch,
            "seq": row.seq,
            "at": self.at(row.at),
            "command": row.command,
            "from": row.from_state,
            "to": row.to_state,
            "reason": reason(row.reason),
            "actor": actor,
            "agent": {"id": row.agent, "alias": row.agent_alias} if row.agent else None,
        }

    def at(self, instant: datetime | None) -> str | None:
        """Return an instant in the business zone."""
        return None if instant is None else instant.astimezone(self._zone).isoformat()

    def _last(self, row: Row[Any]) -> dict[str, Any] | None:
        if row.line_seq is None:
            return None
        return {
            "seq": row.line_seq,
            "at": self.at(row.line_at),
            "from": row.line_author,
            "text": row.line_text or "",
        }

    def _rating(self, row: Row[Any]) -> dict[str, Any] | None:
        if row.stars is None:
            return None
        added = {"resolved": row.resolved, "reason": row.rating_reason}
        return {"stars": row.stars, "at": self.at(row.rated_at), **added}


def reason(code: str | None) -> dict[str, str] | None:
    """Return a reason with its label."""
    return None if code is None else {"code": code, "label": texts.reason_label(code)}
