"""A fake graph.facebook.com: the handshake, signed batches, messages within 24 hours, media."""

import hashlib
import hmac
import json
import zlib

from aiohttp import web

from tests.channels.pictures import JPEG
from tests.channels.simulators.platform import NOT_A_PICTURE, USER, Heard, Platform

NUMBER_ID = "106540352242922"
SECRET, TOKEN, VERIFY = "simulated-app-secret", "simulated-access-token", "simulated-verify-token"
VERSION = "v23.0"
KINDS = {
    "image": ("image", {"id": "image", "mime_type": "image/jpeg", "sha256": "x"}),
    "html": ("image", {"id": "html", "mime_type": "image/jpeg", "sha256": "x"}),
    "voice": ("audio", {"id": "a", "mime_type": "audio/ogg", "voice": True}),
    "video": ("video", {"id": "v", "mime_type": "video/mp4"}),
    "file": ("document", {"id": "d", "filename": "合同.pdf"}),
    "location": ("location", {"latitude": 31.22, "longitude": 121.54, "name": "锦绣路"}),
    "strange": ("contacts", [{"name": {"formatted_name": "王"}}]),
}


def phone(user: str) -> str:
    """WhatsApp names people by their telephones."""
    return f"86139{zlib.crc32(user.encode()) % 10**8:08}"


class FakeWhatsApp(Platform):
    """One number; `asleep` are users whose 24 hours are over, `bodies` our calls as they came."""

    def __init__(self) -> None:
        super().__init__()
        self.users: dict[str, str] = {}
        self.asleep: set[str] = set()
        self.templates: list[dict] = []
        self.bodies: list[dict] = []

    def sender(self, user: str) -> str:
        return phone(user)

    def routes(self):
        base = f"/{VERSION}"
        return [
            web.post(f"{base}/{NUMBER_ID}/messages", self._take),
            web.get(f"{base}/{{media}}", self._media),
            web.get("/attachments/{media}", self._bytes),
        ]

    def account(self):
        return {
            "phone_number_id": NUMBER_ID,
            "access_token": TOKEN,
            "app_secret": SECRET,
            "verify_token": VERIFY,
            "template": {"name": "notice", "language": "zh_CN"},
            "api_base": self.url,
        }

    async def say(self, text, message_id="m1", user=USER, **how):
        return await self.batch([self.message(user, message_id, "text", {"body": text})], **how)

    async def show(self, kind, message_id="k1", user=USER):
        return await self.batch([self.message(user, message_id, *KINDS[kind])])

    async def press(self, payload, message_id="b1", user=USER):
        pressed = {"type": "button_reply", "button_reply": {"id": payload, "title": "…"}}
        return await self.batch([self.message(user, message_id, "interactive", pressed)])

    def message(self, user, message_id, kind, content, at=1795226400):
        self.users[phone(user)] = user
        name = f"wamid.{message_id}{user}"
        return {"from": phone(user), "id": name, "timestamp": str(at), "type": kind, kind: content}

    async def batch(self, messages=(), statuses=(), number_id=NUMBER_ID, **how):
        value = {
            "messaging_product": "whatsapp",
            "metadata": {"display_phone_number": "8621", "phone_number_id": number_id},
        }
        value |= {"messages": list(messages)} if messages else {}
        value |= {"statuses": list(statuses)} if statuses else {}
        changes = [{"field": "messages", "value": value}]
        return await self.post(
            {"object": "whatsapp_business_account", "entry": [{"id": "1", "changes": changes}]},
            **how,
        )

    async def post(self, batch, **how):
        # Meta escapes what is not ASCII; who signs what he writes anew signs something else.
        body = json.dumps(batch).encode()
        key = b"another secret" if how.get("forged") else SECRET.encode()
        signed = hmac.new(key, body, hashlib.sha256).hexdigest()
        headers = {} if how.get("unsigned") else {"X-Hub-Signature-256": f"sha256={signed}"}
        answer = await self.client.post("/channels/whatsapp/main", data=body, headers=headers)
        return answer.status

    async def handshake(self, verify=VERIFY):
        query = {"hub.mode": "subscribe", "hub.verify_token": verify, "hub.challenge": "1158201444"}
        answer = await self.client.get("/channels/whatsapp/main", params=query)
        return answer.status, await answer.text()

    async def _take(self, request):
        if request.headers.get("Authorization") != f"Bearer {TOKEN}":
            return _refuse(401, 190, "Invalid OAuth access token.")
        asked = await request.json()
        fault = self.fault()
        if fault in {"busy", "limited", "refused"}:
            return _refuse(*FAULTS[fault])
        why = _wrong(asked)
        if why is not None:
            return _refuse(400, 131009, why)
        user = self.users[asked["to"]]
        if asked["type"] == "template":
            self.templates.append(asked["template"])
        elif user in self.asleep:
            return _refuse(400, 131047, "Re-engagement message")
        self.bodies.append(asked)
        self.heard.append(Heard(user, *_shown(asked)))
        if fault == "cut":
            request.transport.close()
        name = f"wamid.out{len(self.heard)}"
        return web.json_response({"messaging_product": "whatsapp", "messages": [{"id": name}]})

    async def _media(self, request):
        if request.headers.get("Authorization") != f"Bearer {TOKEN}":
            return _refuse(401, 190, "Invalid OAuth access token.")
        name = request.match_info["media"]
        return web.json_response(
            {"url": f"{self.url}/attachments/{name}", "id": name, "mime_type": "image/jpeg"}
        )

    async def _bytes(self, request):
        if request.headers.get("Authorization") != f"Bearer {TOKEN}":
            return web.Response(status=401)
        body = {"image": JPEG, "html": NOT_A_PICTURE}.get(request.match_info["media"])
        return web.Response(status=404) if body is None else web.Response(body=body)


FAULTS = {
    "busy": (503, 131016, "Service unavailable"),
    "limited": (400, 130429, "Rate limit hit"),
    "refused": (400, 131026, "Message undeliverable"),
}


def _refuse(status, code, why):
    return web.json_response(
        {"error": {"code": code, "message": why, "type": "OAuthException"}}, status=status
    )


def _wrong(asked):
    """What Meta would refuse: texts, titles and lists that are longer than it takes."""
    if asked["type"] == "text":
        return None if 1 <= len(asked["text"]["body"]) <= 4096 else "text too long"
    if asked["type"] == "template":
        (body,) = asked["template"]["components"]
        texts = [one["text"] for one in body["parameters"]]
        return "newlines in a parameter" if any("\n" in text for text in texts) else None
    shown = asked["interactive"]
    if not 1 <= len(shown["body"]["text"]) <= 1024:
        return "body too long"
    if shown["type"] == "button":
        titles = [one["reply"]["title"] for one in shown["action"]["buttons"]]
        return None if len(titles) <= 3 and all(len(one) <= 20 for one in titles) else "buttons"
    rows = [row for section in shown["action"]["sections"] for row in section["rows"]]
    fits = len(rows) <= 10 and len(shown["action"]["button"]) <= 20
    return None if fits and all(len(row["title"]) <= 24 for row in rows) else "rows"


def _shown(asked):
    if asked["type"] == "text":
        return asked["text"]["body"], {}
    if asked["type"] == "template":
        return asked["template"]["components"][0]["parameters"][0]["text"], {}
    shown = asked["interactive"]
    if shown["type"] == "button":
        replies = [one["reply"] for one in shown["action"]["buttons"]]
    else:
        replies = [row for section in shown["action"]["sections"] for row in section["rows"]]
    return shown["body"]["text"], {one["title"]: one["id"] for one in replies}
