"""The examples of docs/connect.md work as they stand."""

from __future__ import annotations

import json
import re
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pytest

from bot import catalogue
from bot.clock import BUSINESS_ZONE, FixedClock
from bot.database import Database
from bot.errors import ImportRejected
from bot.scheduling import Caller, Scheduling
from bot.settings import ROOT, BookingRules

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

PAGE = (ROOT / "docs" / "connect.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"^```json\n(.+?)^```", re.MULTILINE | re.DOTALL)
EXAMPLES = [json.loads(text) for text in BLOCK.findall(PAGE)]
ORDER = "2811234567890123456"
NOW = datetime(2026, 11, 24, 10, tzinfo=BUSINESS_ZONE)


@pytest.fixture
async def scheduling(tmp_path: Path) -> AsyncIterator[Scheduling]:
    database = Database(f"sqlite:///{tmp_path / 'connect.db'}")
    await database.migrate()
    yield Scheduling(database, FixedClock(NOW), catalogue.load(), BookingRules())
    await database.close()


def _document() -> dict[str, Any]:
    return json.loads(json.dumps(next(example for example in EXAMPLES if "orders" in example)))


async def test_the_imported_example_can_be_booked(scheduling: Scheduling) -> None:
    report = await scheduling.import_document(_document())
    assert report.warnings == ()
    found = await scheduling.availability(ORDER, None, 14)
    assert [window.start.isoformat() for window in found.windows] == ["2026-11-28T09:00:00+08:00"]
    fees = await scheduling.fees(Caller("c", "tb_1001"), ORDER)
    assert [fee.code for fee in fees] == ["copper_pipe"]


async def test_the_fault_on_the_page_is_what_the_import_says(scheduling: Scheduling) -> None:
    broken = _document()
    broken["orders"][0]["visits"][0] = {
        "visit_id": "V1",
        "kind": "installation",
        "status": "scheduled",
        "crew_id": "C99",
        "window_start": "2026-11-28T09:00:00+08:00",
        "window_end": "2026-11-28T12:00:00+08:00",
    }
    with pytest.raises(ImportRejected) as rejected:
        await scheduling.import_document(broken)
    (fault,) = rejected.value.facts["faults"]
    assert f"{fault['path']}: {fault['detail']}" in PAGE
