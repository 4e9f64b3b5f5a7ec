"""What the servers of WeChat and WeCom do alike: tokens, envelopes, answers, retries."""

import asyncio
from itertools import count
from time import monotonic
from typing import Any

from aiohttp import ClientTimeout, web

from bot.channels.crypto.wechat import WechatEnvelope
from bot.clock import SystemClock
from tests.channels.pictures import JPEG
from tests.channels.simulators.platform import NOT_A_PICTURE, Platform

AES_KEY = "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C"
TOKEN = "QDG6eK"
DELIVERIES = 3
UNREACHED = 0


def error(code: int, words: str) -> web.Response:
    return web.json_response({"errcode": code, "errmsg": f"{words}, hint: [1645025097]"})


def ok(**more: Any) -> web.Response:
    return web.json_response({"errcode": 0, "errmsg": "ok", **more})


def xml(fields: dict[str, Any]) -> str:
    parts = (
        f"<{name}>{value}</{name}>"
        if isinstance(value, int)
        else f"<{name}><![CDATA[{value}]]></{name}>"
        for name, value in fields.items()
    )
    return f"<xml>{''.join(parts)}</xml>"


class WechatServer(Platform):
    """A maker's API over loopback, and the pushes it makes to the channel's address.

    Pushes that are not answered with HTTP 200 within `deadline` seconds are made again, at most
    three times in all. `shift` seconds are added to the time by which windows close.
    """

    channel: str
    receive_id: str

    def __init__(self) -> None:
        super().__init__()
        self.numbers = count(1)
        self.envelope = WechatEnvelope(TOKEN, [AES_KEY], self.receive_id)
        self.deadline = 5.0
        self.shift = 0.0
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.pushes: list[tuple[int, float]] = []
        self.media: dict[str, tuple[str, bytes]] = {}
        self.valid: set[str] = set()
        self.path = "main"

    def real(self) -> int:
        """The time that is signed."""
        return int(SystemClock().now().timestamp())

    def now(self) -> int:
        return int(self.real() + self.shift)

    def issue(self) -> str:
        token = f"ACCESS{next(self.numbers)}"
        self.valid.add(token)
        return token

    def bodies(self, path: str) -> list[dict[str, Any]]:
        """What was sent to a call, refused calls included."""
        return [body for called, body in self.asked if called == path]

    def guarded(self, path: str, call, *, sends: bool = False):
        """A call that needs a valid access token; one that `sends` meets the faults."""

        async def handle(request: web.Request) -> web.Response:
            raw = await request.read()
            body = await request.json() if raw else dict(request.query)
            self.asked.append((path, body))
            fault = self.fault() if sends else None
            if fault == "expired":
                self.valid.clear()
            if request.query.get("access_token") not in self.valid:
                return error(42001, "access_token expired")
            if b"\\u" in raw:
                return error(40033, "invalid charset: no \\uxxxx")
            if fault in _FAULTS:
                return error(*_FAULTS[fault])
            answer = await call(body)
            if fault == "cut":
                request.transport.close()
            return answer

        return handle

    async def get_media(self, body: dict[str, Any]) -> web.Response:
        found = self.media.get(body["media_id"])
        if found is None:
            return error(40007, "invalid media_id")
        kind, data = found
        return web.Response(body=data, content_type=kind)

    def keep(self, kind: str) -> str:
        """Store a file as if the consumer had sent it; its media id comes back."""
        name = f"media{next(self.numbers)}"
        data = NOT_A_PICTURE if kind == "html" else JPEG
        self.media[name] = ("image/jpeg", data)
        return name

    async def push(self, params: dict[str, str], body: bytes) -> int:
        """Deliver a push, again where it is not acknowledged, and return the last status."""
        status = UNREACHED
        for _ in range(DELIVERIES):
            status = await self.post(params, body)
            if status < 500 and status != UNREACHED:
                break
        return status

    async def thrice(self, params: dict[str, str], body: bytes) -> list[int]:
        """Deliver one push three times at once, as was seen under load."""
        return await asyncio.gather(*(self.post(params, body) for _ in range(DELIVERIES)))

    async def post(self, params: dict[str, str], body: bytes) -> int:
        begun = monotonic()
        url = f"/channels/{self.channel}/{self.path}"
        timeout = ClientTimeout(total=self.deadline)
        headers = {"Content-Type": "text/xml"}
        try:
            async with self.client.post(
                url, params=params, data=body, headers=headers, timeout=timeout
            ) as answer:
                await answer.read()
                status = answer.status
        except TimeoutError:
            status = UNREACHED
        self.pushes.append((status, monotonic() - begun))
        return status

    def sealed(self, message: str, **how: Any) -> tuple[dict[str, str], bytes]:
        """Return query and body of an encrypted push; `forged`, `unsigned` or `age` seconds old."""
        nonce = str(next(self.numbers))
        made = self.envelope.seal(message.encode(), str(self.real() - how.get("age", 0)), nonce)
        signature = "0" * 40 if how.get("forged") else made.signature
        params = {"msg_signature": signature, "timestamp": made.timestamp, "nonce": nonce}
        if how.get("unsigned"):
            del params["msg_signature"]
        return params, xml({"ToUserName": self.receive_id, "Encrypt": made.encrypt}).encode()


_FAULTS = {
    "busy": (-1, "system error"),
    "limited": (45009, "api freq out of limit"),
    "refused": (40003, "invalid openid"),
}
