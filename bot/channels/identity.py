"""Who the shop says is there: a short-lived token that the shop's server signs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import jwt

from bot.clock import SystemClock
from bot.errors import NotFound, Unauthorized
from bot.requests import MAX_NAME

AUDIENCE = "yuezhuang"
_ALGORITHM = "HS256"
_LEEWAY = timedelta(seconds=60)
_LONGEST_LIFE = timedelta(hours=24)
_CLAIMS = ["sub", "aud", "exp"]


class ShopIdentity:
    """Reads the shop's tokens. Several secrets are valid at once, so that one can be renewed."""

    def __init__(self, secrets: Sequence[str]) -> None:
        self._secrets = tuple(secrets)
        # The shop's server signs in real time, wherever the business clock was started.
        self._clock = SystemClock()

    def consumer(self, token: str) -> str:
        """Return the consumer id that a token vouches for.

        Raises NotFound where no shop is set up, Unauthorized where the token is not one of the
        shop's, is over, or would live for more than a day.
        """
        if not self._secrets:
            raise NotFound("identities are not taken here; set BOT_SHOP_SECRETS")
        claims = self._claims(token)
        consumer_id = claims["sub"]
        if not consumer_id.strip() or len(consumer_id) > MAX_NAME or "\x00" in consumer_id:
            raise Unauthorized(f"identity: sub must be a name of 1 to {MAX_NAME} characters")
        if claims["exp"] > (self._clock.now() + _LONGEST_LIFE + _LEEWAY).timestamp():
            raise Unauthorized("identity: exp lies more than 24 hours ahead")
        return str(consumer_id)

    def _claims(self, token: str) -> dict[str, Any]:
        fault: Exception | None = None
        for secret in self._secrets:
            try:
                return dict(
                    jwt.decode(
                        token,
                        secret,
                        [_ALGORITHM],
                        audience=AUDIENCE,
                        leeway=_LEEWAY,
                        options={"require": _CLAIMS},
                    )
                )
            except (jwt.InvalidTokenError, ValueError) as error:
                fault = error
        raise Unauthorized(f"identity: {fault}; sign a new one") from fault
