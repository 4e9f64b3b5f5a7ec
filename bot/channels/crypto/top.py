"""Signatures of Taobao's open platform: of a call (TOP) and of a message connection (TMC)."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from typing import Literal

Method = Literal["md5", "hmac"]


def sign(params: Mapping[str, str], secret: str, method: Method = "hmac") -> str:
    """Return the `sign` of a call: `params` are all others, files left out."""
    text = "".join(f"{name}{params[name]}" for name in sorted(params))
    if method == "hmac":
        return hmac.new(secret.encode(), text.encode(), hashlib.md5).hexdigest().upper()
    return _md5(f"{secret}{text}{secret}")


def sign_connection(app_key: str, secret: str, group: str, timestamp: str) -> str:
    """Return the `sign` of the frame that opens a message connection."""
    text = f"app_key{app_key}group_name{group}timestamp{timestamp}"
    return _md5(f"{secret}{text}{secret}")


def _md5(text: str) -> str:
    # The platform's own choice; what travels is protected by TLS.
    return hashlib.md5(text.encode()).hexdigest().upper()  # noqa: S324
