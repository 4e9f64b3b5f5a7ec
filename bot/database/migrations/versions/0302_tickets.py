"""Tickets of the queue, so that no clock decides who is next."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0302"
down_revision = "0402"

_QUEUED = sa.text("state = 'queued'")


def upgrade() -> None:
    """Give those who wait or are served a ticket in the order in which they came."""
    op.create_table(
        "queue_counter",
        sa.Column("id", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.add_column("conversation", sa.Column("ticket", sa.Integer(), nullable=True))
    op.execute(
        "UPDATE conversation SET ticket = (SELECT count(*) FROM conversation AS other "
        "WHERE other.state IN ('queued', 'human') AND (other.queued_at < conversation.queued_at "
        "OR (other.queued_at = conversation.queued_at AND other.id <= conversation.id))) "
        "WHERE state IN ('queued', 'human')"
    )
    op.execute(
        'INSERT INTO queue_counter (id, "last") '
        "SELECT 1, coalesce(max(ticket), 0) FROM conversation"
    )
    op.drop_index("conversation_queue", table_name="conversation")
    op.create_index(
        "conversation_queue",
        "conversation",
        ["priority", "ticket"],
        sqlite_where=_QUEUED,
        postgresql_where=_QUEUED,
    )
