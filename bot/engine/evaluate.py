"""Score the model on a labelled file: JSON lines as section 5 of the contract describes them."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bot import settings as settings_module
from bot.engine import model_file, startup
from bot.engine.scores import Report, compare, total
from bot.engine.turn import filled, instant
from bot.errors import BotError, MalformedRequest

if TYPE_CHECKING:
    from bot.engine.agent import EngineAgent

_MOST = 25


def read(path: Path) -> list[dict[str, Any]]:
    """Return the file's rows; blank lines are skipped.

    Raises MalformedRequest, naming the line, where one is not as the contract says.
    """
    rows = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if not line.strip():
            continue
        try:
            rows.append(_checked(json.loads(line)))
        except (ValueError, TypeError, KeyError, MalformedRequest) as error:
            raise MalformedRequest(f"{path}:{number}: {error}") from error
    return rows


def _checked(row: dict[str, Any]) -> dict[str, Any]:
    filled(row, "text")
    if row.get("now") is not None:
        instant(row["now"])
    names = row["intent"] if isinstance(row["intent"], list) else [row["intent"]]
    if not names or not all(isinstance(name, str) for name in names):
        raise MalformedRequest("intent is no name and no list of names")
    for entity in row.get("entities", []):
        _ = entity["entity"], entity["value"]
    return row


async def parse_all(agent: EngineAgent, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return Rasa's parse of each row, told the row's own time."""
    return [await agent.understand(row["text"], row.get("now")) for row in rows]


def as_json(report: Report) -> dict[str, Any]:
    """Return the report for machines."""
    return {
        "texts": report.texts,
        "intent": {
            "accuracy": round(report.accuracy, 4),
            "macro_f1": round(report.macro_f1, 4),
            "per_intent": {name: t.as_dict() for name, t in sorted(report.intents.items())},
            "confusions": [
                {"right": right, "found": found, "count": count}
                for (right, found), count in report.confusions.most_common()
            ],
        },
        "entities": {
            "micro": total(report.entities).as_dict(),
            "per_entity": {name: t.as_dict() for name, t in sorted(report.entities.items())},
            "ignoring_values": {
                "micro": total(report.kinds).as_dict(),
                "per_entity": {name: t.as_dict() for name, t in sorted(report.kinds.items())},
            },
        },
        "mistakes": [
            {"text": text, "right": right, "found": found} for text, right, found in report.mistakes
        ],
        "entity_mistakes": [
            {"text": text, "right": right, "found": found}
            for text, right, found in report.entity_mistakes
        ],
    }


def as_table(report: Report) -> str:
    """Return the report for people."""
    intent = f"intent accuracy {report.accuracy:.1%}   macro F1 {report.macro_f1:.3f}"
    lines = [
        f"texts {report.texts}   {intent}   entity F1 {report.entity_f1:.3f}",
        "",
        f"{'':24}{'precision':>10}{'recall':>8}{'F1':>7}{'texts':>7}",
    ]
    lines += [_line(name, tally) for name, tally in sorted(report.intents.items())]
    lines += ["", "entities, by kind and value"]
    lines += [_line(name, tally) for name, tally in sorted(report.entities.items())]
    lines += ["", "entities, by kind alone"]
    lines += [_line(name, tally) for name, tally in sorted(report.kinds.items())]
    lines += ["", "most confused: right → found"]
    lines += [
        f"{count:4}  {right} → {found}"
        for (right, found), count in report.confusions.most_common(_MOST)
    ]
    return "\n".join(lines)


def _line(name: str, tally: Any) -> str:
    support = tally.right + tally.missed
    return f"{name:24}{tally.precision:10.3f}{tally.recall:8.3f}{tally.f1:7.3f}{support:7}"


def main(arguments: list[str] | None = None) -> int:
    """Evaluate. Return 0, or 1 with a sentence on standard error."""
    parser = argparse.ArgumentParser(prog="bot evaluate", description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--json", action="store_true", help="print the whole report as JSON")
    parser.add_argument("--mistakes", action="store_true", help="list every mistaken text too")
    parser.add_argument("--model", type=Path, help="archive; default: the manifest's")
    try:
        options = parser.parse_args(arguments)
        report = _evaluate(options)
    except (BotError, OSError) as error:
        print(f"{getattr(error, 'code', 'file')}: {error}", file=sys.stderr)  # noqa: T201
        return 1
    _print(report, options)
    return 0


def _evaluate(options: argparse.Namespace) -> Report:
    rows = read(options.file)
    model = options.model or model_file.current(settings_module.load().models_dir)
    startup.prepare(level="WARNING")
    from bot.engine.agent import load  # noqa: PLC0415 - after prepare()

    agent = load(model.absolute())
    return compare(rows, asyncio.run(parse_all(agent, rows)))


def _print(report: Report, options: argparse.Namespace) -> None:
    if options.json:
        print(json.dumps(as_json(report), ensure_ascii=False, indent=2))  # noqa: T201
        return
    print(as_table(report))  # noqa: T201
    if options.mistakes:
        for text, right, found in [*report.mistakes, *report.entity_mistakes]:
            print(f"{text}\n    right {right}\n    found {found}")  # noqa: T201


if __name__ == "__main__":
    sys.exit(main())
