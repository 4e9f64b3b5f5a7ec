"""Conversations, their messages, and the inbox."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from bot.conversation.tables import Instant

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "conversation",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("channel", sa.String(length=32), nullable=False),
        sa.Column("sender", sa.String(length=255), nullable=False),
        sa.Column("consumer_id", sa.String(length=255), nullable=True),
        sa.Column("current", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("agent", sa.Text(), nullable=True),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("last_seq", sa.Integer(), nullable=False),
        sa.Column("opened_at", Instant(), nullable=False),
        sa.Column("moved_at", Instant(), nullable=False),
        sa.Column("pending", sa.Integer(), nullable=False),
        sa.Column("worker", sa.Text(), nullable=True),
        sa.Column("lane_epoch", sa.Integer(), nullable=False),
        sa.Column("lease_until", sa.Float(), nullable=False),
        sa.Column("ready_at", sa.Float(), nullable=False),
        sa.CheckConstraint("(state = 'human') = (agent IS NOT NULL)", name="conversation_agent"),
        sa.CheckConstraint(
            "state IN ('bot', 'queued', 'human', 'closed')", name="conversation_state"
        ),
        sa.CheckConstraint("pending >= 0", name="conversation_pending"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "conversation_current",
        "conversation",
        ["channel", "sender"],
        unique=True,
        sqlite_where=sa.text("current"),
        postgresql_where=sa.text("current"),
    )
    op.create_index(
        "conversation_lane",
        "conversation",
        ["ready_at"],
        unique=False,
        sqlite_where=sa.text("pending > 0"),
        postgresql_where=sa.text("pending > 0"),
    )
    op.create_index("conversation_sender", "conversation", ["sender"], unique=False)
    op.create_table(
        "button",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("conversation_id", sa.String(length=32), nullable=False),
        sa.Column("turn_id", sa.String(length=32), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversation.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("button_conversation", "button", ["conversation_id", "seq"], unique=False)
    op.create_table(
        "conversation_move",
        sa.Column("conversation_id", sa.String(length=32), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("command", sa.String(length=16), nullable=False),
        sa.Column("from_state", sa.String(length=8), nullable=False),
        sa.Column("to_state", sa.String(length=8), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("agent", sa.Text(), nullable=True),
        sa.Column("at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversation.id"]),
        sa.PrimaryKeyConstraint("conversation_id", "epoch"),
    )
    op.create_table(
        "inbox",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("channel", sa.String(length=32), nullable=False),
        sa.Column("sender", sa.String(length=255), nullable=False),
        sa.Column("external_id", sa.String(length=255), nullable=False),
        sa.Column("conversation_id", sa.String(length=32), nullable=True),
        sa.Column("seq", sa.Integer(), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("status", sa.String(length=4), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("accepted_at", sa.Float(), nullable=False),
        sa.Column("nlu", sa.JSON(none_as_null=True), nullable=True),
        sa.CheckConstraint("status IN ('new', 'done', 'dead')", name="inbox_status"),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversation.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("channel", "sender", "external_id"),
    )
    op.create_index(
        "inbox_new",
        "inbox",
        ["conversation_id", "seq"],
        unique=False,
        sqlite_where=sa.text("status = 'new'"),
        postgresql_where=sa.text("status = 'new'"),
    )
    op.create_table(
        "message",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("conversation_id", sa.String(length=32), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("author", sa.String(length=8), nullable=False),
        sa.Column("text", sa.Text(), nullable=True),
        sa.Column("buttons", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("custom", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("visibility", sa.String(length=10), nullable=False),
        sa.Column("turn_id", sa.String(length=32), nullable=True),
        sa.CheckConstraint("author IN ('consumer', 'bot', 'agent')", name="message_author"),
        sa.CheckConstraint(
            "visibility IN ('public', 'suppressed', 'note')", name="message_visibility"
        ),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversation.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("conversation_id", "seq"),
    )
    op.create_index("message_turn", "message", ["turn_id"], unique=False)
