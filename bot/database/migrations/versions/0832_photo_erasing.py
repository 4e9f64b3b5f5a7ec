"""When a photo was erased."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from bot.conversation.tables import Instant

revision = "0832"
down_revision = "0751"

_KEPT = sa.text("erased_at IS NULL")


def upgrade() -> None:
    """Add the column, and the index by which those are found that are to be erased."""
    op.add_column("photo", sa.Column("erased_at", Instant(), nullable=True))
    op.create_index("photo_kept", "photo", ["at"], sqlite_where=_KEPT, postgresql_where=_KEPT)
