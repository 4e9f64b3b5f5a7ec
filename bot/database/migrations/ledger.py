"""Triggers of schema 0001: minutes move with visits, and what has happened stays written.

A visit charges its window while it is scheduled, under way or completed. In PostgreSQL the
trigger locks the windows it moves between in the order of their ids, so that two moves in
opposite directions wait for each other instead of deadlocking.
"""

_CHARGED = "('scheduled', 'en_route', 'in_progress', 'completed')"


def _sqlite_release(row: str) -> str:
    return (
        f"UPDATE crew_window SET used_min = used_min - {row}.minutes "
        f"WHERE cw_id = {row}.cw_id AND {row}.status IN {_CHARGED};"
    )


def _sqlite_charge(row: str) -> str:
    return (
        f"UPDATE crew_window SET used_min = used_min + {row}.minutes "
        f"WHERE cw_id = {row}.cw_id AND {row}.status IN {_CHARGED};"
    )


def _sqlite_overlap(table: str, event: str, key: str) -> str:
    return f"""
CREATE TRIGGER {table}_overlap_{event.lower()} BEFORE {event} ON {table}
WHEN EXISTS (SELECT 1 FROM {table} o WHERE o.crew_id = NEW.crew_id AND o.{key} IS NOT NEW.{key}
             AND o.start_at < NEW.end_at AND NEW.start_at < o.end_at)
BEGIN SELECT RAISE(ABORT, 'crew_overlap'); END"""


_SQLITE = [
    f"CREATE TRIGGER visit_charge AFTER INSERT ON visit BEGIN {_sqlite_charge('NEW')} END",
    "CREATE TRIGGER visit_move AFTER UPDATE ON visit BEGIN "
    f"{_sqlite_release('OLD')} {_sqlite_charge('NEW')} END",
    f"CREATE TRIGGER visit_release AFTER DELETE ON visit BEGIN {_sqlite_release('OLD')} END",
    *(
        _sqlite_overlap(table, event, key)
        for table, key in (("crew_window", "cw_id"), ("crew_shift", "shift_id"))
        for event in ("INSERT", "UPDATE")
    ),
    *(
        f"CREATE TRIGGER visit_event_no_{event.lower()} BEFORE {event} ON visit_event "
        "BEGIN SELECT RAISE(ABORT, 'visit_event is append-only'); END"
        for event in ("UPDATE", "DELETE")
    ),
]

_POSTGRESQL = [
    f"""
CREATE FUNCTION visit_ledger() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  released bigint := CASE WHEN TG_OP <> 'INSERT' AND OLD.status IN {_CHARGED} THEN OLD.cw_id END;
  charged  bigint := CASE WHEN TG_OP <> 'DELETE' AND NEW.status IN {_CHARGED} THEN NEW.cw_id END;
BEGIN
  PERFORM 1 FROM crew_window WHERE cw_id IN (released, charged)
    ORDER BY cw_id FOR NO KEY UPDATE;
  IF released IS NOT NULL THEN
    UPDATE crew_window SET used_min = used_min - OLD.minutes WHERE cw_id = released;
  END IF;
  IF charged IS NOT NULL THEN
    UPDATE crew_window SET used_min = used_min + NEW.minutes WHERE cw_id = charged;
  END IF;
  RETURN NULL;
END $$""",
    "CREATE TRIGGER visit_ledger AFTER INSERT OR UPDATE OR DELETE ON visit "
    "FOR EACH ROW EXECUTE FUNCTION visit_ledger()",
    """
CREATE FUNCTION visit_event_fixed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'visit_event is append-only'; END $$""",
    "CREATE TRIGGER visit_event_fixed BEFORE UPDATE OR DELETE ON visit_event "
    "FOR EACH ROW EXECUTE FUNCTION visit_event_fixed()",
    "CREATE EXTENSION IF NOT EXISTS btree_gist",
    *(
        f"ALTER TABLE {table} ADD CONSTRAINT {table}_overlap "
        "EXCLUDE USING gist (crew_id WITH =, int8range(start_at, end_at) WITH &&)"
        for table in ("crew_window", "crew_shift")
    ),
]

STATEMENTS = {"sqlite": _SQLITE, "postgresql": _POSTGRESQL}
