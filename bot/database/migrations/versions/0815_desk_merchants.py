"""Whose consumers an account of the desk may see."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0815"
down_revision = "0814"


def upgrade() -> None:
    """Add the column; whoever is there goes on to see everybody."""
    op.add_column("desk_account", sa.Column("merchants", sa.JSON()))
