"""`python -m benchmarks.nlu.child JOB RESULT`: one pipeline trained, or asked, in its own process.

A job is JSON: the key of the recipe, its folder, `epochs`, `most` (examples an intent and rows a
test set at most, null for all), `task` (`fit` or `ask`) and `began`, the monotonic second at
which the process was asked for.
"""

from __future__ import annotations

import json
import random
import statistics
import sys
import time
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.nlu.recipes import ALL, Recipe, Run, recipes
from benchmarks.nlu.texts import rows
from bot.engine import startup
from bot.settings import ROOT

if TYPE_CHECKING:
    from rasa.shared.nlu.training_data.training_data import TrainingData

    from benchmarks.nlu.pipeline import Pipeline

_WARM = 20


def main() -> int:
    """Do the job and write the result."""
    job = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    recipe = recipes(job["epochs"])[job["key"]]
    startup.prepare(training=recipe.tensorflow, level="ERROR")
    result = {"fit": _fit, "ask": _ask}[job["task"]](recipe, job)
    Path(sys.argv[2]).write_text(json.dumps(result, ensure_ascii=False), encoding="utf-8")
    return 0


def _fit(recipe: Recipe, job: dict[str, Any]) -> dict[str, Any]:
    """Train one model a run; the one of all examples comes last and stays for `ask`."""
    dev, found = rows("dev", job["most"]), []
    for run in recipe.runs:
        pipeline = _pipeline(recipe, _folder(job, run))
        data = _examples(run, job["most"])
        began = time.perf_counter()
        pipeline.train(data)
        took = time.perf_counter() - began
        curve = [] if run == ALL else [pipeline.parse(row["text"]) for row in dev]
        found.append({"run": run, "fit": took, "dev": [_kept(parse) for parse in curve]})
        print(f"    {len(data.nlu_examples)} examples in {took:.1f} s", file=sys.stderr, flush=True)
    return {"runs": found, "fit": found[-1]["fit"]}


def _ask(recipe: Recipe, job: dict[str, Any]) -> dict[str, Any]:
    pipeline = _pipeline(recipe, _folder(job, ALL))
    pipeline.restore()
    pipeline.parse("你好")
    load = time.monotonic() - job["began"]
    sets = {name: rows(name, job["most"]) for name in recipe.sets}
    for row in sets["dev"][:_WARM]:
        pipeline.parse(row["text"])
    found, took = defaultdict(list), []
    for name, part in sets.items():
        for row in part:
            began = time.perf_counter()
            parse = pipeline.parse(row["text"])
            if name == "dev":
                took.append((time.perf_counter() - began) * 1000)
            found[name].append(_kept(parse))
    cuts = statistics.quantiles(took, n=20)
    return {"load": load, "p50": cuts[9], "p95": cuts[18], "rss": _megabytes(), "sets": found}


def _pipeline(recipe: Recipe, folder: Path) -> Pipeline:
    from benchmarks.nlu.pipeline import Pipeline  # noqa: PLC0415 - after prepare()
    from benchmarks.nlu.without import configured, switch_off  # noqa: PLC0415

    switch_off(recipe.without)
    parts = [(path, configured(config, recipe.without)) for path, config in recipe.parts]
    return Pipeline(parts, folder)


def _examples(run: Run, most: int | None) -> TrainingData:
    """Return the training examples, of each intent as many as the run says, picked by its seed."""
    from rasa.shared.nlu.training_data.loading import load_data  # noqa: PLC0415 - after prepare()
    from rasa.shared.nlu.training_data.training_data import TrainingData  # noqa: PLC0415

    whole = load_data(str(ROOT / "data" / "nlu"))
    size, seed = run
    limits = [limit for limit in (size, most) if limit is not None]
    if not limits:
        return whole
    of_intent = defaultdict(list)
    for message in whole.nlu_examples:
        of_intent[message.get("intent")].append(message)
    chance = random.Random(seed)
    picked = [
        message
        for _, each in sorted(of_intent.items())
        for message in chance.sample(each, min(len(each), *limits, len(each)))
    ]
    return TrainingData(picked)


def _kept(parse: dict[str, Any]) -> dict[str, Any]:
    entities = [{"entity": e["entity"], "value": e.get("value")} for e in parse["entities"]]
    ranking = [
        {"name": row["name"], "confidence": float(row["confidence"])}
        for row in parse["intent_ranking"]
    ]
    intent = {"name": parse["intent"]["name"]}
    return {"intent": intent, "intent_ranking": ranking, "entities": entities}


def _folder(job: dict[str, Any], run: Run) -> Path:
    return Path(job["folder"]) / "-".join(map(str, run))


def _megabytes() -> int:
    """Return the memory in use, of /proc where there is one; 0 elsewhere."""
    status = Path("/proc/self/status")
    lines = status.read_text(encoding="utf-8").splitlines() if status.exists() else []
    return sum(int(line.split()[1]) // 1024 for line in lines if line.startswith("VmRSS:"))


if __name__ == "__main__":
    sys.exit(main())
