"""Tables of the desk: who works at it, what they have read, what they did.

Times of sessions and heartbeats are seconds of the host's clock, as those of leases are.
"""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    CheckConstraint,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
)

from bot.conversation.tables import Instant

metadata = MetaData()
SERIAL = BigInteger().with_variant(Integer(), "sqlite")

account = Table(
    "desk_account",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("login", String(64), nullable=False, unique=True),
    Column("name", Text, nullable=False),
    # The only name that consumers learn.
    Column("alias", Text, nullable=False),
    Column("role", String(10), nullable=False),
    Column("password_hash", Text, nullable=False),
    Column("max_chats", Integer, nullable=False),
    # What the agent chose; offline where `seen_at` is too long ago.
    Column("presence", String(7), nullable=False),
    Column("seen_at", Float, nullable=False),
    # Whose consumers the agent may see; unset: everybody's.
    Column("merchants", JSON(none_as_null=True)),
    CheckConstraint("role IN ('agent', 'supervisor')", name="desk_account_role"),
    CheckConstraint("presence IN ('online', 'busy', 'away')", name="desk_account_presence"),
)

# Only the hash of a session's token is kept.
session = Table(
    "desk_session",
    metadata,
    Column("token_hash", String(64), primary_key=True),
    Column("account_id", ForeignKey("desk_account.id"), nullable=False),
    Column("until", Float, nullable=False),
)

login_failure = Table(
    "desk_login_failure",
    metadata,
    Column("login", String(64), primary_key=True),
    Column("failures", Integer, nullable=False),
    Column("locked_until", Float, nullable=False),
)

cursor = Table(
    "desk_cursor",
    metadata,
    Column("account_id", ForeignKey("desk_account.id"), primary_key=True),
    Column("conversation_id", String(32), primary_key=True),
    Column("seq", Integer, nullable=False),
)

# What was done beside moving conversations; triggers refuse to change what is written.
audit = Table(
    "desk_audit",
    metadata,
    Column("id", SERIAL, primary_key=True),
    Column("at", Instant(), nullable=False),
    Column("account_id", String(32)),
    Column("action", String(32), nullable=False),
    Column("conversation_id", String(32)),
    Column("detail", JSON, nullable=False),
)
Index("desk_audit_conversation", audit.c.conversation_id, audit.c.id)
Index("desk_audit_at", audit.c.at)
