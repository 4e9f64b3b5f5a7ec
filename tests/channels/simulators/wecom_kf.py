"""微信客服 as WeCom documents it: a bell, pages of messages behind it, five lines a message."""

import asyncio
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from aiohttp import web

from tests.channels.simulators.platform import USER, Heard
from tests.channels.simulators.wechat_servers import AES_KEY, TOKEN, WechatServer, error, ok, xml

CORP, SECRET, KF = "ww1436e0e65a779aee", "kf-secret-0123456789", "wkA"
NEW, ASSISTANT, POOL, PERSON, ENDED = range(5)
CONSUMER, SYSTEM, SERVICER = 3, 4, 5
WINDOW, LINES, WELCOME_SECONDS = 48 * 3600, 5, 20
TEXT_BYTES, HEAD_BYTES, ENTRY_BYTES, ENTRIES, PARAM_BYTES = 2048, 1024, 128, 10, 128
CALLS_WITHOUT_TOKEN = 10
MEDIA = {"image": "image", "html": "image", "voice": "voice"}
ECHO = "1616140317555161061"


@dataclass
class Talk:
    """One consumer with one account: its state, and what may still be sent."""

    state: int = NEW
    left: int = 0
    until: float = 0


class WecomKf(WechatServer):
    """WeCom's servers with one corporation. `page` messages come with one `sync_msg`."""

    channel = "wecom_kf"
    receive_id = CORP

    def __init__(self) -> None:
        super().__init__()
        self.page = 2
        self.log: dict[str, list[dict[str, Any]]] = {}
        self.talks: dict[tuple[str, str], Talk] = {}
        self.rings: set[str] = set()
        self.welcomes: dict[str, tuple[str, str, int]] = {}
        self.used: set[tuple[str, str]] = set()
        self.without_token = 0
        # Who holds the gate holds back what `sync_msg` answers.
        self.gate = asyncio.Lock()
        self.sync_faults: list[tuple[int, str]] = []
        self.tokens_down = False
        self.waiting = 0
        self.at_once: dict[str, int] = {}
        self.most_at_once = 0

    def sender(self, user: str) -> str:
        return f"{KF}:{user}"

    def account(self) -> dict[str, Any]:
        return {
            "corp_id": CORP,
            "secret": SECRET,
            "token": TOKEN,
            "encoding_aes_key": AES_KEY,
            "open_kfids": [KF, "wkB"],
            "api_url": self.url,
        }

    def routes(self) -> list[web.RouteDef]:
        def post(name, call, *, sends=False):
            return web.post(f"/cgi-bin/kf/{name}", self.guarded(name, call, sends=sends))

        return [
            web.get("/cgi-bin/gettoken", self._token),
            web.get("/cgi-bin/media/get", self.guarded("media/get", self.get_media)),
            post("sync_msg", self._sync),
            post("send_msg", self._send, sends=True),
            post("send_msg_on_event", self._welcome),
            post("add_contact_way", self._contact),
        ]

    def talk(self, user: str = USER, kf: str = KF) -> Talk:
        return self.talks.setdefault((kf, user), Talk())

    # What consumers and servicers do.

    async def say(self, text: str, message_id: str = "m1", user: str = USER, **how: Any) -> int:
        if not how:
            # What is forged rings for nothing.
            self.write("text", {"content": text}, message_id, user)
        return await self.ring(**how)

    async def show(self, kind: str, message_id: str = "k1", user: str = USER) -> int:
        name = MEDIA.get(kind, "merged_msg")
        self.write(name, {"media_id": self.keep(kind)}, message_id, user)
        return await self.ring()

    async def press(self, payload: str, message_id: str = "b1", user: str = USER) -> int:
        """Press an entry of a menu: it comes in as a text with the entry's id."""
        menus = [heard.buttons for heard in self.heard if heard.user == user]
        title = next(t for menu in menus for t, name in menu.items() if name == payload)
        self.write("text", {"content": title, "menu_id": payload}, message_id, user)
        return await self.ring()

    def write(
        self, kind: str, content: dict[str, Any], message_id: str, user: str = USER, kf: str = KF
    ) -> None:
        """Store what a consumer sends, without the bell. The same id twice: as without a cursor."""
        talk = self.talk(user, kf)
        talk.left, talk.until = LINES, self.now() + WINDOW
        talk.state = NEW if talk.state == ENDED else talk.state
        person = {"open_kfid": kf, "external_userid": user, "origin": CONSUMER}
        self.add({"msgid": message_id, **person, "msgtype": kind, kind: content}, kf)

    async def enter(self, user: str = USER, **more: Any) -> int:
        """Open the chat, by a link with `scene_param` where that is given."""
        code = f"WELCOME{next(self.numbers)}"
        self.welcomes[code] = (KF, user, self.now() + WELCOME_SECONDS)
        return await self.event("enter_session", user, welcome_code=code, **more)

    async def open_link(self, link: str, user: str = USER) -> int:
        """Tap a link of `add_contact_way` to which a scene_param was put."""
        raw = link.partition("&scene_param=")[2]
        assert 0 < len(raw) <= PARAM_BYTES
        return await self.enter(user, scene="order", scene_param=unquote(raw))

    async def take_over(self, servicer: str, user: str = USER) -> int:
        """A servicer takes the session in WeCom's own client."""
        self.talk(user).state = PERSON
        more = {"change_type": 1, "new_servicer_userid": servicer}
        return await self.event("session_status_change", user, **more)

    async def answer(self, servicer: str, text: str, user: str = USER) -> int:
        """A servicer writes in WeCom's own client."""
        person = {"open_kfid": KF, "external_userid": user, "servicer_userid": servicer}
        self.add({**person, "origin": SERVICER, "msgtype": "text", "text": {"content": text}})
        return await self.ring()

    async def end(self, servicer: str, user: str = USER) -> int:
        self.talk(user).state = ENDED
        more = {"change_type": 3, "old_servicer_userid": servicer}
        return await self.event("session_status_change", user, **more)

    async def event(self, name: str, user: str = USER, **more: Any) -> int:
        self.add_event(name, user, **more)
        return await self.ring()

    def add_event(self, name: str, user: str = USER, **more: Any) -> None:
        event = {"event_type": name, "open_kfid": KF, "external_userid": user, **more}
        self.add({"origin": SYSTEM, "msgtype": "event", "event": event})

    def add(self, message: dict[str, Any], kf: str = KF) -> None:
        named = {"msgid": f"msg{next(self.numbers)}", "send_time": self.now(), **message}
        self.log.setdefault(kf, []).append(named)

    async def ring(self, kf: str = KF, **how: Any) -> int:
        return await self.push(*self.bell(kf, **how))

    def bell(self, kf: str = KF, **how: Any) -> tuple[dict[str, str], bytes]:
        token = f"ENC{next(self.numbers)}"
        self.rings.add(token)
        head = {"ToUserName": CORP, "CreateTime": self.now(), "MsgType": "event"}
        tail = {"Event": "kf_msg_or_event", "Token": token, "OpenKfId": kf}
        return self.sealed(xml(head | tail), **how)

    async def check_url(self) -> str:
        """What the console does when the address is saved: an encrypted echostr."""
        made = self.envelope.seal(ECHO.encode(), str(self.real()), "7")
        params = {"msg_signature": made.signature, "timestamp": made.timestamp}
        params |= {"nonce": made.nonce, "echostr": made.encrypt}
        async with self.client.get(f"/channels/{self.channel}/main", params=params) as answer:
            return await answer.text()

    # What WeCom answers.

    async def _token(self, request: web.Request) -> web.Response:
        self.asked.append(("gettoken", dict(request.query)))
        if self.tokens_down:
            return web.Response(text="<html>maintenance</html>")
        if (request.query.get("corpid"), request.query.get("corpsecret")) != (CORP, SECRET):
            return error(40001, "invalid credential")
        return ok(access_token=self.issue(), expires_in=7200)

    async def _sync(self, body: dict[str, Any]) -> web.Response:
        name = body["open_kfid"]
        self.at_once[name] = self.at_once.get(name, 0) + 1
        self.most_at_once = max(self.most_at_once, self.at_once[name])
        self.waiting += 1
        try:
            # The page is what there is when it is asked for.
            page = self._page(body)
            async with self.gate:
                return page
        finally:
            self.waiting -= 1
            self.at_once[name] -= 1

    def _page(self, body: dict[str, Any]) -> web.Response:
        if self.sync_faults and body["open_kfid"] == KF:
            return error(*self.sync_faults.pop(0))
        if "token" in body and body["token"] not in self.rings:
            return error(95007, "invalid msg token")
        if "token" not in body:
            self.without_token += 1
            if self.without_token > CALLS_WITHOUT_TOKEN:
                return error(45009, "api freq out of limit")
        log = self.log.get(body["open_kfid"], [])
        begin = int(body.get("cursor") or 0)
        end = min(begin + self.page, len(log))
        return ok(next_cursor=str(end), has_more=int(end < len(log)), msg_list=log[begin:end])

    async def _send(self, body: dict[str, Any]) -> web.Response:
        kf, user = body["open_kfid"], body["touser"]
        talk = self.talk(user, kf)
        if (fault := self._refusal(talk, kf, body)) is not None:
            return fault
        talk.left -= 1
        self.used.add((kf, body["msgid"]))
        self._hear(user, body)
        return ok(msgid=body["msgid"])

    def _refusal(self, talk: Talk, kf: str, body: dict[str, Any]) -> web.Response | None:
        if (kf, body["msgid"]) in self.used:
            return error(40058, "msgid is used")
        if talk.state not in (NEW, ASSISTANT):
            return error(95018, "send msg session status invalid")
        if self.now() > talk.until:
            return error(95002, "send msg time limit")
        if talk.left <= 0:
            return error(95001, "send msg count limit")
        return _faulty(body)

    async def _welcome(self, body: dict[str, Any]) -> web.Response:
        _, user, until = self.welcomes.pop(body["code"], (None, None, 0))
        if self.now() > until:
            return error(95019, "invalid code")
        self._hear(user, body)
        return ok(msgid=body.get("msgid", ""))

    async def _contact(self, body: dict[str, Any]) -> web.Response:
        kf, scene = body["open_kfid"], body["scene"]
        return ok(url=f"https://work.weixin.qq.com/kf/{kf}?enc_scene=ENC{scene}")

    def _hear(self, user: str, body: dict[str, Any]) -> None:
        if body["msgtype"] == "text":
            self.heard.append(Heard(user, body["text"]["content"]))
            return
        menu = body["msgmenu"]
        clicks = [entry["click"] for entry in menu["list"]]
        buttons = {click["content"]: click["id"] for click in clicks}
        self.heard.append(Heard(user, menu["head_content"], buttons))


def _faulty(body: dict[str, Any]) -> web.Response | None:
    if body["msgtype"] == "text" and len(body["text"]["content"].encode()) > TEXT_BYTES:
        return error(40058, "text.content exceed max length 2048")
    if body["msgtype"] == "msgmenu":
        menu = body["msgmenu"]
        sizes = [len(entry["click"]["content"].encode()) for entry in menu["list"]]
        long = len(menu["head_content"].encode()) > HEAD_BYTES
        if long or len(sizes) > ENTRIES or max(sizes) > ENTRY_BYTES:
            return error(40058, "msgmenu invalid")
    return None
