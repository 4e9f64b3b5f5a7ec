"""Tokens of those who call the API: each with its scopes, and the merchants that it is for."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Annotated

from pydantic import Field, StringConstraints, TypeAdapter, ValidationError

from bot.errors import SettingsError
from bot.requests import Body, Name
from bot.settings import Settings, document

VARIABLE = "BOT_API_TOKENS_FILE"
_SHORTEST = 32
# What stands under /api/v1 is read or written under its own name, but for these.
_NAMES = {"imports": "import"}
_ELSEWHERE = {
    "/webhooks/rest/webhook": "webhook",
    "/model/parse": "parse",
    "/metrics": "metrics",
}
_API = "/api/v1/"
_READING = {"GET", "HEAD"}
# Reading that is asked for by POST.
_PURE = {"parse"}


@dataclass(frozen=True)
class Caller:
    """Who calls. `scopes` None: all of them. `merchants` None: of every merchant."""

    name: str
    scopes: frozenset[str] | None = None
    merchants: frozenset[str] | None = None

    def may(self, scope: str | None) -> bool:
        """Whether the caller may make a call of this scope; a call without one is anybody's."""
        return scope is None or self.scopes is None or scope in self.scopes


@dataclass(frozen=True)
class ApiTokens:
    """The tokens that are valid, as SHA-256 of what callers send."""

    callers: Sequence[tuple[bytes, Caller]] = field(default_factory=tuple)

    def __bool__(self) -> bool:
        """Whether any token is asked for."""
        return bool(self.callers)

    def caller(self, token: str) -> Caller | None:
        """Return who holds a token; every one is compared, so that time tells nothing."""
        sent = hashlib.sha256(token.encode(errors="surrogateescape")).digest()
        found = None
        for expected, caller in self.callers:
            if hmac.compare_digest(sent, expected):
                found = caller
        return found

    def check_scopes(self, known: Iterable[str | None]) -> None:
        """Raise SettingsError where a token has a scope that no call asks for."""
        scopes = {scope for scope in known if scope is not None}
        for _, caller in self.callers:
            strange = sorted((caller.scopes or frozenset()) - scopes)
            if strange:
                raise SettingsError(
                    f"{VARIABLE}: {caller.name} has the unknown scopes {', '.join(strange)}; "
                    f"there are {', '.join(sorted(scopes))}"
                )


class _Entry(Body):
    name: Name
    token: Annotated[str, StringConstraints(min_length=_SHORTEST)]
    scopes: Annotated[list[str], Field(min_length=1)]
    merchants: list[Name] | None = None


_ENTRIES = TypeAdapter(list[_Entry])


def load(settings: Settings) -> ApiTokens:
    """Return the tokens of the settings. Raises SettingsError, naming each fault."""
    callers = [_named(entry) for entry in _entries(settings)]
    if settings.api_token:
        callers.append((_hash(settings.api_token), Caller("BOT_API_TOKEN")))
    return ApiTokens(tuple(callers))


def scope_of(method: str, path: str) -> str | None:
    """Return the scope that a call needs, by the path of its route; None where none is."""
    if path.startswith(_API):
        name = path.removeprefix(_API).split("/", 1)[0]
        name = _NAMES.get(name, name)
    elif path in _ELSEWHERE:
        name = _ELSEWHERE[path]
    else:
        return None
    reads = method in _READING or name in _PURE
    return f"{name}:{'read' if reads else 'write'}"


def _entries(settings: Settings) -> list[_Entry]:
    if not settings.api_tokens_file:
        return []
    try:
        return _ENTRIES.validate_python(document(settings.api_tokens_file, VARIABLE))
    except ValidationError as error:
        # Never the values: one of them may be a token.
        faults = "; ".join(
            f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}"
            for fault in error.errors(include_input=False, include_url=False)
        )
        raise SettingsError(f"{VARIABLE}: {faults}") from None


def _named(entry: _Entry) -> tuple[bytes, Caller]:
    merchants = None if entry.merchants is None else frozenset(entry.merchants)
    return _hash(entry.token), Caller(entry.name, frozenset(entry.scopes), merchants)


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
