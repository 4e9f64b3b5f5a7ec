"""The file of `BOT_PROVIDERS_FILE`: who sends events, and our accounts at Tmall."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field, ValidationError

from bot.channels.crypto.standard_webhooks import check_secret
from bot.errors import SettingsError
from bot.providers.party import Party
from bot.providers.tmall.account import TmallAccount
from bot.requests import Body, Name
from bot.settings import Settings, document

VARIABLE = "BOT_PROVIDERS_FILE"


def _secret(value: str) -> str:
    try:
        check_secret(value)
    except SettingsError as error:
        raise ValueError(error.detail) from None
    return value


class Source(Body):
    """One who sends events; of two secrets either is taken, so that one can be renewed."""

    name: Name
    secrets: Annotated[
        list[Annotated[str, AfterValidator(_secret)]], Field(min_length=1, max_length=2)
    ]
    merchants: list[Name] | None = None

    @property
    def party(self) -> Party:
        """The source as one who brings something."""
        return Party(self.name, None if self.merchants is None else frozenset(self.merchants))


class Config(Body):
    """The whole file."""

    events: list[Source] = Field(default_factory=list)
    tmall: list[TmallAccount] = Field(default_factory=list)


def load(settings: Settings) -> Config:
    """Read the file; without one nobody sends. Raises SettingsError, naming each fault."""
    if not settings.providers_file:
        return Config()
    try:
        return Config.model_validate(document(settings.providers_file, VARIABLE) or {})
    except ValidationError as error:
        # Never the values: one of them may be a secret.
        faults = "; ".join(
            f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}"
            for fault in error.errors(include_input=False, include_url=False)
        )
        raise SettingsError(f"{VARIABLE}: {faults}") from None
