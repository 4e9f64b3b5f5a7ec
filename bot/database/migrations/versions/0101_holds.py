"""Holds, waitlist, calendar days; skills as bits; what a window may sell; goods to be replaced."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from alembic import op

from bot.database.migrations import hold_ledger

revision = "0101"
down_revision = "0201"

ZONE = ZoneInfo("Asia/Shanghai")
SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
# The bits as they were when this revision was written.
SKILLS = (
    "refrigerator",
    "washing_machine",
    "dryer",
    "split_ac",
    "central_ac",
    "tv",
    "electric_water_heater",
    "gas_water_heater",
    "range_hood",
    "gas_hob",
    "dishwasher",
    "oven",
    "water_purifier",
    "freezer",
    "furniture",
    "fitness_equipment",
    "high_altitude",
    "gas",
    "electrical",
    "heavy_carry",
)
BITS = {skill: 1 << position for position, skill in enumerate(SKILLS)}


def upgrade() -> None:
    """Add the tables and columns, carry the skills over, and let holds charge the ledger."""
    _columns()
    _skills()
    _tables()
    for statement in hold_ledger.STATEMENTS[op.get_bind().dialect.name]:
        op.execute(statement)


def _columns() -> None:
    zero = sa.text("0")
    op.add_column(
        "crew", sa.Column("skill_mask", sa.BigInteger(), nullable=False, server_default=zero)
    )
    op.add_column("crew", sa.Column("licences", sa.JSON(), nullable=False, server_default="{}"))
    op.add_column(
        "crew_window", sa.Column("sellable_min", sa.Integer(), nullable=False, server_default=zero)
    )
    op.add_column(
        "crew_window", sa.Column("skill_mask", sa.BigInteger(), nullable=False, server_default=zero)
    )
    op.execute("UPDATE crew_window SET sellable_min = capacity_min")
    op.add_column(
        "orders",
        sa.Column("goods_missing", sa.Boolean(), nullable=False, server_default=sa.false()),
    )
    op.create_index(
        "crew_window_open",
        "crew_window",
        ["crew_id", "start_at", "end_at", "sellable_min", "used_min", "skill_mask", "cw_id"],
    )


def _skills() -> None:
    """Write each crew's skills as bits, and to each of its windows those valid on the day."""
    bind = op.get_bind()
    rows = bind.execute(sa.text("SELECT crew_id, skill, valid_until FROM crew_skill")).all()
    ends: dict[str, dict[str, str]] = {}
    masks: dict[str, int] = {}
    for row in rows:
        masks[row.crew_id] = masks.get(row.crew_id, 0) | BITS[row.skill]
        if row.valid_until is not None:
            ends.setdefault(row.crew_id, {})[row.skill] = str(row.valid_until)
    crew = sa.table(
        "crew", *map(sa.column, ("crew_id", "skill_mask")), sa.column("licences", sa.JSON())
    )
    window = sa.table("crew_window", *map(sa.column, ("crew_id", "start_at", "skill_mask")))
    for crew_id, bits in masks.items():
        licences = ends.get(crew_id, {})
        bind.execute(
            sa.update(crew)
            .where(crew.c.crew_id == crew_id)
            .values(skill_mask=bits, licences=licences)
        )
        bind.execute(sa.update(window).where(window.c.crew_id == crew_id).values(skill_mask=bits))
        for skill, last in licences.items():
            day_after = datetime.fromisoformat(last).replace(tzinfo=ZONE) + timedelta(days=1)
            bind.execute(
                sa.update(window)
                .where(window.c.crew_id == crew_id, window.c.start_at >= day_after.timestamp())
                .values(skill_mask=window.c.skill_mask - BITS[skill])
            )
    op.drop_table("crew_skill")


def _tables() -> None:
    op.create_table(
        "calendar_day",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("hub_id", sa.String(length=64), server_default="", nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("capacity_factor", sa.Float(), nullable=False),
        sa.CheckConstraint("kind IN ('blackout', 'stress')", name="calendar_kind"),
        sa.CheckConstraint("capacity_factor BETWEEN 0 AND 1", name="calendar_factor"),
        sa.PrimaryKeyConstraint("day", "hub_id"),
    )
    op.create_table(
        "hold",
        sa.Column("order_no", sa.String(length=64), nullable=False),
        sa.Column("cw_id", SERIAL, nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("token", sa.String(length=64), nullable=False),
        sa.CheckConstraint("minutes > 0", name="hold_minutes"),
        sa.ForeignKeyConstraint(["cw_id"], ["crew_window.cw_id"]),
        sa.ForeignKeyConstraint(["order_no"], ["orders.order_no"]),
        sa.PrimaryKeyConstraint("order_no"),
        sa.UniqueConstraint("token"),
    )
    op.create_index("ix_hold_cw_id", "hold", ["cw_id"])
    op.create_index("ix_hold_expires_at", "hold", ["expires_at"])
    op.create_table(
        "waitlist",
        sa.Column("order_no", sa.String(length=64), nullable=False),
        sa.Column("want_from", sa.BigInteger()),
        sa.Column("want_to", sa.BigInteger()),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("offered_at", sa.BigInteger()),
        sa.ForeignKeyConstraint(["order_no"], ["orders.order_no"]),
        sa.PrimaryKeyConstraint("order_no"),
    )
