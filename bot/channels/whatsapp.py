"""WhatsApp's Cloud API: one business number an account.

Two calls of the Graph API by hand; docs/channels/whatsapp.md says why no library makes them.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from aiohttp import web
from pydantic import StringConstraints
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.channels import wording
from bot.channels.base import Decoded, Happening, Kit, PlatformChannel, Received, Told
from bot.channels.calling import call
from bot.channels.media import MediaFetcher, MediaRules
from bot.channels.whatsapp_messages import BODY_LETTERS, FAILED, read, written
from bot.conversation.delivery import Encoded, Limits, Outbound, Payload, Sent
from bot.errors import (
    DeliveryRefused,
    RateLimited,
    RetryLater,
    Unauthorized,
)
from bot.log import get_logger
from bot.requests import Body

log = get_logger(__name__)

_API = "https://graph.facebook.com"
_MEDIA_HOSTS = frozenset({"lookaside.fbsbx.com"})
_MOST_BYTES = 5 * 1024 * 1024
_JSON = {"Content-Type": "application/json"}
_SERVER_ERROR = 500
# Seconds: so many a second, so many an hour, until somebody has put an account right.
_BREATH, _PAUSE, _LONG_PAUSE = 2.0, 60.0, 300.0
# Error codes of the Graph API by what to do about them; all others are for good.
_LATER = frozenset({1, 2, 131000, 131016, 131056})
_TOO_FAST = 130429
_LIMITED = frozenset({4, 80007, 131048})
_NOT_OURS = frozenset({0, 3, 10, 190, 131005, 131031})
_MOST_BUTTONS = 10
_TITLE_LETTERS = 24

Secret = Annotated[str, StringConstraints(min_length=16, max_length=512)]


class Template(Body):
    """A message template that Meta has approved: sent when the consumer's 24 hours are over.

    Its body has one variable, which is the text.
    """

    name: str
    language: str = "zh_CN"


class WhatsAppAccount(Body):
    """A business number: its id, what proves us to Meta, and what proves Meta to us."""

    phone_number_id: Annotated[str, StringConstraints(pattern=r"^\d{5,20}$")]
    access_token: Secret
    app_secret: Secret
    verify_token: Secret
    template: Template | None = None
    api_base: str = _API
    api_version: Annotated[str, StringConstraints(pattern=r"^v\d+\.\d+$")] = "v23.0"


class WhatsAppChannel(PlatformChannel[WhatsAppAccount]):
    """Takes batches of messages and statuses; answers within 24 hours, later by a template."""

    name = "whatsapp"
    limits = Limits(text_bytes=3072, buttons=_MOST_BUTTONS, timed=True)
    account_model = WhatsAppAccount

    def __init__(self, kit: Kit, accounts: Mapping[str, WhatsAppAccount]) -> None:
        super().__init__(kit, accounts)
        bases = {account.api_base for account in accounts.values()} - {_API}
        self._media = MediaFetcher(MediaRules(_MEDIA_HOSTS, _MOST_BYTES, bases))

    async def start(self) -> None:
        """Open the connections that fetch pictures."""
        await self._media.__aenter__()

    async def stop(self) -> None:
        """Close them."""
        await self._media.__aexit__(None, None, None)

    def shows(self, buttons: Sequence[Mapping[str, str]]) -> bool:
        """Whether the buttons are few and short enough for WhatsApp's buttons or its list."""
        return len(buttons) <= _MOST_BUTTONS and all(
            len(button["title"]) <= _TITLE_LETTERS for button in buttons
        )

    async def verify_and_decode(self, request: Received) -> Decoded:
        """Answer Meta's handshake, or read a batch. Raises Unauthorized where it is not Meta's."""
        account = self.accounts[request.account]
        if request.method == "GET":
            return _handshake(request.query, account.verify_token)
        _check_signature(request, account.app_secret)
        try:
            return read(json.loads(request.body), account.phone_number_id)
        except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
            # Meta would send it again for seven days.
            log.exception("batch_not_understood", account=request.account)
            return Decoded()

    async def on_event(self, tx: AsyncConnection, account: str, event: Happening) -> Sequence[Told]:
        """Note that a message which Meta took did not arrive; other statuses change nothing."""
        if event.name != FAILED:
            return ()
        platform_id, reason = event.facts["platform_id"], event.facts["reason"]
        return await self._conversations.lost(tx, (self.name, account), platform_id, reason)

    def encode(self, outbound: Outbound) -> list[Payload]:
        """Return one message, or two where a text is too long to have buttons below it."""
        pieces = [outbound.text]
        if outbound.buttons and len(outbound.text) > BODY_LETTERS:
            pieces = wording.split_letters(outbound.text, BODY_LETTERS)
        bodies = [written(piece, ()) for piece in pieces[:-1]]
        bodies.append(written(pieces[-1], outbound.buttons))
        return [
            Payload(outbound.account, outbound.to, f"{outbound.key}{number or ''}", body)
            for number, body in enumerate(bodies)
        ]

    def late(self, outbound: Outbound) -> Encoded:
        """Return the account's template with the text in it. Raises DeliveryRefused without one."""
        template = self.accounts[outbound.account].template
        if template is None:
            return super().late(outbound)
        titles = [button["title"] for button in outbound.buttons]
        text = wording.numbered(outbound.text, titles) if titles else outbound.text
        # A variable has no line breaks.
        text = " ".join(text.split())
        body = {
            "type": "template",
            "template": {
                "name": template.name,
                "language": {"code": template.language},
                "components": [
                    {"type": "body", "parameters": [{"type": "text", "text": text[:BODY_LETTERS]}]}
                ],
            },
        }
        payload = Payload(outbound.account, outbound.to, outbound.key, body)
        return Encoded([payload], numbered=bool(outbound.buttons))

    async def send(self, payload: Payload) -> Sent:
        """Send one message; Meta says what became of it in a status, which names our key."""
        account = self.accounts[payload.account]
        body = {
            "messaging_product": "whatsapp",
            "recipient_type": "individual",
            "to": payload.to,
            "biz_opaque_callback_data": payload.key,
            **payload.body,
        }
        url = f"{account.api_base}/{account.api_version}/{account.phone_number_id}/messages"
        data = json.dumps(body, ensure_ascii=False).encode()
        said = await self._call("POST", url, account.access_token, data)
        return Sent(str(said["messages"][0]["id"]))

    async def fetch(self, account: str, source: Mapping[str, Any]) -> bytes:
        """Return a picture, by two calls: where it lies, and what lies there."""
        ours = self.accounts[account]
        url = f"{ours.api_base}/{ours.api_version}/{source['media_id']}"
        found = await self._call("GET", url, ours.access_token)
        bearer = {"Authorization": f"Bearer {ours.access_token}"}
        return await self._media.fetch(str(found.get("url", "")), bearer)

    async def _call(
        self, method: str, url: str, token: str, data: bytes | None = None
    ) -> dict[str, Any]:
        bearer = {**_JSON, "Authorization": f"Bearer {token}"}
        return await call(self.kit.http, method, url, data, bearer, judge=_judge)


def _handshake(query: Mapping[str, str], verify_token: str) -> Decoded:
    told = query.get("hub.verify_token", "")
    if not hmac.compare_digest(verify_token.encode(), told.encode()):
        raise Unauthorized("hub.verify_token is not the account's")
    return Decoded(answer=web.Response(text=query.get("hub.challenge", "")))


def _check_signature(request: Received, app_secret: str) -> None:
    digest = hmac.new(app_secret.encode(), request.body, hashlib.sha256).hexdigest()
    told = request.headers.get("x-hub-signature-256", "")
    if not hmac.compare_digest(f"sha256={digest}".encode(), told.encode()):
        raise Unauthorized("X-Hub-Signature-256 is missing or wrong")


def _judge(status: int, said: Mapping[str, Any]) -> Exception | None:
    error = said.get("error")
    if not isinstance(error, Mapping):
        return None
    code = error.get("code")
    if code in _LATER:
        return RetryLater(f"WhatsApp answers {code}")
    if code == _TOO_FAST or code in _LIMITED:
        return RateLimited(after=_BREATH if code == _TOO_FAST else _PAUSE)
    if code in _NOT_OURS:
        return RateLimited(f"WhatsApp does not let us send: {code}", after=_LONG_PAUSE)
    if status >= _SERVER_ERROR:
        return None
    return DeliveryRefused(reason=f"{code} {error.get('message', '')}")
