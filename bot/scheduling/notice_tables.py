"""Tables around a visit: notices that wait to be told, and what became of the visit itself."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    text,
)

from bot.scheduling.tables import metadata

# The outbox: written in the transaction of the change, told by whoever reaches the consumer.
notice = Table(
    "notice",
    metadata,
    # The id of the line in the transcript too, so that it can be there only once.
    Column("notice_id", String(32), primary_key=True),
    Column("kind", String(24), nullable=False),
    Column("order_no", ForeignKey("orders.order_no"), nullable=False, index=True),
    Column("visit_id", String(64)),
    Column("consumer_id", String(255), nullable=False, index=True),
    Column("payload", JSON, nullable=False),
    Column("dedupe_key", String(512), nullable=False, unique=True),
    Column("command_id", String(128)),
    Column("created_at", BigInteger, nullable=False),
    Column("due_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    # False once nobody could be found to tell it to; a new conversation sets it back.
    Column("reachable", Boolean, nullable=False),
    Column("outcome", String(8)),
    Column("sent_at", BigInteger),
    CheckConstraint(
        "outcome IN ('sent', 'spoken', 'stale', 'expired')",
        name="notice_outcome",
    ),
    CheckConstraint("(outcome = 'sent') = (sent_at IS NOT NULL)", name="notice_sent"),
)
_WAITING = "outcome IS NULL AND reachable"
Index(
    "notice_due",
    notice.c.due_at,
    sqlite_where=text(_WAITING),
    postgresql_where=text(_WAITING),
)
Index("notice_expires", notice.c.expires_at)
# Why a visit failed, and when the consumer is to be asked again (unset: booked anew at once).
visit_failure = Table(
    "visit_failure",
    metadata,
    Column("visit_id", ForeignKey("visit.visit_id"), primary_key=True),
    Column("reason", String(32), nullable=False),
    Column("next_contact_at", BigInteger, index=True),
)
# A consumer's word that a window suits; it holds for that window only.
visit_assent = Table(
    "visit_assent",
    metadata,
    Column("visit_id", ForeignKey("visit.visit_id"), primary_key=True),
    Column("window_start", BigInteger, nullable=False),
    Column("at", BigInteger, nullable=False),
)
visit_rating = Table(
    "visit_rating",
    metadata,
    Column("visit_id", ForeignKey("visit.visit_id"), primary_key=True),
    Column("score", Integer, nullable=False),
    Column("at", BigInteger, nullable=False),
    CheckConstraint("score >= 1 AND score <= 5", name="rating_score"),
)
