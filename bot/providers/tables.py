"""Tables of what comes in from providers. Instants are seconds of the host's clock."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
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
