"""Who is told when a visit changes, and a trigger that writes down whom to tell."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0812"
down_revision = "0721"

_SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_WAITS = "status = 'new'"
_TELL = """
INSERT INTO change_delivery
  (outlet_id, event_id, visit_id, status, attempts, not_before, lease_until)
SELECT id, NEW.id, NEW.visit_id, 'new', 0, 0, 0 FROM change_outlet WHERE active;"""


def upgrade() -> None:
    """Create the tables and the trigger."""
    op.create_table(
        "change_outlet",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("owner", sa.String(length=255), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("secret", sa.Text(), nullable=False),
        sa.Column("types", sa.JSON()),
        sa.Column("merchants", sa.JSON()),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("since", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    _deliveries()
    if op.get_bind().dialect.name == "sqlite":
        op.execute(f"CREATE TRIGGER visit_event_tell AFTER INSERT ON visit_event BEGIN {_TELL} END")
        return
    op.execute(
        "CREATE FUNCTION visit_event_tell() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN {_TELL} RETURN NULL; END $$"
    )
    op.execute(
        "CREATE TRIGGER visit_event_tell AFTER INSERT ON visit_event "
        "FOR EACH ROW EXECUTE FUNCTION visit_event_tell()"
    )


def _deliveries() -> None:
    outlet = sa.ForeignKey("change_outlet.id", ondelete="CASCADE")
    op.create_table(
        "change_delivery",
        sa.Column("id", _SERIAL, nullable=False),
        sa.Column("outlet_id", sa.String(length=32), outlet, nullable=False),
        sa.Column("event_id", sa.BigInteger(), nullable=False),
        sa.Column("visit_id", sa.String(length=64), nullable=False),
        sa.Column("status", sa.String(length=8), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("not_before", sa.Float(), nullable=False),
        sa.Column("lease_until", sa.Float(), nullable=False),
        sa.Column("tried_at", sa.Float()),
        sa.Column("error", sa.Text()),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("outlet_id", "event_id"),
        sa.CheckConstraint("status IN ('new', 'sent', 'dead')", name="change_delivery_status"),
    )
    _waiting("change_delivery_waits", ["not_before"])
    _waiting("change_delivery_turn", ["outlet_id", "visit_id", "event_id"])


def _waiting(name: str, columns: list[str]) -> None:
    where = sa.text(_WAITS)
    op.create_index(name, "change_delivery", columns, sqlite_where=where, postgresql_where=where)
