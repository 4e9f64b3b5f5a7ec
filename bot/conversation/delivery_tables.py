"""Tables of what goes out to platforms and of what we keep for them.

Times are seconds of the host's clock, as platforms mean them.
"""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    Boolean,
    CheckConstraint,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from bot.conversation.tables import metadata

# Lines that have to be sent to a platform, and how far that is.
outbox = Table(
    "outbox",
    metadata,
    Column("id", String(24), primary_key=True),
    Column("recipient_id", ForeignKey("recipient.id"), nullable=False),
    Column("message_id", ForeignKey("message.id"), nullable=False, unique=True),
    Column("seq", Integer, nullable=False),
    Column("purpose", String(6), nullable=False),
    Column("status", String(4), nullable=False),
    # The first row of those that are sent as one; NULL until sending them begins.
    Column("bundle", String(24)),
    # Parts of the bundle that the platform has taken.
    Column("parts", Integer, nullable=False),
    # Whether a call to the platform is under way, or broke off with its process.
    Column("calling", Boolean, nullable=False),
    # Whether its buttons were shown as numbered lines.
    Column("numbered", Boolean, nullable=False),
    Column("attempts", Integer, nullable=False),
    # Raised when a person has it sent anew: part of the key by which the platform knows it.
    Column("round", Integer, nullable=False),
    Column("platform_id", Text),
    Column("error", Text),
    Column("settled_at", Float),
    CheckConstraint("purpose IN ('bot', 'human', 'notice', 'safety')", name="outbox_purpose"),
    CheckConstraint("status IN ('new', 'sent', 'dead')", name="outbox_status"),
)
Index("outbox_recipient", outbox.c.recipient_id, outbox.c.status, outbox.c.seq)
Index(
    "outbox_dead",
    outbox.c.settled_at,
    sqlite_where=text("status = 'dead'"),
    postgresql_where=text("status = 'dead'"),
)

# Who lines are sent to: a lane of its own beside the conversation's, over all its cases, and
# what the platform lets us send.
recipient = Table(
    "recipient",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("channel", String(32), nullable=False),
    Column("sender", String(255), nullable=False),
    Column("account", String(64), nullable=False),
    Column("pending", Integer, nullable=False),
    Column("worker", Text),
    Column("lane_epoch", Integer, nullable=False),
    Column("lease_until", Float, nullable=False),
    Column("ready_at", Float, nullable=False),
    # Waits for the platform to let us send, and not for a pause to pass.
    Column("held", Boolean, nullable=False),
    # NULL where the platform never said.
    Column("granted", Integer),
    Column("spent", Integer, nullable=False),
    Column("granted_until", Float),
    Column("grant_token", Text),
    UniqueConstraint("channel", "sender"),
    CheckConstraint("pending >= 0", name="recipient_pending"),
)
Index(
    "recipient_lane",
    recipient.c.ready_at,
    sqlite_where=text("pending > 0"),
    postgresql_where=text("pending > 0"),
)

# What all processes share of an account on a platform.
channel_account = Table(
    "channel_account",
    metadata,
    Column("channel", String(32), primary_key=True),
    Column("account", String(64), primary_key=True),
    # Nothing is sent before; the platform said that it is too much.
    Column("paused_until", Float, nullable=False),
    # How far what the platform keeps for us was read.
    Column("cursor", Text),
)

# Mailboxes that platforms keep for us and only ring for: how far each was read, and by whom.
mailbox = Table(
    "mailbox",
    metadata,
    Column("channel", String(32), primary_key=True),
    Column("account", String(64), primary_key=True),
    Column("box", String(64), primary_key=True),
    # What was said before is history: a new connection does not answer it.
    Column("since", Float, nullable=False),
    Column("cursor", Text),
    # How often it rang, and how often when it was last read to its end.
    Column("rings", Integer, nullable=False),
    Column("read_rings", Integer, nullable=False),
    # What the newest ring brought along, which lets us read without a limit for a while.
    Column("token", Text),
    Column("token_until", Float, nullable=False),
    Column("reader", Text),
    Column("lease_until", Float, nullable=False),
    # When it is read without a ring.
    Column("due_at", Float, nullable=False),
    # After a failure nobody tries before.
    Column("rests_until", Float, nullable=False),
)

# Access tokens; `refresher` is who fetches a new one, until `refresh_until`.
platform_token = Table(
    "platform_token",
    metadata,
    Column("channel", String(32), primary_key=True),
    Column("account", String(64), primary_key=True),
    Column("value", Text),
    Column("expires_at", Float, nullable=False),
    Column("refresh_until", Float, nullable=False),
)

# Events of platforms that were acted on; a repeated one is not.
channel_event = Table(
    "channel_event",
    metadata,
    Column("channel", String(32), primary_key=True),
    Column("account", String(64), primary_key=True),
    Column("event_id", String(255), primary_key=True),
    Column("at", Float, nullable=False),
)
Index("channel_event_at", channel_event.c.at)

# Pictures that lie with a platform until we have fetched them.
attachment = Table(
    "attachment",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("channel", String(32), nullable=False),
    Column("account", String(64), nullable=False),
    Column("sender", String(255), nullable=False),
    Column("external_id", String(255), nullable=False),
    Column("consumer_id", String(255)),
    # What the channel needs to fetch it.
    Column("source", JSON, nullable=False),
    Column("status", String(4), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("ready_at", Float, nullable=False),
    UniqueConstraint("channel", "sender", "external_id"),
    CheckConstraint("status IN ('new', 'done', 'dead')", name="attachment_status"),
)
Index(
    "attachment_new",
    attachment.c.ready_at,
    sqlite_where=text("status = 'new'"),
    postgresql_where=text("status = 'new'"),
)
