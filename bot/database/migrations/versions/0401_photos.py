"""Photos that consumers send."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from bot.conversation.tables import Instant

revision = "0401"
down_revision = "0002"


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "photo",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("conversation_id", sa.String(length=32), nullable=False),
        sa.Column("media_type", sa.String(length=16), nullable=False),
        sa.Column("bytes", sa.Integer(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversation.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("photo_conversation", "photo", ["conversation_id", "at"])
