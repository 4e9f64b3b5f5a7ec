"""The channel: rings in, lines out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any
from urllib.parse import quote, urlencode

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.channels.base import (
    Decoded,
    Happening,
    Kit,
    PlatformChannel,
    Received,
    Told,
)
from bot.channels.order_handles import OrderHandles, OrderLink
from bot.channels.tokens import AccessToken
from bot.channels.wechat.api import WechatApi, access_token, get_json
from bot.channels.wechat.callback import opened, opened_xml
from bot.channels.wecom_kf import encode
from bot.channels.wecom_kf.account import KfAccount
from bot.channels.wecom_kf.events import Scene, act
from bot.channels.wecom_kf.reader import Reader
from bot.clock import SystemClock
from bot.conversation import mailboxes
from bot.conversation.arrivals import GREETING
from bot.conversation.delivery import Encoded, Limits, Outbound, Payload, Sent
from bot.conversation.mailboxes import Box
from bot.conversation.records import Receipt
from bot.conversation.takeover import Guard
from bot.errors import DeliveryRefused
from bot.log import get_logger

log = get_logger(__name__)

_RING = "kf_msg_or_event"
_TOKEN_SECONDS = 600.0
_LARGEST_PICTURE = 10 * 1024 * 1024
_SCENE = "order"


class WecomKfChannel(PlatformChannel[KfAccount]):
    """微信客服. The `sender` is the service account and the consumer in it."""

    name = "wecom_kf"
    limits = Limits(text_bytes=2048, buttons=10, title_bytes=128, replies=5, keyed=True)
    account_model = KfAccount

    def __init__(self, kit: Kit, accounts: Mapping[str, KfAccount]) -> None:
        super().__init__(kit, accounts)
        self._clock = SystemClock()
        self._apis = {name: self._api(name, account) for name, account in accounts.items()}
        self._envelopes = {name: account.envelope for name, account in accounts.items()}
        # What may send pushes for the account may make its links too.
        self._handles = {
            name: OrderHandles(account.encoding_aes_key, self._clock)
            for name, account in accounts.items()
        }
        boxes = [
            Box(self.name, name, box)
            for name, account in accounts.items()
            for box in account.open_kfids
        ]
        self._reader = Reader(kit.conversations, self._apis, boxes, self.take)
        kit.wakeups.hear(self.name, lambda _: self._reader.wake())

    def _api(self, name: str, account: KfAccount) -> WechatApi:
        query = {"corpid": account.corp_id, "corpsecret": account.secret}

        async def fetch() -> AccessToken:
            url = f"{account.api_url}/cgi-bin/gettoken?{urlencode(query)}"
            return access_token(await get_json(self.kit.http, url))

        return WechatApi(self.kit, self.name, name, account.api_url, fetch)

    async def start(self) -> None:
        """Begin to read what WeCom keeps for us."""
        self._reader.start()

    async def stop(self) -> None:
        """Stop reading."""
        await self._reader.stop()

    async def verify_and_decode(self, request: Received) -> Decoded:
        """Return the ring; the console's check of the address gets its own word back."""
        envelope = self._envelopes[request.account]
        if request.method == "GET":
            word = opened(envelope, request.query, request.query.get("echostr", ""))
            return Decoded(answer=web.Response(text=word.decode()))
        push = opened_xml(envelope, request.query, request.body)
        answer = web.Response(text="success")
        box = push.get("OpenKfId", "")
        if push.get("Event") != _RING or box not in self.accounts[request.account].open_kfids:
            log.info("push_passed_over", channel=self.name, push=push.get("Event"), box=box)
            return Decoded(answer=answer)
        # A push that is made again has the same signature; counting it twice does no harm.
        key = request.query["msg_signature"]
        ring = Happening(key, _RING, {"box": box, "token": push.get("Token", "")})
        return Decoded(events=[ring], answer=answer)

    async def take(
        self, account: str, decoded: Decoded, also: Guard | None = None
    ) -> list[Receipt]:
        """Store what came; after a ring, read."""
        receipts = await super().take(account, decoded, also)
        if any(event.name == _RING for event in decoded.events):
            self._reader.wake()
            self.kit.wakeups.tell(self.name, None)
        return receipts

    async def on_event(self, tx: AsyncConnection, account: str, event: Happening) -> Sequence[Told]:
        """Note a ring, or act on what was read."""
        talks = self.kit.conversations
        if event.name != _RING:
            scene = Scene(self.name, account, self._handles[account], talks)
            return await act(tx, scene, event)
        box = Box(self.name, account, event.facts["box"])
        await mailboxes.ring(tx, box, event.facts["token"], talks.seconds(), _TOKEN_SECONDS)
        return []

    def encode(self, outbound: Outbound) -> list[Payload]:
        """Return the calls for a reply: to the code of a welcome where there is one."""
        return encode.payloads(outbound)

    async def send(self, payload: Payload) -> Sent:
        """Make one call; what WeCom has already under this key counts as sent."""
        path = "/cgi-bin/kf/send_msg_on_event" if "code" in payload.body else "/cgi-bin/kf/send_msg"
        try:
            await self._apis[payload.account].call(path, payload.body)
        except DeliveryRefused as error:
            # The only fault of ours with this field would be a key that was used before.
            if "msgid" not in error.facts.get("errmsg", ""):
                raise
        return Sent(payload.key)

    def late(self, outbound: Outbound) -> Encoded:
        """Let a greeting that came too late be; there is no other way than replies."""
        if outbound.custom == GREETING:
            return Encoded(())
        return super().late(outbound)

    async def fetch(self, account: str, source: Mapping[str, Any]) -> bytes:
        """Return the bytes of a picture, which lies there for three days."""
        return await self._apis[account].media(str(source["media_id"]), _LARGEST_PICTURE)

    async def order_links(self, order_no: str, life: timedelta) -> list[OrderLink]:
        """Return for each service account an address that opens its chat, knowing the order."""
        return [
            OrderLink(self.name, name, "link", await self._link(name, box, order_no, life))
            for name, account in self.accounts.items()
            for box in account.open_kfids
        ]

    async def _link(self, account: str, box: str, order_no: str, life: timedelta) -> str:
        handle = self._handles[account].make(order_no, life)
        body = {"open_kfid": box, "scene": _SCENE}
        found = await self._apis[account].ask("/cgi-bin/kf/add_contact_way", body)
        return f"{found.get('url', '')}&scene_param={quote(handle, safe='')}"
