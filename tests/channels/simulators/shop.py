"""A shop's server with a chat of its own, that speaks Standard Webhooks both ways.

It verifies us as the standard's own libraries do: the signature over the bytes that came, the
time within five minutes, and a repeated `webhook-id` shown once.
"""

import base64
import hashlib
import hmac
import json
from typing import Any

from aiohttp import web

from bot.clock import SystemClock
from tests.channels.pictures import JPEG
from tests.channels.simulators.platform import NOT_A_PICTURE, USER, Heard, Platform

SECRET = "whsec_" + base64.b64encode(b"the shop's own secret, 32 bytes!").decode()
OLD_SECRET = "whsec_" + base64.b64encode(b"the secret that is going, 32 b.!").decode()
WRONG = "whsec_" + base64.b64encode(b"another shop's secret, 32 bytes!").decode()
CLOCK = SystemClock()


def sign(secret: str, webhook_id: str, stamp: str, body: bytes) -> str:
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = b".".join([webhook_id.encode(), stamp.encode(), body])
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


class Shop(Platform):
    """Signs with `secret`; `bodies` are our calls as they came, repeats included."""

    def __init__(self) -> None:
        super().__init__()
        self.secret = SECRET
        self.bodies: list[dict[str, Any]] = []
        self.ids: set[str] = set()
        self.refused: list[str] = []

    def routes(self) -> list[web.RouteDef]:
        return [web.post("/bot", self._take), web.get("/media/{name}", self._media)]

    def account(self) -> dict[str, Any]:
        return {"secrets": [SECRET, OLD_SECRET], "url": f"{self.url}/bot"}

    async def say(self, text: str, message_id: str = "m1", user: str = USER, **how: Any) -> int:
        return await self.call({"sender": user, "text": text}, f"{user}-{message_id}", **how)

    async def show(self, kind: str, message_id: str = "k1", user: str = USER) -> int:
        said = {"sender": user, "kind": {"html": "image", "strange": "other"}.get(kind, kind)}
        if said["kind"] == "image":
            said["image_url"] = f"{self.url}/media/{kind}"
        return await self.call(said, f"{user}-{message_id}")

    async def call(self, said: dict[str, Any], webhook_id: str, **how: Any) -> int:
        body = json.dumps({"type": "message", **said}, ensure_ascii=False).encode()
        stamp = str(int(CLOCK.now().timestamp()) - how.get("age", 0))
        headers = {"webhook-id": webhook_id, "webhook-timestamp": stamp}
        if not how.get("unsigned"):
            secret = WRONG if how.get("forged") else how.get("secret", self.secret)
            headers["webhook-signature"] = sign(secret, webhook_id, stamp, body)
        path = f"/channels/webhook/{how.get('account', 'main')}"
        return (await self.client.post(path, data=body, headers=headers)).status

    async def _take(self, request: web.Request) -> web.Response:
        body = await request.read()
        if not self._is_ours(request, body):
            self.refused.append(request.headers.get("webhook-id", ""))
            return web.Response(status=401)
        fault = self.fault()
        if fault in {"busy", "refused"}:
            return web.Response(status={"busy": 503, "refused": 400}[fault])
        if fault == "limited":
            return web.Response(status=429, headers={"Retry-After": "0"})
        said = json.loads(body)
        self.bodies.append(said)
        if request.headers["webhook-id"] not in self.ids:
            self.ids.add(request.headers["webhook-id"])
            buttons = {one["title"]: one["payload"] for one in said.get("buttons", ())}
            self.heard.append(Heard(said["to"], said["text"], buttons))
        if fault == "cut":
            request.transport.close()
        return web.json_response({"id": f"shop-{len(self.heard)}"})

    def _is_ours(self, request: web.Request, body: bytes) -> bool:
        stamp = request.headers.get("webhook-timestamp", "0")
        expected = sign(self.secret, request.headers.get("webhook-id", ""), stamp, body)
        given = request.headers.get("webhook-signature", "").split()
        return abs(CLOCK.now().timestamp() - int(stamp)) <= 300 and any(
            hmac.compare_digest(expected, one) for one in given
        )

    async def _media(self, request: web.Request) -> web.Response:
        return web.Response(body=JPEG if request.match_info["name"] == "image" else NOT_A_PICTURE)
