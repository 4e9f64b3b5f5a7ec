"""The channel: pushes in, customer-service and template messages out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from urllib.parse import urlencode

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.channels import wording
from bot.channels.base import Decoded, Happening, Kit, PlatformChannel, Received, Told
from bot.channels.calling import call_json
from bot.channels.crypto.wechat import verify
from bot.channels.official_account import encode
from bot.channels.official_account.account import OfficialAccount
from bot.channels.official_account.decode import AFTER_TAP, TEMPLATE_DONE, decoded
from bot.channels.order_handles import OrderHandles, OrderLink
from bot.channels.tokens import AccessToken
from bot.channels.wechat.api import WechatApi, access_token
from bot.channels.wechat.callback import fresh, opened_xml
from bot.channels.wechat.xml import read_xml
from bot.clock import SystemClock
from bot.conversation import arrivals
from bot.conversation.delivery import Encoded, Limits, Outbound, Payload, Sent
from bot.conversation.records import Incoming, on_account
from bot.errors import DeliveryRefused, NotSigned, RetryLater

_NO_MENUS = 40200
_DONE = "success"
_LONGEST_SCENE = 64
_LONGEST_LIFE = timedelta(days=30)
_CODES = "https://mp.weixin.qq.com/cgi-bin/showqrcode"
_LARGEST_PICTURE = 10 * 1024 * 1024


class OfficialAccountChannel(PlatformChannel[OfficialAccount]):
    """公众号. The `sender` is the consumer's open id."""

    name = "official_account"
    limits = Limits(text_bytes=2048, buttons=10, title_bytes=128, replies=5)
    account_model = OfficialAccount

    def __init__(self, kit: Kit, accounts: Mapping[str, OfficialAccount]) -> None:
        super().__init__(kit, accounts)
        self._apis = {name: self._api(name, account) for name, account in accounts.items()}
        self._envelopes = {name: account.envelope for name, account in accounts.items()}
        self._handles = {
            name: OrderHandles(account.secret, SystemClock()) for name, account in accounts.items()
        }
        # Accounts that may send no menu messages, by their settings or as we learned.
        self._without_menus = {name for name, account in accounts.items() if not account.menus}

    def _api(self, name: str, account: OfficialAccount) -> WechatApi:
        body = {
            "grant_type": "client_credential",
            "appid": account.app_id,
            "secret": account.secret,
            "force_refresh": False,
        }

        async def fetch() -> AccessToken:
            # Repeated calls return one token, so that other programs of the shop keep theirs.
            url = f"{account.api_url}/cgi-bin/stable_token"
            return access_token(await call_json(self.kit.http, url, body))

        return WechatApi(self.kit, self.name, name, account.api_url, fetch)

    async def verify_and_decode(self, request: Received) -> Decoded:
        """Return what was pushed; the console's check of the address gets its own word back."""
        if request.method == "GET":
            self._check_plain(request)
            return Decoded(answer=web.Response(text=request.query.get("echostr", "")))
        push = self._opened(request)
        # An answer of ours goes by the API: the turn takes longer than the five seconds here.
        return replace(decoded(push), answer=web.Response(text="success"))

    def _opened(self, request: Received) -> dict[str, str]:
        envelope = self._envelopes[request.account]
        if envelope is not None and request.query.get("encrypt_type") == "aes":
            return opened_xml(envelope, request.query, request.body)
        if not self.accounts[request.account].allow_plain:
            raise NotSigned(reason="plain")
        self._check_plain(request)
        return read_xml(request.body)

    def _check_plain(self, request: Received) -> None:
        query, token = request.query, self.accounts[request.account].token
        fresh(query)
        given = query.get("signature", "")
        verify(given, token, query.get("timestamp", ""), query.get("nonce", ""))

    async def on_event(self, tx: AsyncConnection, account: str, event: Happening) -> Sequence[Told]:
        """Greet who follows or scans, and let them talk about the order that a code names.

        A template message that was not delivered calls a person.
        """
        talks = self.kit.conversations
        if event.name == TEMPLATE_DONE:
            why, name = str(event.facts["status"]), str(event.facts["msgid"])
            return [] if why == _DONE else await talks.lost(tx, (self.name, account), name, why)
        order_no = self._handles[account].read(str(event.facts["scene"]))
        if not (event.facts["follows"] or order_no):
            return []
        sender = on_account(account, str(event.facts["user"]))
        incoming = Incoming(self.name, sender, "", account=account, grant=AFTER_TAP)
        return await arrivals.arrive(tx, incoming, order_no, talks.clock.now(), talks.seconds())

    def payloads(self, outbound: Outbound) -> Encoded:
        """Return the calls for a reply; numbered lines for buttons where no menus may be sent."""
        if outbound.account not in self._without_menus or not outbound.buttons:
            return super().payloads(outbound)
        titles = [button["title"] for button in outbound.buttons]
        text = wording.numbered(outbound.text, titles)
        plain = super().payloads(replace(outbound, text=text, buttons=()))
        return Encoded(plain.payloads, numbered=True)

    def encode(self, outbound: Outbound) -> list[Payload]:
        """Return the call for a reply."""
        return [encode.reply(outbound)]

    def late(self, outbound: Outbound) -> Encoded:
        """Return a template message, where the account has one; a greeting too late is let be."""
        chosen = self.accounts[outbound.account].template
        if outbound.custom == arrivals.GREETING:
            return Encoded(())
        if chosen is None:
            return super().late(outbound)
        return Encoded([encode.template(outbound, chosen)])

    async def send(self, payload: Payload) -> Sent:
        """Make one call."""
        api = self._apis[payload.account]
        if "template_id" in payload.body:
            answer = await api.call("/cgi-bin/message/template/send", payload.body)
            return Sent(str(answer.get("msgid", "")))
        try:
            await api.call("/cgi-bin/message/custom/send", payload.body)
        except DeliveryRefused as error:
            if error.facts.get("errcode") != _NO_MENUS:
                raise
            self._without_menus.add(payload.account)
            raise RetryLater(
                "the account may send no menu messages; the lines are numbered"
            ) from error
        return Sent()

    async def fetch(self, account: str, source: Mapping[str, object]) -> bytes:
        """Return the bytes of a picture, which lies there for three days."""
        return await self._apis[account].media(str(source["media_id"]), _LARGEST_PICTURE)

    async def order_links(self, order_no: str, life: timedelta) -> list[OrderLink]:
        """Return for each account a picture of a code that opens the chat, knowing the order."""
        return [await self._code(account, order_no, life) for account in self.accounts]

    async def _code(self, account: str, order_no: str, life: timedelta) -> OrderLink:
        handle = self._handles[account].make(order_no, life, _LONGEST_SCENE)
        body = {
            "action_name": "QR_STR_SCENE",
            "expire_seconds": int(min(life, _LONGEST_LIFE).total_seconds()),
            "action_info": {"scene": {"scene_str": handle}},
        }
        made = await self._apis[account].ask("/cgi-bin/qrcode/create", body)
        url = f"{_CODES}?{urlencode({'ticket': str(made.get('ticket', ''))})}"
        return OrderLink(self.name, account, "qr_code", url)
