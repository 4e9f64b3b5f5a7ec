"""The table of turns that the bot missed: what was said, without personal data, and why."""

from __future__ import annotations

from sqlalchemy import JSON, Column, Float, Index, Integer, MetaData, String, Table, Text, text

from bot.conversation.tables import Instant

metadata = MetaData()

# No foreign key: what is learned from a turn outlives the conversation, which may be erased.
quality_miss = Table(
    "quality_miss",
    metadata,
    Column("turn_id", String(32), primary_key=True),
    Column("conversation_id", String(32), nullable=False),
    Column("at", Instant(), nullable=False),
    Column("channel", String(32), nullable=False),
    # With stand-ins for personal data; see bot/anonymous.py.
    Column("text", Text, nullable=False),
    Column("intent", String(64)),
    Column("confidence", Float),
    # [{"intent", "confidence"}], likeliest first, and [{"entity", "start", "end"}] in `text`.
    Column("guesses", JSON, nullable=False),
    Column("entities", JSON, nullable=False),
    # The sum of the reasons' bits.
    Column("reasons", Integer, nullable=False),
    # The intents that a question offered, and what the consumer or an agent said it was.
    Column("asked", JSON(none_as_null=True)),
    Column("chosen", String(64)),
    # NULL until it is grouped.
    Column("group_id", Integer),
)
Index("quality_miss_at", quality_miss.c.at, quality_miss.c.group_id)
Index("quality_miss_conversation", quality_miss.c.conversation_id, quality_miss.c.at)
Index("quality_miss_group", quality_miss.c.group_id, quality_miss.c.at)
Index(
    "quality_miss_new",
    quality_miss.c.turn_id,
    sqlite_where=text("group_id IS NULL"),
    postgresql_where=text("group_id IS NULL"),
)
