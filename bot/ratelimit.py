"""How often something may be done: counted in Redis for all processes, or in this one.

A limit that cannot be counted in Redis is counted here meanwhile: an outage of Redis never
opens the door, nor closes it.
"""

from __future__ import annotations

import hashlib
import math
import time
from collections.abc import Mapping
from dataclasses import fields
from typing import Final

from limits import RateLimitItem, parse_many
from limits.aio.storage import MemoryStorage, RedisStorage
from limits.aio.strategies import SlidingWindowCounterRateLimiter
from limits.errors import StorageError
from redis.asyncio import ConnectionPool

from bot.errors import SettingsError, TooManyRequests
from bot.log import get_logger
from bot.settings import RateLimits

log = get_logger(__name__)

_PREFIX: Final = "yuezhuang-limit"
# While Redis is away each call would wait for it; it is asked again after this many seconds.
_AGAIN_SECONDS: Final = 5.0
# A Redis that does not answer at once is as good as gone.
_TIMEOUT_SECONDS: Final = 0.5


class Frames:
    """How many frames one socket may send: `most` in `seconds` of the loop's clock."""

    def __init__(self, most: int = 50, seconds: float = 10.0) -> None:
        self._most = most
        self._seconds = seconds
        self._since = 0.0
        self._count = 0

    def take(self) -> bool:
        """Count one; False where it is one too many."""
        now = time.monotonic()
        if now - self._since >= self._seconds:
            self._since, self._count = now, 0
        self._count += 1
        return self._count <= self._most


class RateLimiter:
    """Counts by the rules of the settings. `redis_url` empty: in this process only."""

    def __init__(self, limits: RateLimits, redis_url: str = "") -> None:
        self._rules = _parsed(limits)
        self._here = SlidingWindowCounterRateLimiter(MemoryStorage())
        self._pool = _pool(redis_url) if redis_url else None
        self._shared = _shared(redis_url, self._pool) if self._pool else None
        self._away_until = 0.0

    async def hit(self, rule: str, *who: str) -> float:
        """Count one for `who` under a rule; return 0, or for how many seconds it is too much.

        `rule` is the name of a field of RateLimits. What is too much is not counted.
        """
        for item in self._rules[rule]:
            wait = await self._count(item, rule, who)
            if wait:
                return wait
        return 0.0

    async def test(self, rule: str, *who: str) -> float:
        """Return what `hit` would, without counting."""
        for item in self._rules[rule]:
            wait = await self._count(item, rule, who, cost=0)
            if wait:
                return wait
        return 0.0

    async def check(self, rule: str, *who: str) -> None:
        """Count one as `hit` does. Raises TooManyRequests."""
        wait = await self.hit(rule, *who)
        if wait:
            raise TooManyRequests(retry_after=int(wait))

    async def close(self) -> None:
        """Close the connections to Redis."""
        if self._pool is not None:
            await self._pool.aclose()

    async def _count(
        self, item: RateLimitItem, rule: str, who: tuple[str, ...], cost: int = 1
    ) -> float:
        # Names are hashed: they may be long, and the store must not hold whom they name.
        key = (rule, hashlib.sha256("\x00".join(who).encode(errors="replace")).hexdigest()[:32])
        if self._shared is not None and time.monotonic() >= self._away_until:
            try:
                wait = await _ask(self._shared, item, key, cost)
            except StorageError as error:
                if not self._away_until:
                    log.warning("rate_limits_in_process", error=type(error).__name__)
                self._away_until = time.monotonic() + _AGAIN_SECONDS
            else:
                if self._away_until:
                    log.info("rate_limits_shared_again")
                    self._away_until = 0.0
                return wait
        return await _ask(self._here, item, key, cost)


async def _ask(
    by: SlidingWindowCounterRateLimiter, item: RateLimitItem, key: tuple[str, str], cost: int
) -> float:
    allowed = await by.hit(item, *key) if cost else await by.test(item, *key)
    if allowed:
        return 0.0
    # A sliding window frees one place after at least its length by the number of places.
    stats = await by.get_window_stats(item, *key)
    spaced = item.get_expiry() / item.amount
    return math.ceil(min(max(stats.reset_time - _now(), spaced, 1.0), item.get_expiry()))


def _now() -> float:
    # The library counts by this clock.
    return time.time()  # noqa: TID251


def _pool(url: str) -> ConnectionPool:
    try:
        return ConnectionPool.from_url(
            url, socket_timeout=_TIMEOUT_SECONDS, socket_connect_timeout=_TIMEOUT_SECONDS
        )
    except ValueError as error:
        raise SettingsError(
            f"BOT_REDIS_URL is no address of Redis ({error}); write e.g. redis://127.0.0.1:6379/0"
        ) from error


def _shared(url: str, pool: ConnectionPool) -> SlidingWindowCounterRateLimiter:
    storage = RedisStorage(
        f"async+{url}",
        wrap_exceptions=True,
        implementation="redispy",
        key_prefix=_PREFIX,
        connection_pool=pool,  # type: ignore[arg-type] # what the client behind it takes
    )
    return SlidingWindowCounterRateLimiter(storage)


def _parsed(limits: RateLimits) -> Mapping[str, list[RateLimitItem]]:
    return {field.name: _rule(field.name, getattr(limits, field.name)) for field in fields(limits)}


def _rule(name: str, text: str) -> list[RateLimitItem]:
    if not text.strip():
        return []
    try:
        return parse_many(text)
    except ValueError as error:
        raise SettingsError(
            f"BOT_{name.upper()}={text!r} is no limit; write e.g. 60/minute or "
            "10/5 seconds;60/minute, or nothing for none"
        ) from error
