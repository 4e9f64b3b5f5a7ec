"""Schema migrations through Alembic, on a connection that is open already."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.errors import BotError

FOLDER = Path(__file__).resolve().parent / "migrations"
# Any number will do as long as all processes of the system use the same one.
ADVISORY_LOCK = 7_093_115


class DatabaseTooNew(BotError):
    """The database has schema {revision}, which this version does not know; upgrade the code."""

    code = "database_too_new"


async def upgrade(connection: AsyncConnection) -> None:
    """Upgrade to the newest schema in the caller's write transaction.

    A second process that starts at once waits its turn.
    """
    if connection.dialect.name == "postgresql":
        await connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": ADVISORY_LOCK})
    await connection.run_sync(_upgrade)


def _upgrade(connection: Connection) -> None:
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    config.attributes["connection"] = connection
    present = MigrationContext.configure(connection).get_current_revision()
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if present is not None and present not in known:
        raise DatabaseTooNew(revision=present)
    command.upgrade(config, "head")
