"""Settings that accounts of WeChat and of WeCom have alike."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator

from bot.channels.crypto.wechat import WechatEnvelope


def _key(text: str) -> str:
    WechatEnvelope("", [text], "")
    return text


AesKey = Annotated[str, AfterValidator(_key)]
