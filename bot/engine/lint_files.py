"""YAML with line numbers, and Rasa's training examples with their entities."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from pathlib import Path

_ENTITY = re.compile(r"\[(?P<words>[^\[\]]+)\](?:\((?P<name>[^()]*)\)|(?P<more>\{[^{}]*\}))")


@dataclass(frozen=True)
class Place:
    """A line of a file, the file named from the project's root."""

    file: str
    line: int

    def __str__(self) -> str:
        """Return it as compilers do."""
        return f"{self.file}:{self.line}"


@dataclass(frozen=True)
class Entity:
    """An annotated span of an example's text."""

    name: str
    start: int
    end: int


@dataclass(frozen=True)
class Example:
    """One training example, its annotations taken out of the text."""

    intent: str
    text: str
    entities: tuple[Entity, ...]
    place: Place


@dataclass
class Positions:
    """A YAML file's data and the line on which each part of it begins."""

    file: str = ""
    data: Any = None
    lines: dict[tuple[str | int, ...], int] = field(default_factory=dict)

    @classmethod
    def of(cls, path: Path, root: Path) -> Positions:
        """Read the file; one that is missing has no data."""
        name = str(path.relative_to(root))
        if not path.is_file():
            return cls(name)
        text = path.read_text(encoding="utf-8")
        found = cls(name, yaml.safe_load(text))
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        if node is not None:
            found._note(node, ())
        return found

    def at(self, *path: str | int) -> Place:
        """Return where the part at `path` begins; of an unknown part, where its parent does."""
        while path and path not in self.lines:
            path = path[:-1]
        return Place(self.file, self.lines.get(path, 1))

    def _note(self, node: yaml.Node, path: tuple[str | int, ...]) -> None:
        self.lines.setdefault(path, node.start_mark.line + 1)
        if isinstance(node, yaml.MappingNode):
            for key, value in node.value:
                self.lines[(*path, str(key.value))] = key.start_mark.line + 1
                self._note(value, (*path, str(key.value)))
        elif isinstance(node, yaml.SequenceNode):
            for index, item in enumerate(node.value):
                self._note(item, (*path, index))


def read_examples(path: Path, root: Path) -> list[Example]:
    """Return the examples of one file of `data/nlu`."""
    positions = Positions.of(path, root)
    found: list[Example] = []
    for index, block in enumerate((positions.data or {}).get("nlu", [])):
        if "intent" not in block:
            continue
        # A block scalar's text begins on the line after its key.
        first = positions.at("nlu", index, "examples").line + 1
        for shift, line in enumerate(str(block.get("examples", "")).splitlines()):
            if line.strip().startswith("- "):
                place = Place(positions.file, first + shift)
                found.append(_example(block["intent"], line.strip()[2:].strip(), place))
    return found


def _example(intent: str, marked: str, place: Place) -> Example:
    text, entities, end = "", [], 0
    for match in _ENTITY.finditer(marked):
        text += marked[end : match.start()]
        name = match["name"] or _name(match["more"])
        entities.append(Entity(name, len(text), len(text) + len(match["words"])))
        text += match["words"]
        end = match.end()
    return Example(intent, text + marked[end:], tuple(entities), place)


def _name(more: str | None) -> str:
    try:
        return str(json.loads(more or "{}").get("entity", ""))
    except ValueError:
        return ""
