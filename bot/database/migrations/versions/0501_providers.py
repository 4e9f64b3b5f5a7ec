"""Whose hubs and crews they are, and which provider an order is bound to."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0501"
down_revision = "0302"


def upgrade() -> None:
    """Add the columns; what is there belongs to nobody in particular."""
    for table in ("hub", "crew", "orders"):
        op.add_column(table, sa.Column("provider", sa.String(length=64)))
