"""Finds consumers by their telephones without looking at all of them."""

from __future__ import annotations

from alembic import op

revision = "0751"
down_revision = "0813"


def upgrade() -> None:
    """Create the index."""
    op.create_index("consumer_phone", "consumer", ["phone"])
