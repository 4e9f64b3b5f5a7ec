"""One running system for all dialogue scripts: real engine, real database, real HTTP."""

import json
import sqlite3
from itertools import chain
from pathlib import Path

import pytest
import yaml

from tests.dialogues.world import NOW, document
from tests.system import serving

HERE = Path(__file__).parent


def scripts() -> list[dict]:
    """All dialogue scripts, numbered; the folder says what goes wrong in them."""
    files = sorted(HERE.glob("*/*.yml"))
    found = chain.from_iterable(
        [{**script, "kind": file.parent.name} for script in yaml.safe_load(file.read_text())]
        for file in files
    )
    return [{**script, "number": number} for number, script in enumerate(found, 1)]


@pytest.fixture(scope="session")
def system(tmp_path_factory):
    worlds = [document(s["number"], s.get("given", {})) for s in scripts()]
    whole = {
        key: list(chain.from_iterable(world[key] for world in worlds))
        for key in ("merchants", "hubs", "crews", "orders")
    }
    with serving(tmp_path_factory.mktemp("var"), whole, clock=NOW.isoformat()) as running:
        yield running


@pytest.fixture
def slots_of(system):
    """Read the slots of a sender's conversation as the engine keeps them."""

    def read(sender: str) -> dict:
        ((conversation_id,),) = _rows(
            system.var_dir / "yuezhuang.db", "SELECT id FROM conversation WHERE sender = ?", sender
        )
        (file,) = system.var_dir.glob("*track*.db")
        stored = _rows(
            file,
            "SELECT data FROM events WHERE sender_id = ? AND type_name = 'slot' ORDER BY id",
            conversation_id,
        )
        assert stored, f"the engine keeps no slots of {sender}"
        events = [json.loads(data) for (data,) in stored]
        return {event["name"]: event["value"] for event in events}

    return read


def _rows(file: Path, query: str, *values: str) -> list[tuple]:
    with sqlite3.connect(file) as database:
        return database.execute(query, values).fetchall()
