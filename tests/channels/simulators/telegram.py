"""A fake api.telegram.org: updates by webhook with a secret, and the calls of the Bot API."""

import json
import zlib

from aiohttp import web

from tests.channels.pictures import JPEG
from tests.channels.simulators.platform import NOT_A_PICTURE, USER, Heard, Platform

TOKEN = "7654321:AAF-simulated-token-of-a-bot-00000"
SECRET = "simulated-secret-of-the-webhook-1"
MOST_LETTERS = 4096
MOST_DATA = 64
KINDS = {
    "image": {
        "photo": [
            {
                "file_id": "small-image",
                "file_unique_id": "s",
                "width": 90,
                "height": 60,
                "file_size": 900,
            },
            {
                "file_id": "image",
                "file_unique_id": "l",
                "width": 900,
                "height": 600,
                "file_size": 90_000,
            },
        ]
    },
    "html": {"photo": [{"file_id": "html", "file_unique_id": "h", "width": 9, "height": 6}]},
    "voice": {"voice": {"file_id": "v", "file_unique_id": "v", "duration": 3}},
    "video": {
        "video": {"file_id": "f", "file_unique_id": "f", "width": 9, "height": 6, "duration": 3}
    },
    "file": {"document": {"file_id": "d", "file_unique_id": "d", "file_name": "合同.pdf"}},
    "location": {
        "location": {"latitude": 31.22, "longitude": 121.54},
        "venue": {
            "location": {"latitude": 31.22, "longitude": 121.54},
            "title": "锦绣路",
            "address": "浦东新区",
        },
    },
    "strange": {"dice": {"emoji": "🎲", "value": 3}},
}


def number(name: str) -> int:
    """Telegram names everything by numbers."""
    return zlib.crc32(name.encode())


class FakeTelegram(Platform):
    """One bot; `answered` are the buttons whose waiting was ended, `bodies` our calls as they came."""

    def __init__(self) -> None:
        super().__init__()
        self.answered: list[str] = []
        self.bodies: list[dict] = []
        self.users: dict[int, str] = {}

    def sender(self, user: str) -> str:
        return str(number(user))

    def routes(self):
        return [
            web.post("/bot{token}/{method}", self._call),
            web.get("/file/bot{token}/{path:.*}", self._file),
        ]

    def account(self):
        return {"token": TOKEN, "secret_token": SECRET, "api_base": self.url}

    async def say(self, text, message_id="m1", user=USER, **how):
        return await self.update(message_id, user, {"text": text}, **how)

    async def show(self, kind, message_id="k1", user=USER):
        return await self.update(message_id, user, KINDS[kind])

    async def press(self, payload, message_id="b1", user=USER):
        pressed = {
            "id": str(number(message_id)),
            "from": self._person(user),
            "message": self._message(user, {"text": "…"}),
            "chat_instance": "1",
            "data": payload,
        }
        return await self.post({"update_id": number(message_id), "callback_query": pressed})

    async def update(self, message_id, user, content, **how):
        # Two chats never share the id of an update.
        name = number(message_id + user)
        message = self._message(user, content, how.pop("chat", "private"))
        return await self.post({"update_id": name, how.pop("kind", "message"): message}, **how)

    async def post(self, update, **how):
        secret = "another-secret-of-another-webhook" if how.get("forged") else SECRET
        headers = {} if how.get("unsigned") else {"X-Telegram-Bot-Api-Secret-Token": secret}
        answer = await self.client.post("/channels/telegram/main", json=update, headers=headers)
        if answer.content_type == "application/json":
            said = await answer.json()
            if said.get("method") == "answerCallbackQuery":
                self.answered.append(said["callback_query_id"])
        return answer.status

    def _message(self, user, content, chat="private"):
        self.users[number(user)] = user
        return {
            "message_id": 7,
            "date": 1795226400,
            "chat": {"id": number(user), "type": chat, "first_name": "李"},
            "from": self._person(user),
            **content,
        }

    def _person(self, user):
        return {"id": number(user), "is_bot": False, "first_name": "李", "language_code": "zh-hans"}

    async def _call(self, request):
        if request.match_info["token"] != TOKEN:
            return _refuse(401, "Unauthorized")
        asked = await _asked(request)
        method = request.match_info["method"]
        if method == "getFile":
            found = {
                "file_id": asked["file_id"],
                "file_unique_id": "u",
                "file_path": asked["file_id"],
            }
            return web.json_response({"ok": True, "result": found})
        return await self._send(request, asked)

    async def _send(self, request, asked):
        fault = self.fault()
        if fault == "busy":
            return _refuse(503, "Service Unavailable")
        if fault == "limited":
            return _refuse(429, "Too Many Requests: retry after 1", retry_after=0.2)
        rows = asked.get("reply_markup", {}).get("inline_keyboard", [])
        buttons = {button["text"]: button["callback_data"] for row in rows for button in row}
        if fault == "refused":
            return _refuse(403, "Forbidden: bot was blocked by the user")
        if len(asked["text"].encode("utf-16-le")) > 2 * MOST_LETTERS:
            return _refuse(400, "Bad Request: message is too long")
        if any(not 1 <= len(data.encode()) <= MOST_DATA for data in buttons.values()):
            return _refuse(400, "Bad Request: BUTTON_DATA_INVALID")
        chat = int(asked["chat_id"])
        self.bodies.append(asked)
        self.heard.append(Heard(self.users[chat], asked["text"], buttons))
        if fault == "cut":
            request.transport.close()
        sent = {
            "message_id": len(self.heard),
            "date": 1795226400,
            "chat": {"id": chat, "type": "private"},
            "text": asked["text"],
        }
        return web.json_response({"ok": True, "result": sent})

    async def _file(self, request):
        if request.match_info["token"] != TOKEN:
            return _refuse(404, "Not Found")
        body = {"image": JPEG, "html": NOT_A_PICTURE}.get(request.match_info["path"])
        return _refuse(404, "Not Found") if body is None else web.Response(body=body)


async def _asked(request):
    """A call's parameters: the Bot API takes JSON and forms."""
    if request.content_type == "application/json":
        return await request.json()
    form = dict(await request.post())
    return {**form, "reply_markup": json.loads(form.get("reply_markup", "{}"))}


def _refuse(status, why, **parameters):
    said = {"ok": False, "error_code": status, "description": why}
    return web.json_response(
        {**said, **({"parameters": parameters} if parameters else {})}, status=status
    )
