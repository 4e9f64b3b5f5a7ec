"""Triggers of schema 0101: a hold charges its window like a visit does."""


def _sqlite(event: str, body: str) -> str:
    return f"CREATE TRIGGER hold_{event.lower()} AFTER {event} ON hold BEGIN {body} END"


_RELEASE = "UPDATE crew_window SET used_min = used_min - OLD.minutes WHERE cw_id = OLD.cw_id;"
_CHARGE = "UPDATE crew_window SET used_min = used_min + NEW.minutes WHERE cw_id = NEW.cw_id;"

_SQLITE = [
    _sqlite("INSERT", _CHARGE),
    _sqlite("UPDATE", _RELEASE + _CHARGE),
    _sqlite("DELETE", _RELEASE),
]

# Both windows are locked in the order of their ids before either is touched (see ledger.py).
_POSTGRESQL = [
    f"""
CREATE FUNCTION hold_ledger() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'UPDATE' THEN
    PERFORM 1 FROM crew_window WHERE cw_id IN (OLD.cw_id, NEW.cw_id)
      ORDER BY cw_id FOR NO KEY UPDATE;
  END IF;
  IF TG_OP <> 'INSERT' THEN {_RELEASE} END IF;
  IF TG_OP <> 'DELETE' THEN {_CHARGE} END IF;
  RETURN NULL;
END $$""",
    "CREATE TRIGGER hold_ledger AFTER INSERT OR UPDATE OR DELETE ON hold "
    "FOR EACH ROW EXECUTE FUNCTION hold_ledger()",
]

STATEMENTS = {"sqlite": _SQLITE, "postgresql": _POSTGRESQL}
