"""The three that are compared, each as a function from a text to the times it finds.

dateparser and jionlp know no refusals and no open ends, so theirs are plain (from, to) pairs.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from bot.language.times import find_times

Span = tuple[datetime | None, datetime | None]
Read = Callable[[str, datetime], list[Span]]


def ours(text: str, now: datetime) -> list[Span]:
    """Return what this project's grammar finds."""
    return [(m.earliest, m.latest) for m in find_times(text, now)]


def dateparser_reader() -> Read:
    """Return dateparser's search; what it gives without an hour is a whole day."""
    from dateparser.search import search_dates  # noqa: PLC0415

    def read(text: str, now: datetime) -> list[Span]:
        base = now.replace(tzinfo=None)
        settings = {
            "RELATIVE_BASE": base,
            "PREFER_DATES_FROM": "future",
            "RETURN_TIME_AS_PERIOD": True,
        }
        found = search_dates(text, languages=["zh"], settings=settings) or []
        return [_dated(at, now) for _, at in found]

    return read


def _dated(at: datetime, now: datetime) -> Span:
    """Read an instant as an hour, and midnight or the very minute of `now` as its whole day."""
    at = at.replace(tzinfo=now.tzinfo)
    if at.time() in {datetime.min.time(), now.time()}:
        day = at.replace(hour=0, minute=0)
        return day, day + timedelta(days=1)
    return at, at + timedelta(hours=1)


def jionlp_reader() -> Read:
    """Return jionlp's extractor; its last second is rounded up, its point of time is an hour."""
    import jionlp  # noqa: PLC0415

    def read(text: str, now: datetime) -> list[Span]:
        try:
            found = jionlp.ner.extract_time(text, time_base=now.timestamp(), with_parsing=True)
        except Exception:  # noqa: BLE001 - it raises on some sentences
            return []
        return [_told(one["detail"]["time"], now) for one in found if _is_span(one["detail"])]

    return read


def _is_span(detail: dict[str, object]) -> bool:
    return detail["type"] in {"time_point", "time_span"} and isinstance(detail["time"], list)


def _told(told: list[str], now: datetime) -> Span:
    first, last = (_instant(text, now) for text in told)
    if first and last and last.second:
        last += timedelta(seconds=1)
    if first and last and last - first <= timedelta(minutes=1):
        last = first + timedelta(hours=1)
    return first, last


def _instant(text: str, now: datetime) -> datetime | None:
    try:
        return datetime.fromisoformat(text).replace(tzinfo=now.tzinfo)
    except ValueError:  # "inf" and "-inf" are its open ends
        return None


def readers() -> dict[str, Read]:
    """Return all three by name."""
    return {"ours": ours, "dateparser": dateparser_reader(), "jionlp": jionlp_reader()}
