"""Who somebody on a messenger is: bound by a one-time code, or by whoever runs the server."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Row, delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.channels.staff import Person
from bot.database import Database
from bot.database.upsert import upsert
from bot.errors import CrewNotFound, NotFound
from bot.scheduling.tables import crew
from bot.staff.tables import binding, code

CODE_SECONDS = 15 * 60.0
# Without what is mistaken for something else. Ten of them are 48 bits: too many to guess within
# a code's life, however fast a messenger lets somebody write.
_LETTERS = "23456789ABCDEFGHJKMNPQRSTUVW"
_LENGTH = 10


@dataclass(frozen=True)
class Bound:
    """Who somebody is: the account of one who works at the desk, or a crew."""

    account_id: str | None = None
    crew_id: str | None = None


class Bindings:
    """The bindings of one database. `seconds()` is the host's clock."""

    def __init__(self, database: Database, seconds: Callable[[], float]) -> None:
        self._database = database
        self._seconds = seconds

    async def make_code(self, whom: Bound) -> str:
        """Return a code that binds whoever sends it to `whom`, once, within `CODE_SECONDS`.

        Raises CrewNotFound.
        """
        made = "".join(secrets.choice(_LETTERS) for _ in range(_LENGTH))
        now = self._seconds()
        async with self._database.transaction() as tx:
            await _check_crew(tx, whom)
            await tx.execute(delete(code).where(code.c.until < now))
            await tx.execute(
                code.insert().values(code_hash=_hash(made), until=now + CODE_SECONDS, **vars(whom))
            )
        return made

    async def redeem(self, person: Person, sent: str) -> Bound | None:
        """Bind a person to whom a code is for; None where it is none, used or over."""
        async with self._database.transaction() as tx:
            found = await tx.execute(
                delete(code)
                .where(code.c.code_hash == _hash(sent.upper()), code.c.until > self._seconds())
                .returning(code)
            )
            row = found.one_or_none()
            if row is None:
                return None
            whom = _whom(row)
            await _bind(tx, person, whom)
        return whom

    async def bind(self, person: Person, whom: Bound) -> None:
        """Bind a person; whom they were bound to before they no longer are. Raises CrewNotFound."""
        async with self._database.transaction() as tx:
            await _check_crew(tx, whom)
            await _bind(tx, person, whom)

    async def unbind(self, person: Person) -> None:
        """Forget a person. Raises NotFound."""
        async with self._database.transaction() as tx:
            gone = await tx.execute(delete(binding).where(*_is(person)))
            if not gone.rowcount:
                raise NotFound(f"{person.user} of {person.channel} {person.account} is not bound")

    async def of(self, person: Person) -> Bound | None:
        """Return who a person is, None where they are not bound."""
        async with self._database.reading() as tx:
            row = (await tx.execute(select(binding).where(*_is(person)))).one_or_none()
        return None if row is None else _whom(row)

    async def all(self) -> list[tuple[Person, Bound]]:
        """Return every binding."""
        async with self._database.reading() as tx:
            found = await tx.execute(select(binding).order_by(*binding.primary_key))
            return [(Person(row.channel, row.account, row.user_id), _whom(row)) for row in found]


async def _check_crew(tx: AsyncConnection, whom: Bound) -> None:
    if whom.crew_id is None:
        return
    found = await tx.execute(select(crew.c.crew_id).where(crew.c.crew_id == whom.crew_id))
    if found.first() is None:
        raise CrewNotFound(crew_id=whom.crew_id)


async def _bind(tx: AsyncConnection, person: Person, whom: Bound) -> None:
    key = {"channel": person.channel, "account": person.account, "user_id": person.user}
    await tx.execute(
        upsert(tx, binding)
        .values(**key, **vars(whom))
        .on_conflict_do_update(index_elements=list(key), set_=vars(whom))
    )


def _is(person: Person) -> tuple[ColumnElement[bool], ...]:
    b = binding.c
    return b.channel == person.channel, b.account == person.account, b.user_id == person.user


def _whom(row: Row[Any]) -> Bound:
    return Bound(row.account_id, row.crew_id)


def _hash(sent: str) -> str:
    return hashlib.sha256(sent.encode(errors="surrogateescape")).hexdigest()
