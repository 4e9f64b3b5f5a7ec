"""Staff on messengers: bindings, what they said, cards and alerts."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0801"
down_revision = "0512"

SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_ONE_OF = "(account_id IS NULL) <> (crew_id IS NULL)"
_NEW = "status = 'new'"


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "staff_binding",
        sa.Column("channel", sa.String(length=32), nullable=False),
        sa.Column("account", sa.String(length=64), nullable=False),
        sa.Column("user_id", sa.String(length=128), nullable=False),
        sa.Column("account_id", sa.String(length=32), nullable=True),
        sa.Column("crew_id", sa.String(length=64), nullable=True),
        sa.CheckConstraint(_ONE_OF, name="staff_binding_one"),
        sa.PrimaryKeyConstraint("channel", "account", "user_id"),
    )
    op.create_table(
        "staff_code",
        sa.Column("code_hash", sa.String(length=64), nullable=False),
        sa.Column("account_id", sa.String(length=32), nullable=True),
        sa.Column("crew_id", sa.String(length=64), nullable=True),
        sa.Column("until", sa.Float(), nullable=False),
        sa.CheckConstraint(_ONE_OF, name="staff_code_one"),
        sa.PrimaryKeyConstraint("code_hash"),
    )
    _create_heard()
    _create_cards()


def _create_heard() -> None:
    op.create_table(
        "staff_heard",
        sa.Column("id", SERIAL, nullable=False),
        sa.Column("channel", sa.String(length=32), nullable=False),
        sa.Column("account", sa.String(length=64), nullable=False),
        sa.Column("user_id", sa.String(length=128), nullable=False),
        sa.Column("event_id", sa.String(length=255), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("status", sa.String(length=4), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("at", sa.Float(), nullable=False),
        sa.Column("ready_at", sa.Float(), nullable=False),
        sa.Column("lease_until", sa.Float(), nullable=False),
        sa.Column("awaited_until", sa.Float(), nullable=False),
        sa.Column("answer", sa.JSON(), nullable=True),
        sa.CheckConstraint("status IN ('new', 'done', 'dead')", name="staff_heard_status"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("channel", "account", "event_id"),
    )
    op.create_index(
        "staff_heard_new",
        "staff_heard",
        ["channel", "account", "user_id", "id"],
        sqlite_where=sa.text(_NEW),
        postgresql_where=sa.text(_NEW),
    )


def _create_cards() -> None:
    op.create_table(
        "staff_card",
        sa.Column("id", SERIAL, nullable=False),
        sa.Column("key", sa.String(length=32), nullable=False),
        sa.Column("channel", sa.String(length=32), nullable=False),
        sa.Column("account", sa.String(length=64), nullable=False),
        sa.Column("place", sa.String(length=255), nullable=False),
        sa.Column("in_group", sa.Boolean(), nullable=False),
        sa.Column("content", sa.JSON(), nullable=True),
        sa.Column("replaces", sa.Text(), nullable=True),
        sa.Column("status", sa.String(length=7), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("at", sa.Float(), nullable=False),
        sa.Column("ready_at", sa.Float(), nullable=False),
        sa.Column("lease_until", sa.Float(), nullable=False),
        sa.Column("shown", sa.Text(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "status IN ('new', 'sent', 'dead', 'dropped')", name="staff_card_status"
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("key"),
    )
    op.create_index(
        "staff_card_new",
        "staff_card",
        ["channel", "account", "place", "id"],
        sqlite_where=sa.text(_NEW),
        postgresql_where=sa.text(_NEW),
    )
    op.create_table(
        "staff_alert",
        sa.Column("conversation_id", sa.String(length=32), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("channel", sa.String(length=32), nullable=False),
        sa.Column("account", sa.String(length=64), nullable=False),
        sa.Column("place", sa.String(length=255), nullable=False),
        sa.Column("card_id", SERIAL, nullable=False),
        sa.Column("over", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("conversation_id", "epoch", "channel", "account", "place"),
    )
    op.create_index(
        "staff_alert_open",
        "staff_alert",
        ["conversation_id"],
        sqlite_where=sa.text("NOT over"),
        postgresql_where=sa.text("NOT over"),
    )
