"""Look for faults in data and domain that Rasa would only warn of, or learn from in silence.

`python -m bot.engine.lint` prints one line a fault, `file:line: what is wrong`, and ends with 1
where there is one. Nothing of Rasa is needed, so it takes two seconds.
"""

from __future__ import annotations

import argparse
import ast
import sys
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bot.engine.lint_files import Example, Place, Positions, read_examples
from bot.engine.lint_words import crossing
from bot.nlu.merge import CONTRACT
from bot.nlu.texts import normalised
from bot.settings import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

FEWEST = 30
# Set by the pipeline or by a button, not learned from examples.
_WITHOUT_EXAMPLES = frozenset({"nlu_fallback", "confirm_visit", "rate_visit"})
# Rasa's own actions and those of its forms need no code.
_BUILT_IN = frozenset({"action_listen", "action_restart", "action_back"})
_MUST_ANSWER = ("utter_engine_failure",)


@dataclass(frozen=True)
class Fault:
    """One thing wrong, and where."""

    place: Place
    what: str

    def __str__(self) -> str:
        """Return it as compilers do."""
        return f"{self.place.file}:{self.place.line}: {self.what}"


@dataclass
class Project:
    """The files that a lint looks at, read once."""

    root: Path
    domain: dict[str, Any] = field(default_factory=dict)
    domain_at: Positions = field(default_factory=Positions)
    rules: list[tuple[dict[str, Any], Place]] = field(default_factory=list)
    examples: list[Example] = field(default_factory=list)
    words: set[str] = field(default_factory=set)

    @classmethod
    def read(cls, root: Path) -> Project:
        """Read the project at `root`."""
        positions = Positions.of(root / "domain.yml", root)
        project = cls(root, positions.data or {}, positions)
        for path in sorted((root / "data" / "rules").rglob("*.yml")):
            rules = Positions.of(path, root)
            for index, rule in enumerate((rules.data or {}).get("rules", [])):
                project.rules.append((rule, rules.at("rules", index)))
        for path in sorted((root / "data" / "nlu").rglob("*.yml")):
            project.examples += read_examples(path, root)
        project.words = set(_strings(root / "actions"))
        return project

    def in_domain(self, *path: str | int) -> Place:
        """Return where a key or item of the domain stands."""
        return self.domain_at.at(*path)

    def names(self, section: str) -> list[str]:
        """Return the names a section of the domain lists, with or without settings of each."""
        listed = self.domain.get(section) or []
        return [next(iter(one)) if isinstance(one, dict) else str(one) for one in listed]


def lint(root: Path, fewest: int = FEWEST) -> list[Fault]:
    """Return the faults of the project at `root`, in the order of files and lines."""
    project = Project.read(root)
    found = [
        *_misaligned(project),
        *_unknown_names(project),
        *_too_few(project, fewest),
        *_twice(project),
        *_intents_without_rule(project),
        *_rules(project),
        *_responses(project),
        *_actions_without_code(project),
    ]
    return sorted(found, key=lambda fault: (fault.place.file, fault.place.line))


def _misaligned(project: Project) -> Iterator[Fault]:
    for example in project.examples:
        for words, cut in crossing(example, project.root / "data" / "dictionary"):
            yield Fault(
                example.place,
                f"entity {words!r} crosses the word border of {cut!r}; "
                "add it to data/dictionary, or take the longer word out of it",
            )


def _unknown_names(project: Project) -> Iterator[Fault]:
    intents = set(project.names("intents"))
    entities = set(project.names("entities")) & CONTRACT
    for example in project.examples:
        if example.intent not in intents:
            yield Fault(example.place, f"intent {example.intent!r} is not in domain.yml")
        for entity in example.entities:
            if entity.name not in entities:
                yield Fault(example.place, f"entity {entity.name!r} is not the contract's")


def _too_few(project: Project, fewest: int) -> Iterator[Fault]:
    counted = Counter(example.intent for example in project.examples)
    for index, intent in enumerate(project.names("intents")):
        if intent not in _WITHOUT_EXAMPLES and counted[intent] < fewest:
            yield Fault(
                project.in_domain("intents", index),
                f"intent {intent!r} has {counted[intent]} examples, fewer than {fewest}",
            )


def _twice(project: Project) -> Iterator[Fault]:
    first: dict[str, Example] = {}
    for example in project.examples:
        same = first.setdefault(normalised(example.text).text.strip().lower(), example)
        if same.intent != example.intent:
            yield Fault(
                example.place,
                f"{example.text!r} is {example.intent} here and {same.intent} in {same.place}",
            )


def _intents_without_rule(project: Project) -> Iterator[Fault]:
    used = {step["intent"] for _, step in _steps(project) if "intent" in step}
    for index, intent in enumerate(project.names("intents")):
        if intent not in used:
            yield Fault(project.in_domain("intents", index), f"no rule answers {intent!r}")


def _rules(project: Project) -> Iterator[Fault]:
    forms = set(project.domain.get("forms") or {})
    responses = set(project.domain.get("responses") or {})
    actions = set(project.names("actions")) | forms | responses | _BUILT_IN
    intents = set(project.names("intents"))
    for place, step in _steps(project):
        action, intent = step.get("action"), step.get("intent")
        if action and action not in actions:
            yield Fault(place, f"action {action!r} is not in domain.yml")
        if intent and intent not in intents:
            yield Fault(place, f"intent {intent!r} is not in domain.yml")
        loop = step.get("active_loop")
        if loop and loop not in forms:
            yield Fault(place, f"form {loop!r} is not in domain.yml")


def _responses(project: Project) -> Iterator[Fault]:
    responses = project.domain.get("responses") or {}
    for name, variants in responses.items():
        if not variants:
            yield Fault(project.in_domain("responses", name), f"response {name!r} is empty")
        for index, variant in enumerate(variants or []):
            text = variant.get("text") or ""
            if not any("\u4e00" <= char <= "\u9fff" for char in text) and not _is_slot(text):
                place = project.in_domain("responses", name, index)
                yield Fault(place, f"response {name!r} says nothing in Chinese: {text!r}")
    wanted = {word for word in project.words if word.startswith("utter_") and word.isidentifier()}
    for name in sorted({*wanted, *_MUST_ANSWER} - set(responses)):
        yield Fault(project.in_domain("responses"), f"response {name!r} is used but missing")


def _is_slot(text: str) -> bool:
    # "{reason}": all it says comes from the action.
    return text.startswith("{") and text.endswith("}")


def _actions_without_code(project: Project) -> Iterator[Fault]:
    for index, name in enumerate(project.names("actions")):
        if not name.startswith("utter_") and name not in project.words:
            yield Fault(
                project.in_domain("actions", index), f"no action in actions/ is called {name!r}"
            )


def _steps(project: Project) -> Iterator[tuple[Place, dict[str, Any]]]:
    for rule, place in project.rules:
        for step in [*rule.get("condition", []), *rule.get("steps", [])]:
            yield place, step


def _strings(folder: Path) -> Iterable[str]:
    """Return every string constant of the folder's modules."""
    found: defaultdict[str, int] = defaultdict(int)
    for path in sorted(folder.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                found[node.value] += 1
    return found


def main(arguments: list[str] | None = None) -> int:
    """Lint. Return 0 where nothing is wrong, else 1."""
    parser = argparse.ArgumentParser(prog="bot.engine.lint", description=__doc__)
    parser.add_argument("--root", type=Path, default=ROOT)
    parser.add_argument("--fewest", type=int, default=FEWEST, help="examples an intent needs")
    options = parser.parse_args(arguments)
    faults = lint(options.root.absolute(), options.fewest)
    for fault in faults:
        print(fault)  # noqa: T201 - a command
    print(f"{len(faults)} faults" if faults else "no faults")  # noqa: T201
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
