"""What the fallback's two thresholds cost: wishes refused, and nonsense taken for a wish."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import product

from benchmarks.nlu.texts import Row
from bot.engine.scores import right_intents

THRESHOLDS = tuple(step / 20 for step in range(2, 13))
AMBIGUITIES = (0.0, 0.025, 0.05, 0.075, 0.1)
LEASTS = (0.05, 0.08, 0.1, 0.12, 0.15, 0.2, 0.25)
OUT = "out_of_scope"
_NO_READING = "nlu_fallback"
_OFFERED = 2


@dataclass(frozen=True)
class Point:
    """Shares at one pair of thresholds.

    `accuracy`: of all dev texts, answered rightly. `wrong`: of the wishes, taken for another.
    `refused`: of the wishes, understood rightly and yet asked back. `nonsense`: of the texts
    about nothing of ours, taken for a wish.
    """

    threshold: float
    ambiguity: float
    accuracy: float
    wrong: float
    refused: float
    nonsense: float


def curve(dev: Iterable[tuple[Row, Row]], garbage: Iterable[tuple[Row, Row]]) -> Iterator[Point]:
    """Return a point for each pair of thresholds, over pairs of labelled row and parse."""
    texts = list(dev)
    wishes = [pair for pair in texts if not _is_nonsense(pair[0])]
    nonsense = [*garbage, *(pair for pair in texts if _is_nonsense(pair[0]))]
    for threshold, ambiguity in product(THRESHOLDS, AMBIGUITIES):
        limits = threshold, ambiguity
        yield Point(
            threshold,
            ambiguity,
            accuracy=_share(texts, lambda r, p, at=limits: _accepted(p, *at) and _right(r, p)),
            wrong=_share(wishes, lambda r, p, at=limits: _accepted(p, *at) and not _right(r, p)),
            refused=_share(wishes, lambda r, p, at=limits: _right(r, p) and not _accepted(p, *at)),
            nonsense=_share(
                nonsense, lambda r, p, at=limits: _accepted(p, *at) and not _right(r, p)
            ),
        )


def table(points: Iterable[Point], threshold: float, ambiguity: float) -> str:
    """Return the curve through the chosen pair, which is bold, as Markdown."""
    lines = [
        "| threshold | ambiguity | accuracy | wrong accepted | right asked back | nonsense taken |",
        "|--:|--:|--:|--:|--:|--:|",
    ]
    for point in points:
        if point.threshold != threshold and point.ambiguity != ambiguity:
            continue
        cells = [f"{point.threshold:.2f}", f"{point.ambiguity:.3f}"]
        shares = (point.accuracy, point.wrong, point.refused, point.nonsense)
        cells += [f"{share:.1%}" for share in shares]
        if (point.threshold, point.ambiguity) == (threshold, ambiguity):
            cells = [f"**{cell}**" for cell in cells]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def questions(
    pairs: Iterable[tuple[Row, Row]], threshold: float, ambiguity: float
) -> dict[float, tuple[int, int, int, int]]:
    """Return what is asked back about wishes that are not accepted, by the least confidence.

    Counts: all of them; asked to choose between two readings; one of the two right; and of the
    nonsense that is not accepted, how often two readings are offered.
    """
    unsure = [(r, p) for r, p in pairs if not _accepted(p, threshold, ambiguity)]
    wishes = [pair for pair in unsure if not _is_nonsense(pair[0])]
    found = {}
    for least in LEASTS:
        offers = [(row, _offered(parse, least)) for row, parse in wishes]
        chosen = [(row, names) for row, names in offers if len(names) == _OFFERED]
        right = sum(not set(names).isdisjoint(right_intents(row)) for row, names in chosen)
        vain = sum(len(_offered(p, least)) == _OFFERED for r, p in unsure if _is_nonsense(r))
        found[least] = (len(wishes), len(chosen), right, vain)
    return found


def questions_table(found: dict[float, tuple[int, int, int, int]], least: float) -> str:
    """Return the questions as Markdown, the least confidence in use in bold."""
    lines = [
        "| least confidence | asked back | choice of two | right one offered | on nonsense |",
        "|--:|--:|--:|--:|--:|",
    ]
    for value, counts in found.items():
        cells = [f"{value:.2f}", *map(str, counts)]
        cells = [f"**{cell}**" for cell in cells] if value == least else cells
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def _offered(parse: Row, least: float) -> list[str]:
    """Return the readings that actions/meanings.py would put to the consumer."""
    likely = [row["name"] for row in parse["intent_ranking"] if row["confidence"] >= least]
    return [name for name in likely if name != OUT][:_OFFERED]


def _share(pairs, holds) -> float:
    return sum(bool(holds(row, parse)) for row, parse in pairs) / len(pairs) if pairs else 0.0


def _accepted(parse: Row, threshold: float, ambiguity: float) -> bool:
    """Say whether Rasa's FallbackClassifier would let the first reading pass.

    What is sure to say nothing (a lone dot) is no reading, whatever its confidence.
    """
    if parse["intent"]["name"] == _NO_READING:
        return False
    first, second = [row["confidence"] for row in [*parse["intent_ranking"], _NONE, _NONE][:2]]
    return first >= threshold and first - second >= ambiguity


_NONE = {"confidence": 0.0}


def _right(row: Row, parse: Row) -> bool:
    return parse["intent"]["name"] in right_intents(row)


def _is_nonsense(row: Row) -> bool:
    return right_intents(row) == [OUT]
