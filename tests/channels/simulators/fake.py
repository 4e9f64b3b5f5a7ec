"""A platform that we made up, and the channel to it: the smallest that shows all of the kit."""

import base64
import hashlib
import hmac
import json
from typing import Annotated, Any

from aiohttp import web
from pydantic import StringConstraints

from bot.channels.base import (
    Body,
    Decoded,
    Inbound,
    Kind,
    Limits,
    Outbound,
    Payload,
    PlatformChannel,
    Received,
    Sent,
)
from bot.channels.calling import call_json
from bot.channels.media import MediaFetcher, MediaRules
from bot.conversation.records import Grant
from bot.errors import (
    RateLimited,
    Unauthorized,
)
from tests.channels.pictures import JPEG
from tests.channels.simulators.platform import NOT_A_PICTURE, USER, Heard, Platform

SECRET = "the fake platform's secret"
KINDS = {"image": Kind.IMAGE, "voice": Kind.VOICE, "html": Kind.IMAGE}


class FakeAccount(Body):
    secret: Annotated[str, StringConstraints(min_length=1)]
    base_url: str


class FakeChannel(PlatformChannel[FakeAccount]):
    name = "fake"
    limits = Limits(text_bytes=300, buttons=2, title_bytes=18, replies=5)
    account_model = FakeAccount

    async def verify_and_decode(self, request: Received) -> Decoded:
        signed = sign(self.accounts[request.account].secret, request.body)
        if not hmac.compare_digest(signed, request.headers.get("x-fake-signature", "")):
            raise Unauthorized("the signature is wrong")
        said = json.loads(request.body)
        kind = Kind.TEXT if said["kind"] == "text" else KINDS.get(said["kind"], Kind.OTHER)
        message = Inbound(
            said["user"],
            said["id"],
            said["text"],
            kind,
            {"name": said["kind"]} if kind is Kind.IMAGE else None,
            grant=Grant(5, 48 * 3600),
        )
        return Decoded([message], answer=web.Response(text="success"))

    def encode(self, outbound: Outbound) -> list[Payload]:
        body = {"text": outbound.text, "buttons": list(outbound.buttons)}
        return [Payload(outbound.account, outbound.to, outbound.key, body)]

    async def send(self, payload: Payload) -> Sent:
        url = f"{self.accounts[payload.account].base_url}/send"
        body = {"to": payload.to, "key": payload.key, **payload.body}
        answer = await call_json(self.kit.http, url, body)
        if answer["code"] == "limited":
            raise RateLimited(after=0.2)
        return Sent(answer["id"])

    async def fetch(self, account: str, source: Any) -> bytes:
        base = self.accounts[account].base_url
        async with MediaFetcher(MediaRules((), 10_000, {base})) as fetcher:
            return await fetcher.fetch(f"{base}/media/{source['name']}")


def sign(secret: str, body: bytes) -> str:
    return base64.b64encode(hmac.digest(secret.encode(), body, hashlib.sha256)).decode()


class FakePlatform(Platform):
    """Its server."""

    def routes(self) -> list[web.RouteDef]:
        return [web.post("/send", self._take), web.get("/media/{name}", self._media)]

    def account(self) -> dict[str, Any]:
        return {"secret": SECRET, "base_url": self.url}

    async def say(self, text: str, message_id: str = "m1", user: str = USER, **how: Any) -> int:
        return await self._tell({"user": user, "id": message_id, "kind": "text", "text": text}, how)

    async def show(self, kind: str, message_id: str = "k1", user: str = USER) -> int:
        return await self._tell({"user": user, "id": message_id, "kind": kind, "text": ""}, {})

    async def _tell(self, said: dict[str, str], how: dict[str, Any]) -> int:
        body = json.dumps(said).encode()
        signed = sign("another secret" if how.get("forged") else SECRET, body)
        headers = {} if how.get("unsigned") else {"X-Fake-Signature": signed}
        answer = await self.client.post("/channels/fake/main", data=body, headers=headers)
        return answer.status

    async def _take(self, request: web.Request) -> web.Response:
        fault = self.fault()
        said = await request.json()
        if fault in {"busy", "refused"}:
            return web.Response(status={"busy": 503, "refused": 400}[fault])
        if fault == "limited":
            return web.json_response({"code": "limited"})
        buttons = {button["title"]: button["payload"] for button in said["buttons"]}
        self.heard.append(Heard(said["to"], said["text"], buttons))
        if fault == "cut":
            request.transport.close()
        return web.json_response({"code": "ok", "id": f"p{len(self.heard)}"})

    async def _media(self, request: web.Request) -> web.Response:
        body = JPEG if request.match_info["name"] == "image" else NOT_A_PICTURE
        return web.Response(body=body)
