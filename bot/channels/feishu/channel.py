"""Feishu, for staff: events over HTTP, cards with buttons, both as its maker documents them.

Requests are encrypted and signed; without an encrypt key only a static token in the body would
guard them, so there is no way to do without. docs/channels/feishu.md has the set-up.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Mapping
from functools import partial
from typing import Any

from aiohttp import web

from bot.channels.base import Received
from bot.channels.calling import Judge, call
from bot.channels.crypto import feishu as crypto
from bot.channels.feishu import cards
from bot.channels.staff import Address, Card, Heard, Person, Secret, StaffAccount, StaffChannel
from bot.channels.tokens import AccessToken
from bot.clock import SystemClock
from bot.errors import DeliveryRefused, NotSigned, RateLimited, RetryLater, TokenExpired

dumps = partial(json.dumps, ensure_ascii=False)

# The maker sends an event again after 15 s, 5 min, 1 h and 6 h.
_EVENT_WINDOW = 8 * 3600
_PRESS_WINDOW = 300
# Of the three seconds that a press may take.
_ANSWER_SECONDS = 2.0
_PRESSED = "card.action.trigger"
_WROTE = "im.message.receive_v1"

_OK = 0
_TOKEN_CODES = frozenset({99991661, 99991663, 99991664, 99991668})
_RATE_CODES = frozenset({99991400, 230020})
_RATE_SECONDS = 10.0
_SERVER_ERROR = 500
_TOO_MANY = 429


class FeishuAccount(StaffAccount):
    """One app of a company. `base_url` is another one for Lark outside of China."""

    app_id: Secret
    app_secret: Secret
    encrypt_key: Secret
    verification_token: Secret
    base_url: str = "https://open.feishu.cn"


class FeishuChannel(StaffChannel[FeishuAccount]):
    """Takes events and presses at `/channels/feishu/<account>`, and sends cards."""

    name = "feishu"
    replaces = True
    account_model = FeishuAccount
    # What is signed is real time, wherever the business clock was started.
    clock = SystemClock()

    async def take(self, request: Received) -> web.Response:
        """Tell staff what a request holds, then answer it. Raises NotSigned."""
        account = self.accounts[request.account]
        signed = "x-lark-signature" in request.headers
        if signed:
            _verify(account, request)
        event = _opened(account, request.body)
        if event.get("type") == "url_verification":
            _same(event.get("token"), account.verification_token)
            return web.json_response({"challenge": str(event.get("challenge", ""))})
        if not signed:
            raise NotSigned(reason="signature")
        return web.json_response(await self._take(request, account, event), dumps=dumps)

    async def _take(
        self, request: Received, account: FeishuAccount, told: Mapping[str, Any]
    ) -> dict[str, Any]:
        header = _part(told, "header")
        _same(header.get("token"), account.verification_token)
        _same(header.get("app_id"), account.app_id)
        pressed = header.get("event_type") == _PRESSED
        self._check_time(request, _PRESS_WINDOW if pressed else _EVENT_WINDOW)
        event = _part(told, "event")
        event_id = str(header.get("event_id") or "")
        if pressed:
            return await self._answer(request.account, account, event_id, event)
        if header.get("event_type") == _WROTE:
            heard = self._wrote(request.account, event_id, event)
            if heard is not None:
                await self.staff.accept(heard)
        return {}

    def _check_time(self, request: Received, window: int) -> None:
        written = request.headers.get("x-lark-request-timestamp", "")
        sent = int(written[:12]) if written.isascii() and written.isdigit() else 0
        if abs(self.clock.now().timestamp() - sent) > window:
            raise NotSigned(reason="late")

    def _wrote(self, account: str, event_id: str, event: Mapping[str, Any]) -> Heard | None:
        sender, message = _part(event, "sender"), _part(event, "message")
        user = str(_part(sender, "sender_id").get("open_id") or "")
        if not user or sender.get("sender_type") not in {None, "user"}:
            return None
        # One message may be told as several events.
        name = str(message.get("message_id") or event_id)
        words = cards.words(str(message.get("message_type")), message.get("content"))
        return Heard(Person(self.name, account, user), name, words)

    async def _answer(
        self, name: str, account: FeishuAccount, event_id: str, event: Mapping[str, Any]
    ) -> dict[str, Any]:
        user = str(_part(event, "operator").get("open_id") or "")
        words = str(_part(_part(event, "action"), "value").get("words") or "")
        if not user or not event_id:
            return {}
        heard = Heard(Person(self.name, name, user), event_id, words)
        shown = await self.staff.answer(heard, _ANSWER_SECONDS)
        # What a group sees is not for one of them to replace.
        in_group = _part(event, "context").get("open_chat_id") == account.alert_group
        return cards.pressed(shown, replace=not in_group)

    async def send(self, address: Address, card: Card, key: str) -> str:
        """Send a card. Raises DeliveryFailed."""
        body = {
            "receive_id": address.place,
            "msg_type": "interactive",
            "content": dumps(cards.drawn(card)),
            "uuid": key,
        }
        kind = "chat_id" if address.group else "open_id"
        path = f"/open-apis/im/v1/messages?receive_id_type={kind}"
        answer = await self._call(address.account, "POST", path, body)
        return str(_part(answer, "data").get("message_id") or "")

    async def replace(self, account: str, shown: str, card: Card) -> None:
        """Show another card where `shown` was sent. Raises DeliveryFailed."""
        body = {"content": dumps(cards.drawn(card))}
        await self._call(account, "PATCH", f"/open-apis/im/v1/messages/{shown}", body)

    async def _call(self, name: str, method: str, path: str, body: Any) -> dict[str, Any]:
        account = self.accounts[name]
        token = await self.kit.tokens.get(self.name, name, partial(self._token, account))
        return await self._post(account, method, path, body, token)

    async def _token(self, account: FeishuAccount) -> AccessToken:
        path = "/open-apis/auth/v3/tenant_access_token/internal"
        body = {"app_id": account.app_id, "app_secret": account.app_secret}
        try:
            answer = await self._post(account, "POST", path, body, None)
            return AccessToken(str(answer["tenant_access_token"]), float(answer["expire"]))
        except (DeliveryRefused, KeyError, TypeError, ValueError) as error:
            # The account is set up wrongly, which is no fault of the card that waits.
            raise RetryLater(f"Feishu gives no access token: {error}") from error

    async def _post(
        self, account: FeishuAccount, method: str, path: str, body: Any, token: str | None
    ) -> dict[str, Any]:
        return await call(
            self.kit.http,
            method,
            account.base_url.rstrip("/") + path,
            dumps(body).encode(),
            {"Content-Type": "application/json; charset=utf-8"},
            token,
            _judge(token),
        )


def _judge(token: str | None) -> Judge:
    def judge(status: int, said: Mapping[str, Any]) -> Exception | None:
        code = said.get("code", _OK)
        if code == _OK or status >= _SERVER_ERROR:
            return None
        if code in _TOKEN_CODES:
            return TokenExpired(token=token)
        if code in _RATE_CODES or status == _TOO_MANY:
            return RateLimited(after=_RATE_SECONDS)
        return DeliveryRefused(reason=f"code {code}")

    return judge


def _verify(account: FeishuAccount, request: Received) -> None:
    headers = request.headers
    crypto.verify(
        headers.get("x-lark-signature", ""),
        headers.get("x-lark-request-timestamp", ""),
        headers.get("x-lark-request-nonce", ""),
        account.encrypt_key,
        request.body,
    )


def _opened(account: FeishuAccount, body: bytes) -> dict[str, Any]:
    """Return what a body holds. Raises NotSigned."""
    sealed = _object(body).get("encrypt")
    if not isinstance(sealed, str):
        raise NotSigned(reason="envelope")
    return _object(crypto.decrypt(account.encrypt_key, sealed))


def _object(raw: bytes) -> dict[str, Any]:
    try:
        found = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise NotSigned(reason="envelope") from error
    return found if isinstance(found, dict) else {}


def _part(told: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = told.get(name)
    return found if isinstance(found, dict) else {}


def _same(told: Any, expected: str) -> None:
    if not hmac.compare_digest(str(told).encode(errors="replace"), expected.encode()):
        raise NotSigned(reason="token")
