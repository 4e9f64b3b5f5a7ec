"""What one process does: everything, or one part of it beside others on the same database."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from bot.errors import SettingsError
from bot.settings import Settings


@dataclass(frozen=True)
class Role:
    """`web`: API, channels and pages. `work`: everything that is done in the background.

    `actions`: the custom actions that engines call. `engine`: one engine, as a child.
    """

    about: str
    web: bool = False
    work: bool = False
    actions: bool = False
    engine: bool = False

    @property
    def alone(self) -> bool:
        """Whether the process needs no other."""
        return self.web and self.work

    @property
    def data(self) -> bool:
        """Whether the process itself opens the database."""
        return self.web or self.work or self.actions


ROLES = {
    "all": Role(
        "everything in one process, its engine as a child of it; or engines at BOT_ENGINE_URLS",
        web=True,
        work=True,
        actions=True,
        engine=True,
    ),
    "gateway": Role("API, channels and pages: takes messages in, shows what happens", web=True),
    "worker": Role("answers messages, sends to platforms, tells notices", work=True),
    "engine": Role("one engine on BOT_ENGINE_PORT, started again when it ends", engine=True),
    "actions": Role("the custom actions that engines call, on BOT_ACTION_PORT", actions=True),
}


def check(name: str, settings: Settings) -> None:
    """Raise SettingsError, naming the first setting that a role needs and has not."""
    role = ROLES[name]
    if settings.engine_urls and not settings.engine_token and (role.web or role.work):
        raise SettingsError("BOT_ENGINE_URLS needs BOT_ENGINE_TOKEN, the engines' own")
    if role.alone:
        return
    for missing, detail in _needs(role, settings):
        if missing:
            raise SettingsError(f"the role {name} needs {detail}")


def _needs(role: Role, settings: Settings) -> Iterator[tuple[bool, str]]:
    postgres = settings.database_url.startswith("postgresql")
    yield not postgres, "BOT_DATABASE_URL, a PostgreSQL database that all processes share"
    if role.web:
        secret = "BOT_SESSION_SECRET, the same for every gateway"  # noqa: S105 - its name
        yield not settings.session_secret, secret
        return
    if role.work:
        yield not settings.engines, "BOT_ENGINE_URLS, where the engines listen"
    yield not settings.engine_token, "BOT_ENGINE_TOKEN, the same for workers, engines and actions"
    if role.engine:
        yield not settings.action_url, "BOT_ACTION_URL, where the actions listen"
        yield not settings.engine_port, "BOT_ENGINE_PORT, where the engine is to listen"
    if role.actions:
        yield not settings.action_port, "BOT_ACTION_PORT, where the actions are to listen"
