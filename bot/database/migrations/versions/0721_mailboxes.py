"""Mailboxes that platforms keep for us."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0721"
down_revision = "0811"


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "mailbox",
        sa.Column("channel", sa.String(length=32), nullable=False),
        sa.Column("account", sa.String(length=64), nullable=False),
        sa.Column("box", sa.String(length=64), nullable=False),
        sa.Column("since", sa.Float(), nullable=False),
        sa.Column("cursor", sa.Text(), nullable=True),
        sa.Column("rings", sa.Integer(), nullable=False),
        sa.Column("read_rings", sa.Integer(), nullable=False),
        sa.Column("token", sa.Text(), nullable=True),
        sa.Column("token_until", sa.Float(), nullable=False),
        sa.Column("reader", sa.Text(), nullable=True),
        sa.Column("lease_until", sa.Float(), nullable=False),
        sa.Column("due_at", sa.Float(), nullable=False),
        sa.Column("rests_until", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("channel", "account", "box"),
    )
