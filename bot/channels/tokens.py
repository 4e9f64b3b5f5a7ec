"""Access tokens of platforms, shared by all processes: one of them fetches, the others wait."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import Row, and_, select, update

from bot.conversation.delivery_tables import platform_token
from bot.database import Database
from bot.database.upsert import upsert
from bot.errors import RetryLater, TokenExpired

T = TypeVar("T")

# A token is renewed so long before it ends, while the old one still serves.
_MARGIN = 300.0
_FETCH_SECONDS = 20.0
_POLL = 0.1


@dataclass(frozen=True)
class AccessToken:
    """What a platform gave: good for so many `seconds` from now."""

    value: str
    seconds: float


Fetch = Callable[[], Awaitable[AccessToken]]


class Tokens:
    """Keeps one token for each account of a channel. `seconds` is the host's clock."""

    def __init__(self, database: Database, seconds: Callable[[], float]) -> None:
        self._database = database
        self._seconds = seconds

    async def get(self, channel: str, account: str, fetch: Fetch) -> str:
        """Return the account's token, fetched where there is none that lasts.

        Raises what `fetch` raises, and RetryLater where another process fetches for too long.
        """
        patience = self._seconds() + _FETCH_SECONDS
        while True:
            row = await self._read(channel, account)
            left = row.expires_at - self._seconds() if row is not None and row.value else 0.0
            if row is not None and left > _MARGIN:
                return str(row.value)
            if await self._may_refresh(channel, account, row.value if row is not None else None):
                return await self._refresh(channel, account, fetch)
            if row is not None and left > 0:
                return str(row.value)
            if self._seconds() > patience:
                raise RetryLater("no access token came in time")
            await asyncio.sleep(_POLL)

    async def forget(self, channel: str, account: str, value: str) -> None:
        """Let nobody use a token again that the platform refused; a newer one stays."""
        c = platform_token.c
        await self._set(channel, account, c.value == value, value=None)

    async def renewing(self, channel: str, account: str, call: Callable[[], Awaitable[T]]) -> T:
        """Make a call, and once more with a new token where the platform refused the old one.

        `call` raises TokenExpired with the `token` that it used. Raises RetryLater where the
        platform takes no new one either.
        """
        try:
            return await call()
        except TokenExpired as error:
            await self.forget(channel, account, error.facts["token"])
        try:
            return await call()
        except TokenExpired as error:
            raise RetryLater("the platform takes no access token, not a new one either") from error

    async def _refresh(self, channel: str, account: str, fetch: Fetch) -> str:
        try:
            token = await fetch()
        except BaseException:
            await self._set(channel, account, refresh_until=0)
            raise
        ends = self._seconds() + token.seconds
        await self._set(channel, account, value=token.value, expires_at=ends, refresh_until=0)
        return token.value

    async def _read(self, channel: str, account: str) -> Row[Any] | None:
        async with self._database.reading() as tx:
            found = await tx.execute(select(platform_token).where(*_of(channel, account)))
            return found.one_or_none()

    async def _may_refresh(self, channel: str, account: str, known: str | None) -> bool:
        now = self._seconds()
        until = now + _FETCH_SECONDS
        c = platform_token.c
        async with self._database.transaction() as tx:
            won = await tx.execute(
                upsert(tx, platform_token)
                .values(channel=channel, account=account, expires_at=0, refresh_until=until)
                .on_conflict_do_update(
                    index_elements=["channel", "account"],
                    set_={"refresh_until": until},
                    # Another may have fetched one since `known` was read.
                    where=and_(c.refresh_until < now, c.value.is_not_distinct_from(known)),
                )
                .returning(c.account)
            )
            return won.first() is not None

    async def _set(self, channel: str, account: str, *conditions: Any, **values: Any) -> None:
        async with self._database.transaction() as tx:
            await tx.execute(
                update(platform_token).where(*_of(channel, account), *conditions).values(**values)
            )


def _of(channel: str, account: str) -> tuple[Any, Any]:
    return platform_token.c.channel == channel, platform_token.c.account == account
