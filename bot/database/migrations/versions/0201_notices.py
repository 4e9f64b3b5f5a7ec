"""Notices to consumers, failed visits, and what consumers say of a visit."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0201"
down_revision = "0401"


def upgrade() -> None:
    """Create the tables."""
    _notice()
    op.create_table(
        "visit_failure",
        sa.Column("visit_id", sa.String(length=64), nullable=False),
        sa.Column("reason", sa.String(length=32), nullable=False),
        sa.Column("next_contact_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["visit_id"], ["visit.visit_id"]),
        sa.PrimaryKeyConstraint("visit_id"),
    )
    op.create_index(op.f("ix_visit_failure_next_contact_at"), "visit_failure", ["next_contact_at"])
    op.create_table(
        "visit_assent",
        sa.Column("visit_id", sa.String(length=64), nullable=False),
        sa.Column("window_start", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["visit_id"], ["visit.visit_id"]),
        sa.PrimaryKeyConstraint("visit_id"),
    )
    op.create_table(
        "visit_rating",
        sa.Column("visit_id", sa.String(length=64), nullable=False),
        sa.Column("score", sa.Integer(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("score >= 1 AND score <= 5", name="rating_score"),
        sa.ForeignKeyConstraint(["visit_id"], ["visit.visit_id"]),
        sa.PrimaryKeyConstraint("visit_id"),
    )


def _notice() -> None:
    op.create_table(
        "notice",
        sa.Column("notice_id", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("order_no", sa.String(length=64), nullable=False),
        sa.Column("visit_id", sa.String(length=64), nullable=True),
        sa.Column("consumer_id", sa.String(length=255), nullable=False),
        sa.Column("payload", sa.JSON(), nullable=False),
        sa.Column("dedupe_key", sa.String(length=512), nullable=False),
        sa.Column("command_id", sa.String(length=128), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("reachable", sa.Boolean(), nullable=False),
        sa.Column("outcome", sa.String(length=8), nullable=True),
        sa.Column("sent_at", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "outcome IN ('sent', 'spoken', 'stale', 'expired')", name="notice_outcome"
        ),
        sa.CheckConstraint("(outcome = 'sent') = (sent_at IS NOT NULL)", name="notice_sent"),
        sa.ForeignKeyConstraint(["order_no"], ["orders.order_no"]),
        sa.PrimaryKeyConstraint("notice_id"),
        sa.UniqueConstraint("dedupe_key"),
    )
    op.create_index(op.f("ix_notice_consumer_id"), "notice", ["consumer_id"])
    op.create_index(op.f("ix_notice_order_no"), "notice", ["order_no"])
    waiting = sa.text("outcome IS NULL AND reachable")
    op.create_index(
        "notice_due", "notice", ["due_at"], sqlite_where=waiting, postgresql_where=waiting
    )
