"""Our accounts at Tmall, put together: who listens, who takes, who writes back."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence

from aiohttp import ClientSession
from sqlalchemy import update

from bot.database import Database
from bot.database.upsert import upsert
from bot.providers.events import Events
from bot.providers.tables import outlet
from bot.providers.tmall.account import TmallAccount
from bot.providers.tmall.adapter import ACTOR, TmallAdapter
from bot.providers.tmall.calls import Top
from bot.providers.tmall.consumer import Consumer
from bot.providers.tmall.teller import KIND, TmallTeller
from bot.scheduling import Feed


class Tmall:
    """The accounts of one server. `seconds` is the host's clock."""

    def __init__(
        self,
        database: Database,
        feed: Feed,
        events: Events,
        accounts: Sequence[TmallAccount],
        http: ClientSession,
        seconds: Callable[[], float],
    ) -> None:
        self._database = database
        self._seconds = seconds
        self._accounts = accounts
        calls = {account.name: (account, Top(http, account, seconds)) for account in accounts}
        self.teller = TmallTeller(database, calls, seconds)
        self._consumers = []
        for account, top in calls.values():
            ours = feed.named(ACTOR)
            adapter = TmallAdapter(database, ours, events, top, account, seconds)
            self._consumers.append(Consumer(http, account, adapter.handle, seconds))

    async def start(self) -> None:
        """Begin to listen, and to be told of changes."""
        await self.ask_to_be_told()
        for consumer in self._consumers:
            await consumer.start()

    async def stop(self) -> None:
        """End it, and wait until it has."""
        for consumer in self._consumers:
            await consumer.stop()

    async def ask_to_be_told(self) -> None:
        """Let changes of the accounts' orders be written down for them, and for no others."""
        async with self._database.transaction() as tx:
            await tx.execute(update(outlet).where(outlet.c.kind == KIND).values(active=False))
            for account in self._accounts:
                row = {"merchants": [account.merchant], "active": True}
                new = {
                    "id": uuid.uuid5(uuid.NAMESPACE_URL, f"tmall:{account.name}").hex,
                    "kind": KIND,
                    "owner": account.name,
                    "url": account.gateway,
                    "secret": "",
                    "since": self._seconds(),
                }
                statement = upsert(tx, outlet).values(**new, **row)
                known = statement.on_conflict_do_update(index_elements=["id"], set_=row)
                await tx.execute(known)
