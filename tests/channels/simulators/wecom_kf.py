"""微信客服 as WeCom documents it: a bell, pages of messages behind it, five lines a message."""

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from aiohttp import web

from bot.clock import Clock
from tests.channels.simulators.wechat_servers import Delivery, MakersServer, error, ok, xml

CORP, SECRET = "ww1436e0e65a779aee", "kf-secret-0123456789"
NEW, ASSISTANT, POOL, PERSON, ENDED = range(5)
CONSUMER, SYSTEM, SERVICER = 3, 4, 5
WINDOW, LINES = 48 * 3600, 5
TEXT_BYTES, MENU_BYTES, MENU_ENTRIES, PARAM_BYTES = 2048, 128, 10, 128
CALLS_WITHOUT_TOKEN = 10


@dataclass
class Talk:
    """One consumer with one account: its state, what may still be sent, what the phone shows."""

    state: int = NEW
    left: int = 0
    until: float = 0
    shown: list[dict[str, Any]] = field(default_factory=list)


@dataclass
class WecomKf(MakersServer):
    """WeCom's servers with one corporation. `page` messages come with one `sync_msg`."""

    receive_id: str = CORP
    clock: Clock | None = None
    page: int = 2
    log: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    talks: dict[tuple[str, str], Talk] = field(default_factory=dict)
    bells: set[str] = field(default_factory=set)
    welcomes: dict[str, tuple[str, str]] = field(default_factory=dict)
    used: set[tuple[str, str]] = field(default_factory=set)
    without_token: int = 0

    def routes(self) -> list[web.RouteDef]:
        calls = {
            "sync_msg": self.sync,
            "send_msg": self.send,
            "send_msg_on_event": self.welcome,
            "add_contact_way": self.contact,
            "service_state/get": self.state,
            "service_state/trans": self.trans,
        }
        return [
            web.get("/cgi-bin/gettoken", self.token),
            web.get("/cgi-bin/media/get", self.guarded("media/get", self.get_media)),
            *(
                web.post(f"/cgi-bin/kf/{name}", self.guarded(name, call))
                for name, call in calls.items()
            ),
        ]

    def now(self) -> int:
        return int(self.clock.now().timestamp())

    def talk(self, user: str, kf: str = "wkA") -> Talk:
        return self.talks.setdefault((kf, user), Talk())

    def shown(self, user: str, kf: str = "wkA") -> list[str]:
        """What the consumer's phone shows of the other side, as text."""
        return [_words(line) for line in self.talk(user, kf).shown]

    # What consumers and servicers do.

    async def say(self, user: str, text: str, kf: str = "wkA", **more: Any) -> list[Delivery]:
        return await self.send_in(user, "text", {"content": text, **more}, kf)

    async def press(self, user: str, entry: int, kf: str = "wkA") -> list[Delivery]:
        """Press the entry of the last menu; it comes in as a text with the entry's id."""
        menu = next(line for line in reversed(self.talk(user, kf).shown) if "msgmenu" in line)
        click = menu["msgmenu"]["list"][entry]["click"]
        return await self.say(user, click["content"], kf, menu_id=click["id"])

    async def send_in(
        self, user: str, kind: str, content: dict[str, Any], kf: str = "wkA"
    ) -> list[Delivery]:
        self.write(user, kind, content, kf)
        return await self.ring(kf)

    def write(self, user: str, kind: str, content: dict[str, Any], kf: str = "wkA") -> str:
        """Store what a consumer sends, without the bell; its msgid comes back."""
        talk = self.talk(user, kf)
        talk.left, talk.until = LINES, self.now() + WINDOW
        if talk.state == ENDED:
            talk.state = NEW
        person = {"open_kfid": kf, "external_userid": user, "origin": CONSUMER}
        return self.add(kf, {**person, "msgtype": kind, kind: content})

    async def enter(self, user: str, kf: str = "wkA", **more: Any) -> list[Delivery]:
        """Open the chat, by a link with `scene_param` where that is given."""
        code = f"WELCOME{next(self.numbers)}"
        self.welcomes[code] = (kf, user)
        return await self.event(user, "enter_session", kf, welcome_code=code, **more)

    async def open_link(self, user: str, link: str, kf: str = "wkA") -> list[Delivery]:
        """Tap a link of `add_contact_way` to which a scene_param was put."""
        raw = link.partition("&scene_param=")[2]
        assert len(raw) <= PARAM_BYTES
        return await self.enter(user, kf, scene="order", scene_param=unquote(raw))

    async def take_over(self, user: str, servicer: str, kf: str = "wkA") -> list[Delivery]:
        """A servicer takes the session in WeCom's own client."""
        self.talk(user, kf).state = PERSON
        return await self.event(
            user, "session_status_change", kf, change_type=1, new_servicer_userid=servicer
        )

    async def end(self, user: str, servicer: str, kf: str = "wkA") -> list[Delivery]:
        self.talk(user, kf).state = ENDED
        return await self.event(
            user, "session_status_change", kf, change_type=3, old_servicer_userid=servicer
        )

    async def event(self, user: str, name: str, kf: str = "wkA", **more: Any) -> list[Delivery]:
        event = {"event_type": name, "open_kfid": kf, "external_userid": user, **more}
        self.add(kf, {"origin": SYSTEM, "msgtype": "event", "event": event})
        return await self.ring(kf)

    def add(self, kf: str, message: dict[str, Any]) -> str:
        name = f"msg{next(self.numbers)}"
        self.log.setdefault(kf, []).append({"msgid": name, "send_time": self.now(), **message})
        return name

    async def ring(self, kf: str = "wkA", *, thrice: bool = False) -> list[Delivery]:
        params, body = self.bell(kf)
        return await (self.thrice if thrice else self.push)(params, body)

    def bell(self, kf: str = "wkA", at: int | None = None) -> tuple[dict[str, str], bytes]:
        token = f"ENC{next(self.numbers)}"
        self.bells.add(token)
        head = {"ToUserName": CORP, "CreateTime": self.now(), "MsgType": "event"}
        tail = {"Event": "kf_msg_or_event", "Token": token, "OpenKfId": kf}
        return self.sealed(xml(head | tail), at or self.now())

    async def check_url(self) -> str:
        """What the console does when the callback is saved: an encrypted echostr."""
        made = self.envelope.seal(b"1616140317555161061", str(self.now()), "7")
        params = {
            "msg_signature": made.signature,
            "timestamp": made.timestamp,
            "nonce": made.nonce,
            "echostr": made.encrypt,
        }
        async with self.session.get(self.url, params=params) as answer:
            return await answer.text()

    # What WeCom answers.

    async def token(self, request: web.Request) -> web.Response:
        self.calls.append(("gettoken", dict(request.query)))
        if (request.query.get("corpid"), request.query.get("corpsecret")) != (CORP, SECRET):
            return error(40001, "invalid credential")
        return ok(access_token=self.issue(), expires_in=7200)

    async def sync(self, body: dict[str, Any]) -> web.Response:
        if body.get("token") not in self.bells:
            self.without_token += 1
            if self.without_token > CALLS_WITHOUT_TOKEN:
                return error(45009, "api freq out of limit")
        log = self.log.get(body["open_kfid"], [])
        begin = int(body.get("cursor") or 0)
        end = min(begin + self.page, len(log))
        return ok(next_cursor=str(end), has_more=int(end < len(log)), msg_list=log[begin:end])

    async def send(self, body: dict[str, Any]) -> web.Response:
        kf, user = body["open_kfid"], body["touser"]
        talk = self.talk(user, kf)
        if (fault := self.refusal(talk, kf, body)) is not None:
            return fault
        talk.left -= 1
        self.used.add((kf, body["msgid"]))
        talk.shown.append(body)
        return ok(msgid=body["msgid"])

    def refusal(self, talk: Talk, kf: str, body: dict[str, Any]) -> web.Response | None:
        if (kf, body["msgid"]) in self.used:
            return error(40058, "msgid is used")
        if talk.state not in (NEW, ASSISTANT):
            return error(95018, "send msg session status invalid")
        if self.now() > talk.until:
            return error(95002, "send msg time limit")
        if talk.left <= 0:
            return error(95001, "send msg count limit")
        return _faulty(body)

    async def welcome(self, body: dict[str, Any]) -> web.Response:
        kf, user = self.welcomes.pop(body["code"], (None, None))
        if kf is None:
            return error(95019, "invalid code")
        self.talk(user, kf).shown.append(body)
        return ok(msgid=body.get("msgid", ""))

    async def contact(self, body: dict[str, Any]) -> web.Response:
        return ok(
            url=f"https://work.weixin.qq.com/kf/{body['open_kfid']}?enc_scene=ENC{body['scene']}"
        )

    async def state(self, body: dict[str, Any]) -> web.Response:
        return ok(service_state=self.talk(body["external_userid"], body["open_kfid"]).state)

    async def trans(self, body: dict[str, Any]) -> web.Response:
        talk = self.talk(body["external_userid"], body["open_kfid"])
        if talk.state == ENDED or body["service_state"] < talk.state:
            return error(95016, "invalid service state")
        talk.state = body["service_state"]
        return ok()


def _faulty(body: dict[str, Any]) -> web.Response | None:
    if body["msgtype"] == "text" and len(body["text"]["content"].encode()) > TEXT_BYTES:
        return error(40058, "text.content exceed max length 2048")
    if body["msgtype"] == "msgmenu":
        entries = body["msgmenu"]["list"]
        sizes = [len(entry["click"]["content"].encode()) for entry in entries]
        if len(entries) > MENU_ENTRIES or max(sizes) > MENU_BYTES:
            return error(40058, "msgmenu.list invalid")
    return None


def _words(line: dict[str, Any]) -> str:
    if line["msgtype"] == "text":
        return line["text"]["content"]
    menu = line["msgmenu"]
    return "\n".join([menu["head_content"], *(f"[{e['click']['content']}]" for e in menu["list"])])
