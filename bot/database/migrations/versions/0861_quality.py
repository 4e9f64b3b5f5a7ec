"""What the bot missed, in groups, with labels and exports."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from bot.conversation.tables import Instant

revision = "0861"
down_revision = "0841"


def upgrade() -> None:
    """Create the tables and their indexes."""
    _misses()
    op.create_table(
        "quality_export",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("examples", sa.Integer(), nullable=False),
    )
    op.create_table(
        "quality_group",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("key", sa.String(length=64), nullable=False, unique=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("decision", sa.String(length=12), nullable=False),
        sa.Column("intent", sa.String(length=64)),
        sa.Column("note", sa.Text()),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("decided_at", Instant()),
        sa.Column("decided_by", sa.Text()),
        sa.CheckConstraint(
            "decision IN ('open', 'intent', 'out_of_scope', 'ignored', 'new_skill')",
            name="quality_group_decision",
        ),
    )
    op.create_index("quality_group_by_decision", "quality_group", ["decision"])
    group = sa.ForeignKey("quality_group.id")
    op.create_table(
        "quality_band",
        sa.Column("band", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("group_id", sa.Integer(), group, primary_key=True),
    )
    op.create_table(
        "quality_example",
        sa.Column("group_id", sa.Integer(), sa.ForeignKey("quality_group.id"), primary_key=True),
        sa.Column("text", sa.Text(), primary_key=True),
        sa.Column("intent", sa.String(length=64), nullable=False),
        sa.Column("entities", sa.JSON(), nullable=False),
        sa.Column("export_id", sa.Integer(), sa.ForeignKey("quality_export.id")),
    )
    op.create_index("message_at", "message", ["at"])


def _misses() -> None:
    op.create_table(
        "quality_miss",
        sa.Column("turn_id", sa.String(length=32), primary_key=True),
        sa.Column("conversation_id", sa.String(length=32), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("channel", sa.String(length=32), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("intent", sa.String(length=64)),
        sa.Column("confidence", sa.Float()),
        sa.Column("guesses", sa.JSON(), nullable=False),
        sa.Column("entities", sa.JSON(), nullable=False),
        sa.Column("reasons", sa.Integer(), nullable=False),
        sa.Column("asked", sa.JSON()),
        sa.Column("chosen", sa.String(length=64)),
        sa.Column("group_id", sa.Integer()),
    )
    op.create_index("quality_miss_at", "quality_miss", ["at", "group_id"])
    op.create_index("quality_miss_conversation", "quality_miss", ["conversation_id", "at"])
    op.create_index("quality_miss_group", "quality_miss", ["group_id", "at"])
    new = sa.text("group_id IS NULL")
    op.create_index(
        "quality_miss_new",
        "quality_miss",
        ["turn_id"],
        sqlite_where=new,
        postgresql_where=new,
    )
