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
from sqlalchemy.orm import sessionmaker
from sqlalchemy.pool import QueuePool

from bot.engine.shared_lanes import SharedLanes
from bot.errors import SettingsError

if TYPE_CHECKING:
    from rasa.shared.core.domain import Domain

_SCHEMA = "rasa"
_CONNECT_SECONDS = 5
# A turn is at most three messages to Rasa: its first wish, its second, one kept from before.
_LAST = 3


class TurnTrackerStore(SQLTrackerStore):
    """Rasa's SQL store, asked one thing more: what a turn already came to."""

    async def turn_events(self, conversation_id: str, turn_id: str) -> list[dict[str, Any]] | None:
        """Return the events of one of the conversation's last turns, as stored.

        From its message on, up to the next message. None unless `turn_id` is among the last
        few: a conversation's turns come one after the other, so only those can come again.
        """
        event = self.SQLEvent
        with self.session_scope() as session:
            last = (
                session.query(event.id, event.data)
                .filter(event.sender_id == conversation_id, event.type_name == "user")
                .order_by(event.id.desc())
                .limit(_LAST)
                .all()
            )
            following = None
            for message in last:
                if json.loads(message.data).get("message_id") == turn_id:
                    break
                following = message
            else:
                return None
            rows = session.query(event.data).filter(
                event.sender_id == conversation_id, event.id >= message.id
            )
            if following is not None:
                rows = rows.filter(event.id < following.id)
            return [json.loads(row.data) for row in rows.order_by(event.id)]

    async def session_length(self, conversation_id: str) -> int:
        """Return how many events the conversation's present session has."""
        event = self.SQLEvent
        with self.session_scope() as session:
            begun = (
                session.query(sa.func.max(event.id))
                .filter(event.sender_id == conversation_id, event.type_name == "session_started")
                .scalar_subquery()
            )
            return int(
                session.query(sa.func.count(event.id))
                .filter(event.sender_id == conversation_id, event.id >= sa.func.coalesce(begun, 0))
                .scalar()
            )

    async def slot(self, conversation_id: str, name: str) -> Any:
        """Return the value that a slot of the conversation was last set to, or None.

        Rasa would read the whole conversation for it.
        """
        event = self.SQLEvent
        with self.session_scope() as session:
            last = (
                session.query(event.data)
                .filter(
                    event.sender_id == conversation_id,
                    event.type_name == "slot",
                    event.action_name == name,
                )
                .order_by(event.id.desc())
                .first()
            )
            return json.loads(last.data)["value"] if last else None


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
        _keep_connections(store)
        return store
    if backend == "postgresql":
        _make_schema(_plain(parsed))
        # Rasa's table is called `events`; a schema keeps it apart from the application's.
        os.environ["POSTGRESQL_SCHEMA"] = _SCHEMA
        return TurnTrackerStore(domain, host=_plain(parsed))
    raise SettingsError(f"trackers go to SQLite or PostgreSQL, not to {backend}")


def shared_lanes(location: str) -> SharedLanes | None:
    """Return lanes that engines on one PostgreSQL share; None for a file, which has one engine."""
    url = make_url(location) if "://" in location else None
    if url is None or url.get_backend_name() != "postgresql":
        return None
    return SharedLanes(_plain(url))


def _plain(url: sa.engine.URL) -> str:
    # The application names an asynchronous driver; Rasa has the synchronous one.
    return url.set(drivername=url.get_backend_name()).render_as_string(hide_password=False)


def _keep_connections(store: TurnTrackerStore) -> None:
    """Let the store's connections stay open.

    By default each statement opens the file anew; closing it again writes the whole log back,
    with the disk waited for.
    """
    store.engine.dispose()
    store.engine = sa.create_engine(
        store.engine.url, poolclass=QueuePool, connect_args={"check_same_thread": False}
    )
    sa.event.listen(store.engine, "connect", _tune)
    store.sessionmaker = sessionmaker(bind=store.engine)


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
