"""Rasa's REST channel for whoever runs plain `rasa run`: guarded, and safe to repeat.

The system itself does not use it; its gateway talks to the engine. `credentials.yml` names it.
"""

from __future__ import annotations

import asyncio
import hmac
import ipaddress
from dataclasses import dataclass
from itertools import takewhile
from typing import TYPE_CHECKING, Any

from rasa.core.channels.channel import CollectingOutputChannel, InputChannel, UserMessage
from rasa.shared.core.events import BotUttered, UserUttered
from sanic import Blueprint, response

from bot.engine.lanes import Lanes
from bot.engine.turn import harmless
from bot.errors import MalformedRequest, SettingsError
from bot.log import get_logger

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable

    from rasa.shared.core.events import Event
    from sanic.request import Request
    from sanic.response import HTTPResponse

log = get_logger(__name__)

_SHORTEST = 32
_LONGEST_TEXT, _LONGEST_NAME = 2000, 200
_SHOWN = ("text", "image", "buttons", "attachment", "custom")


class GatewayInput(InputChannel):
    """Answers `POST /webhooks/rest/webhook` as Rasa's own channel does.

    Beyond that it asks for a bearer token, or without one serves this machine only; answers a
    repeated `message_id` as the first time and acts on it once; brings a turn to its end where
    the caller hangs up; takes a text that begins with `/` for text; and says when it failed.
    """

    def __init__(self, token: str | None) -> None:
        if token is not None and len(token) < _SHORTEST:
            raise SettingsError(f"credentials.yml: token: {_SHORTEST} letters or more")
        self._token = token
        self._lanes = Lanes()
        self._turns: set[asyncio.Task[list[dict[str, Any]]]] = set()

    @classmethod
    def name(cls) -> str:
        """Return the part of the address that it shares with Rasa's own channel."""
        return "rest"

    @classmethod
    def from_credentials(cls, credentials: dict[str, Any] | None) -> GatewayInput:
        """Return the channel as `credentials.yml` sets it up: `token` or nothing."""
        return cls((credentials or {}).get("token"))

    def blueprint(self, on_new_message: Callable[[UserMessage], Awaitable[Any]]) -> Blueprint:
        """Return what is served below `/webhooks/rest`."""
        routes = Blueprint("gateway_webhook", __name__)

        @routes.route("/", methods=["GET"])
        async def health(_request: Request) -> HTTPResponse:
            return response.json({"status": "ok"})

        @routes.route("/webhook", methods=["POST"])
        async def receive(request: Request) -> HTTPResponse:
            if not self._may(request):
                return _problem(401, "send `Authorization: Bearer` with the channel's token")
            try:
                asked = _Asked.read(request.json)
            except MalformedRequest as error:
                return _problem(400, error.detail)
            turn = asyncio.ensure_future(self._answer(request.app.ctx.agent, asked, on_new_message))
            self._turns.add(turn)
            turn.add_done_callback(self._turns.discard)
            try:
                # A caller who hangs up must not stop a turn half-way.
                return response.json(await asyncio.shield(turn))
            except Exception:
                log.exception("turn_failed")
                return _problem(500, "the turn failed; the log says why")

        return routes

    async def _answer(
        self,
        agent: Any,
        asked: _Asked,
        on_new_message: Callable[[UserMessage], Awaitable[Any]],
    ) -> list[dict[str, Any]]:
        async with self._lanes.alone(asked.sender):
            tracker = await agent.tracker_store.retrieve(asked.sender)
            events = list(tracker.events) if tracker is not None else []
            said = asked.answered(events)
            if said is not None:
                return said
            collector = CollectingOutputChannel()
            await on_new_message(
                UserMessage(
                    asked.text if asked.text in _offered(events) else harmless(asked.text),
                    collector,
                    asked.sender,
                    input_channel=self.name(),
                    message_id=asked.message_id,
                    metadata=asked.metadata,
                )
            )
            return list(collector.messages)

    def _may(self, request: Request) -> bool:
        if self._token is None:
            return ipaddress.ip_address(request.ip).is_loopback
        sent = request.headers.get("Authorization", "").encode(errors="surrogateescape")
        return hmac.compare_digest(sent, f"Bearer {self._token}".encode())


@dataclass(frozen=True)
class _Asked:
    """A request's message."""

    sender: str
    text: str
    message_id: str | None
    metadata: dict[str, Any]

    @classmethod
    def read(cls, body: Any) -> _Asked:
        """Return the message of a body. Raises MalformedRequest."""
        if not isinstance(body, dict):
            raise MalformedRequest("the body must be a JSON object")
        message_id, metadata = body.get("message_id"), body.get("metadata") or {}
        if message_id is not None and not isinstance(message_id, str):
            raise MalformedRequest("message_id: must be a string")
        if not isinstance(metadata, dict):
            raise MalformedRequest("metadata: must be an object")
        return cls(
            _filled(body, "sender", _LONGEST_NAME),
            _filled(body, "message", _LONGEST_TEXT),
            message_id,
            metadata,
        )

    def answered(self, events: list[Event]) -> list[dict[str, Any]] | None:
        """Return what was said to a message with the same id; None where there was none."""
        asked = [
            place
            for place, event in enumerate(events)
            if isinstance(event, UserUttered) and event.message_id == self.message_id
        ]
        if self.message_id is None or not asked:
            return None
        return [_shown(self.sender, line) for line in _lines(events[asked[-1] + 1 :])]


def _lines(events: Iterable[Event]) -> list[BotUttered]:
    """Return what the bot says until the next message."""
    turn = takewhile(lambda event: not isinstance(event, UserUttered), events)
    return [event for event in turn if isinstance(event, BotUttered)]


def _offered(events: list[Event]) -> set[str]:
    """Return the payloads of the buttons that were shown last; no other command is obeyed."""
    last = _lines(reversed(events))
    return {button["payload"] for line in last for button in line.data.get("buttons") or ()}


def _shown(recipient: str, event: BotUttered) -> dict[str, Any]:
    known = {**event.data, "text": event.text}
    return {"recipient_id": recipient, **{key: known[key] for key in _SHOWN if known.get(key)}}


def _filled(body: dict[str, Any], name: str, longest: int) -> str:
    value = body.get(name)
    if not isinstance(value, str) or not value.strip() or len(value) > longest:
        raise MalformedRequest(f"{name}: a text of 1 to {longest} letters")
    return value


def _problem(status: int, detail: str) -> HTTPResponse:
    body = {"type": "about:blank", "status": status, "detail": detail}
    return response.json(body, status=status, content_type="application/problem+json")
