"""The results as Markdown."""

from __future__ import annotations

from collections.abc import Callable

from benchmarks.nlu.results import LEARNED, Result
from bot.engine.scores import Tally, total

Results = dict[str, Result]

_INTENTS = (
    *("diet", "diet use", "plain", "no encoder", "use", "e5", "both"),
    *("e5 grams", "ours", "both grams", "product"),
)
_TAGGERS = ("crf", "diet", "diet use", "bare tagger", "tagger", "product")
_ABLATIONS = ("ours", "no encoder", "no dictionary", "no sounds", "no reading")
_CURVES = ("diet", "plain", "ours")
_ROBUST = ("plain", "no sounds", "ours", "product")
_SIZES = (5, 10, 30, None)


def page(results: Results) -> str:
    """Return all tables whose rows were measured."""
    parts = {
        "Intents": (_INTENTS, _intents),
        "Entities that are learned (appliance, brand, address)": (_TAGGERS, _entities),
        "Without a part": (_ABLATIONS, _ablations),
        "Examples an intent": (_CURVES, _curves),
        "Texts as other people type them": (_ROBUST, _robust),
    }
    measured = {
        title: (table, {key: results[key] for key in keys if key in results})
        for title, (keys, table) in parts.items()
    }
    return "\n\n".join(
        f"### {title}\n\n{table(rows)}" for title, (table, rows) in measured.items() if rows
    )


def _table(head: list[str], results: Results, row: Callable[[Result], list[str]]) -> str:
    lines = [head, ["---", *["--:"] * (len(head) - 1)]]
    lines += [[result.recipe.title, *row(result)] for result in results.values()]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _intents(results: Results) -> str:
    head = ["", "accuracy", "macro F1", "fit s", "load s", "p50 ms", "p95 ms", "RSS MB"]

    def row(result: Result) -> list[str]:
        report = result.report()
        return [f"{report.accuracy:.1%}", f"{report.macro_f1:.3f}", *result.costs]

    return _table(head, results, row)


def _entities(results: Results) -> str:
    head = ["F1", "by value", "by kind", *LEARNED, "fit s", "p50 ms"]

    def row(result: Result) -> list[str]:
        report = result.learned()
        both = [total(report.entities).f1, total(report.kinds).f1]
        each = [report.entities.get(name, Tally()).f1 for name in LEARNED]
        fit, _, p50, *_ = result.costs
        return [*(f"{score:.3f}" for score in (*both, *each)), fit, p50]

    return _table(head, results, row)


def _ablations(results: Results) -> str:
    whole = results["ours"].report().accuracy if "ours" in results else 0.0

    def row(result: Result) -> list[str]:
        report = result.report()
        change = (report.accuracy - whole) * 100
        return [f"{report.accuracy:.1%}", f"{change:+.1f}", f"{report.macro_f1:.3f}"]

    return _table(["", "accuracy", "points", "macro F1"], results, row)


def _curves(results: Results) -> str:
    def row(result: Result) -> list[str]:
        curve = result.curve()
        return [f"{curve[size]:.1%}" if size in curve else "" for size in _SIZES]

    return _table(["accuracy", *(str(s) if s else "all" for s in _SIZES)], results, row)


def _robust(results: Results) -> str:
    sets = ("dev", "typos", "traditional", "speech")

    def row(result: Result) -> list[str]:
        return [f"{result.report(name).accuracy:.1%}" for name in sets]

    head = ["accuracy", "as written", "same-sound typos", "Traditional", "speech-to-text"]
    return _table(head, results, row)
