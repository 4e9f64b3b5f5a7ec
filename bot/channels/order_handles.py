"""Signed names of orders: they go out in a link and come back with who tapped it."""

from __future__ import annotations

import hashlib
import hmac
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import quote

from bot.clock import Clock
from bot.errors import MalformedRequest

# What 微信客服 takes as a scene_param, URL-encoded; the least of all channels.
MAX_BYTES = 128
_MAC_BYTES = 16


@dataclass(frozen=True)
class OrderLink:
    """How a consumer gets from an order's page into a chat that knows the order.

    `kind`: `link` is tapped in WeChat, `qr_code` is a picture to be scanned.
    """

    channel: str
    account: str
    kind: str
    url: str


class OrderHandles:
    """Makes and reads handles. They hold for some days, and with one `secret` of any length."""

    def __init__(self, secret: str, clock: Clock) -> None:
        self._key = hashlib.sha256(f"order-handle:{secret}".encode()).digest()
        self._clock = clock

    def make(self, order_no: str, life: timedelta, most: int = MAX_BYTES) -> str:
        """Return a handle that takes at most so many bytes in a URL.

        Raises MalformedRequest where the order number is too long for that.
        """
        until = int((self._clock.now() + life).timestamp())
        signed = f"{order_no}.{until:x}"
        handle = f"{signed}.{self._mac(signed)}"
        if len(quote(handle, safe="")) > most:
            raise MalformedRequest(f"order_no: this channel's links hold {most} bytes")
        return handle

    def read(self, handle: str) -> str | None:
        """Return the order number, or None for what is not signed by us or is over."""
        signed, _, mac = handle.rpartition(".")
        if not hmac.compare_digest(mac.encode(), self._mac(signed).encode()):
            return None
        order_no, _, until = signed.rpartition(".")
        return order_no if int(until, 16) >= self._clock.now().timestamp() else None

    def _mac(self, signed: str) -> str:
        digest = hmac.new(self._key, signed.encode(), hashlib.sha256).digest()
        return urlsafe_b64encode(digest[:_MAC_BYTES]).decode().rstrip("=")
