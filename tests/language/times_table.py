"""The phrases in `times/*.txt` and what they stand for; `times/README.md` has the notation."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

TABLES = Path(__file__).parent / "times"
# from, to, rejected
Wanted = tuple[datetime | None, datetime | None, bool]


@dataclass(frozen=True)
class Row:
    """A phrase said at `now`; `topic` is its file's name."""

    topic: str
    now: datetime
    phrase: str
    wanted: list[Wanted]


def rows() -> Iterator[Row]:
    """Yield every row of every table."""
    for path in sorted(TABLES.glob("*.txt")):
        now = datetime.fromisoformat("1970-01-01T00:00:00+08:00")
        for line in path.read_text(encoding="utf-8").splitlines():
            if line.startswith("now "):
                now = datetime.fromisoformat(line[4:])
            elif line and not line.startswith("#"):
                phrase, _, values = line.partition(" | ")
                told = [] if values == "-" else values.split("; ")
                yield Row(path.stem, now, phrase, [_wanted(value, now) for value in told])


def _day(text: str, year: int) -> date:
    return date.fromisoformat(text if text.count("-") == 2 else f"{year}-{text}")


def _instant(text: str, now: datetime) -> datetime:
    day, _, hour = text.partition("T")
    hour, _, minute = (hour or "0").partition(":")
    midnight = datetime.combine(_day(day, now.year), datetime.min.time(), now.tzinfo)
    return midnight + timedelta(hours=int(hour), minutes=int(minute or 0))


def _wanted(text: str, now: datetime) -> Wanted:
    rejected = text.startswith("!")
    text = text.lstrip("!")
    if "~" in text:
        first, _, last = text.partition("~")
        return (
            _instant(first, now) if first else None,
            _instant(last, now) if last else None,
            rejected,
        )
    first, _, last = text.partition("..")
    return _instant(first, now), _instant(last or first, now) + timedelta(days=1), rejected
