"""What staff said and is sent is claimed as all other work is."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0802"
down_revision = "0815"


def upgrade() -> None:
    """Add the columns of a claim."""
    for table in ("staff_heard", "staff_card"):
        for name in ("pending", "lane_epoch"):
            number = sa.Column(name, sa.Integer(), nullable=False, server_default="0")
            op.add_column(table, number)
        op.add_column(table, sa.Column("worker", sa.Text(), nullable=True))
        op.execute(f"UPDATE {table} SET pending = 1 WHERE status = 'new'")
