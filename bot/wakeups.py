"""Hints between processes, so that nobody has to wait for the next look into the database.

What is told may be lost: every hearer looks by itself too, only later.
"""

from __future__ import annotations

import asyncio
import json
from collections import defaultdict
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final
from uuid import uuid4

from redis.asyncio import Redis
from redis.exceptions import RedisError

from bot.errors import SettingsError
from bot.log import get_logger

log = get_logger(__name__)

Hearer = Callable[[Any], None]

_CHANNEL: Final = "yuezhuang-wakeups"
_BACKLOG: Final = 2000
# What was told at once goes in one message.
_TOGETHER: Final = 100
_TIMEOUT_SECONDS: Final = 2.0
_LOOK_SECONDS: Final = 5.0
_FIRST_PAUSE: Final = 0.2
_LONGEST_PAUSE: Final = 5.0


class Wakeups:
    """There is no other process: telling does nothing."""

    def __init__(self) -> None:
        self._hearers: dict[str, list[Hearer]] = defaultdict(list)

    def hear(self, topic: str, hearer: Hearer) -> None:
        """Call `hearer` with what other processes tell of a topic."""
        self._hearers[topic].append(hearer)

    def tell(self, topic: str, body: Any) -> None:
        """Tell all other processes something that JSON can hold. Never waits, never raises."""

    async def start(self) -> None:
        """Begin."""

    async def stop(self) -> None:
        """End."""


class RedisWakeups(Wakeups):
    """Tells by way of Redis. `system` names who belongs together, such as the database.

    While Redis is away what is told is lost. Raises SettingsError for what is no address.
    """

    def __init__(self, url: str, system: str) -> None:
        super().__init__()
        try:
            self._redis: Redis = Redis.from_url(
                url,
                socket_timeout=_TIMEOUT_SECONDS,
                socket_connect_timeout=_TIMEOUT_SECONDS,
                health_check_interval=int(_LOOK_SECONDS),
            )
        except ValueError as error:
            raise SettingsError(f"BOT_REDIS_URL is no address of Redis ({error})") from error
        self._channel = f"{_CHANNEL}:{system}"
        self._name = uuid4().hex
        self._untold: asyncio.Queue[tuple[str, Any]] = asyncio.Queue(_BACKLOG)
        self._tasks: list[asyncio.Task[None]] = []
        self._away = False
        self.hearing = asyncio.Event()

    def tell(self, topic: str, body: Any) -> None:
        """Tell all other processes; what is too much while Redis is slow is lost."""
        with suppress(asyncio.QueueFull):
            self._untold.put_nowait((topic, body))

    async def start(self) -> None:
        """Begin; what others tell is heard once `hearing` is set."""
        self._tasks = [
            asyncio.create_task(self._again(self._tell_all), name="wakeups-tell"),
            asyncio.create_task(self._again(self._hear_all), name="wakeups-hear"),
        ]

    async def stop(self) -> None:
        """End, and close the connections."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        with suppress(RedisError, OSError):
            await self._redis.aclose()

    async def _again(self, work: Callable[[], Any]) -> None:
        pause = _FIRST_PAUSE
        while True:
            began = asyncio.get_running_loop().time()
            try:
                await work()
            except (RedisError, OSError, TimeoutError) as error:
                self._note_away(error)
            except Exception:  # a fault of ours must not end the telling
                log.exception("wakeups_failed")
            if asyncio.get_running_loop().time() - began > _LONGEST_PAUSE:
                pause = _FIRST_PAUSE
            await asyncio.sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE)

    def _note_away(self, error: Exception) -> None:
        if not self._away:
            log.warning("wakeups_lost", error=type(error).__name__)
        self._away = True
        self.hearing.clear()
        # Who types or where there is work is of no use later.
        while not self._untold.empty():
            self._untold.get_nowait()

    def _note_back(self) -> None:
        if self._away:
            log.info("wakeups_back")
        self._away = False
        self.hearing.set()

    async def _tell_all(self) -> None:
        while True:
            some = [await self._untold.get()]
            while len(some) < _TOGETHER and not self._untold.empty():
                some.append(self._untold.get_nowait())
            await self._redis.publish(self._channel, json.dumps([self._name, some]))

    async def _hear_all(self) -> None:
        async with self._redis.pubsub() as heard:
            await heard.subscribe(self._channel)
            while True:
                message = await heard.get_message(timeout=_LOOK_SECONDS)
                if message is not None and message["type"] == "subscribe":
                    self._note_back()
                elif message is not None and message["type"] == "message":
                    self._heard(message["data"])

    def _heard(self, data: bytes) -> None:
        teller, some = json.loads(data)
        if teller == self._name:
            return
        for topic, body in some:
            for hearer in self._hearers[topic]:
                try:
                    hearer(body)
                except Exception:  # such as what a newer version tells
                    log.exception("wakeup_not_understood", topic=topic)


def make(redis_url: str, system: str) -> Wakeups:
    """Return what tells other processes; nobody hears it without Redis."""
    return RedisWakeups(redis_url, system) if redis_url else Wakeups()
