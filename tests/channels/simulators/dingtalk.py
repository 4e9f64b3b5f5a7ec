"""DingTalk as its maker documents it: the Stream connection, HTTP callbacks, a robot's sending.

What it does: a ticket that serves once, frames SYSTEM, EVENT and CALLBACK, messages that come
again until they are acknowledged, connections that end; the header `sign` and the encrypted
envelope over HTTP; access tokens that end, users that are not there, flow control. A press is
what a client makes of a `dtmd:` address: the presser's own message.
"""

import asyncio
import json
import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote
from uuid import uuid4

from aiohttp import WSMsgType, web
from aiohttp.test_utils import TestClient, TestServer

from bot.channels.crypto import dingtalk as crypto
from bot.channels.crypto.wechat import Sealed, WechatEnvelope
from bot.clock import SystemClock

CLIENT, SECRET = "dingclient1", "dingtalk client secret"
CALLBACK_TOKEN, AES_KEY = "dingtalk token", "Yue0EfdN5900c1ce5cf6A152c63DDe1808a60c5ecd7"
TOPIC = "/v1.0/im/bot/messages/get"
SAYS = "dtmd://dingtalkclient/sendMessage?content="
_LINK = re.compile(r"\[([^\]]+)\]\(([^)]+)\)")


@dataclass
class Message:
    """A card as somebody sees it."""

    place: str
    template: str
    shown: dict[str, str]
    group: bool = False

    @property
    def title(self) -> str:
        return self.shown["title"]

    @property
    def buttons(self) -> dict[str, str]:
        """The addresses that buttons and links open, by title."""
        shown = self.shown
        found = {shown["singleTitle"]: shown["singleURL"]} if "singleTitle" in shown else {}
        for number in range(1, 6):
            if f"actionTitle{number}" in shown:
                found[shown[f"actionTitle{number}"]] = shown[f"actionURL{number}"]
        return {**found, **dict(_LINK.findall(shown["text"]))}


class DingTalk:
    """The server. `faults`: `limited`, `flow`, `nobody`, `refused`, `busy`, `cut`."""

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self.faults: list[str] = []
        self.tokens: list[str] = []
        self.valid: set[str] = set()
        self.tickets: set[str] = set()
        self.opened: list[dict[str, Any]] = []
        self.sockets: list[web.WebSocketResponse] = []
        self.acks: list[dict[str, Any]] = []
        self.unacked: dict[str, dict[str, Any]] = {}
        self.closed = False
        self.client: TestClient | None = None
        self.clock = SystemClock()

    async def start(self) -> None:
        app = web.Application()
        app.add_routes(
            [
                web.post("/v1.0/oauth2/accessToken", self._token),
                web.post("/v1.0/robot/oToMessages/batchSend", self._to_people),
                web.post("/v1.0/robot/groupMessages/send", self._to_group),
                web.post("/v1.0/gateway/connections/open", self._open),
                web.get("/connect", self._connect),
            ]
        )
        self.server = TestServer(app)
        await self.server.start_server()

    async def stop(self) -> None:
        self.closed = True
        for socket in self.sockets:
            await socket.close()
        await self.server.close()

    def account(self, **more: Any) -> dict[str, Any]:
        base = str(self.server.make_url("/"))
        return {"client_id": CLIENT, "client_secret": SECRET, "base_url": base, **more}

    def expire(self) -> None:
        """End every token that was given."""
        self.valid.clear()

    # --- what it is told ---

    async def _token(self, request: web.Request) -> web.Response:
        if await request.json() != {"appKey": CLIENT, "appSecret": SECRET}:
            body = {"code": "invalidClientIdOrSecret", "message": "无效的clientId或者clientSecret"}
            return web.json_response(body, status=400)
        token = uuid4().hex
        self.tokens.append(token)
        self.valid.add(token)
        return web.json_response({"accessToken": token, "expireIn": 7200})

    def _refusal(self, request: web.Request) -> web.Response | None:
        if request.headers.get("x-acs-dingtalk-access-token") not in self.valid:
            body = {"code": "InvalidAuthentication", "message": "不合法的access_token"}
            return web.json_response(body, status=401)
        fault = self.faults[0] if self.faults else None
        if fault in {"limited", "refused", "busy", "flow", "nobody"}:
            self.faults.pop(0)
        if fault in {"limited", "refused"}:
            code = "send.too.fast" if fault == "limited" else "group.disbanded"
            return web.json_response({"code": code, "message": "…"}, status=400)
        if fault == "busy":
            return web.Response(status=503)
        told = {"flow": "flowControlledStaffIdList", "nobody": "invalidStaffIdList"}.get(fault)
        return web.json_response({"processQueryKey": "", told: ["u1"]}) if told else None

    async def _to_people(self, request: web.Request) -> web.Response:
        refusal = self._refusal(request)
        if refusal is not None:
            return refusal
        said = await request.json()
        return self._take(request, said, said["userIds"][0], group=False)

    async def _to_group(self, request: web.Request) -> web.Response:
        refusal = self._refusal(request)
        if refusal is not None:
            return refusal
        said = await request.json()
        return self._take(request, said, said["openConversationId"], group=True)

    def _take(self, request, said, place, *, group) -> web.Response:
        assert said["robotCode"] == CLIENT
        self.messages.append(Message(place, said["msgKey"], json.loads(said["msgParam"]), group))
        if self.faults and self.faults[0] == "cut":
            self.faults.pop(0)
            request.transport.close()
        return web.json_response({"processQueryKey": f"p{len(self.messages)}"})

    async def _open(self, request: web.Request) -> web.Response:
        said = await request.json()
        self.opened.append(said)
        if self.faults and self.faults[0] == "down":
            self.faults.pop(0)
            return web.Response(status=503)
        if (said["clientId"], said["clientSecret"]) != (CLIENT, SECRET):
            return web.json_response({"code": "authFailed", "message": "…"}, status=401)
        assert said["subscriptions"] == [{"type": "CALLBACK", "topic": TOPIC}]
        ticket = f"a+b/{uuid4().hex}="
        self.tickets.add(ticket)
        endpoint = str(self.server.make_url("/connect")).replace("http:", "ws:")
        return web.json_response({"endpoint": endpoint, "ticket": ticket})

    async def _connect(self, request: web.Request) -> web.StreamResponse:
        ticket = request.query.get("ticket")
        if ticket not in self.tickets:
            return web.Response(status=401)
        self.tickets.discard(ticket)
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        self.sockets.append(socket)
        for frame in self.unacked.values():
            await socket.send_json(frame)
        async for message in socket:
            if message.type is WSMsgType.TEXT:
                ack = json.loads(message.data)
                self.acks.append(ack)
                self.unacked.pop(ack["headers"]["messageId"], None)
        self.sockets.remove(socket)
        return socket

    # --- what it tells ---

    async def connected(self, number: int = 1) -> None:
        """Wait until so many connections have been asked for, and one is there."""
        async with asyncio.timeout(10):
            while len(self.opened) < number or not self.sockets:
                await asyncio.sleep(0.02)

    async def frame(self, kind: str, topic: str, data: str = "{}", name: str | None = None) -> str:
        """Send a frame over the newest connection; return its name."""
        name = name or uuid4().hex
        headers = {"messageId": name, "topic": topic, "contentType": "application/json"}
        told = {"specVersion": "1.0", "type": kind, "headers": headers, "data": data}
        if kind == "CALLBACK":
            self.unacked[name] = told
        await self.sockets[-1].send_json(told)
        return name

    async def write(self, user: str, text: str, message_id: str | None = None, **more) -> str:
        """Have somebody write, over Stream; return the frame's name."""
        return await self.frame("CALLBACK", TOPIC, json.dumps(said(user, text, message_id, **more)))

    async def press(self, user: str, message: Message, title: str) -> str:
        """Do what a client does with a button's address."""
        address = message.buttons[title]
        assert address.startswith(SAYS)
        assert len(address) <= 500
        return await self.write(user, unquote(address.removeprefix(SAYS)))

    async def cut(self) -> None:
        """End the connection without a word."""
        for socket in list(self.sockets):
            await socket.close()

    async def post(
        self,
        message: dict[str, Any],
        *,
        secret: str = SECRET,
        age: float = 0,
        signed: bool = True,
        sealed: bool = False,
        key: str = AES_KEY,
        receive_id: str = CLIENT,
        tampered: bool = False,
        names: tuple[str, str] = ("msg_signature", "timestamp"),
        account: str = "main",
    ) -> tuple[int, Any]:
        """Tell a message over HTTP, plain or in the envelope."""
        stamp = str(int((self.clock.now().timestamp() - age) * 1000))
        raw, query = json.dumps(message).encode(), {}
        headers = {"timestamp": stamp, "sign": crypto.sign(secret, stamp)} if signed else {}
        if sealed:
            made = WechatEnvelope(CALLBACK_TOKEN, [key], receive_id).seal(raw, stamp, "n0nce")
            query = {names[0]: made.signature, names[1]: stamp, "nonce": "n0nce"}
            encrypt = made.encrypt.swapcase() if tampered else made.encrypt
            raw = json.dumps({"encrypt": encrypt}).encode()
        path = f"/channels/dingtalk/{account}"
        answer = await self.client.post(path, data=raw, headers=headers, params=query)
        return answer.status, await answer.json(content_type=None)


def opened(answer: dict[str, str]) -> bytes:
    """What an answer in the envelope says."""
    sealed = Sealed(
        answer["encrypt"], answer["msg_signature"], answer["timeStamp"], answer["nonce"]
    )
    return WechatEnvelope(CALLBACK_TOKEN, [AES_KEY], CLIENT).open(sealed)


def said(user: str, text: str, message_id: str | None = None, **more: Any) -> dict[str, Any]:
    """A robot's message."""
    return {
        "msgId": message_id or f"msg{uuid4().hex}",
        "msgtype": "text",
        "text": {"content": text},
        "senderStaffId": user,
        "senderNick": "小明",
        "senderId": "$:LWCP_v1:$x",
        "conversationType": "1",
        "conversationId": "cid1",
        "robotCode": CLIENT,
        "createAt": 1683362491872,
        "sessionWebhook": "https://oapi.dingtalk.com/robot/sendBySession?session=x",
        **more,
    }
