"""Where Rasa keeps its trackers: a SQLite file, or a schema of its own in PostgreSQL."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from rasa.core.tracker_store import SQLTrackerStore
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError

from bot.errors import SettingsError

if TYPE_CHECKING:
    from rasa.shared.core.domain import Domain

_SCHEMA = "rasa"
_CONNECT_SECONDS = 5


class TurnTrackerStore(SQLTrackerStore):
    """Rasa's SQL store, asked one thing more: what a turn already came to."""

    async def turn_events(self, conversation_id: str, turn_id: str) -> list[dict[str, Any]] | None:
        """Return the events of the conversation's last turn from its message on, as stored.

        None unless that last turn is `turn_id`. A conversation's turns come one after the
        other, so only the last one can come again.
        """
        event = self.SQLEvent
        with self.session_scope() as session:
            last = (
                session.query(event.id, event.data)
                .filter(event.sender_id == conversation_id, event.type_name == "user")
                .order_by(event.id.desc())
                .first()
            )
            if last is None or json.loads(last.data).get("message_id") != turn_id:
                return None
            rows = (
                session.query(event.data)
                .filter(event.sender_id == conversation_id, event.id >= last.id)
                .order_by(event.id)
            )
            return [json.loads(row.data) for row in rows]


def open_store(location: str, domain: Domain | None = None) -> TurnTrackerStore:
    """Open the store at `location`: a file path, or a database URL of SQLite or PostgreSQL.

    Rasa's own constructor tries for ever to reach a database; here it is reached first, with
    a deadline. Raises SettingsError where that fails.
    """
    url = location if "://" in location else f"sqlite:///{Path(location).absolute()}"
    parsed = make_url(url)
    backend = parsed.get_backend_name()
    if backend == "sqlite":
        if parsed.database:
            Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
        store = TurnTrackerStore(domain, host=_plain(parsed))
        sa.event.listen(store.engine, "connect", _tune)
        return store
    if backend == "postgresql":
        _make_schema(_plain(parsed))
        # Rasa's table is called `events`; a schema keeps it apart from the application's.
        os.environ["POSTGRESQL_SCHEMA"] = _SCHEMA
        return TurnTrackerStore(domain, host=_plain(parsed))
    raise SettingsError(f"trackers go to SQLite or PostgreSQL, not to {backend}")


def _plain(url: sa.engine.URL) -> str:
    # The application names an asynchronous driver; Rasa has the synchronous one.
    return url.set(drivername=url.get_backend_name()).render_as_string(hide_password=False)


def _tune(connection: Any, _record: Any) -> None:
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=NORMAL")
    connection.execute("PRAGMA busy_timeout=5000")


def _make_schema(url: str) -> None:
    engine = sa.create_engine(url, connect_args={"connect_timeout": _CONNECT_SECONDS}, future=True)
    try:
        with engine.begin() as connection:
            connection.execute(sa.text(f"CREATE SCHEMA IF NOT EXISTS {_SCHEMA}"))
    except SQLAlchemyError as error:
        raise SettingsError(f"the database for trackers cannot be reached: {error}") from error
    finally:
        engine.dispose()
