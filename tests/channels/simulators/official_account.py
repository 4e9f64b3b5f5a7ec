"""A 公众号 service account as WeChat documents it: XML pushes, five lines in 48 hours, templates."""

from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from yarl import URL

from bot.channels.crypto.wechat import sign
from tests.channels.simulators.platform import USER, Heard
from tests.channels.simulators.wechat_servers import AES_KEY, TOKEN, WechatServer, error, ok, xml

APP, SECRET, ACCOUNT = "wxba5fad812f8e6fb9", "app-secret-0123456789", "gh_97417a04a28d"
# Lines that may be sent, and for how many seconds.
MESSAGE, TAP = (5, 48 * 3600), (3, 60)
TEXT_BYTES = 2048
MEDIA = {"image": "image", "html": "image", "voice": "voice"}
ECHO = "4375120948345356249"


@dataclass
class Follower:
    """What may still be sent to one consumer: the lines, until when, for how long that is."""

    allowances: list[list[float]] = field(default_factory=list)


class OfficialAccount(WechatServer):
    """WeChat's servers with one account. `plain` pushes are not encrypted."""

    channel = "official_account"
    receive_id = APP

    def __init__(self) -> None:
        super().__init__()
        self.plain = False
        self.menus = True
        self.settings: dict[str, Any] = {}
        self.followers: dict[str, Follower] = {}
        self.templates: dict[tuple[str, str], dict[str, Any]] = {}
        self.codes: dict[str, str] = {}
        self.current = ""

    def account(self) -> dict[str, Any]:
        given = {"app_id": APP, "secret": SECRET, "token": TOKEN, "encoding_aes_key": AES_KEY}
        return given | {"api_url": self.url} | self.settings

    def routes(self) -> list[web.RouteDef]:
        custom = self.guarded("custom/send", self._send, sends=True)
        template = self.guarded("template/send", self._template, sends=True)
        return [
            web.post("/cgi-bin/stable_token", self._token),
            web.post("/cgi-bin/message/custom/send", custom),
            web.post("/cgi-bin/message/template/send", template),
            web.post("/cgi-bin/qrcode/create", self.guarded("qrcode/create", self._code)),
            web.get("/cgi-bin/media/get", self.guarded("media/get", self.get_media)),
        ]

    def follower(self, user: str = USER) -> Follower:
        return self.followers.setdefault(user, Follower())

    # What consumers do.

    async def say(self, text: str, message_id: str = "m1", user: str = USER, **how: Any) -> int:
        if not how:
            self.allow(user, MESSAGE)
        more = {"Content": text, "MsgId": message_id}
        return await self.push(*self.message(user, "text", more, **how))

    async def show(self, kind: str, message_id: str = "k1", user: str = USER) -> int:
        self.allow(user, MESSAGE)
        more = {"MediaId": self.keep(kind), "MsgId": message_id}
        return await self.push(*self.message(user, MEDIA.get(kind, "hardware"), more))

    async def send_in(self, kind: str, user: str = USER, **more: Any) -> int:
        self.allow(user, MESSAGE)
        named = {"MsgId": f"x{next(self.numbers)}", **more}
        return await self.push(*self.message(user, kind, named))

    async def press(self, payload: str, message_id: str = "b1", user: str = USER) -> int:
        """Press an entry of a menu message: a text with its id, which allows less."""
        menus = [heard.buttons for heard in self.heard if heard.user == user]
        title = next(t for menu in menus for t, name in menu.items() if name == payload)
        self.allow(user, TAP)
        more = {"Content": title, "MsgId": message_id, "bizmsgmenuid": payload}
        return await self.push(*self.message(user, "text", more))

    async def event(self, name: str, user: str = USER, **more: Any) -> int:
        if name in {"subscribe", "SCAN", "CLICK"}:
            self.allow(user, TAP)
        return await self.push(*self.message(user, "event", {"Event": name, **more}))

    def allow(self, user: str, allowance: tuple[int, int]) -> None:
        """A newer allowance of a kind takes the place of the older one."""
        lines, seconds = allowance
        kept = [one for one in self.follower(user).allowances if one[2] != seconds]
        self.follower(user).allowances = [*kept, [lines, self.now() + seconds, seconds]]

    def message(
        self, user: str, kind: str, more: dict[str, Any], **how: Any
    ) -> tuple[dict[str, str], bytes]:
        """Return query and body of a push, signed and, unless `plain`, encrypted."""
        head = {"ToUserName": ACCOUNT, "FromUserName": user, "CreateTime": self.real()}
        text = xml(head | {"MsgType": kind} | more)
        params, body = self.sealed(text, **how)
        params["signature"] = sign(TOKEN, params["timestamp"], params["nonce"])
        params["openid"] = user
        if not self.plain:
            return params | {"encrypt_type": "aes"}, body
        params.pop("msg_signature", None)
        if how.get("forged"):
            params["signature"] = "0" * 40
        if how.get("unsigned"):
            del params["signature"]
        return params, text.encode()

    async def check_url(self, token: str = TOKEN) -> tuple[int, str]:
        """What the console does when the address is saved: a plain echostr."""
        at, nonce = str(self.real()), "486452656"
        params = {"signature": sign(token, at, nonce), "timestamp": at, "nonce": nonce}
        path = f"/channels/{self.channel}/main"
        async with self.client.get(path, params=params | {"echostr": ECHO}) as answer:
            return answer.status, await answer.text()

    # What WeChat answers.

    async def _token(self, request: web.Request) -> web.Response:
        body = await request.json()
        self.asked.append(("stable_token", body))
        if (body.get("appid"), body.get("secret")) != (APP, SECRET):
            return error(40001, "invalid credential")
        # Repeated calls return the same token as long as it lives.
        if self.current not in self.valid or body.get("force_refresh"):
            self.current = self.issue()
        return ok(access_token=self.current, expires_in=7200)

    async def _send(self, body: dict[str, Any]) -> web.Response:
        user = body["touser"]
        if body["msgtype"] == "msgmenu" and not self.menus:
            return error(40200, "invalid account type")
        if body["msgtype"] == "text" and len(body["text"]["content"].encode()) > TEXT_BYTES:
            return error(45002, "content size out of limit")
        open_now = [one for one in self.follower(user).allowances if one[1] >= self.now()]
        if not open_now:
            return error(45015, "response out of time limit or subscription is canceled")
        usable = next((one for one in open_now if one[0] > 0), None)
        if usable is None:
            return error(45047, "out of response count limit")
        usable[0] -= 1
        self._hear(user, body)
        return ok()

    async def _template(self, body: dict[str, Any]) -> web.Response:
        if body["template_id"] != "TPL":
            return error(40037, "invalid template_id")
        if any(len(part["value"]) > 20 for part in body["data"].values()):
            return error(47003, "argument invalid! data.thing1.value too long")
        key = (body["touser"], body.get("client_msg_id", str(next(self.numbers))))
        if key not in self.templates:
            self.templates[key] = body | {"msgid": 200_000_000 + next(self.numbers)}
            words = " ".join(part["value"] for part in body["data"].values())
            self.heard.append(Heard(body["touser"], words))
        return ok(msgid=self.templates[key]["msgid"])

    async def _code(self, body: dict[str, Any]) -> web.Response:
        scene = body["action_info"]["scene"]["scene_str"]
        if not 1 <= len(scene) <= 64 or body["expire_seconds"] > 2592000:
            return error(40053, "invalid action info")
        ticket = f"gQH+{next(self.numbers)}=="
        self.codes[ticket] = scene
        return ok(ticket=ticket, expire_seconds=body["expire_seconds"], url="https://w.example/q")

    def scanned(self, picture: str) -> str:
        """What a scan of a code's picture says."""
        return self.codes[URL(picture).query["ticket"]]

    async def finish_template(self, status: str, user: str = USER) -> int:
        """Tell how the last template message to a consumer went."""
        sent = [body for (to, _), body in self.templates.items() if to == user][-1]
        more = {"MsgID": sent["msgid"], "Status": status}
        return await self.event("TEMPLATESENDJOBFINISH", user, **more)

    def _hear(self, user: str, body: dict[str, Any]) -> None:
        if body["msgtype"] == "text":
            self.heard.append(Heard(user, body["text"]["content"]))
            return
        menu = body["msgmenu"]
        buttons = {entry["content"]: entry["id"] for entry in menu["list"]}
        self.heard.append(Heard(user, menu["head_content"], buttons))
