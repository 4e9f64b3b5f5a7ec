"""What the parts are told of the settings, in their own terms."""

from __future__ import annotations

from datetime import timedelta

from bot.conversation.photos import PhotoRules
from bot.conversation.turns import Limits
from bot.conversation.waiting import Staffing
from bot.settings import Settings

_MEGABYTE = 1024 * 1024
_ENGINE_MARGIN = 5.0


def limits(settings: Settings) -> Limits:
    """Return how long a turn may take."""
    return Limits(
        settings.engine_timeout_seconds + _ENGINE_MARGIN,
        settings.engine_wait_seconds,
        burst=settings.burst_seconds,
    )


def photo_rules(settings: Settings) -> PhotoRules:
    """Return where photos are kept, and how many."""
    largest = settings.photo_max_mb * _MEGABYTE
    lasts = timedelta(days=settings.photo_days)
    return PhotoRules(settings.var_dir / "photos", largest, settings.photo_daily, lasts)


def staffing(settings: Settings) -> Staffing:
    """Return when people answer, and how long is waited for them."""
    return Staffing(settings.staffed_hours, timedelta(minutes=settings.queue_minutes))
