"""Cases, the queue, assignments, ratings; moves that nobody can rewrite."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

from bot.conversation.tables import Instant
from bot.database.migrations.append_only import protect

revision = "0301"
down_revision = "0101"

_CONVERSATION: tuple[sa.Column[Any], ...] = (
    sa.Column("case_no", sa.Integer(), nullable=False, server_default="1"),
    sa.Column("prev_case_id", sa.String(length=32), nullable=True),
    sa.Column("dialogue_id", sa.String(length=32), nullable=True),
    sa.Column("agent_alias", sa.Text(), nullable=True),
    sa.Column("priority", sa.Integer(), nullable=False, server_default="2"),
    sa.Column("queued_at", Instant(), nullable=True),
    sa.Column("deadline_at", Instant(), nullable=True),
    sa.Column("waiting_since", Instant(), nullable=True),
    sa.Column("claimed_at", Instant(), nullable=True),
    sa.Column("answered_at", Instant(), nullable=True),
    sa.Column("closed_at", Instant(), nullable=True),
    sa.Column("disposition", sa.Text(), nullable=True),
    sa.Column("summary", sa.Text(), nullable=True),
    sa.Column("unseen_from", sa.Integer(), nullable=True),
)
_MESSAGE: tuple[sa.Column[Any], ...] = (
    sa.Column("agent", sa.Text(), nullable=True),
    sa.Column("agent_alias", sa.Text(), nullable=True),
    sa.Column("client_id", sa.String(length=64), nullable=True),
)
_MOVE: tuple[sa.Column[Any], ...] = (
    sa.Column("seq", sa.Integer(), nullable=False, server_default="0"),
    sa.Column("agent_alias", sa.Text(), nullable=True),
    sa.Column("actor", sa.String(length=8), nullable=False, server_default="system"),
    sa.Column("actor_id", sa.Text(), nullable=True),
    sa.Column("actor_alias", sa.Text(), nullable=True),
)


def upgrade() -> None:
    """Add the columns and tables."""
    for table, columns in (
        ("conversation", _CONVERSATION),
        ("message", _MESSAGE),
        ("conversation_move", _MOVE),
        ("inbox", (sa.Column("turn_id", sa.String(length=32), nullable=True),)),
    ):
        for column in columns:
            op.add_column(table, column._copy())  # noqa: SLF001 - the same columns at every upgrade
    _create_tables()
    _create_indexes()
    _let_go_of_the_old()
    protect("conversation_move")


def _create_tables() -> None:
    op.create_table(
        "assignment",
        sa.Column("conversation_id", sa.String(length=32), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("agent", sa.Text(), nullable=False),
        sa.Column("from_at", Instant(), nullable=False),
        sa.Column("to_at", Instant(), nullable=True),
        sa.Column("end_command", sa.String(length=16), nullable=True),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversation.id"]),
        sa.PrimaryKeyConstraint("conversation_id", "epoch"),
    )
    op.create_table(
        "rating",
        sa.Column("conversation_id", sa.String(length=32), nullable=False),
        sa.Column("stars", sa.Integer(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.CheckConstraint("stars BETWEEN 1 AND 5", name="rating_stars"),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversation.id"]),
        sa.PrimaryKeyConstraint("conversation_id"),
    )


def _create_indexes() -> None:
    _index(
        "conversation_queue", "conversation", ["priority", "queued_at", "id"], "state = 'queued'"
    )
    _index("conversation_owner", "conversation", ["agent"], "state = 'human'")
    _index("conversation_opened", "conversation", ["state", "opened_at"])
    _index(
        "message_sending",
        "message",
        ["conversation_id", "agent", "client_id"],
        "client_id IS NOT NULL",
        unique=True,
    )
    _index("assignment_open", "assignment", ["conversation_id"], "to_at IS NULL", unique=True)
    _index("assignment_agent", "assignment", ["agent", "to_at"])


def _index(
    name: str, table: str, columns: list[str], where: str | None = None, *, unique: bool = False
) -> None:
    some = None if where is None else sa.text(where)
    op.create_index(name, table, columns, unique=unique, sqlite_where=some, postgresql_where=some)


def _let_go_of_the_old() -> None:
    """Who waits or is served while the schema is upgraded goes to the head of the queue."""
    op.execute(
        "UPDATE conversation SET queued_at = moved_at, waiting_since = moved_at, "
        "deadline_at = moved_at WHERE state = 'queued'"
    )
