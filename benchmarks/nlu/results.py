"""What was measured of each recipe, kept in files so that tables can be written again."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from statistics import mean
from typing import Any

from benchmarks.nlu.recipes import Recipe, Run
from benchmarks.nlu.texts import Row, rows
from bot.engine.scores import Report, compare
from bot.language.appliances import find_appliances
from bot.language.normalise import normalise

LEARNED = ("appliance", "brand", "address")


@dataclass(frozen=True)
class Result:
    """One recipe's numbers: seconds, milliseconds, megabytes, and what it answered."""

    recipe: Recipe
    found: dict[str, Any]

    @property
    def costs(self) -> list[str]:
        """Fit and load seconds, parse p50 and p95 in ms, RSS in MB, as text."""
        places = {"fit": 1, "load": 1, "p50": 1, "p95": 1, "rss": 0}
        return [f"{self.found[name]:,.{digits}f}" for name, digits in places.items()]

    def report(self, name: str = "dev") -> Report:
        """Return the scores on the test set `name`."""
        return compare(*self._pairs(self.found["sets"][name], name))

    def learned(self) -> Report:
        """Return the scores on the dev set, of the entities that taggers learn alone."""
        labelled, parses = self._pairs(self.found["sets"]["dev"], "dev")
        return compare(
            [{**row, "entities": _of_learned(row["entities"])} for row in labelled],
            [{**parse, "entities": self._valued(parse["entities"])} for parse in parses],
        )

    def curve(self) -> dict[int | None, float]:
        """Return the mean dev accuracy by examples an intent; None is all of them."""
        found: dict[int | None, list[float]] = {}
        for each in self.found["runs"]:
            run: Run = tuple(each["run"])
            pairs = self._pairs(each["dev"], "dev") if each["dev"] else None
            accuracy = (compare(*pairs) if pairs else self.report()).accuracy
            found.setdefault(run[0], []).append(accuracy)
        return {size: mean(scores) for size, scores in found.items()}

    def _pairs(self, parses: list[Row], name: str) -> tuple[list[Row], list[Row]]:
        return rows(name, len(parses)), parses

    def _valued(self, entities: list[Row]) -> list[Row]:
        learned = _of_learned(entities)
        return [one for each in learned for one in _from_catalogue(each)] if self._asks else learned

    @property
    def _asks(self) -> bool:
        return self.recipe.surface


def read(folder: Path, all_recipes: dict[str, Recipe]) -> dict[str, Result]:
    """Return the results that the folder holds."""
    paths = {key: path(folder, key) for key in all_recipes}
    return {
        key: Result(all_recipes[key], json.loads(each.read_text(encoding="utf-8")))
        for key, each in paths.items()
        if each.exists()
    }


def path(folder: Path, key: str) -> Path:
    """Return the file of the recipe `key`."""
    return folder / f"{key.replace(' ', '-')}.json"


def _of_learned(entities: list[Row]) -> list[Row]:
    return [each for each in entities if each["entity"] in LEARNED]


def _from_catalogue(entity: Row) -> list[Row]:
    """Return the entity with the catalogue's value for its words; empty where there is none."""
    if entity["entity"] == "address":
        return [entity]
    known = find_appliances(normalise(entity["value"]).text)
    values = [each.value for each in known if each.entity == entity["entity"]]
    return [{**entity, "value": value} for value in values[:1]]
