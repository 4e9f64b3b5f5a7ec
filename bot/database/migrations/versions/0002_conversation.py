"""Conversations, their messages, and the inbox."""

from __future__ import annotations

from alembic import op

from bot.conversation.tables import metadata

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Create the tables."""
    metadata.create_all(op.get_bind())
