"""Documents that are brought over HTTP: their bytes, their parts, what became of them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0811"
down_revision = "0801"

_OPEN = "state IN ('waiting', 'working')"


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "import_upload",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("caller", sa.String(length=255), nullable=False),
        sa.Column("key", sa.String(length=255), nullable=False),
        sa.Column("merchants", sa.JSON()),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("total", sa.BigInteger()),
        sa.Column("received", sa.BigInteger(), nullable=False),
        sa.Column("objects", sa.Integer(), nullable=False),
        sa.Column("report", sa.JSON(), nullable=False),
        sa.Column("since", sa.Float(), nullable=False),
        sa.Column("lease_until", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("caller", "key"),
        sa.CheckConstraint(
            "state IN ('receiving', 'waiting', 'working', 'taken', 'refused')",
            name="import_upload_state",
        ),
    )
    op.create_index(
        "import_upload_open",
        "import_upload",
        ["lease_until"],
        sqlite_where=sa.text(_OPEN),
        postgresql_where=sa.text(_OPEN),
    )
    op.create_table(
        "import_chunk",
        _upload_id(),
        sa.Column("start_at", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("upload_id", "start_at"),
    )
    op.create_table(
        "import_part",
        _upload_id(),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("first", sa.Integer(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("upload_id", "rank", "first"),
    )


def _upload_id() -> sa.Column[str]:
    upload = sa.ForeignKey("import_upload.id", ondelete="CASCADE")
    return sa.Column("upload_id", sa.String(length=32), upload, nullable=False)
