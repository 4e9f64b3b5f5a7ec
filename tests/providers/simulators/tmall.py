"""Taobao's open platform as it is documented: signed calls, and messages over a WebSocket.

It refuses wrong signatures, a time that is ten minutes off, a grant that is over and too many
calls, and sends a message again until it is confirmed.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import itertools
import json
from datetime import datetime, timedelta, timezone

from aiohttp import WSMsgType, web

from bot.providers.tmall.frames import KIND, Frame, Kind, Type, decode, encode

GMT8 = timezone(timedelta(hours=8))
APP_KEY, SECRET, SESSION = "12345678", "top-secret", "grant-1"


class FakeTmall:
    """The platform; `now` is its clock, in seconds."""

    def __init__(self, now: float) -> None:
        self.now = now
        self.session = SESSION
        self.cards = {}
        self.calls = []
        self.refusals = []
        self.waiting = {}
        self.confirmed = []
        self.connections = 0
        self._ids = itertools.count(9007199254740993)
        self._sockets = set()

    def app(self):
        app = web.Application()
        app.router.add_post("/router/rest", self._call)
        app.router.add_get("/messages", self._listen)
        return app

    # --- calls ---

    async def _call(self, request):
        form = dict(await request.post())
        error = self._refusal(form)
        if error is not None:
            code, sub_code = error
            refused = {"code": code, "msg": "refused", "sub_code": sub_code, "sub_msg": "看文档"}
            return web.json_response({"error_response": refused})
        method = form["method"]
        params = {
            name: value
            for name, value in form.items()
            if name
            not in {
                "method",
                "app_key",
                "session",
                "timestamp",
                "format",
                "v",
                "sign_method",
                "sign",
            }
        }
        self.calls.append((method.rsplit("workcard.", 1)[1], params))
        answer = self._query(params) if method.endswith(".query") else {"result": {"success": True}}
        return web.json_response({f"{method.replace('.', '_')}_response": answer})

    def _refusal(self, form):
        sign = form.pop("sign", "")
        text = "".join(f"{name}{form[name]}" for name in sorted(form))
        right = hmac.new(SECRET.encode(), text.encode(), hashlib.md5).hexdigest().upper()
        if form.get("app_key") != APP_KEY or sign != right:
            return 25, "isv.invalid-signature"
        at = datetime.strptime(form["timestamp"], "%Y-%m-%d %H:%M:%S").replace(tzinfo=GMT8)
        if abs(at.timestamp() - self.now) > 600:
            return 31, "isv.invalid-timestamp"
        if form.get("session") != self.session:
            return 27, "invalid-sessionkey"
        return self.refusals.pop(0) if self.refusals else None

    def _query(self, params):
        card = self.cards.get(int(params["id"]))
        found = [card] if card else []
        return {
            "result": {"success": True, "result_data": {"data_list": {"workcard_d_t_o": found}}}
        }

    # --- messages ---

    def push(self, topic, content, at=None):
        """Publish a message; return its id."""
        name = next(self._ids)
        values = {
            KIND: Kind.DATA,
            "id": name,
            "topic": topic,
            "content": json.dumps(content, ensure_ascii=False),
            "user_nick": "海尔官方旗舰店",
            "time": int((at or self.now) * 1000),
        }
        self.waiting[name] = encode(Frame(Type.SEND, values))
        return name

    async def drop_connections(self):
        for socket in list(self._sockets):
            await socket.close()

    async def _listen(self, request):
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        first = decode(await socket.receive_bytes())
        status = None if self._may_connect(first) else 2
        await socket.send_bytes(encode(Frame(Type.CONNECT_ACK, {}, "token-1", status, "no")))
        if status is not None:
            return socket
        self.connections += 1
        self._sockets.add(socket)
        async for message in socket:
            if message.type is WSMsgType.BINARY:
                await self._answer(socket, decode(message.data))
        self._sockets.discard(socket)
        return socket

    def _may_connect(self, frame):
        v = frame.values
        text = f"app_key{APP_KEY}group_namedefaulttimestamp{v.get('timestamp')}"
        right = hashlib.md5(f"{SECRET}{text}{SECRET}".encode()).hexdigest().upper()
        return frame.type is Type.CONNECT and v.get("sign") == right

    async def _answer(self, socket, frame):
        assert frame.token == "token-1"
        if frame.kind == Kind.CONFIRM:
            name = frame.values["id"]
            self.waiting.pop(name, None)
            self.confirmed.append(name)
        elif frame.kind == Kind.PULL:
            for data in list(self.waiting.values()):
                await socket.send_bytes(data)

    async def until_confirmed(self, *names, seconds=20.0):
        """Wait until messages are confirmed."""
        async with asyncio.timeout(seconds):
            while not set(names) <= set(self.confirmed):
                await asyncio.sleep(0.01)
