"""What providers bring and are told, put together: what the server starts and its calls use."""

from __future__ import annotations

from collections.abc import Callable

from bot.database import Database
from bot.providers.upload_worker import UploadWorker
from bot.providers.uploads import Uploads
from bot.scheduling import Scheduling
from bot.settings import Settings

_MEGABYTE = 1024 * 1024


class Providers:
    """Documents that are brought over HTTP. `seconds` is the host's clock."""

    def __init__(
        self,
        database: Database,
        scheduling: Scheduling,
        settings: Settings,
        seconds: Callable[[], float],
    ) -> None:
        self.uploads = Uploads(database, seconds, settings.import_max_mb * _MEGABYTE)
        self._worker = UploadWorker(database, scheduling, seconds)
        self.uploads.tell(self._worker.wake)

    async def start(self) -> None:
        """Begin the work beside the server."""
        await self._worker.start()

    async def stop(self) -> None:
        """End it, and wait until it has."""
        await self._worker.stop()
