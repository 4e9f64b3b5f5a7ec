"""What providers bring and are told, put together: what the server starts and its calls use."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AsyncExitStack

from aiohttp import ClientSession

from bot.database import Database
from bot.providers import config
from bot.providers.delivering import Deliveries, Teller
from bot.providers.events import Events
from bot.providers.tmall import teller
from bot.providers.tmall.service import Tmall
from bot.providers.upload_worker import UploadWorker
from bot.providers.uploads import Uploads
from bot.providers.webhooks import KIND, Webhooks, WebhookTeller
from bot.scheduling import Feed
from bot.scheduling.owners import Owners
from bot.settings import Settings

_MEGABYTE = 1024 * 1024


class Providers:
    """Documents brought over HTTP, and who is told of changes. `seconds` is the host's clock."""

    def __init__(
        self,
        database: Database,
        feed: Feed,
        settings: Settings,
        seconds: Callable[[], float],
    ) -> None:
        self._database = database
        self._seconds = seconds
        self._tries = settings.webhook_tries
        self.uploads = Uploads(database, seconds, settings.import_max_mb * _MEGABYTE)
        self.owners = Owners(database)
        self.webhooks = Webhooks(database, seconds)
        self._feed = feed
        self._config = config.load(settings)
        others = [account.party for account in self._config.tmall]
        self.events = Events(database, feed, self._config.events, seconds, others)
        self._worker = UploadWorker(database, feed, seconds)
        self.uploads.tell(self._worker.wake)
        self._running = AsyncExitStack()

    async def start(self) -> None:
        """Begin the work beside the server."""
        http = await self._running.enter_async_context(ClientSession(trust_env=False))
        tmall = Tmall(
            self._database, self._feed, self.events, self._config.tmall, http, self._seconds
        )
        tellers: dict[str, Teller] = {
            KIND: WebhookTeller(http, self._seconds),
            teller.KIND: tmall.teller,
        }
        deliveries = Deliveries(self._database, self._seconds, tellers, self._tries)
        for work in (self._worker, deliveries, self.events, tmall):
            await work.start()
            self._running.push_async_callback(work.stop)

    async def stop(self) -> None:
        """End it, and wait until it has."""
        await self._running.aclose()
