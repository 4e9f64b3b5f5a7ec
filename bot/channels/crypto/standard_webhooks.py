"""Standard Webhooks: `webhook-id`, `webhook-timestamp` and `webhook-signature` over all three."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence

from bot.errors import NotSigned, SettingsError

TOLERANCE_SECONDS = 300
_PREFIX = "whsec_"
_VERSION = "v1"
_SHORTEST, _USUAL = 24, 32


def new_secret() -> str:
    """Return a secret that nobody has seen, in the standard's form."""
    return _PREFIX + b64encode(secrets.token_bytes(_USUAL)).decode()


def check_secret(secret: str) -> None:
    """Raise SettingsError where a secret is not `whsec_` and base64 of 24 bytes or more."""
    if len(_key(secret)) < _SHORTEST:
        raise SettingsError(f"a secret needs {_SHORTEST} bytes or more, as base64 after {_PREFIX}")


def headers(signing: Sequence[str], webhook_id: str, seconds: float, body: bytes) -> dict[str, str]:
    """Return the headers of a webhook that is sent at `seconds` since the epoch.

    While a secret is being renewed both sign, and the receiver may know either.
    """
    stamp = str(int(seconds))
    return {
        "webhook-id": webhook_id,
        "webhook-timestamp": stamp,
        "webhook-signature": " ".join(_sign(secret, webhook_id, stamp, body) for secret in signing),
    }


def verify(sent: Mapping[str, str], body: bytes, accepted: Sequence[str], seconds: float) -> str:
    """Return the id of a webhook that one of the `accepted` secrets has signed of late.

    Several are accepted while one is being renewed. Raises NotSigned.
    """
    webhook_id, stamp = sent.get("webhook-id", ""), sent.get("webhook-timestamp", "")
    if not webhook_id or not (stamp.isascii() and stamp.isdigit() and len(stamp) < _SHORTEST):
        raise NotSigned("the headers webhook-id and webhook-timestamp are needed")
    if abs(seconds - int(stamp)) > TOLERANCE_SECONDS:
        raise NotSigned(f"webhook-timestamp is more than {TOLERANCE_SECONDS} seconds off")
    given = [s.encode(errors="surrogateescape") for s in sent.get("webhook-signature", "").split()]
    right = [_sign(secret, webhook_id, stamp, body).encode() for secret in accepted]
    # Every pair is compared, so that the time it takes tells nothing.
    matches = [hmac.compare_digest(one, other) for one in given for other in right]
    if not any(matches):
        raise NotSigned("webhook-signature fits none of the secrets")
    return webhook_id


def _sign(secret: str, webhook_id: str, stamp: str, body: bytes) -> str:
    signed = f"{webhook_id}.{stamp}.".encode(errors="surrogateescape") + body
    digest = hmac.new(_key(secret), signed, hashlib.sha256).digest()
    return f"{_VERSION},{b64encode(digest).decode()}"


def _key(secret: str) -> bytes:
    try:
        return b64decode(secret.removeprefix(_PREFIX), validate=True)
    except ValueError:
        raise SettingsError("the secret of a webhook is not base64") from None
