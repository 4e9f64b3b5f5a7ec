"""Single facts of orders that others send, and orders that are closed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0813"
down_revision = "0831"


def upgrade() -> None:
    """Create the tables and the column."""
    op.add_column(
        "orders", sa.Column("closed", sa.Boolean(), nullable=False, server_default=sa.false())
    )
    op.create_table(
        "inbound_event",
        sa.Column("source", sa.String(length=255), nullable=False),
        sa.Column("webhook_id", sa.String(length=255), nullable=False),
        sa.Column("type", sa.String(length=32), nullable=False),
        sa.Column("order_no", sa.String(length=64), nullable=False),
        sa.Column("at", sa.Float(), nullable=False),
        sa.Column("received_at", sa.Float(), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("data", sa.JSON()),
        sa.PrimaryKeyConstraint("source", "webhook_id"),
        sa.CheckConstraint(
            "state IN ('applied', 'stale', 'waiting', 'dropped')", name="inbound_event_state"
        ),
    )
    early = sa.text("state = 'waiting'")
    op.create_index(
        "inbound_event_waiting",
        "inbound_event",
        ["order_no", "at"],
        sqlite_where=early,
        postgresql_where=early,
    )
    op.create_table(
        "event_clock",
        sa.Column("order_no", sa.String(length=64), nullable=False),
        sa.Column("subject", sa.String(length=80), nullable=False),
        sa.Column("at", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("order_no", "subject"),
    )
