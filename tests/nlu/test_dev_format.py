"""The labelled dev set keeps to the format that `python -m bot evaluate` reads."""

from __future__ import annotations

import json
import re
from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

DEV = Path(__file__).parent / "dev.jsonl"
ROWS: list[dict[str, Any]] = [
    json.loads(line) for line in DEV.read_text(encoding="utf-8").splitlines()
]
INTENTS = {
    "track_order",
    "schedule_visit",
    "reschedule_visit",
    "cancel_visit",
    "ask_availability",
    "urge",
    "describe_site",
    "ask_install_info",
    "ask_fees",
    "ask_crew",
    "change_address",
    "change_contact",
    "report_damage",
    "report_no_show",
    "complain",
    "remove_old_appliance",
    "ask_warranty",
    "ask_invoice",
    "request_refund",
    "report_hazard",
    "request_human",
    "inform",
    "select_option",
    "affirm",
    "deny",
    "greet",
    "goodbye",
    "thank",
    "bot_challenge",
    "out_of_scope",
}
CATEGORIES = {
    "refrigerator",
    "washing_machine",
    "dryer",
    "split_ac",
    "central_ac",
    "tv",
    "electric_water_heater",
    "gas_water_heater",
    "range_hood",
    "gas_hob",
    "dishwasher",
    "oven",
    "water_purifier",
    "freezer",
    "furniture",
    "fitness_equipment",
}
EVERYDAY = ("track_order", "reschedule_visit", "schedule_visit", "inform", "describe_site")


def _intents(row: dict[str, Any]) -> list[str]:
    return row["intent"] if isinstance(row["intent"], list) else [row["intent"]]


def _matches(pattern: str) -> Any:
    return lambda value: isinstance(value, str) and re.fullmatch(pattern, value) is not None


def _moment(value: Any) -> datetime | None:
    return None if value is None else datetime.fromisoformat(value)


def _time(value: Any) -> bool:
    if set(value) != {"from", "to"}:
        return False
    start, end = _moment(value["from"]), _moment(value["to"])
    aware = all(moment.tzinfo is not None for moment in (start, end) if moment)
    return aware and bool(start or end) and not (start and end and start >= end)


SHAPES = {
    "order_no": _matches(r"\d{8,20}"),
    "phone": _matches(r"1[3-9]\d{9}"),
    "phone_tail": _matches(r"\d{4}"),
    "appliance": CATEGORIES.__contains__,
    "brand": _matches(r"[一-鿿]{2,5}|TCL"),
    "time": _time,
    "floor": lambda value: type(value) is int and value != 0,
    "elevator": lambda value: type(value) is bool,
    "option": lambda value: type(value) is int and value >= 1,
    "address": _matches(r".{3,}"),
}


def test_is_large_enough() -> None:
    assert len(ROWS) >= 600


def test_has_no_text_twice() -> None:
    counted = Counter(row["text"] for row in ROWS)
    assert [text for text, times in counted.items() if times > 1] == []


def test_covers_every_intent() -> None:
    counted = Counter(intent for row in ROWS for intent in _intents(row))
    assert set(counted) == INTENTS
    assert {intent: times for intent, times in counted.items() if times < 15} == {}
    assert min(counted[intent] for intent in (*EVERYDAY, "out_of_scope")) >= 30


def test_covers_every_entity_and_category() -> None:
    entities = [entity for row in ROWS for entity in row["entities"]]
    assert {entity["entity"] for entity in entities} == set(SHAPES)
    named = {entity["value"] for entity in entities if entity["entity"] == "appliance"}
    assert named == CATEGORIES


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["text"][:20])
def test_row_is_well_formed(row: dict[str, Any]) -> None:
    assert set(row) - {"now"} == {"text", "intent", "entities"}
    assert row["text"] == row["text"].strip() != ""
    assert len(set(_intents(row))) == len(_intents(row)) > 0
    for entity in row["entities"]:
        assert set(entity) == {"entity", "value"}
        assert SHAPES[entity["entity"]](entity["value"]), entity
        if entity["entity"] == "address":
            assert entity["value"] in row["text"]


@pytest.mark.parametrize(
    "row",
    [row for row in ROWS if any(entity["entity"] == "time" for entity in row["entities"])],
    ids=lambda row: row["text"][:20],
)
def test_row_with_a_time_says_when_it_was_said(row: dict[str, Any]) -> None:
    assert datetime.fromisoformat(row["now"]).tzinfo is not None
