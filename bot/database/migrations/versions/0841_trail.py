"""Indexes by which the trail of what was done is read, newest first."""

from __future__ import annotations

from alembic import op

revision = "0841"
down_revision = "0802"


def upgrade() -> None:
    """Create the indexes."""
    op.create_index("desk_audit_at", "desk_audit", ["at"])
    op.create_index("conversation_move_at", "conversation_move", ["at"])
