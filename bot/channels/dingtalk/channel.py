"""DingTalk, for staff: messages over a connection of ours or over HTTP, cards with buttons.

Over a connection (Stream) nothing of ours has to be reachable, and DingTalk knows us by our
secret. Over HTTP what DingTalk signs does not cover the body, so bodies have to be encrypted
unless the operator says otherwise. docs/channels/dingtalk.md has the set-up.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from functools import partial
from typing import Any, Self

from aiohttp import web
from pydantic import model_validator

from bot.channels.base import Received
from bot.channels.calling import Judge, call
from bot.channels.crypto import dingtalk as crypto
from bot.channels.crypto.wechat import Sealed, WechatEnvelope
from bot.channels.dingtalk import cards
from bot.channels.dingtalk.stream import Stream
from bot.channels.staff import Address, Card, Heard, Person, Secret, StaffAccount, StaffChannel
from bot.channels.tokens import AccessToken
from bot.clock import SystemClock
from bot.errors import (
    DeliveryRefused,
    MalformedRequest,
    NotFound,
    NotSigned,
    RateLimited,
    RetryLater,
    TokenExpired,
)
from bot.log import get_logger

log = get_logger(__name__)

dumps = partial(json.dumps, ensure_ascii=False)

_WINDOW = 3600
_TOKEN_CODES = frozenset({"invalidauthentication", "40014", "88"})
_RATE_CODES = frozenset(
    {"send.too.fast", "send.bytoken.toofast", "too.many.group", "too.many.people"}
)
_RATE_PREFIX = "forbidden.accessdenied.qps"
_RATE_SECONDS = 60.0
_UNAUTHORIZED = 401
_SERVER_ERROR = 500


class DingTalkAccount(StaffAccount):
    """One app of a company with a robot.

    With `stream` off the robot calls `/channels/dingtalk/<account>`, encrypted with
    `callback_token` and `aes_key`, or plain where `allow_plain` says so. `robot_code` and
    `receive_id` are the client id where they are empty.
    """

    client_id: Secret
    client_secret: Secret
    robot_code: str = ""
    stream: bool = True
    callback_token: str = ""
    aes_key: str = ""
    receive_id: str = ""
    allow_plain: bool = False
    base_url: str = "https://api.dingtalk.com"

    @model_validator(mode="after")
    def _is_guarded(self) -> Self:
        if self.aes_key or self.callback_token:
            self.envelope()
        elif not (self.stream or self.allow_plain):
            raise ValueError(
                "over HTTP it needs callback_token and aes_key; or allow_plain, with which who "
                "has seen one request can forge others for an hour"
            )
        return self

    @property
    def robot(self) -> str:
        """The robot's code."""
        return self.robot_code or self.client_id

    def envelope(self) -> WechatEnvelope:
        """Return what opens and seals. Raises ValueError where a key is none."""
        if not self.callback_token:
            raise ValueError("callback_token: is missing beside aes_key")
        receive_id = self.receive_id or self.client_id
        return WechatEnvelope(self.callback_token, [self.aes_key], receive_id)


class DingTalkChannel(StaffChannel[DingTalkAccount]):
    """Takes messages over Stream or at `/channels/dingtalk/<account>`, and sends cards."""

    name = "dingtalk"
    account_model = DingTalkAccount
    # What is signed is real time, wherever the business clock was started.
    clock = SystemClock()

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._streams: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Open the connections."""
        for name, account in self.accounts.items():
            if account.stream:
                stream = Stream(self.kit.http, account, partial(self._tell, name))
                self._streams.append(asyncio.create_task(stream.run(), name=f"dingtalk-{name}"))

    async def stop(self) -> None:
        """Close the connections."""
        for stream in self._streams:
            stream.cancel()
        await asyncio.gather(*self._streams, return_exceptions=True)
        self._streams.clear()

    async def take(self, request: Received) -> web.Response:
        """Tell staff what a request holds, then answer it. Raises NotSigned, NotFound."""
        account = self.accounts[request.account]
        if account.stream:
            raise NotFound("this account is told over its own connection")
        if not account.aes_key:
            self._check_sign(account, request)
            await self._tell(request.account, _object(request.body))
            return web.json_response({})
        sealed = self._sealed(request)
        await self._tell(request.account, _object(account.envelope().open(sealed)))
        done = account.envelope().seal(b"success", sealed.timestamp, sealed.nonce)
        return web.json_response(
            {
                "msg_signature": done.signature,
                "timeStamp": done.timestamp,
                "nonce": done.nonce,
                "encrypt": done.encrypt,
            }
        )

    async def _tell(self, name: str, message: Mapping[str, Any]) -> None:
        """Tell staff of a robot's message; what is none is passed over."""
        user, event_id = message.get("senderStaffId"), message.get("msgId")
        ours = message.get("robotCode") in {None, self.accounts[name].robot}
        if not (user and event_id and ours):
            log.info("dingtalk_passed_over", account=name, kind=str(message.get("msgtype")))
            return
        person = Person(self.name, name, str(user))
        await self.staff.accept(Heard(person, str(event_id), cards.words(message)))

    def _check_sign(self, account: DingTalkAccount, request: Received) -> None:
        timestamp = request.headers.get("timestamp", "")
        crypto.verify(request.headers.get("sign", ""), account.client_secret, timestamp)
        self._check_time(timestamp)

    def _sealed(self, request: Received) -> Sealed:
        query = request.query
        encrypt = _object(request.body).get("encrypt")
        if not isinstance(encrypt, str):
            raise NotSigned(reason="envelope")
        # Their documents and samples name these in two ways.
        timestamp = query.get("timestamp") or query.get("timeStamp") or ""
        self._check_time(timestamp)
        signature = query.get("msg_signature") or query.get("signature") or ""
        return Sealed(encrypt, signature, timestamp, query.get("nonce", ""))

    def _check_time(self, timestamp: str) -> None:
        told = int(timestamp[:16]) if timestamp.isascii() and timestamp.isdigit() else 0
        if abs(self.clock.now().timestamp() - told / 1000) > _WINDOW:
            raise NotSigned(reason="late")

    async def send(self, address: Address, card: Card, key: str) -> str:
        """Send a card; DingTalk knows no `key`. Raises DeliveryFailed."""
        account = self.accounts[address.account]
        template, parameters = cards.drawn(card)
        body: dict[str, Any] = {
            "robotCode": account.robot,
            "msgKey": template,
            "msgParam": dumps(parameters),
        }
        if address.group:
            path = "/v1.0/robot/groupMessages/send"
            body["openConversationId"] = address.place
        else:
            path = "/v1.0/robot/oToMessages/batchSend"
            body["userIds"] = [address.place]
        answer = await self._call(address.account, path, body)
        if answer.get("flowControlledStaffIdList"):
            raise RateLimited(after=_RATE_SECONDS)
        if answer.get("invalidStaffIdList"):
            raise DeliveryRefused(reason="no such user")
        return str(answer.get("processQueryKey") or key)

    async def _call(self, name: str, path: str, body: Any) -> dict[str, Any]:
        account = self.accounts[name]
        token = await self.kit.tokens.get(self.name, name, partial(self._token, account))
        return await self._post(account, path, body, token)

    async def _token(self, account: DingTalkAccount) -> AccessToken:
        body = {"appKey": account.client_id, "appSecret": account.client_secret}
        try:
            answer = await self._post(account, "/v1.0/oauth2/accessToken", body, None)
            return AccessToken(str(answer["accessToken"]), float(answer["expireIn"]))
        except (DeliveryRefused, TokenExpired, KeyError, TypeError, ValueError) as error:
            # The account is set up wrongly, which is no fault of the card that waits.
            raise RetryLater(f"DingTalk gives no access token: {error}") from error

    async def _post(
        self, account: DingTalkAccount, path: str, body: Any, token: str | None
    ) -> dict[str, Any]:
        headers = {"Content-Type": "application/json; charset=utf-8"}
        if token is not None:
            headers["x-acs-dingtalk-access-token"] = token
        url = account.base_url.rstrip("/") + path
        data = dumps(body).encode()
        return await call(self.kit.http, "POST", url, data, headers, judge=_judge(token))


def _judge(token: str | None) -> Judge:
    def judge(status: int, said: Mapping[str, Any]) -> Exception | None:
        code = str(said.get("code", "")).lower()
        if status >= _SERVER_ERROR:
            return None
        if status == _UNAUTHORIZED or code in _TOKEN_CODES:
            return TokenExpired(token=token)
        if code in _RATE_CODES or code.startswith(_RATE_PREFIX):
            return RateLimited(after=_RATE_SECONDS)
        return DeliveryRefused(reason=f"code {code}") if code else None

    return judge


def _object(raw: bytes) -> dict[str, Any]:
    try:
        found = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise MalformedRequest("the body is not JSON") from error
    return found if isinstance(found, dict) else {}
