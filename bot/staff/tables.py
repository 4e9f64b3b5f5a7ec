"""Tables of staff on messengers: who is who, what they said, what they are sent.

Times are seconds of the host's clock, as those of leases are everywhere.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    CheckConstraint,
    Column,
    Float,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from bot.desk.tables import SERIAL

metadata = MetaData()

_ONE_OF = "(account_id IS NULL) <> (crew_id IS NULL)"


def _whom() -> tuple[Column[Any], ...]:
    return Column("account_id", String(32)), Column("crew_id", String(64))


def _robot() -> tuple[Column[Any], ...]:
    return (
        Column("channel", String(32), nullable=False),
        Column("account", String(64), nullable=False),
    )


def _claimed() -> tuple[Column[Any], ...]:
    """Return the columns by which one worker at a time has a row: see conversation/leases.py."""
    return (
        # 1 as long as the status is `new`.
        Column("pending", Integer, nullable=False, server_default="0"),
        Column("worker", Text),
        Column("lane_epoch", Integer, nullable=False, server_default="0"),
        Column("ready_at", Float, nullable=False),
        Column("lease_until", Float, nullable=False),
    )


# Who somebody on a messenger is to us: one who works at the desk, or a crew.
binding = Table(
    "staff_binding",
    metadata,
    Column("channel", String(32), primary_key=True),
    Column("account", String(64), primary_key=True),
    Column("user_id", String(128), primary_key=True),
    *_whom(),
    CheckConstraint(_ONE_OF, name="staff_binding_one"),
)

# One-time codes by which somebody proves who they are. Only the hash is kept.
code = Table(
    "staff_code",
    metadata,
    Column("code_hash", String(64), primary_key=True),
    *_whom(),
    Column("until", Float, nullable=False),
    CheckConstraint(_ONE_OF, name="staff_code_one"),
)

heard = Table(
    "staff_heard",
    metadata,
    Column("id", SERIAL, primary_key=True),
    *_robot(),
    Column("user_id", String(128), nullable=False),
    Column("event_id", String(255), nullable=False),
    Column("words", Text, nullable=False),
    Column("status", String(4), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("at", Float, nullable=False),
    *_claimed(),
    # Until then the messenger itself waits for the answer, which is not sent then.
    Column("awaited_until", Float, nullable=False),
    Column("answer", JSON(none_as_null=True)),
    UniqueConstraint("channel", "account", "event_id"),
    CheckConstraint("status IN ('new', 'done', 'dead')", name="staff_heard_status"),
)
Index(
    "staff_heard_new",
    heard.c.channel,
    heard.c.account,
    heard.c.user_id,
    heard.c.id,
    sqlite_where=text("status = 'new'"),
    postgresql_where=text("status = 'new'"),
)

card = Table(
    "staff_card",
    metadata,
    Column("id", SERIAL, primary_key=True),
    # By which the messenger knows a card that is sent twice.
    Column("key", String(32), nullable=False, unique=True),
    *_robot(),
    Column("place", String(255), nullable=False),
    Column("in_group", Boolean, nullable=False),
    # What it shows, which may be a consumer's address: NULL once it is sent.
    Column("content", JSON(none_as_null=True)),
    # The card that is shown anew.
    Column("replaces", Text),
    Column("status", String(7), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("at", Float, nullable=False),
    *_claimed(),
    # The messenger's name of it.
    Column("shown", Text),
    Column("error", Text),
    CheckConstraint("status IN ('new', 'sent', 'dead', 'dropped')", name="staff_card_status"),
)
Index(
    "staff_card_new",
    card.c.channel,
    card.c.account,
    card.c.place,
    card.c.id,
    sqlite_where=text("status = 'new'"),
    postgresql_where=text("status = 'new'"),
)

# Who was told of which waiting conversation, by the epoch in which it began to wait.
alert = Table(
    "staff_alert",
    metadata,
    Column("conversation_id", String(32), primary_key=True),
    Column("epoch", Integer, primary_key=True),
    Column("channel", String(32), primary_key=True),
    Column("account", String(64), primary_key=True),
    Column("place", String(255), primary_key=True),
    Column("card_id", SERIAL, nullable=False),
    Column("over", Boolean, nullable=False),
)
Index(
    "staff_alert_open",
    alert.c.conversation_id,
    sqlite_where=text("NOT over"),
    postgresql_where=text("NOT over"),
)
