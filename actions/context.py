"""The services that actions call: the only way from a dialogue to the data."""

from __future__ import annotations

from dataclasses import dataclass

from bot import catalogue as catalogue_file
from bot import settings as settings_file
from bot.catalogue import Catalogue
from bot.clock import Clock
from bot.database import Database
from bot.scheduling import Scheduling


@dataclass(frozen=True)
class Services:
    """What an action may use."""

    scheduling: Scheduling
    clock: Clock
    catalogue: Catalogue


class _Registry:
    services: Services | None = None


def configure(scheduling: Scheduling, clock: Clock) -> None:
    """Let the actions of this process use `scheduling` and `clock`."""
    _Registry.services = Services(scheduling, clock, catalogue_file.load())


def services() -> Services:
    """Return what was configured.

    A process that configured nothing, such as the SDK's own action server, gets services
    built from the environment's settings.
    """
    if _Registry.services is None:
        settings = settings_file.load()
        clock = settings.make_clock()
        database = Database.from_settings(settings)
        configure(Scheduling(database, clock, catalogue_file.load(), settings.booking), clock)
    if _Registry.services is None:
        raise RuntimeError("the services of the actions could not be configured")
    return _Registry.services
