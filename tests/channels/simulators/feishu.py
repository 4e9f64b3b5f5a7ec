"""Feishu as its maker documents it: encrypts and signs events, takes cards, ends tokens.

What it does: encrypted bodies under SHA-256 of the key, `X-Lark-*` headers over the bytes that
are sent, `url_verification`, events of schema 2.0, presses that wait three seconds for an
answer, access tokens that end, one message for a `uuid` that comes again, frequency limits.
"""

import asyncio
import json
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from bot.channels.crypto import feishu as crypto
from bot.clock import SystemClock

APP, SECRET, KEY, TOKEN = "cli_a1", "feishu app secret", "feishu encrypt key", "feishu token"
PRESS_SECONDS = 3.0


@dataclass
class Message:
    """A card as somebody sees it."""

    id: str
    place: str
    card: dict[str, Any]
    kind: str = "open_id"
    faces: list[dict[str, Any]] = field(default_factory=list)

    @property
    def now(self) -> dict[str, Any]:
        return self.faces[-1] if self.faces else self.card

    @property
    def title(self) -> str:
        return self.now["header"]["title"]["content"]

    @property
    def lines(self) -> list[str]:
        return [one["text"]["content"] for one in self.now["elements"] if one["tag"] == "div"]

    @property
    def buttons(self) -> dict[str, dict[str, Any]]:
        return _buttons(self.now)


def _buttons(card: dict[str, Any]) -> dict[str, dict[str, Any]]:
    actions = [one["actions"] for one in card["elements"] if one["tag"] == "action"]
    return {button["text"]["content"]: button for row in actions for button in row}


class Feishu:
    """The server. `faults`: `limited`, `refused`, `busy`, `cut` (taken, but unanswered)."""

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self.faults: list[str] = []
        self.tokens: list[str] = []
        self.valid: set[str] = set()
        self.uuids: dict[str, str] = {}
        self.toasts: list[str] = []
        self.client: TestClient | None = None
        self.clock = SystemClock()

    async def start(self) -> None:
        app = web.Application()
        app.add_routes(
            [
                web.post("/open-apis/auth/v3/tenant_access_token/internal", self._token),
                web.post("/open-apis/im/v1/messages", self._create),
                web.patch("/open-apis/im/v1/messages/{id}", self._patch),
            ]
        )
        self.server = TestServer(app)
        await self.server.start_server()

    async def stop(self) -> None:
        await self.server.close()

    def account(self, **more: Any) -> dict[str, Any]:
        return {
            "app_id": APP,
            "app_secret": SECRET,
            "encrypt_key": KEY,
            "verification_token": TOKEN,
            "base_url": str(self.server.make_url("/")),
            **more,
        }

    def expire(self) -> None:
        """End every token that was given."""
        self.valid.clear()

    # --- what it is told ---

    async def _token(self, request: web.Request) -> web.Response:
        said = await request.json()
        if said != {"app_id": APP, "app_secret": SECRET}:
            return web.json_response({"code": 10014, "msg": "app secret invalid"})
        token = f"t-{uuid4().hex}"
        self.tokens.append(token)
        self.valid.add(token)
        return web.json_response(
            {"code": 0, "msg": "ok", "tenant_access_token": token, "expire": 7200}
        )

    def _refusal(self, request: web.Request) -> web.Response | None:
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if token not in self.valid:
            body = {"code": 99991663, "msg": "Invalid access token for authorization."}
            return web.json_response(body, status=400)
        fault = self.faults.pop(0) if self.faults and self.faults[0] != "cut" else None
        if fault == "limited":
            body = {"code": 99991400, "msg": "request trigger frequency limit"}
            return web.json_response(body, status=400)
        if fault == "refused":
            body = {"code": 230002, "msg": "Bot can NOT be in the chat"}
            return web.json_response(body, status=400)
        if fault == "busy":
            return web.Response(status=503)
        return None

    async def _create(self, request: web.Request) -> web.Response:
        refusal = self._refusal(request)
        if refusal is not None:
            return refusal
        said = await request.json()
        assert said["msg_type"] == "interactive"
        assert len(said["uuid"]) <= 50
        if said["uuid"] not in self.uuids:
            name = f"om_{len(self.messages) + 1}"
            self.uuids[said["uuid"]] = name
            card = json.loads(said["content"])
            kind = request.query["receive_id_type"]
            self.messages.append(Message(name, said["receive_id"], card, kind))
        if self.faults and self.faults[0] == "cut":
            self.faults.pop(0)
            request.transport.close()
        return web.json_response({"code": 0, "data": {"message_id": self.uuids[said["uuid"]]}})

    async def _patch(self, request: web.Request) -> web.Response:
        refusal = self._refusal(request)
        if refusal is not None:
            return refusal
        found = [one for one in self.messages if one.id == request.match_info["id"]]
        found[0].faces.append(json.loads((await request.json())["content"]))
        return web.json_response({"code": 0})

    # --- what it tells ---

    async def verify_url(self, **how: Any) -> tuple[int, Any]:
        told = {"challenge": "ajls384k", "token": TOKEN, "type": "url_verification"}
        return await self.post({**told, **how.pop("body", {})}, signed=False, **how)

    async def write(
        self, user: str, text: str, event_id: str | None = None, **how: Any
    ) -> tuple[int, Any]:
        """Have somebody write."""
        content = how.pop("content", {"text": text})
        kind = how.pop("kind", "text")
        event = {
            "sender": {"sender_id": {"open_id": user}, "sender_type": how.pop("by", "user")},
            "message": {
                "message_id": how.pop("message_id", None) or f"om_in_{uuid4().hex}",
                "chat_type": "p2p",
                "message_type": kind,
                "content": json.dumps(content),
            },
        }
        return await self.tell("im.message.receive_v1", event, event_id, **how)

    async def press(
        self, user: str, message: Message, title: str, event_id: str | None = None, **how: Any
    ) -> tuple[int, Any]:
        """Have somebody press a button, as long as the maker waits for the answer.

        Who has not seen yet that the card was replaced presses the old one: `stale`.
        """
        button = (_buttons(message.card) if how.pop("stale", False) else message.buttons)[title]
        event = {
            "operator": {"open_id": user},
            "action": {"value": button["value"], "tag": "button"},
            "context": {
                "open_message_id": message.id,
                "open_chat_id": message.place if message.kind == "chat_id" else "oc_p2p",
            },
        }
        async with asyncio.timeout(PRESS_SECONDS):
            status, answer = await self.tell("card.action.trigger", event, event_id, **how)
        if status == 200:
            self.toasts.append(answer.get("toast", {}).get("content"))
            if "card" in answer:
                assert answer["card"]["type"] == "raw"
                message.faces.append(answer["card"]["data"])
        return status, answer

    async def tell(
        self, kind: str, event: dict[str, Any], event_id: str | None = None, **how: Any
    ) -> tuple[int, Any]:
        header = {
            "event_id": event_id or uuid4().hex,
            "event_type": kind,
            "create_time": "1608725989000",
            "token": how.pop("token", TOKEN),
            "app_id": how.pop("app_id", APP),
            "tenant_key": "736588c9260f175d",
        }
        return await self.post({"schema": "2.0", "header": header, "event": event}, **how)

    async def post(
        self,
        body: dict[str, Any],
        *,
        signed: bool = True,
        key: str = KEY,
        age: float = 0,
        plain: bool = False,
        signature: str | None = None,
        account: str = "main",
    ) -> tuple[int, Any]:
        """Send a request; `age` seconds old, `plain` unencrypted, under another key…"""
        sealed = {"encrypt": crypto.encrypt(key, json.dumps(body).encode())}
        raw = json.dumps(body if plain else sealed).encode()
        stamp, nonce = str(int(self.clock.now().timestamp() - age)), "n0nce"
        headers = {"Content-Type": "application/json; charset=utf-8"}
        headers |= {"X-Lark-Request-Timestamp": stamp, "X-Lark-Request-Nonce": nonce}
        if signed:
            headers["X-Lark-Signature"] = signature or crypto.sign(stamp, nonce, key, raw)
        answer = await self.client.post(f"/channels/feishu/{account}", data=raw, headers=headers)
        return answer.status, await answer.json(content_type=None)
