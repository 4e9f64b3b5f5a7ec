"""Sessions of the chat page: a signed token that says who talks, and nothing is stored."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import jwt

from bot.clock import SystemClock
from bot.errors import Unauthorized

_ALGORITHM = "HS256"
_LIFE = timedelta(days=30)
# A page that the shop vouches for brings a new identity at each load.
_VOUCHED_LIFE = timedelta(hours=24)
_SENDER_BYTES = 12
_KEY_FILE = "session.key"


@dataclass(frozen=True)
class Session:
    """Who talks: a name that we made up, and the consumer that is vouched for, or None."""

    sender: str
    consumer_id: str | None


class Sessions:
    """Makes and reads tokens. `secret` may be of any length."""

    def __init__(self, secret: str) -> None:
        self._key = hashlib.sha256(secret.encode()).digest()
        # Tokens are about real time, wherever the business clock was started.
        self._clock = SystemClock()

    def open(self, consumer_id: str | None) -> tuple[str, Session]:
        """Return a new session's token and the session, with a conversation of its own."""
        session = Session(f"web_{secrets.token_hex(_SENDER_BYTES)}", consumer_id)
        return self._token(session, _LIFE), session

    def open_vouched(self, consumer_id: str) -> tuple[str, Session]:
        """Return a session of a consumer the shop vouches for: on every device the same chat."""
        named = hmac.new(self._key, f"consumer:{consumer_id}".encode(), hashlib.sha256)
        session = Session(f"web_{named.hexdigest()[: 2 * _SENDER_BYTES]}", consumer_id)
        return self._token(session, _VOUCHED_LIFE), session

    def _token(self, session: Session, life: timedelta) -> str:
        claims = {
            "sub": session.sender,
            "consumer_id": session.consumer_id,
            "exp": self._clock.now() + life,
        }
        return jwt.encode(claims, self._key, _ALGORITHM)

    def read(self, token: str) -> Session:
        """Return the token's session. Raises Unauthorized."""
        try:
            claims = jwt.decode(token, self._key, [_ALGORITHM], options={"require": ["sub", "exp"]})
        except (jwt.InvalidTokenError, ValueError) as error:
            raise Unauthorized("the session is unknown or over; open a new one") from error
        return Session(claims["sub"], claims.get("consumer_id"))


def session_secret(given: str, folder: Path) -> str:
    """Return the secret that was set, or one that is kept in `folder`, readable by us only."""
    if given:
        return given
    path = folder / _KEY_FILE
    folder.mkdir(parents=True, exist_ok=True)
    draft = folder / f"{_KEY_FILE}.{secrets.token_hex(4)}"
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(secrets.token_hex(32))
    try:
        # Linking fails where another process was first; then all use that one's.
        path.hardlink_to(draft)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
    return path.read_text(encoding="utf-8")
