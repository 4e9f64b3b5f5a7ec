"""Tables of what comes in from providers, and of who is told of changes.

Instants are seconds of the host's clock.
"""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

metadata = MetaData()
# SQLite numbers rows by itself only where the key is declared INTEGER.
SERIAL = BigInteger().with_variant(Integer(), "sqlite")

# A document that is brought over HTTP, from its first byte to its report.
upload = Table(
    "import_upload",
    metadata,
    Column("id", String(32), primary_key=True),
    # Who brings it, and what they call it: the same again is the same upload.
    Column("caller", String(255), nullable=False),
    Column("key", String(255), nullable=False),
    # Whose orders it may hold; unset: everybody's.
    Column("merchants", JSON(none_as_null=True)),
    Column("state", String(10), nullable=False),
    Column("total", BigInteger),
    Column("received", BigInteger, nullable=False),
    # How many objects were found, and once it is taken or refused, what there is to say.
    Column("objects", Integer, nullable=False),
    Column("report", JSON, nullable=False),
    Column("since", Float, nullable=False),
    Column("lease_until", Float, nullable=False),
    UniqueConstraint("caller", "key"),
    CheckConstraint(
        "state IN ('receiving', 'waiting', 'working', 'taken', 'refused')",
        name="import_upload_state",
    ),
)
_OPEN = "state IN ('waiting', 'working')"
Index(
    "import_upload_open",
    upload.c.lease_until,
    sqlite_where=text(_OPEN),
    postgresql_where=text(_OPEN),
)
_of_upload = "import_upload.id"
# The bytes as they came; removed once the document is taken or refused.
chunk = Table(
    "import_chunk",
    metadata,
    Column("upload_id", ForeignKey(_of_upload, ondelete="CASCADE"), primary_key=True),
    Column("start_at", BigInteger, primary_key=True),
    Column("body", LargeBinary, nullable=False),
)
# Its objects, cut into parts whose shape is right, in the order in which they are written.
part = Table(
    "import_part",
    metadata,
    Column("upload_id", ForeignKey(_of_upload, ondelete="CASCADE"), primary_key=True),
    Column("rank", Integer, primary_key=True),
    Column("first", Integer, primary_key=True),
    Column("body", Text, nullable=False),
)
# Who is told when a visit changes: a webhook that somebody asked for, or a platform of ours.
outlet = Table(
    "change_outlet",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("kind", String(16), nullable=False),
    # Whose webhook it is, or the account on the platform.
    Column("owner", String(255), nullable=False),
    Column("url", Text, nullable=False),
    Column("secret", Text, nullable=False),
    # Which changes, and of whose orders; unset: all.
    Column("types", JSON(none_as_null=True)),
    Column("merchants", JSON(none_as_null=True)),
    Column("active", Boolean, nullable=False),
    Column("since", Float, nullable=False),
)
# A trigger on `visit_event` writes one row an active outlet, in the transaction of the change.
delivery = Table(
    "change_delivery",
    metadata,
    Column("id", SERIAL, primary_key=True),
    Column("outlet_id", ForeignKey("change_outlet.id", ondelete="CASCADE"), nullable=False),
    Column("event_id", BigInteger, nullable=False),
    Column("visit_id", String(64), nullable=False),
    Column("status", String(8), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("not_before", Float, nullable=False),
    Column("lease_until", Float, nullable=False),
    # How the last attempt went.
    Column("tried_at", Float),
    Column("error", Text),
    UniqueConstraint("outlet_id", "event_id"),
    CheckConstraint("status IN ('new', 'sent', 'dead')", name="change_delivery_status"),
)
_WAITS = "status = 'new'"
Index(
    "change_delivery_waits",
    delivery.c.not_before,
    sqlite_where=text(_WAITS),
    postgresql_where=text(_WAITS),
)
Index(
    "change_delivery_turn",
    delivery.c.outlet_id,
    delivery.c.visit_id,
    delivery.c.event_id,
    sqlite_where=text(_WAITS),
    postgresql_where=text(_WAITS),
)
# Single facts that somebody sent, by the id that makes a repeat harmless.
event = Table(
    "inbound_event",
    metadata,
    Column("source", String(255), primary_key=True),
    Column("webhook_id", String(255), primary_key=True),
    Column("type", String(32), nullable=False),
    Column("order_no", String(64), nullable=False),
    # When it happened, and when we heard of it.
    Column("at", Float, nullable=False),
    Column("received_at", Float, nullable=False),
    Column("state", String(8), nullable=False),
    # What it says, while it waits for its order.
    Column("data", JSON(none_as_null=True)),
    CheckConstraint(
        "state IN ('applied', 'stale', 'waiting', 'dropped')", name="inbound_event_state"
    ),
)
_EARLY = "state = 'waiting'"
Index(
    "inbound_event_waiting",
    event.c.order_no,
    event.c.at,
    sqlite_where=text(_EARLY),
    postgresql_where=text(_EARLY),
)
# How new what we know of a part of an order is: what happened before that comes too late.
event_clock = Table(
    "event_clock",
    metadata,
    Column("order_no", String(64), primary_key=True),
    Column("subject", String(80), primary_key=True),
    Column("at", Float, nullable=False),
)
# Tmall's work cards, and which order each is for.
tmall_card = Table(
    "tmall_card",
    metadata,
    Column("workcard_id", BigInteger, primary_key=True, autoincrement=False),
    Column("account", String(255), nullable=False),
    Column("order_no", String(64), nullable=False, index=True),
    Column("since", Float, nullable=False),
    # Cancelled or done there: nothing is written to it any more.
    Column("over", Boolean, nullable=False),
)
