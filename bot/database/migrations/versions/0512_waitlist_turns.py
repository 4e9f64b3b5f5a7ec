"""Whose turn it is on the waitlist, and until when."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0512"
down_revision = "0701"


def upgrade() -> None:
    """Replace when somebody was told by what they were told of and until when it is theirs."""
    op.drop_column("waitlist", "offered_at")
    op.add_column("waitlist", sa.Column("offered_cw", sa.BigInteger()))
    op.add_column("waitlist", sa.Column("offered_until", sa.BigInteger()))
