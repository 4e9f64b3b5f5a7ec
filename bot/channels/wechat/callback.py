"""What proves that a push is WeChat's or WeCom's."""

from __future__ import annotations

from collections.abc import Mapping

from bot.channels.crypto.wechat import Sealed, WechatEnvelope
from bot.channels.wechat.xml import read_xml
from bot.clock import SystemClock
from bot.errors import NotSigned

_TOLERANCE = 300.0
_DIGITS = 12


def opened(envelope: WechatEnvelope, query: Mapping[str, str], encrypt: str) -> bytes:
    """Return what is inside `encrypt`. Raises NotSigned, for what is over five minutes old too."""
    fresh(query)
    sealed = Sealed(
        encrypt,
        query.get("msg_signature", ""),
        query.get("timestamp", ""),
        query.get("nonce", ""),
    )
    return envelope.open(sealed)


def opened_xml(envelope: WechatEnvelope, query: Mapping[str, str], body: bytes) -> dict[str, str]:
    """Return the push inside an encrypted body. Raises NotSigned, MalformedRequest."""
    return read_xml(opened(envelope, query, read_xml(body).get("Encrypt", "")))


def fresh(query: Mapping[str, str]) -> None:
    """Raise NotSigned unless the `timestamp` is of now, by the host's clock."""
    text = query.get("timestamp", "")
    given = int(text) if text.isascii() and text.isdigit() and len(text) < _DIGITS else 0
    # The platform signs in real time, wherever the business clock was started.
    if abs(SystemClock().now().timestamp() - given) > _TOLERANCE:
        raise NotSigned(reason="time")
