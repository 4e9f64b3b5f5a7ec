"""A small stand-in for the chat page's server: the same wire, scripted answers, faults on demand.

`python tests/browser/fake_server.py PORT` serves it by itself, to work on the page with
`npm run dev`.
"""

from __future__ import annotations

import asyncio
import sys
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from aiohttp import WSMsgType, web

DIST = Path(__file__).resolve().parents[2] / "bot" / "web" / "dist"
START = datetime.fromisoformat("2026-11-20T10:00:00+08:00")

CONSUMERS = [
    {"consumer_id": "tb_1001", "name": "李女士", "summary": "海尔1.5匹挂机空调 · 待送装"},
    {"consumer_id": "tb_1002", "name": "王先生", "summary": "美的对开门冰箱 · 运输中"},
    {"consumer_id": "tb_1003", "name": "欧阳女士", "summary": "方太油烟机、燃气灶 · 尚未预约安装"},
]

WINDOWS = ["11月21日 周六 09:00–12:00", "11月21日 周六 12:00–15:00", "11月22日 周日 09:00–12:00"]


@dataclass
class Answer:
    text: str
    titles: list[str] = field(default_factory=list)


def script(text: str) -> list[Answer]:
    """Say what the stand-in answers; unknown texts are echoed."""
    if "物流" in text or "到哪" in text:
        return [
            Answer(
                "您的海尔1.5匹挂机空调（订单尾号 3456）\n"
                "11月19日 08:00 已到达浦东服务网点\n"
                "预约上门：11月22日 周日 09:00–12:00"
            ),
            Answer("需要改约或了解安装准备，直接告诉我就行。"),
        ]
    if "改" in text:
        return [Answer("周六上午可以上门，请选择一个时段：", WINDOWS)]
    if text in WINDOWS:
        return [Answer(f"为您改到 {text}，确认吗？", ["确认", "再想想"])]
    if text == "确认":
        return [Answer("已改好。师傅上门前会电话联系您。")]
    return [Answer(f"收到：{text}")]


class Conversation:
    """One token's transcript and its sockets."""

    def __init__(self) -> None:
        self.messages: list[dict[str, Any]] = []
        self.by_message_id: dict[str, dict[str, Any]] = {}
        self.buttons: dict[str, str] = {}
        self.sockets: set[web.WebSocketResponse] = set()
        self.state = "bot"

    async def say(self, sender: str, text: str, titles: list[str] | None = None) -> dict[str, Any]:
        seq = len(self.messages) + 1
        at = START + timedelta(seconds=20 * seq)
        message: dict[str, Any] = {
            "id": f"m{seq}",
            "seq": seq,
            "at": at.isoformat(),
            "from": sender,
            "text": text,
        }
        if titles:
            buttons = [
                {"title": title, "payload": f"btn_{seq}_{n}"} for n, title in enumerate(titles)
            ]
            self.buttons |= {button["payload"]: button["title"] for button in buttons}
            message["buttons"] = buttons
        self.messages.append(message)
        await self.push({"type": "message", "message": message})
        return message

    async def move(self, state: str) -> None:
        self.state = state
        await self.push({"type": "state", "state": state, "reason": None})

    async def typing(self, *, on: bool) -> None:
        await self.push({"type": "typing", "on": on})

    async def push(self, frame: dict[str, Any]) -> None:
        for socket in list(self.sockets):
            await socket.send_json(frame)


class FakeChat:
    """The server. Tests read `received` and steer it with `demo`, `held` and `conversations`."""

    def __init__(self) -> None:
        self.demo = True
        self.conversations: dict[str, Conversation] = {}
        self.received: list[dict[str, Any]] = []
        self.answering = asyncio.Event()
        self.answering.set()
        self.turns: set[asyncio.Task[None]] = set()

    @property
    def conversation(self) -> Conversation:
        """The newest conversation."""
        return list(self.conversations.values())[-1]

    def app(self) -> web.Application:
        app = web.Application()
        app.router.add_get("/", self.page)
        app.router.add_static("/assets", DIST / "assets")
        app.router.add_get("/chat/consumers", self.consumers)
        app.router.add_post("/chat/sessions", self.open_session)
        app.router.add_post("/chat/messages", self.take_message)
        app.router.add_get("/chat/events", self.events)
        app.on_shutdown.append(self.close)
        return app

    async def close(self, _app: web.Application) -> None:
        for task in self.turns:
            task.cancel()
        for conversation in self.conversations.values():
            for socket in list(conversation.sockets):
                await socket.close()

    async def page(self, _request: web.Request) -> web.FileResponse:
        return web.FileResponse(DIST / "index.html")

    async def consumers(self, _request: web.Request) -> web.Response:
        if not self.demo:
            return web.json_response({"status": 404, "title": "Not Found"}, status=404)
        return web.json_response(CONSUMERS)

    async def open_session(self, _request: web.Request) -> web.Response:
        token = f"token-{len(self.conversations) + 1}"
        self.conversations[token] = Conversation()
        return web.json_response({"token": token, "sender": f"web-{token}"}, status=201)

    async def take_message(self, request: web.Request) -> web.Response:
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        conversation = self.conversations.get(token)
        if conversation is None:
            return web.json_response({"status": 401, "title": "Unauthorized"}, status=401)
        body = await request.json()
        self.received.append(body)
        message = conversation.by_message_id.get(body["message_id"])
        if message is None:
            text = conversation.buttons.get(body["text"], body["text"])
            message = await conversation.say("consumer", text)
            conversation.by_message_id[body["message_id"]] = message
            task = asyncio.create_task(self.answer(conversation, text))
            self.turns.add(task)
            task.add_done_callback(self.turns.discard)
        return web.json_response({"id": message["id"], "seq": message["seq"]}, status=202)

    async def answer(self, conversation: Conversation, text: str) -> None:
        if "转人工" in text:
            await conversation.move("queued")
            await conversation.say("system", "已转人工，客服会尽快接入")
        if conversation.state != "bot":
            return
        await conversation.typing(on=True)
        await self.answering.wait()
        for answer in script(text):
            await conversation.say("bot", answer.text, answer.titles)
        await conversation.typing(on=False)

    async def events(self, request: web.Request) -> web.StreamResponse:
        conversation = self.conversations.get(request.query["token"])
        if conversation is None:
            raise web.HTTPUnauthorized
        socket = web.WebSocketResponse(heartbeat=20)
        await socket.prepare(request)
        for message in conversation.messages[int(request.query.get("after_seq", "0")) :]:
            await socket.send_json({"type": "message", "message": message})
        await socket.send_json({"type": "state", "state": conversation.state, "reason": None})
        conversation.sockets.add(socket)
        try:
            async for frame in socket:
                if frame.type is WSMsgType.ERROR:
                    break
        finally:
            conversation.sockets.discard(socket)
        return socket


async def _application() -> web.Application:
    return FakeChat().app()


if __name__ == "__main__":
    web.run_app(_application(), host="127.0.0.1", port=int(sys.argv[1]))
