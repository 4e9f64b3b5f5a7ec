"""Orders, crews, the ledger of their minutes, and visits."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from bot.database.migrations import ledger

revision = "0001"
down_revision = None

# What the tables were at this revision; bot/scheduling/tables.py says what they are now.
SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Create the tables and the triggers that keep the ledger."""
    _tables()
    for statement in ledger.STATEMENTS[op.get_bind().dialect.name]:
        op.execute(statement)


def _tables() -> None:
    op.create_table(
        "consumer",
        sa.Column("consumer_id", sa.String(length=255), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("phone", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("consumer_id"),
    )
    op.create_table(
        "done_command",
        sa.Column("command_id", sa.String(length=128), nullable=False),
        sa.Column("order_no", sa.String(length=64), nullable=False),
        sa.Column("visit_id", sa.String(length=64), nullable=True),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("command_id"),
    )
    op.create_table(
        "hub",
        sa.Column("hub_id", sa.String(length=64), nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("hub_id"),
    )
    op.create_table(
        "identity_failure",
        sa.Column("conversation_id", sa.String(length=64), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("conversation_id"),
    )
    op.create_table(
        "merchant",
        sa.Column("merchant", sa.String(length=255), nullable=False),
        sa.PrimaryKeyConstraint("merchant"),
    )
    op.create_table(
        "visit_event",
        sa.Column("id", SERIAL, autoincrement=True, nullable=False),
        sa.Column("visit_id", sa.String(length=64), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("actor", sa.String(length=32), nullable=False),
        sa.Column("what", sa.String(length=32), nullable=False),
        sa.Column("before", sa.JSON(), nullable=True),
        sa.Column("after", sa.JSON(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("command_id", sa.String(length=128), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_visit_event_visit_id"), "visit_event", ["visit_id"], unique=False)
    op.create_table(
        "crew",
        sa.Column("crew_id", sa.String(length=64), nullable=False),
        sa.Column("hub_id", sa.String(length=64), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("phone", sa.String(length=32), nullable=True),
        sa.Column("members", sa.Integer(), nullable=False),
        sa.CheckConstraint("members >= 1", name="crew_members"),
        sa.ForeignKeyConstraint(["hub_id"], ["hub.hub_id"]),
        sa.PrimaryKeyConstraint("crew_id"),
    )
    op.create_index(op.f("ix_crew_hub_id"), "crew", ["hub_id"], unique=False)
    op.create_table(
        "fee",
        sa.Column("merchant", sa.String(length=255), nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("amount", sa.Numeric(precision=10, scale=2), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("condition", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["merchant"], ["merchant.merchant"]),
        sa.PrimaryKeyConstraint("merchant", "code", "valid_from"),
    )
    op.create_table(
        "hub_area",
        sa.Column("adcode", sa.String(length=12), nullable=False),
        sa.Column("hub_id", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["hub_id"], ["hub.hub_id"]),
        sa.PrimaryKeyConstraint("adcode", "hub_id"),
    )
    op.create_table(
        "orders",
        sa.Column("order_no", sa.String(length=64), nullable=False),
        sa.Column("merchant", sa.String(length=255), nullable=False),
        sa.Column("consumer_id", sa.String(length=255), nullable=False),
        sa.Column("adcode", sa.String(length=12), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("floor", sa.Integer(), nullable=True),
        sa.Column("elevator", sa.Boolean(), nullable=True),
        sa.Column("lon", sa.Float(), nullable=True),
        sa.Column("lat", sa.Float(), nullable=True),
        sa.Column("goods_expected_at", sa.BigInteger(), nullable=True),
        sa.Column("seq", sa.Integer(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(["consumer_id"], ["consumer.consumer_id"]),
        sa.PrimaryKeyConstraint("order_no"),
    )
    op.create_index(op.f("ix_orders_consumer_id"), "orders", ["consumer_id"], unique=False)
    op.create_table(
        "crew_shift",
        sa.Column("shift_id", SERIAL, autoincrement=True, nullable=False),
        sa.Column("crew_id", sa.String(length=64), nullable=False),
        sa.Column("start_at", sa.BigInteger(), nullable=False),
        sa.Column("end_at", sa.BigInteger(), nullable=False),
        sa.Column("capacity_min", sa.Integer(), nullable=False),
        sa.CheckConstraint("start_at < end_at", name="shift_order"),
        sa.ForeignKeyConstraint(["crew_id"], ["crew.crew_id"]),
        sa.PrimaryKeyConstraint("shift_id"),
        sa.UniqueConstraint("crew_id", "start_at"),
    )
    op.create_table(
        "crew_skill",
        sa.Column("crew_id", sa.String(length=64), nullable=False),
        sa.Column("skill", sa.String(length=32), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["crew_id"], ["crew.crew_id"]),
        sa.PrimaryKeyConstraint("crew_id", "skill"),
    )
    op.create_table(
        "identity_proof",
        sa.Column("conversation_id", sa.String(length=64), nullable=False),
        sa.Column("order_no", sa.String(length=64), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["order_no"], ["orders.order_no"]),
        sa.PrimaryKeyConstraint("conversation_id", "order_no"),
    )
    op.create_table(
        "order_item",
        sa.Column("order_no", sa.String(length=64), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("sku", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("brand", sa.Text(), nullable=True),
        sa.Column("category", sa.String(length=32), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("weight_kg", sa.Float(), nullable=True),
        sa.CheckConstraint("quantity >= 1", name="item_quantity"),
        sa.ForeignKeyConstraint(["order_no"], ["orders.order_no"]),
        sa.PrimaryKeyConstraint("order_no", "position"),
    )
    op.create_table(
        "site_fact",
        sa.Column("order_no", sa.String(length=64), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("value", sa.JSON(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["order_no"], ["orders.order_no"]),
        sa.PrimaryKeyConstraint("order_no", "key"),
    )
    op.create_table(
        "tracking",
        sa.Column("order_no", sa.String(length=64), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("location", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["order_no"], ["orders.order_no"]),
        sa.PrimaryKeyConstraint("order_no", "position"),
    )
    op.create_table(
        "crew_window",
        sa.Column("cw_id", SERIAL, autoincrement=True, nullable=False),
        sa.Column("shift_id", SERIAL, nullable=False),
        sa.Column("crew_id", sa.String(length=64), nullable=False),
        sa.Column("start_at", sa.BigInteger(), nullable=False),
        sa.Column("end_at", sa.BigInteger(), nullable=False),
        sa.Column("capacity_min", sa.Integer(), nullable=False),
        sa.Column("overrun_min", sa.Integer(), server_default="0", nullable=False),
        sa.Column("used_min", sa.Integer(), server_default="0", nullable=False),
        sa.CheckConstraint("capacity_min >= 0 AND overrun_min >= 0", name="window_capacity"),
        sa.CheckConstraint("start_at < end_at", name="window_order"),
        sa.CheckConstraint(
            "used_min >= 0 AND used_min <= capacity_min + overrun_min", name="no_overbook"
        ),
        sa.ForeignKeyConstraint(["crew_id"], ["crew.crew_id"]),
        sa.ForeignKeyConstraint(["shift_id"], ["crew_shift.shift_id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("cw_id"),
        sa.UniqueConstraint("crew_id", "start_at"),
    )
    op.create_table(
        "visit",
        sa.Column("visit_id", sa.String(length=64), nullable=False),
        sa.Column("order_no", sa.String(length=64), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("crew_id", sa.String(length=64), nullable=True),
        sa.Column("cw_id", SERIAL, nullable=True),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("window_start", sa.BigInteger(), nullable=True),
        sa.Column("window_end", sa.BigInteger(), nullable=True),
        sa.Column("changes", sa.Integer(), server_default="0", nullable=False),
        sa.Column("version", sa.Integer(), server_default="0", nullable=False),
        sa.Column("attention", sa.Boolean(), nullable=False),
        sa.CheckConstraint(
            "(status = 'unscheduled') = (window_start IS NULL)", name="visit_has_window"
        ),
        sa.CheckConstraint("minutes > 0", name="visit_minutes"),
        sa.CheckConstraint("window_start IS NULL OR window_start < window_end", name="visit_order"),
        sa.ForeignKeyConstraint(["crew_id"], ["crew.crew_id"]),
        sa.ForeignKeyConstraint(["cw_id"], ["crew_window.cw_id"]),
        sa.ForeignKeyConstraint(["order_no"], ["orders.order_no"]),
        sa.PrimaryKeyConstraint("visit_id"),
    )
    op.create_index(op.f("ix_visit_order_no"), "visit", ["order_no"], unique=False)
    op.create_index(
        "visit_live",
        "visit",
        ["order_no", "kind"],
        unique=True,
        sqlite_where=sa.text("status IN ('unscheduled', 'scheduled', 'en_route', 'in_progress')"),
        postgresql_where=sa.text(
            "status IN ('unscheduled', 'scheduled', 'en_route', 'in_progress')"
        ),
    )
    op.create_index("visit_window", "visit", ["cw_id"], unique=False)
