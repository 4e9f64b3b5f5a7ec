"""`python -m benchmarks.times [OUT]`: print the comparison as a Markdown table, or put it into OUT.

A row counts as right where all times of the sentence are found and no other, by two measures:
exact (from and to), and by the day alone, which forgives other hours for a part of day. Refusals
are not asked for: only this project knows them. All read the normalised text.
"""

from __future__ import annotations

import os
import statistics
import sys
import time
from collections import defaultdict
from datetime import date, timedelta
from pathlib import Path

from benchmarks.page import replace
from benchmarks.times.readers import Read, Span, readers
from bot.language.normalise import normalise
from tests.language.times_table import Row, rows


def main() -> int:
    """Measure, and write the table."""
    os.environ["TZ"] = "Asia/Shanghai"  # jionlp reads its base in the host's zone
    time.tzset()
    table = list(rows())
    names = readers()
    scores = {name: _score(read, table) for name, read in names.items()}
    text = _render(table, scores)
    if len(sys.argv) > 1:
        replace(Path(sys.argv[1]), "times", text)
    sys.stdout.write(text)
    return 0


def _score(read: Read, table: list[Row]) -> dict[str, list[tuple[bool, bool, float]]]:
    """Return, by topic, for each row: exactly right, right by the day, microseconds."""
    read("明天", table[0].now)  # loads what is loaded lazily
    scores = defaultdict(list)
    for row in table:
        text = normalise(row.phrase).text
        begun = time.perf_counter()
        found = read(text, row.now)
        took = (time.perf_counter() - begun) * 1e6
        wanted = [(first, last) for first, last, _ in row.wanted]
        same_days = _days(found) == _days(wanted)
        scores[row.topic].append((_sorted(found) == _sorted(wanted), same_days, took))
    return scores


def _sorted(spans: list[Span]) -> list[tuple[str, str]]:
    return sorted((str(first), str(last)) for first, last in spans)


def _days(spans: list[Span]) -> list[tuple[date, ...]]:
    """Return the days each span begins and ends on; an open end is left out."""
    days = []
    for first, last in spans:
        known = [first, last - timedelta(seconds=1) if last else None]
        days.append(tuple(one.date() for one in known if one))
    return sorted(days)


def _render(table: list[Row], scores: dict[str, dict]) -> str:
    topics = sorted({row.topic for row in table})
    lines = ["| | rows | " + " | ".join(scores) + " |", "|---|---|" + "---|" * len(scores)]
    for topic in [*topics, "all"]:
        counted = {name: _rows(score, topic) for name, score in scores.items()}
        size = len(next(iter(counted.values())))
        lines.append(f"| {topic} | {size} | " + " | ".join(map(_shares, counted.values())) + " |")
    speeds = [statistics.median(took for _, _, took in _rows(s, "all")) for s in scores.values()]
    lines.append("| µs a sentence (median) | | " + " | ".join(f"{s:,.0f}" for s in speeds) + " |")
    return "\n".join(lines) + "\n"


def _rows(score: dict, topic: str) -> list[tuple[bool, bool, float]]:
    return [row for name, found in score.items() if topic in {name, "all"} for row in found]


def _shares(found: list[tuple[bool, bool, float]]) -> str:
    exact, days = (sum(row[i] for row in found) / len(found) for i in (0, 1))
    return f"{exact:.1%} ({days:.1%})"


if __name__ == "__main__":
    sys.exit(main())
