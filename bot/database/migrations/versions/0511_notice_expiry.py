"""Finds the notices that nobody needs any more without looking at all of them."""

from __future__ import annotations

from alembic import op

revision = "0511"
down_revision = "0501"


def upgrade() -> None:
    """Create the index."""
    op.create_index("notice_expires", "notice", ["expires_at"])
