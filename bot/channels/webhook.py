"""The signed webhook, both ways: a shop's own chat, connected as Standard Webhooks says."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from aiohttp import web
from pydantic import AfterValidator, Field, model_validator

from bot.channels.base import (
    Decoded,
    Inbound,
    Kind,
    Kit,
    PlatformChannel,
    Received,
)
from bot.channels.calling import call_bytes
from bot.channels.crypto import standard_webhooks
from bot.channels.media import MediaFetcher, MediaRules
from bot.clock import SystemClock
from bot.conversation.delivery import Limits, Outbound, Payload, Sent
from bot.errors import MalformedRequest
from bot.requests import Address, Body, Name, check

_ACCEPTED = 202
_MEGABYTE = 1024 * 1024


def _secret(value: str) -> str:
    standard_webhooks.check_secret(value)
    return value


class WebhookAccount(Body):
    """One shop: the secrets that either side signs with, newest first, and where we call it.

    `media_hosts` are those from which the shop's photos may be fetched.
    """

    secrets: Annotated[
        list[Annotated[str, AfterValidator(_secret)]], Field(min_length=1, max_length=2)
    ]
    url: Address
    media_hosts: list[Name] = Field(default_factory=list)
    photo_max_mb: int = 5


class WebhookMessage(Body):
    """What the shop sends: one message of a consumer, told by `message_id` or the webhook's id."""

    type: Literal["message"]
    sender: Name
    kind: Literal["text", "image", "voice", "video", "file", "location", "other"] = "text"
    text: str = ""
    image_url: Annotated[str, Field(min_length=1, max_length=2000)] | None = None
    message_id: Name | None = None
    consumer_id: Name | None = None

    @model_validator(mode="after")
    def _complete(self) -> WebhookMessage:
        if self.kind == "image" and self.image_url is None:
            raise ValueError("image_url: an image needs one")
        return self


class WebhookChannel(PlatformChannel[WebhookAccount]):
    """Takes signed messages, and calls the shop with what is said to its consumers."""

    name = "webhook"
    limits = Limits(text_bytes=8000, buttons=20, title_bytes=400, keyed=True)
    account_model = WebhookAccount

    def __init__(self, kit: Kit, accounts: Mapping[str, WebhookAccount]) -> None:
        super().__init__(kit, accounts)
        # Signatures are about real time, wherever the business clock was started.
        self._clock = SystemClock()

    async def verify_and_decode(self, request: Received) -> Decoded:
        """Return the message. Raises NotSigned, MalformedRequest."""
        secrets, now = self.accounts[request.account].secrets, self._now()
        webhook_id = standard_webhooks.verify(request.headers, request.body, secrets, now)
        said = check(WebhookMessage, _object(request.body))
        message = Inbound(
            said.sender,
            said.message_id or webhook_id,
            said.text,
            Kind(said.kind),
            {"url": said.image_url} if said.image_url else None,
            said.consumer_id,
        )
        return Decoded([message], answer=web.json_response({"accepted": True}, status=_ACCEPTED))

    def encode(self, outbound: Outbound) -> list[Payload]:
        """Return one call: the line, and who says it."""
        body: dict[str, Any] = {
            "type": "message",
            "id": outbound.key,
            "to": outbound.to,
            "from": "bot" if outbound.agent is None else "agent",
            "text": outbound.text,
        }
        if outbound.agent is not None:
            body["agent"] = outbound.agent
        if outbound.buttons:
            body["buttons"] = list(outbound.buttons)
        if outbound.custom is not None:
            body["custom"] = outbound.custom
        return [Payload(outbound.account, outbound.to, outbound.key, body)]

    async def send(self, payload: Payload) -> Sent:
        """Call the shop. A call with the same `webhook-id` is the same line."""
        account = self.accounts[payload.account]
        body = json.dumps(payload.body, ensure_ascii=False).encode()
        signed = standard_webhooks.headers(account.secrets, payload.key, self._now(), body)
        answer = await call_bytes(self.kit.http, account.url, body, signed)
        platform_id = answer.get("id")
        return Sent(platform_id if isinstance(platform_id, str) else None)

    async def fetch(self, account: str, source: Mapping[str, Any]) -> bytes:
        """Return a photo from one of the shop's hosts."""
        shop = self.accounts[account]
        # A server of this machine's is the operator's own; see Address.
        own = {_origin(shop.url)} if shop.url.startswith("http://") else set()
        rules = MediaRules(shop.media_hosts, shop.photo_max_mb * _MEGABYTE, own)
        async with MediaFetcher(rules) as fetcher:
            return await fetcher.fetch(str(source["url"]))

    def _now(self) -> float:
        return self._clock.now().timestamp()


def _object(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        raise MalformedRequest("the body is not JSON in UTF-8") from error


def _origin(url: str) -> str:
    scheme, _, rest = url.partition("://")
    return f"{scheme}://{rest.partition('/')[0]}"
