"""How DingTalk signs what a robot is told over HTTP.

The signature covers time and secret, not the body: who has seen one request can forge another
for an hour. Therefore bodies are taken encrypted (`bot/channels/crypto/wechat.py`), or on the
word of whoever runs the robot.
"""

from __future__ import annotations

import hashlib
import hmac
from base64 import b64encode

from bot.errors import NotSigned


def sign(secret: str, timestamp: str) -> str:
    """Return the header `sign` of a request at `timestamp` (milliseconds): base64."""
    told = f"{timestamp}\n{secret}".encode(errors="replace")
    return b64encode(hmac.digest(secret.encode(), told, hashlib.sha256)).decode()


def verify(signature: str, secret: str, timestamp: str) -> None:
    """Raise NotSigned unless `signature` is that of the time."""
    expected = sign(secret, timestamp).encode()
    if not hmac.compare_digest(signature.encode(errors="replace"), expected):
        raise NotSigned(reason="signature")
