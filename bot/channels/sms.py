"""Text messages by Aliyun: up by its push, down by its SendSms.

The push is not signed. What it holds is believed where the address is secret, the caller is
one of Aliyun's and the telephone is one of an open order's; and even then it only answers
what the consumer was asked (`spoofable`).
"""

from __future__ import annotations

import hmac
import ipaddress
import secrets
from collections.abc import Mapping, Sequence
from datetime import UTC
from typing import Annotated, Any, Literal

from aiohttp import web
from pydantic import AfterValidator, Field, StringConstraints
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.channels import sms_texts
from bot.channels.base import Decoded, Happening, Kit, PlatformChannel, Received, Told
from bot.channels.calling import call
from bot.channels.crypto import aliyun
from bot.clock import SystemClock
from bot.conversation import notice_texts
from bot.conversation.delivery import Encoded, Limits, Outbound, Payload, Sent
from bot.conversation.notices import ByTelephone
from bot.errors import DeliveryRefused, Forbidden, NotFound, RateLimited, RetryLater
from bot.log import get_logger, mask
from bot.requests import Body, Name

log = get_logger(__name__)

_API = "https://dysmsapi.aliyuncs.com/"
_TAKEN = {"code": 0, "msg": "成功"}
_SERVER_ERROR = 500
# Seconds: so many a second, so many to one telephone, until somebody has put an account right.
_BREATH, _PAUSE, _LONG_PAUSE = 2.0, 60.0, 300.0
# What no text message gets through until somebody has put it right.
_NOT_OURS = frozenset(
    {
        "InvalidAccessKeyId.NotFound",
        "SignatureDoesNotMatch",
        "isv.ACCOUNT_ABNORMAL",
        "isv.ACCOUNT_NOT_EXISTS",
        "isv.AMOUNT_NOT_ENOUGH",
        "isv.OUT_OF_SERVICE",
        "isv.PRODUCT_UN_SUBSCRIPT",
    }
)
# One telephone gets no more for now; others do.
_THIS_TELEPHONE = "isv.BUSINESS_LIMIT_CONTROL"


Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_NOBODY = "::"


def _network(text: str) -> str:
    ipaddress.ip_network(text)
    return text


def _kind(text: str) -> str:
    if text not in notice_texts.kinds():
        raise ValueError(f"there are notices of {', '.join(sorted(notice_texts.kinds()))}")
    return text


Secret = Annotated[str, StringConstraints(min_length=16, max_length=200)]
PathSecret = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{24,200}$")]
Network = Annotated[str, AfterValidator(_network)]
Kind = Annotated[str, AfterValidator(_kind)]


class NoticeTemplate(Body):
    """A template for one kind of notice: its code, and which words it has as variables."""

    code: Name
    variables: list[Literal["goods", "window", "kind", "crew_line", "because"]]


class SmsAccount(Body):
    """An account with Aliyun: its key, our signature, and where its push comes from.

    `reply_template` has one variable, `text`. `networks` are addresses such as
    `203.0.113.0/24`. Without `notice_templates` a notice is a reply as any other.
    """

    access_key_id: Secret
    access_key_secret: Secret
    sign_name: Annotated[str, StringConstraints(min_length=2, max_length=12)]
    path_secret: PathSecret
    networks: list[Network]
    reply_template: Name
    notice_templates: dict[Kind, NoticeTemplate] = Field(default_factory=dict)
    api_url: str = _API


class SmsChannel(PlatformChannel[SmsAccount]):
    """Takes and sends text messages; a telephone is a sender."""

    name = "sms"
    spoofable = True
    limits = Limits(text_bytes=sms_texts.MOST_BYTES)
    account_model = SmsAccount

    def __init__(self, kit: Kit, accounts: Mapping[str, SmsAccount]) -> None:
        super().__init__(kit, accounts)
        # Aliyun signs in real time, wherever the business clock was started.
        self._clock = SystemClock()

    def routes(self) -> list[web.RouteDef]:
        """Return the one address of each account, for what comes up and for reports."""
        return [web.post(f"/channels/{self.name}/{{account}}/{{secret}}", self._webhook)]

    async def verify_and_decode(self, request: Received) -> Decoded:
        """Read a push of messages or reports; both are lists.

        Raises NotFound where the address is not the account's secret one, Forbidden where the
        caller is none of its networks.
        """
        self._check(request, self.accounts[request.account])
        rows = sms_texts.rows(request.body)
        messages = [
            message
            for message in sms_texts.messages(rows)
            if await self._known(request.account, message.sender)
        ]
        answer = web.json_response(_TAKEN, dumps=sms_texts.dumps)
        return Decoded(messages, sms_texts.reports(rows), answer)

    async def _known(self, account: str, phone: str) -> bool:
        if await self.kit.telephones.has_open_order(phone):
            return True
        log.warning("sms_of_a_stranger", account=account, phone=mask(phone))
        return False

    def _check(self, request: Received, account: SmsAccount) -> None:
        told = request.path.rpartition("/")[2]
        if not hmac.compare_digest(account.path_secret.encode(), told.encode()):
            raise NotFound
        caller = _caller(request.remote)
        if not any(caller in ipaddress.ip_network(network) for network in account.networks):
            raise Forbidden("the caller is none of the account's networks")

    async def on_event(self, tx: AsyncConnection, account: str, event: Happening) -> Sequence[Told]:
        """Note that a text message did not reach its telephone."""
        if event.name != sms_texts.FAILED:
            return ()
        platform_id, reason = event.facts["platform_id"], event.facts["reason"]
        return await self._conversations.lost(tx, (self.name, account), platform_id, reason)

    def by_telephone(self) -> ByTelephone | None:
        """Return the first account that has templates for notices."""
        return next(
            (
                ByTelephone(self.name, name, frozenset(account.notice_templates))
                for name, account in self.accounts.items()
                if account.notice_templates
            ),
            None,
        )

    def payloads(self, outbound: Outbound) -> Encoded:
        """Return a notice in its template, and anything else as a reply."""
        notice = (outbound.custom or {}).get("notice") or {}
        template = self.accounts[outbound.account].notice_templates.get(notice.get("kind", ""))
        if template is None:
            return super().payloads(outbound)
        words = sms_texts.variables(notice["words"], template.variables)
        body = {"code": template.code, "words": words}
        payload = Payload(outbound.account, outbound.to, outbound.key, body)
        return Encoded([payload], numbered=bool(outbound.buttons))

    def encode(self, outbound: Outbound) -> list[Payload]:
        """Return text messages that are each paid as three at most."""
        account = self.accounts[outbound.account]
        return [
            Payload(
                outbound.account,
                outbound.to,
                f"{outbound.key}{number or ''}",
                {"code": account.reply_template, "words": {"text": piece}},
            )
            for number, piece in enumerate(sms_texts.pieces(outbound.text, account.sign_name))
        ]

    async def send(self, payload: Payload) -> Sent:
        """Send one; Aliyun has no key of ours to know it by, but names it in its report."""
        account = self.accounts[payload.account]
        form = {
            "Action": "SendSms",
            "Version": "2017-05-25",
            "RegionId": "cn-hangzhou",
            "Format": "JSON",
            "AccessKeyId": account.access_key_id,
            "SignatureMethod": "HMAC-SHA1",
            "SignatureVersion": "1.0",
            "SignatureNonce": secrets.token_hex(16),
            "Timestamp": self._clock.now().astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "PhoneNumbers": payload.to,
            "SignName": account.sign_name,
            "TemplateCode": payload.body["code"],
            "TemplateParam": sms_texts.dumps(payload.body["words"]),
            "OutId": payload.key,
        }
        form["Signature"] = aliyun.sign("POST", form, account.access_key_secret)
        said = await call(self.kit.http, "POST", account.api_url, form, judge=_judge)
        return Sent(str(said["BizId"]))


def _caller(remote: str | None) -> Address:
    """Return the address that called; one of IPv4 is one, however a listener of IPv6 writes it."""
    caller = ipaddress.ip_address(remote or _NOBODY)
    if isinstance(caller, ipaddress.IPv6Address):
        return caller.ipv4_mapped or caller
    return caller


def _judge(status: int, said: Mapping[str, Any]) -> Exception | None:
    code = str(said.get("Code", ""))
    if code == "OK" or not code:
        return None
    if code.startswith("Throttling"):
        return RateLimited(after=_BREATH)
    if code in _NOT_OURS:
        return RateLimited(f"Aliyun does not let us send: {code}", after=_LONG_PAUSE)
    if code == _THIS_TELEPHONE:
        return RetryLater(f"Aliyun answers {code}", after=_PAUSE)
    if code.startswith("isp.") or status >= _SERVER_ERROR:
        return RetryLater(f"Aliyun answers {code}")
    return DeliveryRefused(reason=f"{code} {said.get('Message', '')}")
