"""How far each side has read, and what consumers add to their stars."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0831"
down_revision = "0812"


def upgrade() -> None:
    """Add the columns."""
    for name in ("consumer_read_seq", "agent_read_seq"):
        column = sa.Column(name, sa.Integer(), nullable=False, server_default="0")
        op.add_column("conversation", column)
    op.add_column("rating", sa.Column("resolved", sa.Boolean(), nullable=True))
    op.add_column("rating", sa.Column("reason", sa.Text(), nullable=True))
