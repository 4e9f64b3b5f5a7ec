"""What the servers of WeChat and WeCom do alike: tokens, envelopes, answers, retries."""

import asyncio
from dataclasses import dataclass, field
from itertools import count
from time import monotonic
from typing import Any

from aiohttp import ClientSession, ClientTimeout, web
from aiohttp.test_utils import TestServer

from bot.channels.crypto.wechat import WechatEnvelope

AES_KEY = "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C"
TOKEN = "QDG6eK"
DELIVERIES = 3


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


@dataclass
class Delivery:
    """One push as the maker made it, and what came back."""

    status: int
    body: str
    seconds: float


@dataclass
class MakersServer:
    """A maker's API over loopback, and the pushes it makes to `url`.

    `url` is the callback as typed into the maker's console. Pushes that are not answered with
    HTTP 200 within `deadline` seconds are made again, at most three times in all.
    """

    receive_id: str
    url: str = ""
    deadline: float = 5.0
    faults: dict[str, list[web.Response | float]] = field(default_factory=dict)
    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    deliveries: list[Delivery] = field(default_factory=list)
    media: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    valid: set[str] = field(default_factory=set)

    def __post_init__(self):
        self.numbers = count(1)
        self.envelope = WechatEnvelope(TOKEN, [AES_KEY], self.receive_id)
        self.server: TestServer | None = None
        self.session: ClientSession | None = None

    async def __aenter__(self):
        app = web.Application()
        app.add_routes(self.routes())
        self.server = TestServer(app)
        await self.server.start_server()
        self.session = ClientSession(timeout=ClientTimeout(total=30))
        return self

    async def __aexit__(self, *_exc):
        await self.session.close()
        await self.server.close()

    @property
    def base(self) -> str:
        return str(self.server.make_url("")).rstrip("/")

    def routes(self) -> list[web.RouteDef]:
        raise NotImplementedError

    def issue(self) -> str:
        token = f"ACCESS{next(self.numbers)}"
        self.valid.add(token)
        return token

    def forget_tokens(self) -> None:
        """Every token given out so far is over, as after 7,200 seconds."""
        self.valid.clear()

    def fail(self, path: str, *answers: web.Response | float) -> None:
        """Answer the next calls of `path` so; a number: act, then keep silent for so long."""
        self.faults.setdefault(path, []).extend(answers)

    def asked(self, path: str) -> list[dict[str, Any]]:
        return [body for called, body in self.calls if called == path]

    def guarded(self, path: str, handler):
        """A call that needs a valid access token."""

        async def handle(request: web.Request) -> web.Response:
            body = await request.json() if request.can_read_body else dict(request.query)
            self.calls.append((path, body))
            if request.query.get("access_token") not in self.valid:
                return error(42001, "access_token expired")
            fault = self.faults.get(path, []).pop(0) if self.faults.get(path) else None
            if isinstance(fault, web.Response):
                return fault
            answer = await handler(body)
            if fault is not None:
                await asyncio.sleep(fault)
            return answer

        return handle

    async def get_media(self, body: dict[str, Any]) -> web.Response:
        found = self.media.get(body["media_id"])
        if found is None:
            return error(40007, "invalid media_id")
        kind, data = found
        return web.Response(body=data, content_type=kind)

    def keep(self, data: bytes, kind: str = "image/jpeg") -> str:
        """Store a file as if the consumer had sent it; its media id comes back."""
        name = f"media{next(self.numbers)}"
        self.media[name] = (kind, data)
        return name

    async def push(self, params: dict[str, str], body: bytes) -> list[Delivery]:
        """Deliver a push, again where it is not acknowledged, and return the deliveries."""
        made = []
        for _ in range(DELIVERIES):
            made.append(await self.post(params, body))
            if made[-1].status == 200:
                break
        self.deliveries += made
        return made

    async def thrice(self, params: dict[str, str], body: bytes) -> list[Delivery]:
        """Deliver one push three times at once, as was seen under load."""
        made = await asyncio.gather(*(self.post(params, body) for _ in range(DELIVERIES)))
        self.deliveries += made
        return list(made)

    async def post(self, params: dict[str, str], body: bytes) -> Delivery:
        begun = monotonic()
        timeout = ClientTimeout(total=self.deadline)
        headers = {"Content-Type": "text/xml"}
        try:
            async with self.session.post(
                self.url, params=params, data=body, headers=headers, timeout=timeout
            ) as answer:
                return Delivery(answer.status, await answer.text(), monotonic() - begun)
        except TimeoutError:
            return Delivery(0, "", monotonic() - begun)

    def sealed(self, message: str, at: int) -> tuple[dict[str, str], bytes]:
        """Return query and body of an encrypted push."""
        nonce = str(next(self.numbers))
        made = self.envelope.seal(message.encode(), str(at), nonce)
        params = {"msg_signature": made.signature, "timestamp": str(at), "nonce": nonce}
        return params, xml({"ToUserName": self.receive_id, "Encrypt": made.encrypt}).encode()
