"""INSERT with ON CONFLICT, which each database has in a dialect of its own."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection


def upsert(connection: AsyncConnection, table: Table) -> Any:
    """Return an INSERT into the table that can say `on_conflict_do_…`."""
    return upsert_on(connection.dialect.name, table)


def upsert_on(dialect: str, table: Table) -> Any:
    """Return such an INSERT for a dialect by name, for those who keep the statement."""
    return (postgresql if dialect == "postgresql" else sqlite).insert(table)
