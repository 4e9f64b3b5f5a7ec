"""Telegram: a bot's private chats, by webhook.

Four calls of the Bot API by hand; docs/channels/telegram.md says why no library makes them.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Mapping
from typing import Annotated, Any

from aiohttp import web
from pydantic import StringConstraints

from bot.channels.base import Decoded, Inbound, Kind, Kit, PlatformChannel, Received
from bot.channels.calling import call
from bot.channels.media import MediaFetcher, MediaRules
from bot.conversation.delivery import Limits, Outbound, Payload, Sent
from bot.errors import (
    DeliveryRefused,
    RateLimited,
    Unauthorized,
)
from bot.log import get_logger
from bot.requests import Body

log = get_logger(__name__)

_API = "https://api.telegram.org"
# What getFile hands out.
_MOST_BYTES = 20 * 1024 * 1024
_JSON = {"Content-Type": "application/json"}
_UNAUTHORIZED, _NOT_FOUND, _TOO_MANY, _SERVER_ERROR = 401, 404, 429, 500
_PAUSE = 60.0
# Until somebody has put a token right.
_LONG_PAUSE = 300.0
_KINDS = {
    "voice": Kind.VOICE,
    "audio": Kind.VOICE,
    "video": Kind.VIDEO,
    "video_note": Kind.VIDEO,
    "document": Kind.FILE,
    "location": Kind.LOCATION,
    "venue": Kind.LOCATION,
}
# What a chat begins with: the consumer pressed a button and has said nothing yet.
_START = "/start"
_GREETING = "你好"

Token = Annotated[str, StringConstraints(pattern=r"^\d+:[A-Za-z0-9_-]{20,}$")]
Secret = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{24,256}$")]


class TelegramAccount(Body):
    """A bot: its token, and the secret that Telegram repeats with every update."""

    token: Token
    secret_token: Secret
    api_base: str = _API


class TelegramChannel(PlatformChannel[TelegramAccount]):
    """Takes updates of private chats; groups and edited messages are let pass."""

    name = "telegram"
    # Telegram counts 4,096 letters; a letter is never more than its bytes.
    limits = Limits(text_bytes=4096, buttons=10, title_bytes=64)
    account_model = TelegramAccount

    def __init__(self, kit: Kit, accounts: Mapping[str, TelegramAccount]) -> None:
        super().__init__(kit, accounts)
        bases = {account.api_base for account in accounts.values()} - {_API}
        self._media = MediaFetcher(MediaRules({"api.telegram.org"}, _MOST_BYTES, bases))

    async def start(self) -> None:
        """Open the connections that fetch pictures."""
        await self._media.__aenter__()

    async def stop(self) -> None:
        """Close them."""
        await self._media.__aexit__(None, None, None)

    async def verify_and_decode(self, request: Received) -> Decoded:
        """Read an update. Raises Unauthorized where Telegram's secret is missing or wrong."""
        secret = self.accounts[request.account].secret_token
        told = request.headers.get("x-telegram-bot-api-secret-token", "")
        if not hmac.compare_digest(secret.encode(), told.encode()):
            raise Unauthorized("the update does not carry the bot's secret token")
        try:
            return _decoded(json.loads(request.body))
        except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
            # Telegram would send it again and again, and everything after it later.
            log.exception("update_not_understood", account=request.account)
            return Decoded()

    def encode(self, outbound: Outbound) -> list[Payload]:
        """Return one sendMessage; buttons stand below it, one a row."""
        body: dict[str, Any] = {"chat_id": outbound.to, "text": outbound.text}
        if outbound.buttons:
            rows = [
                [{"text": button["title"], "callback_data": button["payload"]}]
                for button in outbound.buttons
            ]
            body["reply_markup"] = {"inline_keyboard": rows}
        return [Payload(outbound.account, outbound.to, outbound.key, body)]

    async def send(self, payload: Payload) -> Sent:
        """Send one message; Telegram has no key of ours to know it by."""
        answer = await self._call(payload.account, "sendMessage", payload.body)
        return Sent(str(answer["message_id"]))

    async def fetch(self, account: str, source: Mapping[str, Any]) -> bytes:
        """Return a picture, by two calls: where it lies, and what lies there."""
        found = await self._call(account, "getFile", {"file_id": source["file_id"]})
        ours = self.accounts[account]
        # Without a path Telegram no longer has it, and nothing lies there.
        path = found.get("file_path", "")
        return await self._media.fetch(f"{ours.api_base}/file/bot{ours.token}/{path}")

    async def _call(self, account: str, method: str, body: Mapping[str, Any]) -> dict[str, Any]:
        ours = self.accounts[account]
        # The token stands in the address, so the address stands in no error and in no log.
        url = f"{ours.api_base}/bot{ours.token}/{method}"
        data = json.dumps(body, ensure_ascii=False).encode()
        answer = await call(self.kit.http, "POST", url, data, _JSON, judge=_judge)
        result = answer.get("result")
        return result if isinstance(result, dict) else {}


def _judge(status: int, said: Mapping[str, Any]) -> Exception | None:
    if said.get("ok") is True or status >= _SERVER_ERROR:
        return None
    if status == _TOO_MANY:
        after = (said.get("parameters") or {}).get("retry_after", _PAUSE)
        return RateLimited(after=float(after))
    # A wrong token is not found either.
    if status in {_UNAUTHORIZED, _NOT_FOUND}:
        return RateLimited("Telegram does not know the bot's token", after=_LONG_PAUSE)
    return DeliveryRefused(reason=str(said.get("description", status)))


def _decoded(update: Mapping[str, Any]) -> Decoded:
    pressed = update.get("callback_query")
    message = pressed.get("message") if pressed else update.get("message")
    if not message or message["chat"]["type"] != "private":
        return Decoded()
    return Decoded(_inbounds(update, message), answer=_acknowledged(pressed))


def _inbounds(update: Mapping[str, Any], message: Mapping[str, Any]) -> list[Inbound]:
    """Return an update's message; what is written under a picture is one more."""
    sender, key = str(message["chat"]["id"]), str(update["update_id"])
    if "callback_query" in update:
        return [Inbound(sender, key, str(update["callback_query"].get("data") or ""))]
    if "text" in message:
        text = str(message["text"])
        return [Inbound(sender, key, _GREETING if text.split()[:1] == [_START] else text)]
    if message.get("photo"):
        # Telegram sends each picture in several sizes.
        largest = max(message["photo"], key=lambda size: size.get("file_size", 0))
        shown = Inbound(sender, key, "", Kind.IMAGE, {"file_id": largest["file_id"]})
        below = message.get("caption")
        return [shown, Inbound(sender, f"{key}:caption", str(below))] if below else [shown]
    kind = next((kind for name, kind in _KINDS.items() if name in message), Kind.OTHER)
    venue = message.get("venue") or {}
    place = " ".join(filter(None, (venue.get("title"), venue.get("address"))))
    return [Inbound(sender, key, place, kind)]


def _acknowledged(pressed: Mapping[str, Any] | None) -> web.Response:
    """Return the answer to an update; one to a pressed button ends its waiting."""
    if pressed is None:
        return web.Response()
    return web.json_response({"method": "answerCallbackQuery", "callback_query_id": pressed["id"]})
