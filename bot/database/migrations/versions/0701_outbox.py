"""What goes out to platforms: the outbox, its recipients, and what is kept of the platforms."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0701"
down_revision = "0511"

_PENDING = sa.text("pending > 0")
_DEAD = sa.text("status = 'dead'")
_NEW = sa.text("status = 'new'")


def upgrade() -> None:
    """Create the tables."""
    op.add_column("conversation", sa.Column("account", sa.String(length=64), nullable=True))
    _create_recipient()
    _create_outbox()
    _create_accounts()
    _create_attachment()


def _create_recipient() -> None:
    op.create_table(
        "recipient",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("channel", sa.String(length=32), nullable=False),
        sa.Column("sender", sa.String(length=255), nullable=False),
        sa.Column("account", sa.String(length=64), nullable=False),
        sa.Column("pending", sa.Integer(), nullable=False),
        sa.Column("worker", sa.Text(), nullable=True),
        sa.Column("lane_epoch", sa.Integer(), nullable=False),
        sa.Column("lease_until", sa.Float(), nullable=False),
        sa.Column("ready_at", sa.Float(), nullable=False),
        sa.Column("held", sa.Boolean(), nullable=False),
        sa.Column("granted", sa.Integer(), nullable=True),
        sa.Column("spent", sa.Integer(), nullable=False),
        sa.Column("granted_until", sa.Float(), nullable=True),
        sa.Column("grant_token", sa.Text(), nullable=True),
        sa.CheckConstraint("pending >= 0", name="recipient_pending"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("channel", "sender"),
    )
    op.create_index(
        "recipient_lane",
        "recipient",
        ["ready_at"],
        sqlite_where=_PENDING,
        postgresql_where=_PENDING,
    )


def _create_outbox() -> None:
    op.create_table(
        "outbox",
        sa.Column("id", sa.String(length=24), nullable=False),
        sa.Column("recipient_id", sa.String(length=32), nullable=False),
        sa.Column("message_id", sa.String(length=32), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("purpose", sa.String(length=6), nullable=False),
        sa.Column("status", sa.String(length=4), nullable=False),
        sa.Column("bundle", sa.String(length=24), nullable=True),
        sa.Column("parts", sa.Integer(), nullable=False),
        sa.Column("calling", sa.Boolean(), nullable=False),
        sa.Column("numbered", sa.Boolean(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("platform_id", sa.Text(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("settled_at", sa.Float(), nullable=True),
        sa.CheckConstraint(
            "purpose IN ('bot', 'human', 'notice', 'safety')", name="outbox_purpose"
        ),
        sa.CheckConstraint("status IN ('new', 'sent', 'dead')", name="outbox_status"),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"]),
        sa.ForeignKeyConstraint(["recipient_id"], ["recipient.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("message_id"),
    )
    op.create_index("outbox_recipient", "outbox", ["recipient_id", "status", "seq"])
    op.create_index(
        "outbox_dead", "outbox", ["settled_at"], sqlite_where=_DEAD, postgresql_where=_DEAD
    )


def _create_accounts() -> None:
    op.create_table(
        "channel_account",
        sa.Column("channel", sa.String(length=32), nullable=False),
        sa.Column("account", sa.String(length=64), nullable=False),
        sa.Column("paused_until", sa.Float(), nullable=False),
        sa.Column("cursor", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("channel", "account"),
    )
    op.create_table(
        "platform_token",
        sa.Column("channel", sa.String(length=32), nullable=False),
        sa.Column("account", sa.String(length=64), nullable=False),
        sa.Column("value", sa.Text(), nullable=True),
        sa.Column("expires_at", sa.Float(), nullable=False),
        sa.Column("refresh_until", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("channel", "account"),
    )
    op.create_table(
        "channel_event",
        sa.Column("channel", sa.String(length=32), nullable=False),
        sa.Column("account", sa.String(length=64), nullable=False),
        sa.Column("event_id", sa.String(length=255), nullable=False),
        sa.Column("at", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("channel", "account", "event_id"),
    )
    op.create_index("channel_event_at", "channel_event", ["at"])


def _create_attachment() -> None:
    op.create_table(
        "attachment",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("channel", sa.String(length=32), nullable=False),
        sa.Column("account", sa.String(length=64), nullable=False),
        sa.Column("sender", sa.String(length=255), nullable=False),
        sa.Column("external_id", sa.String(length=255), nullable=False),
        sa.Column("consumer_id", sa.String(length=255), nullable=True),
        sa.Column("source", sa.JSON(), nullable=False),
        sa.Column("status", sa.String(length=4), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("ready_at", sa.Float(), nullable=False),
        sa.CheckConstraint("status IN ('new', 'done', 'dead')", name="attachment_status"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("channel", "sender", "external_id"),
    )
    op.create_index(
        "attachment_new",
        "attachment",
        ["ready_at"],
        sqlite_where=_NEW,
        postgresql_where=_NEW,
    )
