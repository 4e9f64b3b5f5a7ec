"""`python -m benchmarks.nlu [PAGE]`: compare pipelines on data/nlu and tests/nlu/dev.jsonl.

Each recipe is trained in one process and asked in a fresh one. What it answered is kept under
var/bench-nlu, beside the dev set's mistakes; `--resume` measures only what is not kept yet.
Tables are printed, or put into PAGE. Nothing here depends on how fast the machine is.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from itertools import starmap
from pathlib import Path
from typing import Any

from benchmarks.nlu import results as kept
from benchmarks.nlu.recipes import Project, recipes
from benchmarks.nlu.results import Result
from benchmarks.nlu.tables import page
from benchmarks.nlu.texts import rows
from benchmarks.nlu.thresholds import curve, questions, questions_table, table
from benchmarks.page import replace
from bot.settings import ROOT

_FOLDER = ROOT / "var" / "bench-nlu"
_MOST_CONFUSED = 30
# The one in use: actions.meanings.LEAST, which the engine's environment cannot import.
_LEAST = 0.15


def main() -> int:
    """Measure, and write the tables."""
    options = _options()
    folder: Path = options.folder
    folder.mkdir(parents=True, exist_ok=True)
    every = recipes(options.epochs)
    wanted = options.only or list(every)
    for number, key in enumerate(wanted, start=1):
        file = kept.path(folder, key)
        if not (options.resume and file.exists()):
            _say(f"[{number}/{len(wanted)}] {every[key].title}")
            found = _measure(key, folder, options)
            file.write_text(json.dumps(found, ensure_ascii=False), encoding="utf-8")
    _write(kept.read(folder, every), folder, options.page)
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="benchmarks.nlu", description=__doc__)
    parser.add_argument("page", nargs="?", type=Path, help="page of the documentation")
    parser.add_argument("--only", nargs="+", metavar="KEY", help="recipes, by key")
    parser.add_argument("--resume", action="store_true", help="keep what was measured before")
    parser.add_argument("--epochs", type=int, default=100, help="DIET's epochs")
    parser.add_argument("--most", type=int, help="examples an intent, and rows a set, at most")
    parser.add_argument("--folder", type=Path, default=_FOLDER, help="where results are kept")
    return parser.parse_args()


def _measure(key: str, folder: Path, options: argparse.Namespace) -> dict[str, Any]:
    job = {
        "key": key,
        "folder": str(folder / "models" / key.replace(" ", "-")),
        "epochs": options.epochs,
        "most": options.most,
    }
    return {**_child({**job, "task": "fit"}, folder), **_child({**job, "task": "ask"}, folder)}


def _child(job: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Do the job in a process of its own; its progress goes to the terminal."""
    told, answer = folder / "job.json", folder / "answer.json"
    told.write_text(json.dumps({**job, "began": time.monotonic()}), encoding="utf-8")
    command = [sys.executable, "-m", "benchmarks.nlu.child", str(told), str(answer)]
    # An empty value leaves tqdm's bars on, which our start would turn off. What libraries warn of
    # (and Rasa of each entity that jieba's words cut) would hide the progress.
    quiet = {"TQDM_DISABLE": "", "TQDM_MININTERVAL": "10", "PYTHONWARNINGS": "ignore"}
    environment = {**os.environ, **quiet}
    subprocess.run(command, check=True, cwd=ROOT, env=environment)
    return json.loads(answer.read_text(encoding="utf-8"))


def _write(results: dict[str, Result], folder: Path, target: Path | None) -> None:
    text = {"pipelines": page(results)}
    if "open" in results:
        text |= _thresholds(results["open"])
    if "product" in results:
        (folder / "mistakes.txt").write_text(_mistakes(results["product"]), encoding="utf-8")
    for mark, part in text.items():
        if target:
            replace(target, mark, part)
        sys.stdout.write(f"{part}\n\n")


def _thresholds(result: Result) -> dict[str, str]:
    """Return the curve of the fallback's thresholds, and what is asked back below them."""
    answers = result.found["sets"]
    pairs = {
        name: list(zip(rows(name, len(parses)), parses, strict=True))
        for name, parses in answers.items()
    }
    config = next(c for path, c in Project().parts if path.endswith("FallbackClassifier"))
    limits = config["threshold"], config["ambiguity_threshold"]
    asked = questions([pair for each in pairs.values() for pair in each], *limits)
    return {
        "thresholds": table(curve(pairs["dev"], pairs["garbage"]), *limits),
        "questions": questions_table(asked, _LEAST),
    }


def _mistakes(result: Result) -> str:
    report = result.report()
    confused = [
        f"{count:4}  {right} → {found}"
        for (right, found), count in report.confusions.most_common(_MOST_CONFUSED)
    ]
    each = starmap(_mistake, report.mistakes)
    return "\n".join(["right → found", *confused, "", *each]) + "\n"


def _mistake(text: str, right: list[str], found: str) -> str:
    return f"{'|'.join(right)} → {found}: {text}"


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main())
