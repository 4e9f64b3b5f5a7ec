"""Tables of the groups of missed turns, of their labels, and of what was exported."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    CheckConstraint,
    Column,
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

DECISIONS = ("open", "intent", "out_of_scope", "ignored", "new_skill")

quality_export = Table(
    "quality_export",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("at", Instant(), nullable=False),
    Column("by", Text, nullable=False),
    Column("examples", Integer, nullable=False),
)

quality_group = Table(
    "quality_group",
    metadata,
    Column("id", Integer, primary_key=True),
    # The text that began the group, without what makes no difference.
    Column("key", String(64), nullable=False, unique=True),
    Column("text", Text, nullable=False),
    Column("decision", String(12), nullable=False),
    Column("intent", String(64)),
    Column("note", Text),
    # Raised with every decision: who decided on an older one is refused.
    Column("version", Integer, nullable=False),
    Column("decided_at", Instant()),
    Column("decided_by", Text),
    CheckConstraint(
        "decision IN ('open', 'intent', 'out_of_scope', 'ignored', 'new_skill')",
        name="quality_group_decision",
    ),
)
Index("quality_group_by_decision", quality_group.c.decision)

# Where groups of similar texts are looked for; see bot/quality/similar.py.
quality_band = Table(
    "quality_band",
    metadata,
    Column("band", BigInteger, primary_key=True, autoincrement=False),
    Column("group_id", ForeignKey("quality_group.id"), primary_key=True),
)

# What was labelled: the texts as they were marked.
quality_example = Table(
    "quality_example",
    metadata,
    Column("group_id", ForeignKey("quality_group.id"), primary_key=True),
    Column("text", Text, primary_key=True),
    Column("intent", String(64), nullable=False),
    # A list of objects: `entity`, and its `start` and `end` in the text.
    Column("entities", JSON, nullable=False),
    # The first export that had it.
    Column("export_id", ForeignKey("quality_export.id")),
)
