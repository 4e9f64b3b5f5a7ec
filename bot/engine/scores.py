"""Scores of understanding against a labelled file (section 5 of the contract). Pure functions."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

Row = dict[str, Any]


@dataclass
class Tally:
    """How often something was found rightly, wrongly, or missed."""

    right: int = 0
    wrong: int = 0
    missed: int = 0

    @property
    def precision(self) -> float:
        """The share of what was found that is right; 1 where nothing was found."""
        return self.right / found if (found := self.right + self.wrong) else 1.0

    @property
    def recall(self) -> float:
        """The share of what is there that was found; 1 where there is nothing."""
        return self.right / there if (there := self.right + self.missed) else 1.0

    @property
    def f1(self) -> float:
        """The harmonic mean of precision and recall."""
        total = self.precision + self.recall
        return 2 * self.precision * self.recall / total if total else 0.0

    def as_dict(self) -> dict[str, float | int]:
        """Return the numbers for a report."""
        return {
            "precision": round(self.precision, 4),
            "recall": round(self.recall, 4),
            "f1": round(self.f1, 4),
            "support": self.right + self.missed,
        }


@dataclass
class Report:
    """What `compare` found. `mistakes` are (text, right intents, intent found)."""

    texts: int = 0
    right: int = 0
    intents: dict[str, Tally] = field(default_factory=dict)
    entities: dict[str, Tally] = field(default_factory=dict)
    kinds: dict[str, Tally] = field(default_factory=dict)
    confusions: Counter[tuple[str, str]] = field(default_factory=Counter)
    mistakes: list[tuple[str, list[str], str]] = field(default_factory=list)
    entity_mistakes: list[tuple[str, list[str], list[str]]] = field(default_factory=list)

    @property
    def accuracy(self) -> float:
        """The share of texts whose intent is one of the right ones."""
        return self.right / self.texts if self.texts else 0.0

    @property
    def macro_f1(self) -> float:
        """The mean F1 over the intents that the file has."""
        scores = [t.f1 for t in self.intents.values() if t.right + t.missed]
        return sum(scores) / len(scores) if scores else 0.0

    @property
    def entity_f1(self) -> float:
        """The F1 over all entities together, on (entity, value)."""
        return total(self.entities).f1


def compare(rows: list[Row], parses: list[Row]) -> Report:
    """Score `parses`, Rasa's answers, against the labelled `rows`, in the same order."""
    report = Report()
    for row, parse in zip(rows, parses, strict=True):
        _score_intent(report, row, parse)
        _score_entities(report, row, parse)
    return report


def total(tallies: dict[str, Tally]) -> Tally:
    """Return the sum of the tallies."""
    each = tallies.values()
    return Tally(
        sum(t.right for t in each), sum(t.wrong for t in each), sum(t.missed for t in each)
    )


def right_intents(row: Row) -> list[str]:
    """Return the intents that are right for a labelled text."""
    intent = row["intent"]
    return intent if isinstance(intent, list) else [intent]


def value_key(value: Any) -> str:
    """Return the same string for values that mean the same: instants count, not their offset."""
    return json.dumps(_plain(value), ensure_ascii=False, sort_keys=True)


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, str):
        try:
            instant = datetime.fromisoformat(value)
        except ValueError:
            return value
        return instant.timestamp() if instant.tzinfo else value
    return value


def _score_intent(report: Report, row: Row, parse: Row) -> None:
    expected = right_intents(row)
    found = parse["intent"]["name"] or "none"
    report.texts += 1
    tally = report.intents.setdefault
    if found in expected:
        report.right += 1
        tally(found, Tally()).right += 1
        return
    tally(found, Tally()).wrong += 1
    tally(expected[0], Tally()).missed += 1
    report.confusions[expected[0], found] += 1
    report.mistakes.append((row["text"], expected, found))


def _score_entities(report: Report, row: Row, parse: Row) -> None:
    wanted = Counter((e["entity"], value_key(e["value"])) for e in row.get("entities", []))
    found = Counter((e["entity"], value_key(e["value"])) for e in parse.get("entities", []))
    _count(report.entities, wanted, found)
    if wanted != found:
        names = [sorted(f"{entity}={value}" for entity, value in side) for side in (wanted, found)]
        report.entity_mistakes.append((row["text"], names[0], names[1]))
    kinds = [Counter(entity for entity, _ in side.elements()) for side in (wanted, found)]
    _count(
        report.kinds,
        Counter({(k, ""): n for k, n in kinds[0].items()}),
        Counter({(k, ""): n for k, n in kinds[1].items()}),
    )


def _count(
    tallies: dict[str, Tally],
    wanted: Counter[tuple[str, str]],
    found: Counter[tuple[str, str]],
) -> None:
    for field_name, counted in (
        ("right", wanted & found),
        ("wrong", found - wanted),
        ("missed", wanted - found),
    ):
        for (entity, _), number in counted.items():
            tally = tallies.setdefault(entity, Tally())
            setattr(tally, field_name, getattr(tally, field_name) + number)
