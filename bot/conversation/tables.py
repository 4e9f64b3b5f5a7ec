"""Tables of the conversations: who answers, what was said, what waits to be worked on.

Times that people read are instants of the business clock. Times of leases are seconds of the
host's clock: `BOT_CLOCK` may start the business clock anew at every start, and a lease must
not outlive that.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    Dialect,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    text,
)
from sqlalchemy.types import TypeEngine

metadata = MetaData()


class Instant(TypeDecorator[datetime]):
    """An aware instant: PostgreSQL's own type, in SQLite UTC text that sorts."""

    impl = String(32)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Return the column type of the database."""
        if dialect.name == "postgresql":
            return dialect.type_descriptor(DateTime(timezone=True))
        return dialect.type_descriptor(String(32))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        """Turn an aware datetime into what the column holds."""
        if value is None or dialect.name == "postgresql":
            return value
        return value.astimezone(UTC).isoformat(timespec="microseconds")

    def process_result_value(self, value: Any, _dialect: Dialect) -> datetime | None:
        """Turn what the column holds into an aware datetime."""
        return datetime.fromisoformat(value) if isinstance(value, str) else value


_STATES = "state IN ('bot', 'queued', 'human', 'closed')"

conversation = Table(
    "conversation",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("channel", String(32), nullable=False),
    Column("sender", String(255), nullable=False),
    Column("consumer_id", String(255)),
    # Ours on the platform, where lines have to be sent there; NULL where pages fetch them.
    Column("account", String(64)),
    # A sender's newest conversation; an older one belongs to another consumer.
    Column("current", Boolean, nullable=False),
    # One case a row: from a sender's first message until it is closed.
    Column("case_no", Integer, nullable=False, server_default="1"),
    Column("prev_case_id", String(32)),
    # The engine's name of the dialogue, which cases of one consumer share; NULL: the id.
    Column("dialogue_id", String(32)),
    Column("state", String(8), nullable=False),
    Column("reason", Text),
    # Who has it: the account's id, and the name that consumers know.
    Column("agent", Text),
    Column("agent_alias", Text),
    # Raised with every move: who began to answer before it may no longer speak.
    Column("epoch", Integer, nullable=False),
    Column("last_seq", Integer, nullable=False),
    Column("opened_at", Instant(), nullable=False),
    Column("moved_at", Instant(), nullable=False),
    # The queue: lower goes first; who comes back to it keeps the ticket, and so the place.
    Column("priority", Integer, nullable=False, server_default="2"),
    Column("ticket", Integer),
    Column("queued_at", Instant()),
    Column("deadline_at", Instant()),
    # Since when the consumer waits for a person's word.
    Column("waiting_since", Instant()),
    Column("claimed_at", Instant()),
    Column("answered_at", Instant()),
    Column("closed_at", Instant()),
    Column("disposition", Text),
    Column("summary", Text),
    # How far the consumer has read, and whoever had the conversation.
    Column("consumer_read_seq", Integer, nullable=False, server_default="0"),
    Column("agent_read_seq", Integer, nullable=False, server_default="0"),
    # The lines after this one were said without the engine; NULL where it knows them all.
    Column("unseen_from", Integer),
    # The lane: rows of the inbox that wait, and who works on them.
    Column("pending", Integer, nullable=False),
    Column("worker", Text),
    Column("lane_epoch", Integer, nullable=False),
    Column("lease_until", Float, nullable=False),
    Column("ready_at", Float, nullable=False),
    CheckConstraint(_STATES, name="conversation_state"),
    CheckConstraint("(state = 'human') = (agent IS NOT NULL)", name="conversation_agent"),
    CheckConstraint("pending >= 0", name="conversation_pending"),
)
Index(
    "conversation_current",
    conversation.c.channel,
    conversation.c.sender,
    unique=True,
    sqlite_where=text("current"),
    postgresql_where=text("current"),
)
Index(
    "conversation_lane",
    conversation.c.ready_at,
    sqlite_where=text("pending > 0"),
    postgresql_where=text("pending > 0"),
)
Index("conversation_sender", conversation.c.sender)
Index(
    "conversation_queue",
    conversation.c.priority,
    conversation.c.ticket,
    sqlite_where=text("state = 'queued'"),
    postgresql_where=text("state = 'queued'"),
)
Index(
    "conversation_owner",
    conversation.c.agent,
    sqlite_where=text("state = 'human'"),
    postgresql_where=text("state = 'human'"),
)
Index("conversation_opened", conversation.c.state, conversation.c.opened_at)

# One row: the last ticket that was given out.
queue_counter = Table(
    "queue_counter",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("last", Integer, nullable=False),
)

message = Table(
    "message",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("conversation_id", ForeignKey("conversation.id"), nullable=False),
    Column("seq", Integer, nullable=False),
    Column("at", Instant(), nullable=False),
    Column("author", String(8), nullable=False),
    Column("text", Text),
    Column("buttons", JSON(none_as_null=True)),
    Column("custom", JSON(none_as_null=True)),
    Column("visibility", String(10), nullable=False),
    # The inbox row that a line of the bot answers.
    Column("turn_id", String(32)),
    # Who of the agents wrote it, and the name by which their page knows the sending.
    Column("agent", Text),
    Column("agent_alias", Text),
    Column("client_id", String(64)),
    UniqueConstraint("conversation_id", "seq"),
    CheckConstraint("author IN ('consumer', 'bot', 'agent')", name="message_author"),
    CheckConstraint("visibility IN ('public', 'suppressed', 'note')", name="message_visibility"),
)
Index("message_turn", message.c.turn_id)
Index("message_at", message.c.at)
Index(
    "message_sending",
    message.c.conversation_id,
    message.c.agent,
    message.c.client_id,
    unique=True,
    sqlite_where=text("client_id IS NOT NULL"),
    postgresql_where=text("client_id IS NOT NULL"),
)

button = Table(
    "button",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("conversation_id", ForeignKey("conversation.id"), nullable=False),
    Column("turn_id", String(32), nullable=False),
    Column("seq", Integer, nullable=False),
    Column("title", Text, nullable=False),
    Column("payload", Text, nullable=False),
)
Index("button_conversation", button.c.conversation_id, button.c.seq)

inbox = Table(
    "inbox",
    metadata,
    # The id of the consumer's message too, and of the turn that works on it.
    Column("id", String(32), primary_key=True),
    Column("channel", String(32), nullable=False),
    Column("sender", String(255), nullable=False),
    Column("external_id", String(255), nullable=False),
    Column("conversation_id", ForeignKey("conversation.id")),
    Column("seq", Integer),
    # As it was sent: a button's opaque id where one was pressed.
    Column("text", Text, nullable=False),
    Column("status", String(4), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("accepted_at", Float, nullable=False),
    # The first row of those that are worked on as one; NULL until that is decided.
    Column("turn_id", String(32)),
    Column("nlu", JSON(none_as_null=True)),
    UniqueConstraint("channel", "sender", "external_id"),
    CheckConstraint("status IN ('new', 'done', 'dead')", name="inbox_status"),
)
Index(
    "inbox_new",
    inbox.c.conversation_id,
    inbox.c.seq,
    sqlite_where=text("status = 'new'"),
    postgresql_where=text("status = 'new'"),
)

# One row a move; folding them gives who answers. Triggers refuse to change what is written.
conversation_move = Table(
    "conversation_move",
    metadata,
    Column("conversation_id", ForeignKey("conversation.id"), primary_key=True),
    Column("epoch", Integer, primary_key=True),
    # The last line that was said before.
    Column("seq", Integer, nullable=False, server_default="0"),
    Column("command", String(16), nullable=False),
    Column("from_state", String(8), nullable=False),
    Column("to_state", String(8), nullable=False),
    Column("reason", Text),
    # Who has it afterwards, and who moved it.
    Column("agent", Text),
    Column("agent_alias", Text),
    Column("actor", String(8), nullable=False, server_default="system"),
    Column("actor_id", Text),
    Column("actor_alias", Text),
    Column("at", Instant(), nullable=False),
)

Index("conversation_move_at", conversation_move.c.at)

# The files are named by the ids; see bot/conversation/photos.py.
photo = Table(
    "photo",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("conversation_id", ForeignKey("conversation.id"), nullable=False),
    Column("media_type", String(16), nullable=False),
    Column("bytes", Integer, nullable=False),
    Column("at", Instant(), nullable=False),
    # The row stays when the file is gone.
    Column("erased_at", Instant()),
)
Index("photo_conversation", photo.c.conversation_id, photo.c.at)
Index(
    "photo_kept",
    photo.c.at,
    sqlite_where=text("erased_at IS NULL"),
    postgresql_where=text("erased_at IS NULL"),
)
# How long each agent had a conversation; NULL in `to_at` while they have it.
assignment = Table(
    "assignment",
    metadata,
    Column("conversation_id", ForeignKey("conversation.id"), primary_key=True),
    Column("epoch", Integer, primary_key=True),
    Column("agent", Text, nullable=False),
    Column("from_at", Instant(), nullable=False),
    Column("to_at", Instant()),
    Column("end_command", String(16)),
)
Index(
    "assignment_open",
    assignment.c.conversation_id,
    unique=True,
    sqlite_where=text("to_at IS NULL"),
    postgresql_where=text("to_at IS NULL"),
)
Index("assignment_agent", assignment.c.agent, assignment.c.to_at)

# One a case; the primary key makes a second one impossible.
rating = Table(
    "rating",
    metadata,
    Column("conversation_id", ForeignKey("conversation.id"), primary_key=True),
    Column("stars", Integer, nullable=False),
    # What the consumer added where they were asked: whether it is solved, and why the stars.
    Column("resolved", Boolean),
    Column("reason", Text),
    Column("at", Instant(), nullable=False),
    CheckConstraint("stars BETWEEN 1 AND 5", name="rating_stars"),
)
