"""The agents' accounts, sessions and audit trail."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from bot.conversation.tables import Instant
from bot.database.migrations.append_only import protect

revision = "0402"
down_revision = "0301"

SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "desk_account",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("login", sa.String(length=64), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("alias", sa.Text(), nullable=False),
        sa.Column("role", sa.String(length=10), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("max_chats", sa.Integer(), nullable=False),
        sa.Column("presence", sa.String(length=7), nullable=False),
        sa.Column("seen_at", sa.Float(), nullable=False),
        sa.CheckConstraint("role IN ('agent', 'supervisor')", name="desk_account_role"),
        sa.CheckConstraint("presence IN ('online', 'busy', 'away')", name="desk_account_presence"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("login"),
    )
    op.create_table(
        "desk_session",
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("account_id", sa.String(length=32), nullable=False),
        sa.Column("until", sa.Float(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["desk_account.id"]),
        sa.PrimaryKeyConstraint("token_hash"),
    )
    op.create_table(
        "desk_login_failure",
        sa.Column("login", sa.String(length=64), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("locked_until", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("login"),
    )
    op.create_table(
        "desk_cursor",
        sa.Column("account_id", sa.String(length=32), nullable=False),
        sa.Column("conversation_id", sa.String(length=32), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["desk_account.id"]),
        sa.PrimaryKeyConstraint("account_id", "conversation_id"),
    )
    op.create_table(
        "desk_audit",
        sa.Column("id", SERIAL, nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("account_id", sa.String(length=32), nullable=True),
        sa.Column("action", sa.String(length=32), nullable=False),
        sa.Column("conversation_id", sa.String(length=32), nullable=True),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("desk_audit_conversation", "desk_audit", ["conversation_id", "id"])
    protect("desk_audit")
