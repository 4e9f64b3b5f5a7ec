"""Orders, crews, the ledger of their minutes, and visits."""

from __future__ import annotations

from alembic import op

from bot.database.migrations import ledger
from bot.scheduling.tables import metadata

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create the tables and the triggers that keep the ledger."""
    connection = op.get_bind()
    metadata.create_all(connection)
    for statement in ledger.STATEMENTS[connection.dialect.name]:
        op.execute(statement)
