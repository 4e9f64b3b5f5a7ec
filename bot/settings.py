"""Typed settings. The only module that reads the environment; docs/settings.md lists each one.

Runs in both environments, so in Python 3.10 and without pydantic.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, fields
from datetime import datetime, time
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import yaml
from environs import Env, EnvError

from bot.clock import SystemClock
from bot.errors import SettingsError

ROOT = Path(__file__).resolve().parent.parent

_SHORTEST_KEY = 32
_REFERENCE = "env:"
_ORIGIN = re.compile(r"https?://[^/\s]+")


@dataclass(frozen=True)
class BookingRules:
    """What an operator may tune about booking. Minutes unless said otherwise."""

    horizon_days: int = 14
    windows: tuple[tuple[time, time], ...] = (
        (time(9), time(12)),
        (time(12), time(15)),
        (time(15), time(18)),
        (time(18), time(21)),
    )
    cutoff_today_minutes: int = 120
    cutoff_tomorrow: time = time(18)
    travel_minutes: int = 15
    stairs_from_floor: int = 4
    stairs_minutes: int = 15
    old_appliance_minutes: int = 20
    hold_minutes: int = 10
    stress_factor: float = 0.8
    max_changes: int = 3
    absent_minutes: int = 60
    identity_tries: int = 3
    # When the reminder of tomorrow's visit goes out: early enough to move it still.
    reminder_at: time = time(15)
    quiet_hours: tuple[tuple[time, time], ...] = ((time(21), time(8)),)
    late_minutes: int = 30
    # How long a window that opened is the turn of one who waits before the next is told.
    waitlist_minutes: int = 60
    # How long a notice is kept once it is of no use any more.
    notice_days: int = 90


@dataclass(frozen=True)
class RateLimits:
    """How often something may be done, as `limits` writes it; several are joined by `;`.

    Empty: as often as one likes.
    """

    # By address; none for this machine's own.
    limit_address: str = "600/minute"
    limit_sessions: str = "20/minute;120/hour"
    limit_sockets: str = "60/minute"
    limit_login: str = "10/minute;60/hour"
    # By sender.
    limit_sender: str = "20/10 seconds;60/minute"
    limit_rest_sender: str = ""
    limit_photos: str = "10/minute"
    limit_notice: str = "1/minute"
    # By order.
    limit_identity: str = "10/hour"
    # By token.
    limit_calls: str = "6000/minute"
    limit_imports: str = "600/minute"


@dataclass(frozen=True)
class Settings:
    """All settings, each from the environment variable `BOT_<NAME>`."""

    host: str = "127.0.0.1"
    port: int = 8080
    database_url: str = ""
    timezone: str = "Asia/Shanghai"
    clock: str = ""
    api_token: str = ""
    api_tokens_file: str = ""
    channels_file: str = ""
    session_secret: str = ""
    shop_secrets: str = ""
    widget_sites: str = ""
    trusted_proxies: str = ""
    redis_url: str = ""
    import_max_mb: int = 512
    webhook_tries: int = 9
    providers_file: str = ""
    photo_max_mb: int = 5
    photo_daily: int = 20
    photo_days: int = 180
    demo: bool = False
    var_dir: Path = ROOT / "var"
    models_dir: Path = ROOT / "models"
    engine_python: Path = ROOT / ".venv-rasa" / "bin" / "python"
    engine_urls: str = ""
    engine_host: str = "127.0.0.1"
    engine_port: int = 0
    engine_token: str = ""
    turn_timeout_seconds: float = 25.0
    engine_timeout_seconds: float = 90.0
    engine_wait_seconds: float = 60.0
    engine_start_seconds: float = 180.0
    action_url: str = ""
    action_host: str = "127.0.0.1"
    action_port: int = 0
    burst_seconds: float = 0.8
    service_hours: str = "08:00-22:00"
    queue_minutes: int = 30
    log_level: str = "INFO"
    log_json: bool = False
    booking: BookingRules = field(default_factory=BookingRules)
    limits: RateLimits = field(default_factory=RateLimits)

    @property
    def zone(self) -> ZoneInfo:
        """The business time zone."""
        return ZoneInfo(self.timezone)

    @property
    def shop_keys(self) -> tuple[str, ...]:
        """The secrets with which the shop signs identities."""
        return _listed(self.shop_secrets)

    @property
    def sites(self) -> frozenset[str]:
        """The origins of the sites that embed the chat."""
        return frozenset(_listed(self.widget_sites))

    @property
    def proxies(self) -> tuple[IPv4Network | IPv6Network, ...]:
        """The networks whose word about who calls through them is taken."""
        return tuple(ip_network(part) for part in _listed(self.trusted_proxies))

    @property
    def engines(self) -> tuple[str, ...]:
        """Where engines listen that other processes started; none: this one starts its own."""
        return tuple(url.rstrip("/") for url in _listed(self.engine_urls))

    @property
    def staffed_hours(self) -> tuple[time, time] | None:
        """When people answer, every day; None for always."""
        return _windows(self.service_hours)[0] if self.service_hours else None

    def make_clock(self) -> SystemClock:
        """Return the system's clock, started at `clock` where that is set."""
        start = datetime.fromisoformat(self.clock) if self.clock else None
        return SystemClock(start, self.zone)


def load() -> Settings:
    """Read the environment.

    Raises SettingsError, naming the variable, where a value cannot be used.
    """
    env = Env(prefix="BOT_")
    try:
        rules = BookingRules(
            windows=_windows(env.str("WINDOWS", "09:00-12:00,12:00-15:00,15:00-18:00,18:00-21:00")),
            cutoff_tomorrow=_time(env.str("CUTOFF_TOMORROW", "18:00")),
            reminder_at=_time(env.str("REMINDER_AT", "15:00")),
            quiet_hours=_hours(env.str("QUIET_HOURS", "21:00-08:00")),
            **{
                f.name: _read(env, f.name.upper(), f.default)
                for f in fields(BookingRules)
                if isinstance(f.default, (int, float))
            },
        )
        values: dict[str, Any] = {
            f.name: _read(env, f.name.upper(), f.default)
            for f in fields(Settings)
            if f.name not in {"booking", "limits"}
        }
        limits = RateLimits(
            **{f.name: _read(env, f.name.upper(), f.default) for f in fields(RateLimits)}
        )
    except (EnvError, ValueError) as error:
        raise SettingsError(f"{error}; see docs/settings.md") from error
    settings = Settings(booking=rules, limits=limits, **values)
    _check(settings)
    return settings


def document(path: str, variable: str) -> Any:
    """Return a YAML file that a setting names, each text `env:NAME` replaced by that variable.

    So secrets stay out of the file. Raises SettingsError, naming what is missing.
    """
    try:
        found = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        fault = type(error).__name__ if isinstance(error, yaml.YAMLError) else error
        raise SettingsError(f"{variable}={path!r} cannot be read: {fault}") from None
    return _revealed(found, variable)


def _revealed(value: Any, variable: str) -> Any:
    if isinstance(value, dict):
        return {key: _revealed(one, variable) for key, one in value.items()}
    if isinstance(value, list):
        return [_revealed(one, variable) for one in value]
    if not (isinstance(value, str) and value.startswith(_REFERENCE)):
        return value
    name = value.removeprefix(_REFERENCE)
    secret = Env().str(name, "")
    if not secret:
        raise SettingsError(f"{variable} asks for the environment variable {name}, which is unset")
    return secret


def _read(env: Env, name: str, default: Any) -> Any:
    if isinstance(default, bool):
        return env.bool(name, default)
    if isinstance(default, int):
        return env.int(name, default)
    if isinstance(default, float):
        return env.float(name, default)
    return env.path(name, default) if isinstance(default, Path) else env.str(name, default)


def _check(settings: Settings) -> None:
    try:
        _ = settings.zone
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise SettingsError(
            f"BOT_TIMEZONE={settings.timezone!r} is no time zone; write e.g. Asia/Shanghai"
        ) from error
    if settings.photo_days < 1:
        raise SettingsError("BOT_PHOTO_DAYS: photos are kept for one day at least")
    if any(len(key) < _SHORTEST_KEY for key in settings.shop_keys):
        raise SettingsError(f"BOT_SHOP_SECRETS: a secret needs {_SHORTEST_KEY} characters or more")
    for site in settings.sites:
        if not _ORIGIN.fullmatch(site):
            raise SettingsError(
                f"BOT_WIDGET_SITES: {site!r} is no origin; write e.g. https://www.shop.example"
            )
    _check_proxies(settings)
    try:
        _ = settings.staffed_hours
    except ValueError as error:
        raise SettingsError(
            f"BOT_SERVICE_HOURS={settings.service_hours!r}; write e.g. 08:00-22:00, "
            "or nothing for always"
        ) from error
    if settings.clock:
        try:
            aware = datetime.fromisoformat(settings.clock).tzinfo is not None
        except ValueError:
            aware = False
        if not aware:
            raise SettingsError(
                f"BOT_CLOCK={settings.clock!r}; write e.g. 2026-11-20T10:00:00+08:00"
            )


def _check_proxies(settings: Settings) -> None:
    try:
        _ = settings.proxies
    except ValueError as error:
        raise SettingsError(f"BOT_TRUSTED_PROXIES: {error}; write e.g. 10.0.0.0/8") from error


def _listed(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _time(text: str) -> time:
    return time.fromisoformat(text.strip())


def _hours(text: str) -> tuple[tuple[time, time], ...]:
    pairs = [part.split("-") for part in text.split(",") if part.strip()]
    return tuple((_time(start), _time(end)) for start, end in pairs)


def _windows(text: str) -> tuple[tuple[time, time], ...]:
    windows = _hours(text)
    if any(start >= end for start, end in windows):
        raise ValueError(f"BOT_WINDOWS={text!r}: a window ends before it starts")
    return windows
