"""Who works at the desk: accounts, sessions kept in the database, a lock against guessing."""

from __future__ import annotations

import asyncio
import hashlib
import secrets
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError
from sqlalchemy import Row, delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.conversation import elsewhere
from bot.conversation.records import Agent
from bot.conversation.states import State
from bot.conversation.tables import conversation
from bot.database import Database
from bot.database.upsert import upsert
from bot.desk.tables import account, login_failure, session
from bot.errors import AgentFull, AgentNotAvailable, LoginLocked, NotSignedIn, WrongCredentials

_SESSION_SECONDS = 12 * 3600.0
_TRIES = 5
_LOCK_SECONDS = 300.0
GONE_SECONDS = 60.0
_HASHER = PasswordHasher()
# Compared with where a login does not exist, so that this takes as long.
_NOBODY = _HASHER.hash(secrets.token_hex(8))
_PRESENT = ("online", "busy")


@dataclass(frozen=True)
class Account:
    """One who works at the desk. `seen_at`: last sign of life, seconds of the host's clock."""

    id: str
    login: str
    name: str
    alias: str
    role: str
    presence: str
    max_chats: int
    seen_at: float
    chats: int = 0
    # Whose consumers the account may see; None for everybody's.
    merchants: frozenset[str] | None = None

    @property
    def agent(self) -> Agent:
        """The account as the conversation knows it."""
        return Agent(self.id, self.alias)

    @property
    def supervises(self) -> bool:
        """Whether the account may look after others."""
        return self.role == "supervisor"

    @property
    def present(self) -> bool:
        """Whether chats may be given to the account."""
        return self.presence in _PRESENT


class Accounts:
    """The accounts of one database. `seconds()` is the host's clock."""

    def __init__(self, database: Database, seconds: Callable[[], float]) -> None:
        self._database = database
        self._seconds = seconds

    async def create(
        self,
        login: str,
        name: str,
        alias: str,
        role: str,
        password: str,
        max_chats: int = 5,
        merchants: Collection[str] | None = None,
    ) -> str | None:
        """Make an account; return its id. None where the login exists: it stays as it is.

        `merchants` are those whose consumers it may see, None for everybody's.
        """
        row = {"id": uuid4().hex, "login": login, "name": name, "alias": alias, "role": role}
        hashed = await asyncio.to_thread(_HASHER.hash, password)
        rest: dict[str, Any] = {
            "password_hash": hashed,
            "max_chats": max_chats,
            "presence": "away",
            "seen_at": 0.0,
            "merchants": None if merchants is None else sorted(merchants),
        }
        async with self._database.transaction() as tx:
            made = await tx.execute(
                upsert(tx, account)
                .values(**row, **rest)
                .on_conflict_do_nothing(index_elements=["login"])
                .returning(account.c.id)
            )
            return made.scalar_one_or_none()

    async def any(self) -> bool:
        """Whether there is an account."""
        async with self._database.reading() as tx:
            return (await tx.execute(select(account.c.id).limit(1))).first() is not None

    async def sign_in(self, login: str, password: str) -> tuple[str, Account]:
        """Return a new session's token. Raises WrongCredentials, LoginLocked."""
        await self._check_lock(login)
        async with self._database.reading() as tx:
            found = await tx.execute(select(account).where(account.c.login == login))
            row = found.one_or_none()
        stored = row.password_hash if row is not None else _NOBODY
        right = await asyncio.to_thread(_verified, stored, password)
        if row is None or not right:
            await self._count_failure(login)
            raise WrongCredentials
        token = secrets.token_urlsafe(32)
        now = self._seconds()
        async with self._database.transaction() as tx:
            await tx.execute(delete(login_failure).where(login_failure.c.login == login))
            await tx.execute(delete(session).where(session.c.until < now))
            await tx.execute(
                insert(session).values(
                    token_hash=_hash(token), account_id=row.id, until=now + _SESSION_SECONDS
                )
            )
            seen = update(account).where(account.c.id == row.id)
            await tx.execute(seen.values(seen_at=now, presence="online"))
        return token, await self.of_token(token)

    async def sign_out(self, token: str) -> None:
        """End a session."""
        async with self._database.transaction() as tx:
            await tx.execute(delete(session).where(session.c.token_hash == _hash(token)))

    async def of_token(self, token: str) -> Account:
        """Return whose session it is. Raises NotSignedIn."""
        async with self._database.reading() as tx:
            found = await tx.execute(
                select(account, _chats())
                .join(session, session.c.account_id == account.c.id)
                .where(session.c.token_hash == _hash(token), session.c.until > self._seconds())
            )
            row = found.one_or_none()
        if row is None:
            raise NotSignedIn
        return self._read(row)

    async def of_tokens(self, tokens: Collection[str]) -> dict[str, Account]:
        """Return whose sessions they are, without those that are over."""
        hashes = {_hash(token): token for token in tokens}
        async with self._database.reading() as tx:
            found = await tx.execute(
                select(account, session.c.token_hash, _chats())
                .join(session, session.c.account_id == account.c.id)
                .where(session.c.token_hash.in_(hashes), session.c.until > self._seconds())
            )
            return {hashes[row.token_hash]: self._read(row) for row in found}

    async def all(self) -> list[Account]:
        """Return every account, by alias."""
        async with self._database.reading() as tx:
            found = await tx.execute(select(account, _chats()).order_by(account.c.alias))
            return [self._read(row) for row in found]

    async def get(self, account_id: str) -> Account:
        """Return one account. Raises AgentNotAvailable."""
        async with self._database.reading() as tx:
            found = await tx.execute(select(account, _chats()).where(account.c.id == account_id))
            row = found.one_or_none()
        if row is None:
            raise AgentNotAvailable
        return self._read(row)

    async def seen(self, account_id: str, presence: str | None = None) -> None:
        """Note a sign of life, and what the agent chose to be."""
        values: dict[str, Any] = {"seen_at": self._seconds()}
        if presence is not None:
            values["presence"] = presence
        async with self._database.transaction() as tx:
            await tx.execute(update(account).where(account.c.id == account_id).values(**values))

    async def gone(self) -> list[tuple[str, str]]:
        """Return (conversation, agent) of chats whose agent gave no sign of life for too long."""
        present = select(account.c.id).where(account.c.seen_at > self._seconds() - GONE_SECONDS)
        async with self._database.reading() as tx:
            found = await tx.execute(
                select(conversation.c.id, conversation.c.agent).where(
                    conversation.c.state == State.HUMAN,
                    conversation.c.agent.not_in(present),
                    ~conversation.c.agent.startswith(elsewhere.PREFIX),
                )
            )
            return [(row.id, row.agent) for row in found]

    def room(self, account_id: str) -> Callable[[AsyncConnection], Any]:
        """Return a guard that refuses one chat too many, counted under the account's lock."""

        async def guard(tx: AsyncConnection) -> None:
            found = await tx.execute(
                select(account.c.max_chats).where(account.c.id == account_id).with_for_update()
            )
            most = found.scalar_one_or_none()
            has = await tx.execute(
                select(func.count()).where(
                    conversation.c.state == State.HUMAN, conversation.c.agent == account_id
                )
            )
            chats = int(has.scalar_one())
            if most is None or chats >= most:
                raise AgentFull(chats=chats, max_chats=most)

        return guard

    async def _check_lock(self, login: str) -> None:
        async with self._database.reading() as tx:
            found = await tx.execute(
                select(login_failure.c.locked_until).where(login_failure.c.login == login)
            )
            until = found.scalar_one_or_none()
        left = (until or 0.0) - self._seconds()
        if left > 0:
            raise LoginLocked(retry_after=int(left) + 1)

    async def _count_failure(self, login: str) -> None:
        async with self._database.transaction() as tx:
            first = upsert(tx, login_failure).values(login=login, failures=1, locked_until=0.0)
            counted = await tx.execute(
                first.on_conflict_do_update(
                    index_elements=["login"], set_={"failures": login_failure.c.failures + 1}
                ).returning(login_failure.c.failures)
            )
            if int(counted.scalar_one()) >= _TRIES:
                locked = update(login_failure).where(login_failure.c.login == login)
                until = self._seconds() + _LOCK_SECONDS
                await tx.execute(locked.values(failures=0, locked_until=until))

    def _read(self, row: Row[Any]) -> Account:
        silent = row.seen_at <= self._seconds() - GONE_SECONDS
        return Account(
            row.id,
            row.login,
            row.name,
            row.alias,
            row.role,
            "offline" if silent else row.presence,
            row.max_chats,
            row.seen_at,
            row.chats,
            None if row.merchants is None else frozenset(row.merchants),
        )


def _chats() -> Any:
    return (
        select(func.count())
        .where(conversation.c.state == State.HUMAN, conversation.c.agent == account.c.id)
        .scalar_subquery()
        .label("chats")
    )


def _verified(stored: str, password: str) -> bool:
    try:
        return _HASHER.verify(stored, password)
    except (Argon2Error, InvalidHashError):
        return False


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode(errors="surrogateescape")).hexdigest()
