"""One account on Taobao's open platform: an application and a merchant's grant."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints

from bot.providers.party import Party
from bot.requests import Body, Name

_Secret = Annotated[str, StringConstraints(min_length=1, max_length=500)]


def _encrypted(url: str) -> str:
    local = ("http://127.0.0.1:", "ws://127.0.0.1:")
    if not url.startswith(("https://", "wss://", *local)):
        raise ValueError("must begin with https:// or wss://")
    return url


_Address = Annotated[str, AfterValidator(_encrypted)]


class TmallAccount(Body):
    """What `tmall` in the file of `BOT_PROVIDERS_FILE` lists."""

    name: Name
    app_key: _Secret
    app_secret: _Secret
    # The grant (access token) of the merchant or the service provider.
    session: _Secret
    # Whose orders they are, as orders name them, and who serves them.
    merchant: Name
    provider: Name | None = None
    group: Name = "default"
    gateway: _Address = "https://eco.taobao.com/router/rest"
    messages: _Address = "wss://mc.api.taobao.com/"
    # The code that Tmall wants for each reason why a visit fails.
    fail_codes: dict[str, Annotated[int, Field(ge=0)]] = Field(
        default_factory=lambda: {
            "unreachable": 1,
            "goods_not_received": 2,
            "not_wanted_now": 3,
            "cancelled": 4,
            "wrong_number": 5,
        }
    )

    @property
    def party(self) -> Party:
        """The account as one who brings something."""
        return Party(f"tmall:{self.name}", frozenset({self.merchant}))
