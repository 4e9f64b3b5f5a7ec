"""What the console of a 公众号 shows, and what an operator chooses."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, StringConstraints, model_validator

from bot.channels.crypto.wechat import WechatEnvelope
from bot.channels.wechat.settings import AesKey
from bot.requests import Body, Name

FieldName = Annotated[str, StringConstraints(pattern=r"^[a-z_]+[0-9]*$")]


class Template(Body):
    """A template message for what comes when no replies are taken any more.

    `fields` are the keywords of the template by name (`thing1`, …); `{text}` in a value stands
    for the line, cut to what the platform takes. `url` is opened by a tap.
    """

    id: Name
    fields: Annotated[dict[FieldName, Name], Field(min_length=1)]
    url: Name | None = None


class OfficialAccount(Body):
    """One service account. Pushes have to be encrypted unless `allow_plain` says otherwise.

    `menus`: whether buttons are shown as a menu message, which subscription and test accounts
    may not send.
    """

    app_id: Name
    secret: Name
    token: Name
    encoding_aes_key: AesKey | None = None
    old_encoding_aes_key: AesKey | None = None
    allow_plain: bool = False
    menus: bool = True
    template: Template | None = None
    api_url: Name = "https://api.weixin.qq.com"

    @model_validator(mode="after")
    def _closed(self) -> Self:
        if self.encoding_aes_key is None and not self.allow_plain:
            raise ValueError(
                "encoding_aes_key is missing; without it anybody who saw one push can forge "
                "others, which `allow_plain: true` accepts"
            )
        return self

    @property
    def envelope(self) -> WechatEnvelope | None:
        """What opens encrypted pushes."""
        keys = [key for key in (self.encoding_aes_key, self.old_encoding_aes_key) if key]
        return WechatEnvelope(self.token, keys, self.app_id) if keys else None
