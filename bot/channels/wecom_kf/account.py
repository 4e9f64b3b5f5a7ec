"""What the console of WeCom shows of an account."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints

from bot.channels.crypto.wechat import WechatEnvelope
from bot.channels.wechat.settings import AesKey
from bot.requests import Body, Name

OpenKfId = Annotated[str, StringConstraints(pattern=r"^[0-9a-zA-Z_-]{1,64}$")]


class KfAccount(Body):
    """One corporation's application that may use the API of 微信客服.

    `open_kfids` are the service accounts that the bot answers in. `old_encoding_aes_key` is
    still opened while the console changes to a new one.
    """

    corp_id: Name
    secret: Name
    token: Name
    encoding_aes_key: AesKey
    open_kfids: Annotated[list[OpenKfId], Field(min_length=1)]
    old_encoding_aes_key: AesKey | None = None
    api_url: Name = "https://qyapi.weixin.qq.com"

    @property
    def envelope(self) -> WechatEnvelope:
        """What opens the pushes."""
        keys = [self.encoding_aes_key, self.old_encoding_aes_key]
        return WechatEnvelope(self.token, [key for key in keys if key], self.corp_id)
