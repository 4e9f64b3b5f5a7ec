"""Tmall's work cards, and which order each is for."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0814"
down_revision = "0832"


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "tmall_card",
        sa.Column("workcard_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("account", sa.String(length=255), nullable=False),
        sa.Column("order_no", sa.String(length=64), nullable=False),
        sa.Column("since", sa.Float(), nullable=False),
        sa.Column("over", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("workcard_id"),
    )
    op.create_index("ix_tmall_card_order_no", "tmall_card", ["order_no"])
