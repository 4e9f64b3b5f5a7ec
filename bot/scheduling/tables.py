"""Tables of orders, crews and visits. Instants are epoch seconds, UTC, in both databases."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Numeric,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
    text,
)

metadata = MetaData()
# SQLite numbers rows by itself only where the key is declared INTEGER.
Serial = BigInteger().with_variant(Integer, "sqlite")
NO_OVERBOOK = "used_min >= 0 AND used_min <= capacity_min + overrun_min"
LIVE = "status IN ('unscheduled', 'scheduled', 'en_route', 'in_progress')"

hub = Table(
    "hub",
    metadata,
    Column("hub_id", String(64), primary_key=True),
    Column("name", Text),
    # Whose hub it is; unset where crews of several providers work from it.
    Column("provider", String(64)),
)
hub_area = Table(
    "hub_area",
    metadata,
    Column("adcode", String(12), primary_key=True),
    Column("hub_id", ForeignKey("hub.hub_id"), primary_key=True),
)
crew = Table(
    "crew",
    metadata,
    Column("crew_id", String(64), primary_key=True),
    Column("hub_id", ForeignKey("hub.hub_id"), nullable=False, index=True),
    Column("name", Text, nullable=False),
    Column("phone", String(32)),
    Column("members", Integer, nullable=False),
    # All skills as bits (skills.py), and the last day of those that end: {"gas": "2026-12-01"}.
    Column("skill_mask", BigInteger, nullable=False, server_default="0"),
    Column("licences", JSON, nullable=False, server_default="{}"),
    # The logistics provider; where it is unset the hub's counts.
    Column("provider", String(64)),
    CheckConstraint("members >= 1", name="crew_members"),
)
# One row of hub "" is for all hubs; a hub's own row goes before it.
calendar_day = Table(
    "calendar_day",
    metadata,
    Column("day", Date, primary_key=True),
    Column("hub_id", String(64), primary_key=True, server_default=""),
    Column("kind", String(16), nullable=False),
    Column("capacity_factor", Float, nullable=False),
    CheckConstraint("kind IN ('blackout', 'stress')", name="calendar_kind"),
    CheckConstraint("capacity_factor BETWEEN 0 AND 1", name="calendar_factor"),
)
crew_shift = Table(
    "crew_shift",
    metadata,
    Column("shift_id", Serial, primary_key=True, autoincrement=True),
    Column("crew_id", ForeignKey("crew.crew_id"), nullable=False),
    Column("start_at", BigInteger, nullable=False),
    Column("end_at", BigInteger, nullable=False),
    Column("capacity_min", Integer, nullable=False),
    UniqueConstraint("crew_id", "start_at"),
    CheckConstraint("start_at < end_at", name="shift_order"),
)
# The ledger: every visit is charged to one row, and no row takes more than it has.
crew_window = Table(
    "crew_window",
    metadata,
    Column("cw_id", Serial, primary_key=True, autoincrement=True),
    Column("shift_id", ForeignKey("crew_shift.shift_id", ondelete="CASCADE"), nullable=False),
    Column("crew_id", ForeignKey("crew.crew_id"), nullable=False),
    Column("start_at", BigInteger, nullable=False),
    Column("end_at", BigInteger, nullable=False),
    Column("capacity_min", Integer, nullable=False),
    Column("overrun_min", Integer, nullable=False, server_default="0"),
    Column("used_min", Integer, nullable=False, server_default="0"),
    # What we may sell of the capacity: less of it on a stress day, nothing on a blackout day.
    Column("sellable_min", Integer, nullable=False, server_default="0"),
    # The crew's skills that are valid on the window's day.
    Column("skill_mask", BigInteger, nullable=False, server_default="0"),
    UniqueConstraint("crew_id", "start_at"),
    CheckConstraint("start_at < end_at", name="window_order"),
    CheckConstraint("capacity_min >= 0 AND overrun_min >= 0", name="window_capacity"),
    CheckConstraint(NO_OVERBOOK, name="no_overbook"),
)
Index(
    "crew_window_open",
    crew_window.c.crew_id,
    crew_window.c.start_at,
    crew_window.c.end_at,
    crew_window.c.sellable_min,
    crew_window.c.used_min,
    crew_window.c.skill_mask,
    crew_window.c.cw_id,
)
merchant = Table("merchant", metadata, Column("merchant", String(255), primary_key=True))
fee = Table(
    "fee",
    metadata,
    Column("merchant", ForeignKey("merchant.merchant"), primary_key=True),
    Column("code", String(64), primary_key=True),
    Column("valid_from", Date, primary_key=True),
    Column("name", Text, nullable=False),
    Column("amount", Numeric(10, 2), nullable=False),
    Column("unit", Text, nullable=False),
    Column("condition", Text),
)
consumer = Table(
    "consumer",
    metadata,
    Column("consumer_id", String(255), primary_key=True),
    Column("name", Text, nullable=False),
    Column("phone", String(32), nullable=False),
)
Index("consumer_phone", consumer.c.phone)
orders = Table(
    "orders",
    metadata,
    Column("order_no", String(64), primary_key=True),
    Column("merchant", String(255), nullable=False),
    Column("consumer_id", ForeignKey("consumer.consumer_id"), nullable=False, index=True),
    Column("adcode", String(12), nullable=False),
    Column("address", Text, nullable=False),
    Column("floor", Integer),
    Column("elevator", Boolean),
    Column("lon", Float),
    Column("lat", Float),
    Column("goods_expected_at", BigInteger),
    # The goods came damaged and wait to be replaced: nothing can be booked until they are.
    Column("goods_missing", Boolean, nullable=False, server_default=false()),
    # Nothing is to be delivered any more: refunded, or given up.
    Column("closed", Boolean, nullable=False, server_default=false()),
    Column("seq", Integer, nullable=False, server_default="0"),
    # The logistics provider that the order is bound to; unset: anybody's crews serve it.
    Column("provider", String(64)),
)
order_item = Table(
    "order_item",
    metadata,
    Column("order_no", ForeignKey("orders.order_no"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("sku", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("brand", Text),
    Column("category", String(32), nullable=False),
    Column("quantity", Integer, nullable=False),
    Column("weight_kg", Float),
    CheckConstraint("quantity >= 1", name="item_quantity"),
)
tracking = Table(
    "tracking",
    metadata,
    Column("order_no", ForeignKey("orders.order_no"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("at", BigInteger, nullable=False),
    Column("code", String(64), nullable=False),
    Column("text", Text, nullable=False),
    Column("location", Text),
)
site_fact = Table(
    "site_fact",
    metadata,
    Column("order_no", ForeignKey("orders.order_no"), primary_key=True),
    Column("key", String(64), primary_key=True),
    Column("value", JSON, nullable=False),
    Column("at", BigInteger, nullable=False),
)
visit = Table(
    "visit",
    metadata,
    Column("visit_id", String(64), primary_key=True),
    Column("order_no", ForeignKey("orders.order_no"), nullable=False, index=True),
    Column("seq", Integer, nullable=False),
    Column("kind", String(32), nullable=False),
    Column("status", String(16), nullable=False),
    Column("crew_id", ForeignKey("crew.crew_id")),
    # Unset where the visit is off the roster: it happened elsewhere, without a shift of ours.
    Column("cw_id", ForeignKey("crew_window.cw_id")),
    Column("minutes", Integer, nullable=False),
    Column("window_start", BigInteger),
    Column("window_end", BigInteger),
    Column("changes", Integer, nullable=False, server_default="0"),
    Column("version", Integer, nullable=False, server_default="0"),
    Column("attention", Boolean, nullable=False),
    CheckConstraint("minutes > 0", name="visit_minutes"),
    CheckConstraint("(status = 'unscheduled') = (window_start IS NULL)", name="visit_has_window"),
    CheckConstraint("window_start IS NULL OR window_start < window_end", name="visit_order"),
)
Index(
    "visit_live",
    visit.c.order_no,
    visit.c.kind,
    unique=True,
    sqlite_where=text(LIVE),
    postgresql_where=text(LIVE),
)
Index("visit_window", visit.c.cw_id)
# Minutes kept for an order while its consumer is asked for a yes; charged like a visit's.
hold = Table(
    "hold",
    metadata,
    Column("order_no", ForeignKey("orders.order_no"), primary_key=True),
    Column("cw_id", ForeignKey("crew_window.cw_id"), nullable=False, index=True),
    Column("minutes", Integer, nullable=False),
    Column("expires_at", BigInteger, nullable=False, index=True),
    Column("token", String(64), nullable=False, unique=True),
    CheckConstraint("minutes > 0", name="hold_minutes"),
)
# Orders whose consumers want an earlier window when one opens.
waitlist = Table(
    "waitlist",
    metadata,
    Column("order_no", ForeignKey("orders.order_no"), primary_key=True),
    Column("want_from", BigInteger),
    Column("want_to", BigInteger),
    Column("since", BigInteger, nullable=False),
    # The crew's window that the consumer was told of and until when it is nobody else's turn;
    # the first is unset once that is over.
    Column("offered_cw", BigInteger),
    Column("offered_until", BigInteger),
)
visit_event = Table(
    "visit_event",
    metadata,
    Column("id", Serial, primary_key=True, autoincrement=True),
    Column("visit_id", String(64), nullable=False, index=True),
    Column("at", BigInteger, nullable=False),
    Column("actor", String(32), nullable=False),
    Column("what", String(32), nullable=False),
    Column("before", JSON),
    Column("after", JSON),
    Column("reason", Text),
    Column("command_id", String(128)),
)
# What a command did, so that the same command again does nothing and answers the same.
done_command = Table(
    "done_command",
    metadata,
    Column("command_id", String(128), primary_key=True),
    Column("order_no", String(64), nullable=False),
    Column("visit_id", String(64)),
    Column("at", BigInteger, nullable=False),
)
identity_proof = Table(
    "identity_proof",
    metadata,
    Column("conversation_id", String(64), primary_key=True),
    Column("order_no", ForeignKey("orders.order_no"), primary_key=True),
    Column("at", BigInteger, nullable=False),
)
identity_failure = Table(
    "identity_failure",
    metadata,
    Column("conversation_id", String(64), primary_key=True),
    Column("failures", Integer, nullable=False),
)
