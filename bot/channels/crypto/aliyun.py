"""The signature of Aliyun's RPC interfaces, version 1: HMAC-SHA1 over all parameters."""

from __future__ import annotations

import hashlib
import hmac
from base64 import b64encode
from collections.abc import Mapping
from urllib.parse import quote


def sign(method: str, params: Mapping[str, str], secret: str) -> str:
    """Return the `Signature` of a call: `params` are all others of its query or form."""
    query = "&".join(f"{_encode(name)}={_encode(params[name])}" for name in sorted(params))
    text = f"{method}&{_encode('/')}&{_encode(query)}"
    digest = hmac.new(f"{secret}&".encode(), text.encode(), hashlib.sha1).digest()
    return b64encode(digest).decode()


def _encode(text: str) -> str:
    return quote(text, safe="~")
