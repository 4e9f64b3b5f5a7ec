"""A 公众号 service account as WeChat documents it: XML pushes, five lines in 48 hours, templates."""

from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from bot.channels.crypto.wechat import sign
from bot.clock import Clock
from tests.channels.simulators.wechat_servers import TOKEN, Delivery, MakersServer, error, ok, xml

APP, SECRET, ACCOUNT = "wxba5fad812f8e6fb9", "app-secret-0123456789", "gh_97417a04a28d"
MESSAGE, TAP = (5, 48 * 3600), (3, 60)
TEXT_BYTES = 2048


@dataclass
class Follower:
    """One consumer: what may still be sent, as (lines, until), and what the phone shows."""

    allowances: list[list[float]] = field(default_factory=list)
    ever: bool = False
    shown: list[dict[str, Any]] = field(default_factory=list)


@dataclass
class OfficialAccount(MakersServer):
    """WeChat's servers with one account. `plain` pushes are not encrypted."""

    receive_id: str = APP
    clock: Clock | None = None
    plain: bool = False
    menus: bool = True
    followers: dict[str, Follower] = field(default_factory=dict)
    templates: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    current: str = ""
    last: tuple[dict[str, str], bytes] = ({}, b"")

    def routes(self) -> list[web.RouteDef]:
        return [
            web.post("/cgi-bin/stable_token", self.token),
            web.post("/cgi-bin/message/custom/send", self.guarded("custom/send", self.send)),
            web.post(
                "/cgi-bin/message/template/send", self.guarded("template/send", self.template)
            ),
            web.get("/cgi-bin/media/get", self.guarded("media/get", self.get_media)),
        ]

    def now(self) -> int:
        return int(self.clock.now().timestamp())

    def follower(self, user: str) -> Follower:
        return self.followers.setdefault(user, Follower())

    def shown(self, user: str) -> list[str]:
        """What the consumer's phone shows of the account, as text."""
        return [_words(line) for line in self.follower(user).shown]

    # What consumers do.

    async def say(self, user: str, text: str, **more: Any) -> list[Delivery]:
        return await self.send_in(user, "text", Content=text, **more)

    async def press(self, user: str, entry: int) -> list[Delivery]:
        """Press an entry of the last menu message: a text with its id, which allows less."""
        menu = next(line for line in reversed(self.follower(user).shown) if "msgmenu" in line)
        chosen = menu["msgmenu"]["list"][entry]
        more = {"Content": chosen["content"], "bizmsgmenuid": chosen["id"]}
        return await self.send_in(user, "text", allowance=TAP, **more)

    async def send_in(
        self, user: str, kind: str, allowance: tuple[int, int] = MESSAGE, **more: Any
    ) -> list[Delivery]:
        self.allow(user, allowance)
        name = {"MsgId": 24_000_000_000_000_000 + next(self.numbers)}
        return await self.push(*self.message(user, kind, more | name))

    async def event(self, user: str, name: str, **more: Any) -> list[Delivery]:
        if name in {"subscribe", "SCAN", "CLICK"}:
            self.allow(user, TAP)
        return await self.push(*self.message(user, "event", {"Event": name, **more}))

    def allow(self, user: str, allowance: tuple[int, int]) -> None:
        lines, seconds = allowance
        follower = self.follower(user)
        follower.ever = True
        if allowance == MESSAGE:
            follower.allowances = [kept for kept in follower.allowances if kept[2] != seconds]
        follower.allowances.append([lines, self.now() + seconds, seconds])

    def message(
        self, user: str, kind: str, more: dict[str, Any], at: int | None = None
    ) -> tuple[dict[str, str], bytes]:
        """Return query and body of a push, signed and, unless `plain`, encrypted."""
        head = {"ToUserName": ACCOUNT, "FromUserName": user, "CreateTime": self.now()}
        text = xml(head | {"MsgType": kind} | more)
        params, body = self.sealed(text, at or self.now())
        params |= {"signature": sign(TOKEN, params["timestamp"], params["nonce"]), "openid": user}
        if self.plain:
            del params["msg_signature"]
            body = text.encode()
        else:
            params["encrypt_type"] = "aes"
        self.last = (params, body)
        return self.last

    async def check_url(self) -> str:
        """What the console does when the callback is saved: a plain echostr."""
        at, nonce = str(self.now()), "486452656"
        params = {"signature": sign(TOKEN, at, nonce), "timestamp": at, "nonce": nonce}
        async with self.session.get(
            self.url, params=params | {"echostr": "4375120948345356249"}
        ) as answer:
            return await answer.text()

    # What WeChat answers.

    async def token(self, request: web.Request) -> web.Response:
        body = await request.json()
        self.calls.append(("stable_token", body))
        if (body.get("appid"), body.get("secret")) != (APP, SECRET):
            return error(40001, "invalid credential")
        # Repeated calls return the same token as long as it lives.
        if self.current not in self.valid or body.get("force_refresh"):
            self.current = self.issue()
        return ok(access_token=self.current, expires_in=7200)

    async def send(self, body: dict[str, Any]) -> web.Response:
        follower = self.follower(body["touser"])
        if not follower.ever:
            return error(43004, "require subscribe")
        if body["msgtype"] == "msgmenu" and not self.menus:
            return error(40200, "invalid account type")
        if body["msgtype"] == "text" and len(body["text"]["content"].encode()) > TEXT_BYTES:
            return error(45002, "content size out of limit")
        open_now = [kept for kept in follower.allowances if kept[1] >= self.now()]
        if not open_now:
            return error(45015, "response out of time limit or subscription is canceled")
        usable = next((kept for kept in open_now if kept[0] > 0), None)
        if usable is None:
            return error(45047, "out of response count limit")
        usable[0] -= 1
        follower.shown.append(body)
        return ok()

    async def template(self, body: dict[str, Any]) -> web.Response:
        if body["template_id"] != "TPL":
            return error(40037, "invalid template_id")
        key = (body["touser"], body.get("client_msg_id", str(next(self.numbers))))
        if key not in self.templates:
            self.templates[key] = body | {"msgid": 200_000_000 + next(self.numbers)}
            self.follower(body["touser"]).shown.append(body)
        return ok(msgid=self.templates[key]["msgid"])

    async def finish_template(self, user: str, status: str) -> list[Delivery]:
        """Tell how the last template message to a consumer went."""
        sent = [body for (to, _), body in self.templates.items() if to == user][-1]
        return await self.event(user, "TEMPLATESENDJOBFINISH", MsgID=sent["msgid"], Status=status)


def _words(line: dict[str, Any]) -> str:
    if "template_id" in line:
        return " ".join(part["value"] for part in line["data"].values())
    if line["msgtype"] == "text":
        return line["text"]["content"]
    menu = line["msgmenu"]
    return "\n".join([menu["head_content"], *(f"[{one['content']}]" for one in menu["list"])])
